//! What every listener answers in the same way: health, failures, unknown paths, and the headers and the log line that
//! go with each answer; and which requests it takes at all ([`intake()`]).
//!
//! A service puts it together like this, the outermost last:
//!
//! ```no_run
//! use actix_web::{App, middleware::from_fn, web};
//! use helpline_service::{http, metrics::Metrics, settings::Settings};
//!
//! let (settings, readiness, metrics) = (Settings::default(), http::Readiness::new(), Metrics::new());
//! let app = App::new()
//!     .configure(http::probes(readiness, metrics, async || {}))
//!     .default_service(web::to(http::not_found))
//!     .wrap(from_fn(http::security_headers))
//!     .wrap(http::cors(&settings.http, "https://desk.example"))
//!     .wrap(from_fn(http::access_log));
//! ```

mod answers;
mod body;
mod headers;
mod intake;
mod log;
mod origin;
mod probes;
mod readiness;

pub use self::{
    answers::{failure, not_found},
    headers::{allow_cookies, cors, cors_with_credentials, security_headers},
    intake::{Intake, Refuse, came_as_head, intake, is_upgrade},
    log::access_log,
    origin::Origins,
    probes::probes,
    readiness::{Obstacle, Readiness, State},
};
