//! `GET /joins`: the request feed (contract 001, section 4).

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Payload},
};
use helpline_desk::{actor::Rank, id::AgentId};
use helpline_protocol::bus::StaffProfile;
use helpline_service::{
    application::Commons,
    door::{Visit, accept},
    handler::Handler,
    http::failure,
    metrics::SocketKind,
    probe::{self, Probe},
};

use crate::{
    agent::{Agent, Refused, staff},
    board::Board,
    session::FeedSession,
};

/// Opens an agent's feed. In token mode it needs a staff token: 401 missing or bad, 403 not staff.
#[get("/joins")]
pub(crate) async fn open(
    request: HttpRequest,
    body: Payload,
    commons: Data<Commons>,
    handler: Data<Handler>,
    board: Data<Board>,
) -> HttpResponse {
    if probe::is_wanted(&request) {
        return accept(&commons, &request, body, SocketKind::Feed, || {
            Probe::open(&commons, &request)
        });
    }
    let visit = Visit::of(&commons, &request);
    let agent = match identify(&commons, &visit).await {
        Ok(agent) => agent,
        Err((status, text)) => return failure(status, text),
    };
    accept(&commons, &request, body, SocketKind::Feed, || {
        FeedSession::open(&commons, &handler, &board, visit, agent)
    })
}

/// Who comes. In open mode a token is not needed: an agent without a good one is its socket.
async fn identify(commons: &Commons, visit: &Visit) -> Result<Agent, Refused> {
    match staff(commons, visit).await {
        Err(_) if commons.settings.auth.is_open() => {
            let id = format!("socket-{:016x}", visit.socket);
            Ok(Agent {
                profile: StaffProfile {
                    name: id.clone(),
                    id: AgentId(id),
                    email: None,
                    rank: Rank::Agent,
                },
                until: None,
                _binding: None,
            })
        }
        agent => agent,
    }
}
