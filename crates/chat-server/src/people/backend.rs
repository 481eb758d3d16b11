//! How contract 002 says that something was done, and that it was not (section 1).

use std::{fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use helpline_records::RecordsError;
use helpline_service::access::TokenError;
use serde::Serialize;
use serde_json::json;

use super::{BadBody, Denied, sign_in::come_again, unanswered};

/// Success, with what it gives.
pub(crate) fn success(status: StatusCode, data: impl Serialize) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "success": true, "data": data }))
}

/// A failure. As an error it ends a handler: `return Err(Fault::bad("Invalid role"))`, `people.caller(&request).await?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    status: StatusCode,
    text: String,
    /// When to come again.
    wait: Option<Duration>,
}

impl Fault {
    /// A failure with this status.
    pub(crate) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self {
            status,
            text: text.into(),
            wait: None,
        }
    }

    /// The same, with when to come again.
    pub(super) fn after(mut self, wait: Duration) -> Self {
        self.wait = Some(wait);
        self
    }

    /// 400.
    pub(crate) fn bad(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, text)
    }

    /// 503: the records or the store do not answer.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let body = json!({ "success": false, "error": self.text });
        let mut response = HttpResponse::build(self.status).json(body);
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
            Denied::Role(role) => {
                let text = format!("Forbidden for role: {}", role.as_str());
                Self::new(StatusCode::FORBIDDEN, text)
            }
            Denied::Permission => Self::new(StatusCode::FORBIDDEN, "Forbidden"),
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
