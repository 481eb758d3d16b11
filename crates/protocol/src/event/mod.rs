//! The dialect of conversations with roles (contract 002, section 5): every frame is `{"event", "data"}`.
//!
//! [`decode`] reads a client's frame, [`event_frame`] says what an event looks like to whoever is in the room,
//! [`conversation`] what HTTP shows of one, and [`Fault`] is everything that a socket may be told is wrong.

mod conversation;
mod decode;
mod fault;
mod frames;

pub use self::{
    conversation::{Conversation, Message, Status, conversation, message},
    decode::{ClientEvent, decode},
    fault::Fault,
    frames::{closed, error, event_frame, joined, left},
};

use chrono::{DateTime, SecondsFormat, Utc};
use helpline_desk::time::Timestamp;

/// A point in time in this dialect: ISO-8601, UTC, milliseconds and `Z`.
pub fn iso(at: Timestamp) -> String {
    DateTime::<Utc>::from_timestamp_micros(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}
