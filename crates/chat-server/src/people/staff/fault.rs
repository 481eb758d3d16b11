//! How this API says that something was not done.

use std::{fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use helpline_live::link::Unavailable;
use helpline_records::RecordsError;
use helpline_service::{access::TokenError, http::failure};

use crate::people::{
    BadBody, Denied,
    sign_in::{NotSignedIn, come_again},
    unanswered,
};

/// A failure, which ends a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    status: StatusCode,
    text: &'static str,
    /// When to come again.
    wait: Option<Duration>,
}

impl Fault {
    /// A failure with this status.
    pub(crate) fn new(status: StatusCode, text: &'static str) -> Self {
        Self {
            status,
            text,
            wait: None,
        }
    }

    /// 400.
    pub(crate) fn bad(text: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// 404.
    pub(crate) fn not_found(text: &'static str) -> Self {
        Self::new(StatusCode::NOT_FOUND, text)
    }

    /// 409.
    pub(crate) fn conflict(text: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, text)
    }

    /// Whether it has this status.
    pub(super) fn is(&self, status: StatusCode) -> bool {
        self.status == status
    }

    /// 503: the records or the store do not answer.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = failure(self.status, self.text);
        come_again(&mut response, self.wait);
        response
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        let unauthorized = |text| Self::new(StatusCode::UNAUTHORIZED, text);
        match denied {
            Denied::Token(TokenError::Missing) => unauthorized("No token provided"),
            Denied::Token(TokenError::Invalid) => unauthorized("Invalid token"),
            Denied::Token(TokenError::Expired) => unauthorized("Token expired"),
            Denied::Gone => unauthorized("User not found"),
            Denied::Role(_) | Denied::Permission => Self::new(StatusCode::FORBIDDEN, "Forbidden"),
            Denied::Unavailable => Self::unavailable(),
        }
    }
}

impl From<BadBody> for Fault {
    fn from(bad: BadBody) -> Self {
        let (status, text) = bad.said();
        Self::new(status, text)
    }
}

impl From<RecordsError> for Fault {
    fn from(error: RecordsError) -> Self {
        unanswered(&error);
        Self::unavailable()
    }
}

impl From<Unavailable> for Fault {
    fn from(_: Unavailable) -> Self {
        Self::unavailable()
    }
}

impl From<NotSignedIn> for Fault {
    fn from(reason: NotSignedIn) -> Self {
        match reason {
            NotSignedIn::Wrong => Self::new(StatusCode::UNAUTHORIZED, "Invalid email or password"),
            NotSignedIn::Wait(wait) => Self {
                wait: Some(wait),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many failed sign-ins")
            },
            NotSignedIn::Unavailable => Self::unavailable(),
        }
    }
}
