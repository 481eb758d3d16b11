//! Server frames: what an event looks like to whoever is in the room (contract 002, section 5.2).

use helpline_desk::{
    actor::Side,
    chat::Chat,
    event::{Event, Recorded},
    id::ChatId,
};
use serde::Serialize;

use super::{
    Fault, Status,
    conversation::{Message, message},
};
use crate::json;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct About {
    conversation_id: String,
}

impl About {
    fn new(id: ChatId) -> Self {
        Self {
            conversation_id: id.to_string(),
        }
    }
}

/// What an event looks like to a side of the room; most look like nothing. `chat` is the chat after it, unless all
/// that is left of it is its end.
pub fn event_frame(
    id: ChatId,
    chat: Option<&Chat>,
    recorded: &Recorded,
    side: Side,
) -> Option<String> {
    #[derive(Serialize)]
    struct NewMessage {
        #[serde(flatten)]
        about: About,
        #[serde(flatten)]
        message: Message,
    }
    match &recorded.event {
        Event::Said(_) => {
            let about = About::new(id);
            let message = message(chat?, recorded)?;
            Some(frame("NEW_MESSAGE", NewMessage { about, message }))
        }
        Event::Assigned { .. } | Event::TakenOver { .. } | Event::Released { .. }
            if side == Side::Support =>
        {
            Some(error(Fault::AssignedToAnother))
        }
        Event::Ended(_) | Event::Rested(_) => Some(closed(id)),
        _ => None,
    }
}

/// To the socket that has come in.
pub fn joined(id: ChatId, status: Status) -> String {
    #[derive(Serialize)]
    struct Joined {
        #[serde(flatten)]
        about: About,
        status: Status,
    }
    let about = About::new(id);
    frame("JOINED_CONVERSATION", Joined { about, status })
}

/// To the socket that has gone.
pub fn left(id: ChatId) -> String {
    frame("LEFT_CONVERSATION", About::new(id))
}

/// To everyone in the room: it is over.
pub fn closed(id: ChatId) -> String {
    frame("CONVERSATION_CLOSED", About::new(id))
}

/// To the socket concerned: something is wrong.
pub fn error(fault: Fault) -> String {
    #[derive(Serialize)]
    struct Error {
        message: &'static str,
    }
    let message = fault.text();
    frame("ERROR", Error { message })
}

fn frame(event: &'static str, data: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Frame<T> {
        event: &'static str,
        data: T,
    }
    json(&Frame { event, data })
}
