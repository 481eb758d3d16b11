//! The wires: what clients and processes say to each other, and its translation to and from the desk.
//!
//! - [`typed`]: the chat socket's dialect, frames of `type` and `args`;
//! - [`event`]: the dialect of conversations with roles, frames of `event` and `data`;
//! - [`joins`]: the request feed;
//! - [`socketio`]: the dialect of Socket.IO clients;
//! - [`staff_desk`]: what supervisors see and do, and what all staff see of each other;
//! - [`bus`]: what processes keep in and say through the store;
//! - [`close`]: one catalogue of error and close codes.
//!
//! No I/O here, and no rule of the desk.

pub mod bus;
pub mod close;
pub mod event;
pub mod joins;
pub mod socketio;
pub mod staff_desk;
pub mod typed;

use chrono::{DateTime, SecondsFormat, Utc};
use helpline_desk::time::Timestamp;
use serde::Serialize;

/// A point in time on the wire: ISO-8601, UTC, microseconds and `Z`.
pub fn iso(at: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_micros(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// A frame of the typed dialects: `{"type", "args"}`.
fn frame(kind: &'static str, args: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Frame<T> {
        #[serde(rename = "type")]
        kind: &'static str,
        args: T,
    }
    json(&Frame { kind, args })
}

fn json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings can fail, and none is written here.
    serde_json::to_string(value).unwrap_or_default()
}
