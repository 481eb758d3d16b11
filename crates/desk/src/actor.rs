//! Who asks, and what each may ask at all.

use crate::{
    command::Command,
    id::{AgentId, SupportId, VisitorId},
};

/// One of the two sides of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The visitor (`User` on the wire).
    Visitor,
    /// The agent (`Support` on the wire).
    Support,
}

/// How high somebody of the staff stands. A supervisor sees every chat; who stands strictly higher may take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Looks after people and settings too.
    Admin,
    /// Looks after agents and chats.
    Supervisor,
    /// Answers visitors.
    Agent,
}

impl Rank {
    /// Whether this one stands strictly higher.
    pub fn outranks(self, other: Self) -> bool {
        self < other
    }

    /// Whether it may see what is said in chats that are not its own.
    pub fn is_monitor(self) -> bool {
        self.outranks(Self::Agent)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Supervisor => "supervisor",
            Self::Agent => "agent",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Admin, Self::Supervisor, Self::Agent]
            .into_iter()
            .find(|rank| rank.as_str() == text)
    }
}

/// Who asks. Whatever is claimed here is checked against the chat by [`decide`](crate::decide::decide).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actor {
    /// Somebody at a chat who says to be its visitor.
    Visitor(VisitorId),
    /// An agent at the desk, not (yet) part of the chat.
    Agent(AgentId),
    /// Somebody of the staff who may do to this chat what is asked: that was checked at the door, by account and role.
    Staff(AgentId),
    /// An agent who was accepted into the chat.
    Support(SupportId),
    /// The service itself: timers and housekeeping.
    Desk,
}

impl Actor {
    /// The permission table: which kind of actor may give which command at all.
    pub fn may(&self, command: &Command) -> bool {
        match command {
            Command::Register { .. }
            | Command::Open { .. }
            | Command::Ask { .. }
            | Command::Enter { .. } => {
                matches!(self, Self::Visitor(_))
            }
            Command::Whisper { .. } => matches!(self, Self::Staff(_)),
            Command::Assign { .. } | Command::Close => {
                matches!(self, Self::Staff(_) | Self::Agent(_))
            }
            Command::Say(_) | Command::Leave => matches!(self, Self::Visitor(_) | Self::Support(_)),
            Command::Claim { .. }
            | Command::TakeOver { .. }
            | Command::Return { .. }
            | Command::Flag { .. }
            | Command::Reserve
            | Command::Decline => matches!(self, Self::Agent(_)),
            Command::Lapse
            | Command::Absent(_)
            | Command::Abandon
            | Command::Review { .. }
            | Command::Expire => matches!(self, Self::Desk),
        }
    }
}
