//! `GET /ws`: the socket of conversations (contract 002, section 5).

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Payload},
};
use helpline_service::{
    application::Commons,
    door::{Visit, accept},
    hub::Hub,
    metrics::SocketKind,
};

use super::{lookup::Conversations, session::ConversationSession};

/// Opens a socket. The upgrade succeeds whatever the token: who may not come in is told so in a frame.
#[get("/ws")]
pub(crate) async fn open(
    request: HttpRequest,
    body: Payload,
    commons: Data<Commons>,
    conversations: Data<Conversations>,
    hub: Data<Hub>,
) -> HttpResponse {
    let visit = Visit::of(&commons, &request);
    accept(&commons, &request, body, SocketKind::Conversations, || {
        ConversationSession::open(&commons, &conversations, &hub, visit)
    })
}
