//! Who comes to the desk.

use actix_web::http::StatusCode;
use helpline_desk::{id::AgentId, name::Name};
use helpline_protocol::bus::StaffProfile;
use helpline_service::{access::Binding, application::Commons, door::Visit};
use tokio::time::Instant;

/// Somebody of the staff, by its socket.
pub(crate) struct Agent {
    /// Who it is.
    pub(crate) profile: StaffProfile,
    /// How long its token is good, if it needs one.
    pub(crate) until: Option<Instant>,
    /// Ties the socket to that token.
    pub(crate) _binding: Option<Binding>,
}

/// Why somebody is not let in.
pub(crate) type Refused = (StatusCode, &'static str);

/// Who comes, by its token: 401 missing or bad, 403 not staff, 503 while it cannot be checked.
pub(crate) async fn staff(commons: &Commons, visit: &Visit) -> Result<Agent, Refused> {
    const UNAUTHORIZED: Refused = (StatusCode::UNAUTHORIZED, "Unauthorized");
    let token = visit.token.as_ref().ok_or(UNAUTHORIZED)?;
    let keys = commons.tokens().await;
    let keys = keys.ok_or((StatusCode::SERVICE_UNAVAILABLE, "Unavailable"))?;
    let claims = keys.verify(token).map_err(|_| UNAUTHORIZED)?;
    let rank = claims.rank().ok_or((StatusCode::FORBIDDEN, "Forbidden"))?;
    let binding = visit.bind(commons, &claims).map_err(|_| UNAUTHORIZED)?;
    Ok(Agent {
        until: Some(Instant::now() + claims.remaining()),
        profile: StaffProfile {
            name: claims
                .name
                .and_then(|name| Name::cut(&name))
                .map_or_else(|| claims.user_id.clone(), |name| name.to_string()),
            id: AgentId(claims.user_id),
            email: claims.email,
            rank,
        },
        _binding: Some(binding),
    })
}
