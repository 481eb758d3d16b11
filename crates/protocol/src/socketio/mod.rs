//! The dialect of Socket.IO clients (contract 004): a queue, claims, take-overs and monitoring.
//!
//! [`engine`] reads and writes the packets and payloads of Engine.IO, [`packet`] those of Socket.IO above it. [`decode`] reads a
//! client's event, [`events`] makes each event of the server, [`shapes`] are the objects in them, and [`Fault`] is everything
//! that an acknowledgement may say is wrong.

mod content;
mod decode;
pub mod engine;
pub mod events;
mod fault;
pub mod packet;
pub mod shapes;

pub use self::{
    content::Content,
    decode::{ClientEvent, decode},
    fault::Fault,
};

use helpline_desk::time::Timestamp;

/// What cannot be read at all: a packet or a payload that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// A point in time in this dialect: whole milliseconds since 1970.
#[must_use]
pub fn millis(at: Timestamp) -> i64 {
    at.0.div_euclid(1000)
}
