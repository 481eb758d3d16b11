//! `GET /desk`: everybody's chats, for those who look after them, and all staff, for all staff (docs/desk.md).

mod readers;
mod session;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    web::{Data, Payload},
};
use helpline_protocol::typed::Level;
use helpline_service::{
    application::Commons,
    door::{Visit, accept},
    floor::Floor,
    handler::Handler,
    http::failure,
    metrics::SocketKind,
    probe::{self, Probe},
};

use self::{readers::Readers, session::DeskSession};
use crate::agent::staff;

/// What goes on, and who looks at it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Desk {
    floor: Floor,
    readers: Readers,
}

impl Desk {
    /// A desk at which nobody is yet, on this runtime.
    pub(crate) fn open(commons: &Commons) -> Self {
        let readers = Readers::default();
        let told = readers.clone();
        let floor = Floor::open(commons, Box::new(move |happening| told.tell(happening)));
        Self { floor, readers }
    }
}

/// Opens somebody's desk. It needs a staff token in every mode, and `helpline.v1`.
#[get("/desk")]
pub(crate) async fn open(
    request: HttpRequest,
    body: Payload,
    commons: Data<Commons>,
    handler: Data<Handler>,
    desk: Data<Desk>,
) -> HttpResponse {
    if probe::is_wanted(&request) {
        return accept(&commons, &request, body, SocketKind::Desk, || {
            Probe::open(&commons, &request)
        });
    }
    let visit = Visit::of(&commons, &request);
    let agent = match staff(&commons, &visit).await {
        Ok(agent) => agent,
        Err((status, text)) => return failure(status, text),
    };
    if visit.level != Level::OptedIn {
        return failure(StatusCode::BAD_REQUEST, "Expected helpline.v1");
    }
    accept(&commons, &request, body, SocketKind::Desk, || {
        DeskSession::open(&commons, &handler, &desk, visit, agent)
    })
}
