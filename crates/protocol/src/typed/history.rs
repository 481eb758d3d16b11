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
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
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
        more: resumed.more,
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

/// How much of a history one page holds: so many events, or so many bytes of what was said.
const PAGE_EVENTS: usize = 200;
const PAGE_BYTES: u64 = 64 * 1024;

/// The same in pages, oldest first. Each but the first continues what came before it, and says up to where one has it then:
/// whoever is cut off between two pages resumes there.
pub fn history_in_pages(
    chat: &Chat,
    recorded: &[Recorded],
    resumed: &Resumed<'_>,
    reader: Reader,
) -> Vec<String> {
    let mut rest = recorded;
    let mut pages = Vec::new();
    loop {
        let (page, further) = rest.split_at(page_length(rest));
        let more = !further.is_empty();
        let last = page.last().filter(|_| more);
        let page_resumed = Resumed {
            last_seq: last.map_or(resumed.last_seq, |last| last.seq),
            partial: resumed.partial || !pages.is_empty(),
            more,
            ..*resumed
        };
        pages.push(history(chat, page, &page_resumed, reader));
        if !more {
            return pages;
        }
        rest = further;
    }
}

/// How many of these make the next page: at least one, if there is one.
fn page_length(recorded: &[Recorded]) -> usize {
    let mut bytes = 0;
    let fits = recorded.iter().take(PAGE_EVENTS).take_while(|recorded| {
        let was_full = bytes >= PAGE_BYTES;
        bytes += recorded.event.weight();
        !was_full
    });
    fits.count()
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
    /// Whether it goes on in a further frame.
    pub more: bool,
    /// How far each side has seen.
    pub seen: Seen,
    /// How long a chat lives without activity.
    pub idle_timeout: Duration,
    /// How long this one lives if nothing more happens.
    pub expires_in: Duration,
}
