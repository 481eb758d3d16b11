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

/// What somebody of the staff is, highest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rank {
    /// Manages people and reads the figures.
    Admin,
    /// Watches, flags and takes over.
    Supervisor,
    /// Takes requests and talks.
    Agent,
}

impl Rank {
    /// Whether this rank is strictly higher than the other.
    pub fn outranks(self, other: Self) -> bool {
        self.role_id() < other.role_id()
    }

    /// Whether it looks after what others do.
    pub fn is_monitor(self) -> bool {
        matches!(self, Self::Admin | Self::Supervisor)
    }

    /// Its number on wires that count roles (contract 004): 1 is the highest.
    pub fn role_id(self) -> u8 {
        match self {
            Self::Admin => 1,
            Self::Supervisor => 2,
            Self::Agent => 3,
        }
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
            Command::Release => matches!(self, Self::Support(_)),
            Command::KeepAlive => matches!(self, Self::Visitor(_) | Self::Support(_) | Self::Desk),
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
