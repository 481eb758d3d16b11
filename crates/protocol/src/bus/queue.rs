//! The waiting set as the store keeps it, and its changes as they are published.

use std::borrow::Cow;

use helpline_desk::{
    chat::Reservation,
    id::{AgentId, ChatId, VisitorId},
    queue::Entry,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{Unreadable, VERSION, number, read};
use crate::json;

/// A change of the waiting set: `1 <queue revision> <chat> <entry>`, with `-` for an entry that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueChange {
    /// Numbers the changes of one partition's waiting set.
    pub revision: u64,
    /// The chat concerned.
    pub chat: ChatId,
    /// What waits now, if anything.
    pub entry: Option<Entry>,
}

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
    let entry = match parts.next().ok_or(Unreadable)? {
        "-" => None,
        entry => Some(read_queue_entry(entry)?),
    };
    Ok(QueueChange {
        revision,
        chat,
        entry,
    })
}

#[derive(Serialize, Deserialize)]
struct WireEntry<'a> {
    chat: Cow<'a, str>,
    visitor: Cow<'a, str>,
    name: Cow<'a, str>,
    platform: Cow<'a, str>,
    since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reserved: Option<WireReservation<'a>>,
    #[serde(default)]
    declined: Vec<Cow<'a, str>>,
    #[serde(default)]
    all_declined: bool,
}

#[derive(Serialize, Deserialize)]
struct WireReservation<'a> {
    agent: Cow<'a, str>,
    until: i64,
}

impl<'a> From<&'a Entry> for WireEntry<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            chat: entry.chat.to_string().into(),
            visitor: entry.visitor.to_string().into(),
            name: (&entry.name).into(),
            platform: (&entry.platform).into(),
            since: entry.since.0,
            reserved: entry.reserved.as_ref().map(|held| WireReservation {
                agent: (&held.agent.0).into(),
                until: held.until.0,
            }),
            declined: entry.declined.iter().map(|id| (&id.0).into()).collect(),
            all_declined: entry.all_declined,
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
            since: Timestamp(self.since),
            reserved: self.reserved.map(|held| Reservation {
                agent: AgentId(held.agent.into_owned()),
                until: Timestamp(held.until),
            }),
            declined: self
                .declined
                .into_iter()
                .map(|id| AgentId(id.into_owned()))
                .collect(),
            all_declined: self.all_declined,
        })
    }
}
