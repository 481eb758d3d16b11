//! Everything that can have happened to a chat.

use crate::{
    actor::{Rank, Side},
    id::{AgentId, MessageId, SupportId, VisitorId},
    time::Timestamp,
};

/// Something that happened to a chat. A chat is what its events made of it, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The chat exists.
    Registered {
        /// Who wants to chat.
        visitor: VisitorId,
        /// The visitor's name.
        name: String,
        /// `web` or a channel's name.
        platform: String,
        /// What it is about, if that is known.
        topic: Option<String>,
        /// Whether it stays until somebody ends it, however silent it is.
        kept: bool,
        /// The supervisor it belongs to, if it belongs to one.
        supervisor: Option<AgentId>,
        /// Whether it outlives its sessions: it is kept, and what ends is a session.
        standing: bool,
        /// Since when the visitor is known, if somebody said so.
        since: Option<Timestamp>,
    },
    /// The visitor came in (or came in again, before anything was said).
    VisitorJoined,
    /// The visitor can be written to.
    Introduced {
        /// Its e-mail address.
        email: String,
        /// Whether that is known from its account, and not only what it says.
        verified: bool,
    },
    /// The visitor asks for an agent.
    Requested {
        /// Since when.
        since: Timestamp,
    },
    /// The visitor was away for the whole grace; its request is withdrawn.
    VisitorLeft,
    /// The visitor is back after having left; its request, if open, stands again.
    VisitorReturned,
    /// An agent won the chat.
    Claimed {
        /// The agent's part in this chat.
        support: SupportId,
        /// The agent's name.
        name: String,
        /// The agent.
        agent: AgentId,
        /// How high the agent stands.
        rank: Rank,
        /// The sentence the visitor is greeted with.
        text: String,
    },
    /// Somebody who stands higher has taken the chat from the agent who had it.
    TakenOver {
        /// The part of whoever has it now.
        support: SupportId,
        /// Its name.
        name: String,
        /// Who that is.
        agent: AgentId,
        /// How high it stands.
        rank: Rank,
        /// The sentence the visitor is greeted with.
        text: String,
    },
    /// Somebody at the desk said how urgent the chat is.
    Flagged {
        /// The higher, the more urgent; 0: not flagged.
        severity: u32,
        /// Who said so.
        by: AgentId,
        /// Its name.
        by_name: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody said something to the agent that the visitor does not see.
    Whispered {
        /// The words' id.
        id: MessageId,
        /// Who said them.
        by: AgentId,
        /// Its name.
        by_name: String,
        /// The words.
        content: String,
    },
    /// The agent has vanished, or has given the chat back; it waits for another, before all that have not been answered yet.
    Released {
        /// Since when.
        since: Timestamp,
        /// Whether the agent has given it back.
        given_back: bool,
    },
    /// Somebody at the desk gave the chat to an agent. Whoever had it is out; it waits until that agent comes in.
    Assigned {
        /// To whom.
        agent: AgentId,
        /// The name of that agent, if it was told.
        name: Option<String>,
        /// By whom.
        by: AgentId,
        /// The name of who gave it.
        by_name: String,
        /// What the agent should know.
        note: Option<String>,
        /// When.
        since: Timestamp,
        /// Until when it waits for that agent only; `None`: until somebody gives it to another.
        until: Option<Timestamp>,
    },
    /// The agent was away for the whole grace; the chat stays its own.
    SupportLeft {
        /// The sentence the visitor sees.
        text: String,
    },
    /// The agent is back after having left.
    SupportReturned,
    /// Something was said.
    Said(Said),
    /// The request is held back for one agent.
    Reserved {
        /// For whom.
        agent: AgentId,
        /// Until when, unless the timer is late.
        until: Timestamp,
    },
    /// The reservation is over without a claim.
    ReservationEnded,
    /// An agent does not want to see the request.
    Declined {
        /// Who.
        agent: AgentId,
    },
    /// Every agent at the desk has declined.
    AllDeclined,
    /// A session of a standing chat is over. The chat is not: the visitor may ask again.
    Rested(End),
    /// The chat is over. Nothing happens after this.
    Ended(End),
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The message's id.
    pub id: MessageId,
    /// Which side said it.
    pub from: Side,
    /// The agent's part, once an agent had joined.
    pub support: Option<SupportId>,
    /// What was said.
    pub content: String,
    /// The same as a client of structured contents sent it (contract 004): compact JSON.
    pub raw: Option<String>,
    /// The sender's own id for the message.
    pub client_id: Option<String>,
}

/// How a chat came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The visitor ended it.
    ByVisitor,
    /// The agent ended it.
    BySupport {
        /// The sentence the visitor sees.
        text: String,
    },
    /// Somebody of the staff closed it, from outside the chat.
    ByStaff {
        /// Who.
        by: AgentId,
        /// The sentence the visitor sees.
        text: String,
    },
    /// Nobody said anything for the whole time-to-live.
    BySilence,
}

impl End {
    /// Whether somebody of the staff ended it.
    pub fn is_by_desk(&self) -> bool {
        matches!(self, Self::BySupport { .. } | Self::ByStaff { .. })
    }
}

/// An event with its place and time in its chat, as the store gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Numbers the chat's events from 1, without gaps.
    pub seq: u64,
    /// When it was stored; never runs backwards within a chat.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What an event that is no message counts for beyond the texts in it.
const EVENT: usize = 64;

impl Said {
    /// How many bytes of text it holds.
    pub fn weight(&self) -> u64 {
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        (self.content.len() + text(&self.raw) + text(&self.client_id)) as u64
    }
}

impl Event {
    /// What it counts for in the size of its chat, in bytes.
    pub fn weight(&self) -> u64 {
        let texts = match self {
            Self::Said(said) => return said.weight(),
            Self::Whispered {
                by_name, content, ..
            } => by_name.len() + content.len(),
            Self::Introduced { email, .. } => email.len(),
            Self::Assigned { by_name, note, .. } => {
                by_name.len() + note.as_ref().map_or(0, String::len)
            }
            Self::Flagged { by_name, .. } => by_name.len(),
            Self::Claimed { name, text, .. } | Self::TakenOver { name, text, .. } => {
                name.len() + text.len()
            }
            _ => 0,
        };
        (EVENT + texts) as u64
    }

    /// Whether this is a message, which the chat counts. Everything else is something that the rules look at and
    /// raises the chat's revision, so that a decision made before it is made again; messages do not, so two people
    /// typing never collide.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::Said(_))
    }

    /// Whether it has a number among the chat's messages: what was said, and what the desk did that is shown between
    /// the messages (contract 004, section 4).
    pub fn is_numbered(&self) -> bool {
        match self {
            Self::Said(_) | Self::Claimed { .. } | Self::TakenOver { .. } => true,
            Self::Rested(end) | Self::Ended(end) => end.is_by_desk(),
            _ => false,
        }
    }

    /// Whether nothing can follow.
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::Ended(_))
    }
}
