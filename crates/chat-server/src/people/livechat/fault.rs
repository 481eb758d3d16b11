//! How contract 000 says that something was not done (section 1).

use std::{fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode};
use helpline_records::RecordsError;
use serde_json::{Map, Value, json};

use crate::people::{
    BadBody, Denied, Fields,
    sign_in::{NotSignedIn, come_again},
    unanswered,
};

/// A failure as this dialect has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    status: StatusCode,
    body: Value,
    /// When to come again.
    wait: Option<Duration>,
}

impl Fault {
    /// `{"message": text}`.
    pub(crate) fn new(status: StatusCode, text: &str) -> Self {
        Self {
            status,
            body: json!({ "message": text }),
            wait: None,
        }
    }

    /// 400 `{"errors": […]}`.
    pub(crate) fn errors(errors: Vec<Value>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({ "errors": errors }),
            wait: None,
        }
    }

    /// 503: the records do not answer.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status).json(&self.body);
        come_again(&mut response, self.wait);
        response
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(_) | Denied::Gone => {
                Self::new(StatusCode::UNAUTHORIZED, "Forbidden access, token invalid")
            }
            Denied::Role(_) | Denied::Permission => Self::new(
                StatusCode::FORBIDDEN,
                "You do not have permission to access this API",
            ),
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

impl From<NotSignedIn> for Fault {
    fn from(reason: NotSignedIn) -> Self {
        match reason {
            NotSignedIn::Wrong => Self::new(
                StatusCode::UNAUTHORIZED,
                "Your account information was entered incorrectly.",
            ),
            NotSignedIn::Wait(wait) => Self {
                wait: Some(wait),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many failed sign-ins")
            },
            NotSignedIn::Unavailable => Self::unavailable(),
        }
    }
}

/// What is wrong with a body's fields, one entry for each that is.
#[derive(Debug, Default)]
pub(crate) struct Validation(Vec<Value>);

impl Validation {
    /// Notes what is wrong with a field. The value goes back with it, unless it is a secret.
    pub(crate) fn wrong(&mut self, fields: &Fields, name: &str, message: &str) {
        let mut entry = Map::new();
        if name != "password"
            && let Some(value) = fields.0.get(name)
        {
            entry.insert("value".to_owned(), value.clone());
        }
        entry.insert("msg".to_owned(), message.into());
        entry.insert("param".to_owned(), name.into());
        entry.insert("location".to_owned(), "body".into());
        self.0.push(entry.into());
    }

    /// Fails if anything was wrong.
    pub(crate) fn done(self) -> Result<(), Fault> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Fault::errors(self.0)),
        }
    }
}
