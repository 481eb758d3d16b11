//! The pages: the visitor page, the chat link, the widget and its frame, the agents' console.
//!
//! They are built from `web/` with npm and embedded into the binaries. A binary that was built without them still runs,
//! and says on every page how they are made.
//!
//! Promises: a page names in its Content-Security-Policy exactly the servers it talks to; only the widget's frame may
//! be framed by other sites; a file with a hash in its name may be kept for ever, everything else is asked for anew
//! and answered with 304 when it is the same; whatever can be compressed is sent as the build compressed it, in an
//! encoding that the browser asked for, and nothing is compressed while it is served.
//!
//! ```no_run
//! use actix_web::App;
//! use helpline_ui::{Pages, PublicConfig, Site};
//!
//! let pages = Pages::new(Site::ChatServer, &PublicConfig::default());
//! let app = App::new().configure(pages.routes());
//! ```

mod asset;
mod config;
mod encoding;
mod pages;
mod policy;
mod routes;

pub use self::{
    asset::Asset,
    config::{Brand, Mode, PublicConfig},
    encoding::{Accepted, Encoding},
    pages::{Pages, Site},
};
