//! What makes a repeat of a command harmless, by what repeats it.
//!
//! An id is known as long as its chat. Those that a log tells are known again when the chat is put back from it.

use helpline_desk::{
    actor::Side,
    event::{Event, Said},
    id::SupportId,
};

/// A message that the client has named. One side's names are none of the other's business, so each has its own.
pub fn message(side: Side, client_id: &str) -> String {
    match side {
        Side::Visitor => format!("v{client_id}"),
        Side::Support => format!("s{client_id}"),
    }
}

/// A claim by a socket that makes one claim in its life.
pub fn claim(part: SupportId) -> String {
    format!("claim{part}")
}

/// A claim that the client has named, so that it may be repeated on another socket.
pub fn repeatable_claim(client_id: &str) -> String {
    format!("claim:{client_id}")
}

/// The id of the command that an event came of, if the event tells it.
pub(crate) fn of(event: &Event) -> Option<String> {
    match event {
        Event::Said(Said {
            from,
            client_id: Some(id),
            ..
        }) => Some(message(*from, id)),
        Event::Claimed { support, .. } => Some(claim(*support)),
        _ => None,
    }
}
