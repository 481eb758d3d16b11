//! A conversation as HTTP shows it (contract 002, section 3).

use helpline_desk::{
    actor::Side,
    chat::{Chat, Phase},
    event::{Event, Recorded, Said},
};
use serde::Serialize;

use super::iso;

/// How far a conversation has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// No agent has come in yet.
    Open,
    /// An agent has come in.
    Assigned,
    /// It is over.
    Closed,
}

impl Status {
    /// A chat's status.
    pub fn of(chat: &Chat) -> Self {
        match chat.phase {
            Phase::Ended(_) => Self::Closed,
            _ if chat.was_engaged() => Self::Assigned,
            _ => Self::Open,
        }
    }
}

/// A conversation with all that was said in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conversation {
    /// Its id.
    #[serde(rename = "_id")]
    pub id: String,
    /// How far it has come.
    pub status: Status,
    /// The agent it is assigned to.
    pub agent_id: Option<String>,
    /// The supervisor it belongs to.
    pub supervisor_id: Option<String>,
    /// The end user.
    pub candidate_id: String,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The account that said it.
    pub sender_id: String,
    /// What that account is: `candidate` or `agent`.
    pub sender_role: &'static str,
    /// What was said.
    pub content: String,
    /// When: ISO-8601, UTC, milliseconds.
    pub created_at: String,
}

/// A conversation as its whole log tells it. `recorded` are all its events, oldest first.
pub fn conversation(chat: &Chat, recorded: &[Recorded]) -> Conversation {
    Conversation {
        id: chat.id.to_string(),
        status: Status::of(chat),
        agent_id: chat.assigned.as_ref().map(ToString::to_string),
        supervisor_id: chat.supervisor.as_ref().map(ToString::to_string),
        candidate_id: chat.visitor.id.to_string(),
        messages: recorded
            .iter()
            .filter_map(|recorded| message(chat, recorded))
            .collect(),
    }
}

/// What was said; `None` if the event is something else. `chat` is the chat after it, or later.
pub fn message(chat: &Chat, recorded: &Recorded) -> Option<Message> {
    match &recorded.event {
        Event::Said(said) => Some(Message::new(chat, recorded, said)),
        _ => None,
    }
}

impl Message {
    fn new(chat: &Chat, recorded: &Recorded, said: &Said) -> Self {
        let (sender_id, sender_role) = match said.from {
            Side::Visitor => (chat.visitor.id.to_string(), "candidate"),
            // It is known by the part that the agent had then: the chat may be another's now.
            Side::Support => {
                let part = said.support.and_then(|part| chat.part(part));
                let agent = part.map(|part| part.agent.to_string());
                (agent.unwrap_or_default(), "agent")
            }
        };
        Self {
            sender_id,
            sender_role,
            content: said.content.clone(),
            created_at: iso(recorded.at),
        }
    }
}
