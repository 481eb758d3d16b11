//! The history: what a reload gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use helpline_desk::{
    actor::Side,
    audience::Audience,
    chat::Chat,
    event::{Event, Recorded},
    id::SupportId,
};
use serde::Serialize;

use super::{
    Level,
    frames::{ChatMessage, EmailExtras, Reader, Whisper, chat_expired, life, status},
    request::GivenExtras,
};
use crate::frame;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatHistory<'a> {
    messages: Vec<ChatMessage<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    opted_in: Option<HistoryExtras<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HistoryExtras<'a> {
    epoch: &'a str,
    last_seq: u64,
    partial: bool,
    seen: Seen,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<u64>,
    status: &'static str,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    agents: BTreeMap<String, &'a str>,
    #[serde(flatten)]
    email: Option<EmailExtras<'a>>,
    #[serde(flatten)]
    given: Option<GivenExtras<'a>>,
    #[serde(flatten)]
    desk: Option<DeskExtras<'a>>,
}

/// For agents only: what the visitor is not shown.
#[derive(Serialize)]
struct DeskExtras<'a> {
    severity: u32,
    whispers: Vec<Whisper<'a>>,
}

/// How far each side has seen (contract 001, section 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// The visitor's mark.
    #[serde(rename = "User")]
    pub visitor: u64,
    /// The agent's mark.
    #[serde(rename = "Support")]
    pub support: u64,
}

/// What a reload gets: the messages among `recorded`, oldest first.
pub fn history(
    chat: &Chat,
    recorded: &[Recorded],
    resumed: &Resumed<'_>,
    reader: Reader,
) -> String {
    let Audience::Seat(side) = reader.audience else {
        return chat_expired(chat.id);
    };
    let opted_in = reader.level == Level::OptedIn;
    let messages = recorded
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::Said(said) => Some(ChatMessage::new(chat, recorded, said, side, opted_in)),
            _ => None,
        })
        .collect();
    let opted_in = opted_in.then_some(HistoryExtras {
        epoch: resumed.epoch,
        last_seq: resumed.last_seq,
        partial: resumed.partial,
        seen: resumed.seen,
        idle_timeout_ms: life(chat, resumed.idle_timeout),
        expires_in_ms: life(chat, resumed.expires_in),
        status: status(chat),
        username: &chat.visitor.name,
        support_id: chat.support.as_ref().map(|support| support.id.to_string()),
        support_user_name: chat.support.as_ref().map(|support| support.name.as_str()),
        agents: agents(chat, recorded),
        email: EmailExtras::of(chat, side),
        given: GivenExtras::of(chat, side),
        desk: (side == Side::Support).then(|| DeskExtras {
            severity: chat.severity,
            whispers: whispers(chat, recorded),
        }),
    });
    frame("ChatHistory", ChatHistory { messages, opted_in })
}

/// The names of the agents who speak in it, by their parts.
fn agents<'a>(chat: &'a Chat, recorded: &[Recorded]) -> BTreeMap<String, &'a str> {
    let spoke = |recorded: &Recorded| match &recorded.event {
        Event::Said(said) if said.from == Side::Support => said.support,
        _ => None,
    };
    let spoke: BTreeSet<SupportId> = recorded.iter().filter_map(spoke).collect();
    let parts = chat.parts.iter().filter(|part| spoke.contains(&part.id));
    parts
        .map(|part| (part.id.to_string(), part.name.as_str()))
        .collect()
}

fn whispers<'a>(chat: &Chat, recorded: &'a [Recorded]) -> Vec<Whisper<'a>> {
    recorded
        .iter()
        .filter_map(|recorded| match &recorded.event {
            Event::Whispered {
                id,
                by_name,
                content,
                ..
            } => Some(Whisper::new(chat, recorded, *id, by_name, content)),
            _ => None,
        })
        .collect()
}

/// Where a history stands in its chat.
#[derive(Clone, Copy, Debug)]
pub struct Resumed<'a> {
    /// The chat's epoch.
    pub epoch: &'a str,
    /// The chat's last `seq`.
    pub last_seq: u64,
    /// Whether it holds only what the client did not have.
    pub partial: bool,
    /// How far each side has seen.
    pub seen: Seen,
    /// How long a chat lives without activity.
    pub idle_timeout: Duration,
    /// How long this one lives if nothing more happens.
    pub expires_in: Duration,
}
