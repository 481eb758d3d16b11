//! What every listener answers in the same way: health, failures, unknown paths, and the headers and the log line that
//! go with each answer.
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
mod headers;
mod log;
mod probes;
mod readiness;

pub use self::{
    answers::{failure, not_found},
    headers::{allow_cookies, cors, cors_with_credentials, security_headers},
    log::access_log,
    probes::probes,
    readiness::{Obstacle, Readiness, State},
};
