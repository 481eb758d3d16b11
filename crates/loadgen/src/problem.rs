//! Everything that can end a run early.

use std::time::Duration;

/// Why a run ended without a result, or with one that does not count.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("cannot connect to {address}: {source}")]
    Connect {
        address: String,
        source: std::io::Error,
    },
    #[error("{what} answered status {status}: {body}")]
    Status {
        what: String,
        status: u16,
        body: String,
    },
    #[error("unexpected answer: {0}")]
    Protocol(String),
    #[error("the server closed the socket (code {0:?})")]
    Closed(Option<u16>),
    #[error("the server answered Error {code}: {message}")]
    Refused { code: String, message: String },
    #[error("no {what} within {after:?}")]
    Late { what: &'static str, after: Duration },
    #[error("cannot read {path}: {reason}")]
    Process { path: String, reason: String },
    #[error("messages went wrong: {0}")]
    Broken(String),
    #[error("{0}")]
    Usage(String),
}
