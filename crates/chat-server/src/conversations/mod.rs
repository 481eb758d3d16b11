//! Conversations with roles (contract 002, sections 3 to 5): a candidate, the supervisor it turned to, and the agent who
//! has it.
//!
//! - [`http`]: beginning, assigning, showing and closing them, and the figures;
//! - [`socket`] and [`session`]: the socket `/ws`;
//! - [`life`], [`lookup`] and [`kept`]: what both do, on the live store and the records.
//!
//! A conversation is a chat like any other, only that it is kept until somebody closes it: agents in the console see it,
//! and talk in it over contract 001's sockets. Who may ask for what by role and account is checked here; what may be done
//! to a chat the desk decides.

mod archives;
mod http;
mod kept;
mod life;
mod lookup;
mod refusal;
mod session;
mod socket;

use actix_web::web::{self, ServiceConfig};
use helpline_service::http::not_found;

pub(crate) use self::{archives::Archives, kept::FromRecords, lookup::Conversations};

/// The routes. What else is asked for under their paths is not there, whatever the method.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(socket::open)
        .service(http::begin)
        .service(http::assign)
        .service(http::show)
        .service(http::close)
        .service(http::analytics);
    for path in [
        "/conversations",
        "/conversations/{tail:.*}",
        "/admin/analytics",
    ] {
        config.route(path, web::route().to(not_found));
    }
}
