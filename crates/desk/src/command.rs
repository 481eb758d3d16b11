//! Everything anyone may ask of a chat.

use std::collections::BTreeSet;

use crate::{
    actor::{Rank, Side},
    id::{AgentId, MessageId, SupportId, VisitorId},
    name::{Email, Name, Topic},
    time::Timestamp,
};

/// A request to change a chat. Ids that the change would introduce are made by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A visitor wants a chat.
    Register {
        /// The visitor's name.
        name: Name,
        /// Where the visitor comes from: `web` or a channel's name.
        platform: String,
        /// What it is about, if that is known.
        topic: Option<Topic>,
        /// The e-mail address of its account, if it has shown one.
        email: Option<Email>,
        /// Since when it is known.
        since: Timestamp,
    },
    /// A visitor with an account wants a chat that stays until somebody ends it.
    Open {
        /// The visitor's name.
        name: Name,
        /// The supervisor it belongs to.
        supervisor: AgentId,
    },
    /// A visitor says the first words of a session of its standing chat, which begins with the first of them.
    Ask {
        /// The visitor's name.
        name: Name,
        /// The e-mail address of its account, if it has one.
        email: Option<Email>,
        /// Since when it is known.
        since: Timestamp,
        /// What it says.
        say: Say,
    },
    /// The visitor opens its chat, for the first time or again.
    Enter {
        /// The agent's part the visitor remembers, if it remembers one.
        support: Option<SupportId>,
        /// The e-mail address it says to have.
        email: Option<Email>,
    },
    /// An agent wants to be the one who answers.
    Claim {
        /// The visitor the agent means to answer.
        visitor: VisitorId,
        /// The id the agent has in this chat if the claim wins.
        support: SupportId,
        /// The name the visitor sees.
        name: Name,
        /// How high the agent stands.
        rank: Rank,
    },
    /// Somebody who stands higher takes the chat from the agent who has it.
    TakeOver {
        /// The id it has in this chat if that is done.
        support: SupportId,
        /// The name the visitor sees.
        name: Name,
        /// How high it stands.
        rank: Rank,
    },
    /// Say how urgent the chat is.
    Flag {
        /// The higher, the more urgent; 0: not flagged.
        severity: u32,
        /// The name of who says so.
        by_name: Name,
    },
    /// Say something to the agent that the visitor does not see.
    Whisper {
        /// The words' id if they are accepted.
        id: MessageId,
        /// The name of who says them.
        by_name: Name,
        /// The words.
        content: String,
    },
    /// An agent comes back to a chat it has.
    Return {
        /// The visitor of the chat.
        visitor: VisitorId,
        /// The agent's part in the chat.
        support: SupportId,
    },
    /// One side says something.
    Say(Say),
    /// Somebody is still here, who has nothing to say at the moment: one of the two sides says so, or the service of a
    /// visitor who waits.
    KeepAlive,
    /// The agent gives the chat back: it waits for anybody.
    Release,
    /// One side ends the chat.
    Leave,
    /// Give the chat to an agent.
    Assign {
        /// To whom.
        agent: AgentId,
        /// The name of that agent, which the visitor is told.
        name: Name,
        /// The name of who gives it.
        by_name: Name,
        /// What the agent should know.
        note: Option<String>,
    },
    /// Close the chat from outside.
    Close,
    /// An agent means to take a waiting request: hide it from the others for a while.
    Reserve,
    /// An agent does not want to see a waiting request.
    Decline,
    /// The reservation's time is over.
    Lapse,
    /// A side's last socket has been away for the whole grace.
    Absent(Side),
    /// The agent has vanished: it has been away for so long that nobody counts on it any more.
    Abandon,
    /// Look whether everyone who could answer has declined.
    Review {
        /// The agents at the desk right now.
        online: BTreeSet<AgentId>,
    },
    /// The chat's time-to-live ran out.
    Expire,
}

/// A message as its sender claims it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Say {
    /// The message's id if it is accepted.
    pub id: MessageId,
    /// The side the frame says it is from.
    pub from: Side,
    /// The visitor the frame names.
    pub visitor: VisitorId,
    /// The agent's part the frame names, if it names one.
    pub support: Option<SupportId>,
    /// What is said.
    pub content: String,
    /// The same as a client of structured contents sent it (contract 004): compact JSON.
    pub raw: Option<String>,
    /// The sender's own id for the message, which makes a repeat harmless.
    pub client_id: Option<String>,
}
