//! The waiting set as the store keeps it, and its changes as they are published.

use std::borrow::Cow;

use helpline_desk::{
    chat::{HandOver, Reservation},
    id::{AgentId, ChatId, VisitorId},
    queue::Entry,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{Unreadable, VERSION, number, read};
use crate::json;

/// A change of the waiting set: `1 <queue revision> <chat> <entry>`, with [`GONE`] or [`CLAIMED`] for an entry that is
/// not there any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueChange {
    /// Numbers the changes of one partition's waiting set.
    pub revision: u64,
    /// The chat concerned.
    pub chat: ChatId,
    /// What waits now, if anything.
    pub entry: Option<Entry>,
    /// Whether it waits no more because an agent took it.
    pub claimed: bool,
}

/// Instead of an entry: it waits no more.
pub const GONE: &str = "-";
/// Instead of an entry: it waits no more, because an agent took it.
pub const CLAIMED: &str = "-claimed";

/// A queue entry as the waiting set keeps it.
pub fn write_queue_entry(entry: &Entry) -> String {
    json(&WireEntry::from(entry))
}

/// Reads an entry of the waiting set.
pub fn read_queue_entry(text: &str) -> Result<Entry, Unreadable> {
    let entry: WireEntry<'_> = read(Some(text))?;
    entry.into_entry()
}

/// Reads what arrived on a queue channel.
pub fn read_queue_change(text: &str) -> Result<QueueChange, Unreadable> {
    let mut parts = text.splitn(4, ' ');
    if parts.next() != Some(VERSION) {
        return Err(Unreadable);
    }
    let revision = number(parts.next())?;
    let chat = parts.next().and_then(ChatId::parse).ok_or(Unreadable)?;
    let rest = parts.next().ok_or(Unreadable)?;
    let entry = match rest {
        gone if gone.starts_with(GONE) => None,
        entry => Some(read_queue_entry(entry)?),
    };
    Ok(QueueChange {
        revision,
        chat,
        entry,
        claimed: rest == CLAIMED,
    })
}

#[derive(Serialize, Deserialize)]
struct WireEntry<'a> {
    chat: Cow<'a, str>,
    visitor: Cow<'a, str>,
    name: Cow<'a, str>,
    platform: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    topic: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_words: Option<Cow<'a, str>>,
    since: i64,
    /// Absent: the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    open_since: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved: Option<WireReservation<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assigned: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    handed_over: Option<WireHandOver<'a>>,
    #[serde(default)]
    declined: Vec<Cow<'a, str>>,
    #[serde(default)]
    all_declined: bool,
    #[serde(default, skip_serializing_if = "is_none_at_all")]
    severity: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    returned: bool,
}

fn is_none_at_all(severity: &u32) -> bool {
    *severity == 0
}

#[derive(Serialize, Deserialize)]
struct WireReservation<'a> {
    agent: Cow<'a, str>,
    until: i64,
}

#[derive(Serialize, Deserialize)]
struct WireHandOver<'a> {
    by: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Entry> for WireEntry<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            chat: entry.chat.to_string().into(),
            visitor: entry.visitor.to_string().into(),
            name: (&entry.name).into(),
            platform: (&entry.platform).into(),
            topic: entry.topic.as_ref().map(Into::into),
            first_words: entry.first_words.as_ref().map(Into::into),
            since: entry.since.0,
            open_since: (entry.open_since != entry.since).then_some(entry.open_since.0),
            reserved: entry.reserved.as_ref().map(|held| WireReservation {
                agent: (&held.agent.0).into(),
                until: held.until.0,
            }),
            assigned: entry.assigned.as_ref().map(|id| (&id.0).into()),
            handed_over: entry.handed_over.as_ref().map(|over| WireHandOver {
                by: (&over.by).into(),
                to: over.to.as_ref().map(Into::into),
                note: over.note.as_ref().map(Into::into),
            }),
            declined: entry.declined.iter().map(|id| (&id.0).into()).collect(),
            all_declined: entry.all_declined,
            severity: entry.severity,
            returned: entry.returned,
        }
    }
}

impl WireEntry<'_> {
    fn into_entry(self) -> Result<Entry, Unreadable> {
        Ok(Entry {
            chat: ChatId::parse(&self.chat).ok_or(Unreadable)?,
            visitor: VisitorId::parse(&self.visitor).ok_or(Unreadable)?,
            name: self.name.into_owned(),
            platform: self.platform.into_owned(),
            topic: self.topic.map(Cow::into_owned),
            first_words: self.first_words.map(Cow::into_owned),
            since: Timestamp(self.since),
            open_since: Timestamp(self.open_since.unwrap_or(self.since)),
            reserved: self.reserved.map(|held| Reservation {
                agent: AgentId(held.agent.into_owned()),
                until: Timestamp(held.until),
            }),
            assigned: self.assigned.map(|id| AgentId(id.into_owned())),
            handed_over: self.handed_over.map(|over| HandOver {
                by: over.by.into_owned(),
                to: over.to.map(Cow::into_owned),
                note: over.note.map(Cow::into_owned),
            }),
            declined: self
                .declined
                .into_iter()
                .map(|id| AgentId(id.into_owned()))
                .collect(),
            all_declined: self.all_declined,
            severity: self.severity,
            returned: self.returned,
        })
    }
}
