//! Chats as they come from the event stream.
//!
//! Promised: an event is stored once, however often it comes ([`Records::store`]); what was stored under a key is never
//! overwritten; a chat's row says the same whatever the order in which its events came. Text that a database cannot
//! hold (NUL) reads as U+FFFD in columns, while the event's body stays as it came.
//!
//! Times are microseconds since 1970, UTC, as the store of the live chats stamped them.

mod missed;
mod projection;
mod store;
mod text;

use helpline_desk::{event::Event, id::ChatId};

pub(crate) use self::projection::project;
pub(crate) use self::text::{clean, clean_option, fold, like};

#[cfg(doc)]
use crate::Records;

/// An event of a chat, to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The chat.
    pub chat: ChatId,
    /// Which of the chat's logs `seq` belongs to.
    pub epoch: String,
    /// Its place in that log.
    pub seq: u64,
    /// When it happened, in microseconds since 1970.
    pub at: i64,
    /// Its number among the chat's messages; 0: it has none.
    pub msg_no: u64,
    /// What happened; `None` if this release cannot tell. It is then kept, and changes nothing else.
    pub event: Option<Event>,
    /// The event as it was written, which is what is given back.
    pub body: String,
}

/// What became of a batch of events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// How many are there now that were not.
    pub stored: u64,
    /// How many were there before.
    pub repeated: u64,
    /// How many belong to people who were erased, and were left out.
    pub left_out: u64,
    /// Events that were not stored because their place is taken by an event of another time: something is very wrong.
    pub conflicting: Vec<Conflicting>,
}

/// An event whose place was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflicting {
    /// The chat.
    pub chat: ChatId,
    /// The log.
    pub epoch: String,
    /// The place.
    pub seq: u64,
}

/// How far a chat has come, as figures and lists tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The visitor has not asked for anyone yet.
    Registered,
    /// It waits for an agent.
    Waiting,
    /// An agent has it.
    Engaged,
    /// It is over.
    Closed,
}

impl Status {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Waiting => "waiting",
            Self::Engaged => "engaged",
            Self::Closed => "closed",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Registered, Self::Waiting, Self::Engaged, Self::Closed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}
