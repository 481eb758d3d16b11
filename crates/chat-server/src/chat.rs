//! `GET /chat/{chatId}`: the chat socket (contract 001, section 2).

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path, Payload},
};
use helpline_service::{
    application::Commons,
    door::{Visit, accept},
    handler::Handler,
    hub::Hub,
    metrics::SocketKind,
    probe::{self, Probe},
};

use crate::{people::People, session::ChatSession};

/// Opens a socket on a chat. The upgrade succeeds whatever the id: who is wrong here is told so in frames.
#[get("/chat/{chat}")]
pub(crate) async fn open(
    request: HttpRequest,
    body: Payload,
    chat: Path<String>,
    commons: Data<Commons>,
    handler: Data<Handler>,
    hub: Data<Hub>,
    people: Option<Data<People>>,
) -> HttpResponse {
    if probe::is_wanted(&request) {
        return accept(&commons, &request, body, SocketKind::Chat, || {
            Probe::open(&commons, &request)
        });
    }
    let visit = Visit::of(&commons, &request);
    let stored = people.map(|people| people.stored.clone());
    accept(&commons, &request, body, SocketKind::Chat, || {
        ChatSession::open(&commons, &handler, &hub, stored, chat.into_inner(), visit)
    })
}
