//! `GET /joins`: the request feed (contract 001, section 4).

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    web::{Data, Payload},
};
use helpline_desk::id::AgentId;
use helpline_service::{
    application::Commons,
    door::{Visit, accept},
    handler::Handler,
    http::failure,
    metrics::SocketKind,
};
use tokio::time::Instant;

use crate::{
    board::Board,
    session::{Agent, FeedSession},
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
    let visit = Visit::of(&request);
    let agent = match identify(&commons, &visit).await {
        Ok(agent) => agent,
        Err((status, text)) => return failure(status, text),
    };
    accept(&commons, &request, body, SocketKind::Feed, || {
        FeedSession::open(&commons, &handler, &board, visit, agent)
    })
}

/// Who comes. In open mode sockets cannot be told apart, so an agent is its socket.
async fn identify(commons: &Commons, visit: &Visit) -> Result<Agent, (StatusCode, &'static str)> {
    if commons.settings.auth.is_open() {
        return Ok(Agent {
            id: AgentId(format!("socket-{:016x}", visit.socket)),
            until: None,
            _binding: None,
        });
    }
    let claims = commons
        .tokens()
        .await
        .zip(visit.token.as_ref())
        .and_then(|(keys, token)| keys.verify(token).ok())
        .ok_or((StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    if !claims.is_staff() {
        return Err((StatusCode::FORBIDDEN, "Forbidden"));
    }
    let binding = visit.bind(commons, &claims);
    let binding = binding.map_err(|_| (StatusCode::UNAUTHORIZED, "Unauthorized"))?;
    Ok(Agent {
        _binding: Some(binding),
        until: Some(Instant::now() + claims.remaining()),
        id: AgentId(claims.user_id),
    })
}
