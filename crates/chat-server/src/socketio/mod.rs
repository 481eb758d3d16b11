//! Socket.IO clients (contract 004), on a listener of their own.
//!
//! [`engine`] keeps the line to each client, [`identity`] says whose it is, and [`session`] what each event means.

mod engine;
mod identity;
mod session;

use actix_web::{HttpRequest, HttpResponse, web::ServiceConfig};
use helpline_service::{application::Commons, door::Visit, handler::Handler};

use self::{
    engine::{Exchange, Handshake, Host, Opening},
    identity::{Stranger, User},
    session::SocketIoSession,
};
use crate::people::People;

/// What the listener's threads share.
#[derive(Clone)]
pub(crate) struct SocketIo {
    commons: Commons,
    people: Option<People>,
    exchange: Exchange,
}

impl SocketIo {
    pub(crate) fn new(commons: &Commons, people: Option<People>) -> Self {
        Self {
            commons: commons.clone(),
            people,
            exchange: Exchange::default(),
        }
    }

    /// The routes, for one thread with its handler.
    pub(crate) fn routes(&self, config: &mut ServiceConfig, handler: Handler) {
        let desk = Desk {
            shared: self.clone(),
            handler,
        };
        engine::routes(config, &self.exchange, desk);
    }
}

/// Lets clients in, on one thread.
#[derive(Clone)]
struct Desk {
    shared: SocketIo,
    handler: Handler,
}

impl Host for Desk {
    type Session = SocketIoSession;

    async fn admit(
        &self,
        request: &HttpRequest,
        handshake: &Handshake,
        sid: &str,
    ) -> Result<Opening<SocketIoSession>, HttpResponse> {
        let SocketIo {
            commons, people, ..
        } = &self.shared;
        // The other dialect of this path is not spoken here.
        if handshake.dialect.is_some() {
            return Err(unauthorized());
        }
        let visit = Visit::of(request);
        let keys = commons.tokens().await.ok_or_else(unavailable)?;
        let token = visit.token.as_deref().unwrap_or_default();
        let claims = keys.verify(token).map_err(|_| unauthorized())?;
        let user = User::of(&claims, people.as_ref()).await;
        let user = user.map_err(|Stranger| unauthorized())?;
        // Only now: whatever ends the token from here on ends the socket too.
        let binding = visit.bind(commons, &claims).map_err(|_| unauthorized())?;
        let revision = handshake.revision;
        Ok(SocketIoSession::open(
            commons,
            &self.handler,
            user,
            (claims.remaining(), binding, visit.ended),
            (revision, sid),
        ))
    }
}

fn unauthorized() -> HttpResponse {
    HttpResponse::Unauthorized()
        .content_type("text/plain; charset=utf-8")
        .body("Unauthorized")
}

fn unavailable() -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("text/plain; charset=utf-8")
        .body("Unavailable")
}
