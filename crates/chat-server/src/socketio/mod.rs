//! Socket.IO clients (contract 004), on a listener of their own.
//!
//! [`engine`] keeps the line to each client, [`identity`] says whose it is, [`session`] what each event means and [`operations`]
//! asks it of the desk. What happens comes from the [`house`]: one [`herald`] tells it to the [`crowd`] of this process's sockets, with
//! people and chats as [`portraits`] shows them.

mod crowd;
mod engine;
mod found;
mod herald;
mod house;
mod identity;
mod operations;
mod portraits;
mod session;
mod words;

use actix_web::{HttpRequest, HttpResponse, web::ServiceConfig};
use helpline_service::{application::Commons, door::Visit, handler::Handler};

pub(crate) use self::engine::refuse;
use self::{
    engine::{Exchange, Handshake, Host, Opening},
    house::House,
    identity::{Stranger, User},
    session::{SocketIoSession, Standing},
};
use crate::people::People;

/// What the listener's threads share.
#[derive(Clone)]
pub(crate) struct SocketIo {
    house: House,
    people: Option<People>,
    exchange: Exchange,
}

impl SocketIo {
    pub(crate) fn open(commons: &Commons, people: Option<People>) -> Self {
        Self {
            house: House::open(commons, people.clone()),
            people,
            exchange: Exchange::default(),
        }
    }

    /// The routes, for one thread with its handler.
    pub(crate) fn routes(&self, config: &mut ServiceConfig, handler: Handler) {
        let door = Door {
            shared: self.clone(),
            handler,
        };
        engine::routes(config, &self.exchange, door);
    }
}

/// Lets clients in, on one thread.
#[derive(Clone)]
struct Door {
    shared: SocketIo,
    handler: Handler,
}

impl Host for Door {
    type Session = SocketIoSession;

    async fn admit(
        &self,
        request: &HttpRequest,
        handshake: &Handshake,
        sid: &str,
    ) -> Result<Opening<SocketIoSession>, HttpResponse> {
        let SocketIo { house, people, .. } = &self.shared;
        let commons = house.commons();
        // The other dialect of this path is not spoken here.
        if handshake.dialect.is_some() {
            return Err(unauthorized());
        }
        let visit = Visit::of(commons, request);
        let keys = commons.tokens().await.ok_or_else(unavailable)?;
        let token = visit.token.as_deref().unwrap_or_default();
        let claims = keys.verify(token).map_err(|_| unauthorized())?;
        let user = User::of(&claims, people.as_ref()).await;
        let user = user.map_err(|Stranger| unauthorized())?;
        let messages = visit.message_rate(commons);
        let standing = Standing {
            remaining: claims.remaining(),
            // Only now: whatever ends the token from here on ends the socket too.
            _binding: visit.bind(commons, &claims).map_err(|_| unauthorized())?,
            ended: visit.ended,
        };
        let line = (handshake.revision, sid);
        Ok(SocketIoSession::open(
            house,
            &self.handler,
            user,
            visit.socket,
            messages,
            standing,
            line,
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
