//! The JSON body of a request, read without trusting it.

use actix_web::{
    http::StatusCode,
    web::{Bytes, Payload},
};
use serde_json::Value;

/// No body of these routes needs more, and nobody makes us hold more.
const LARGEST_BODY: usize = 64 * 1024;

/// Why a body cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadBody {
    /// It is longer than any of these routes needs.
    TooLarge,
    /// It did not come whole, or is not JSON.
    NotJson,
}

impl BadBody {
    /// The status and the words in which every dialect says it.
    pub(crate) fn said(self) -> (StatusCode, &'static str) {
        match self {
            Self::NotJson => (StatusCode::BAD_REQUEST, "Invalid JSON"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
        }
    }
}

/// A body's fields. A body that is empty or no object has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Fields(pub(crate) Value);

impl Fields {
    /// Reads a request's body.
    pub(crate) async fn read(body: Payload) -> Result<Self, BadBody> {
        match body.to_bytes_limited(LARGEST_BODY).await {
            Ok(Ok(bytes)) => Self::parse(&bytes),
            Ok(Err(_)) => Err(BadBody::NotJson),
            Err(_) => Err(BadBody::TooLarge),
        }
    }

    fn parse(bytes: &Bytes) -> Result<Self, BadBody> {
        if bytes.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let value = serde_json::from_slice(bytes).map_err(|_| BadBody::NotJson)?;
        Ok(Self(value))
    }

    /// A field, if it is there and not null.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text that is not empty.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str().filter(|text| !text.is_empty())
    }
}
