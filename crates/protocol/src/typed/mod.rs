//! The chat socket's dialect (contract 001, sections 2 and 5): every frame is `{"type", "args"}`.
//!
//! [`decode`] reads a client frame, [`event_frames`] says what an event looks like to one audience, and
//! [`history`] what a reload gets. A frame is text; what it says is the desk's.

mod decode;
mod frames;
mod history;
mod request;

use helpline_desk::actor::Side;
use serde::{Deserialize, Serialize};

pub(crate) use self::decode::{Args, open};
pub use self::{
    decode::{ClientFrame, Join, Message, Resume, decode},
    frames::{Reader, Scene, chat_expired, event_frames, passing},
    history::{Resumed, Seen, history, history_in_pages},
    request::{Queue, life_left, queue},
};

/// A side as this dialect names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Participant {
    /// The visitor.
    User,
    /// The agent.
    Support,
}

impl From<Side> for Participant {
    fn from(side: Side) -> Self {
        match side {
            Side::Visitor => Self::User,
            Side::Support => Self::Support,
        }
    }
}

impl From<Participant> for Side {
    fn from(participant: Participant) -> Self {
        match participant {
            Participant::User => Self::Visitor,
            Participant::Support => Self::Support,
        }
    }
}

/// What a client has asked to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// The reference's frames and no more.
    Plain,
    /// `helpline.v1`: everything.
    OptedIn,
}
