//! Kept chats: they have no time to live. They go when they have ended and the records have them, and come back from
//! the records if the store has lost them.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    chat::Chat,
    id::{AgentId, ChatId},
    queue::{Entry, LATEST_FLAGGED},
    time::Timestamp,
};
use helpline_protocol::bus::{self, Flagged};
use tracing::error;

use crate::{
    command_id,
    keys::side,
    link::Unavailable,
    store::{Store, StoreError, millis, random_hex},
};

/// An event of a chat, as the records have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoredEvent {
    /// Its number; the first one is 1, and none is left out.
    pub seq: u64,
    /// Its number among the messages; 0 for what is no message.
    pub msg_no: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The event as the log keeps it.
    pub body: String,
}

/// What became of an attempt to put a chat back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restored {
    /// It is there again, under a new epoch.
    Done,
    /// It is there already: somebody was faster, or it was never lost.
    Exists,
}

impl Store {
    /// Puts a kept chat back that the store has lost or let go; `waiting` is its entry in the waiting set, if it waits;
    /// `rests`: it is between two sessions, and goes again after this long. What else is noted of it its events tell.
    /// Nothing of it goes to the records again.
    ///
    /// # Errors
    /// When the store does not confirm in time, or these events cannot be a chat's log: nothing is put back then.
    pub async fn restore(
        &self,
        chat: ChatId,
        events: &[RestoredEvent],
        waiting: Option<&Entry>,
        rests: Option<Duration>,
    ) -> Result<Restored, StoreError> {
        let keys = &self.shared.keys;
        let script = &self.shared.restore;
        let partition = keys.partition(chat);
        let Log {
            entries,
            revision,
            commands,
            chat: state,
        } = log(chat, events)?;
        let state = state.as_ref();
        let support = state.and_then(|state| state.support.as_ref());
        let flagged = state.and_then(Flagged::of);
        let last = events.last().ok_or(StoreError::Unreadable)?;
        let messages = events.iter().map(|event| event.msg_no).max();
        let mut call = script.call(&[
            &keys.chat(chat),
            &keys.expiry(partition),
            &keys.waiting(partition),
            &keys.engaged(partition),
            &keys.flagged(partition),
        ]);
        call.arg(chat.to_string())
            .arg(random_hex())
            .arg(revision)
            .arg(last.seq)
            .arg(messages)
            .arg(last.at.0)
            .arg(keys.queue_channel(partition))
            .arg(waiting.map(bus::write_queue_entry).unwrap_or_default())
            .arg(rests.map_or(0, millis))
            .arg(keys.watch_channel(partition))
            .arg(support.map_or("", |support| support.agent.0.as_str()))
            .arg(flagged.as_ref().map(bus::write_flagged).unwrap_or_default())
            .arg(commands.len())
            .arg(commands)
            .arg(entries);
        let done: bool = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(match done {
            true => Restored::Done,
            false => Restored::Exists,
        })
    }

    /// The records have all of a chat that ended: it may go after this long, and whoever waits for it is told. An open chat
    /// stays.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn archived(&self, chat: ChatId, tombstone: Duration) -> Result<(), Unavailable> {
        let keys = &self.shared.keys;
        let script = &self.shared.archived;
        let partition = keys.partition(chat);
        let mut call = script.call(&[&keys.chat(chat), &keys.expiry(partition)]);
        call.arg(chat.to_string())
            .arg(millis(tombstone))
            .arg(keys.archived_channel(partition));
        self.link
            .run(async |connection| script.send(connection, &call).await)
            .await
    }

    /// The chats that this agent has.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn chats_of(&self, agent: &AgentId) -> Result<Vec<ChatId>, Unavailable> {
        let mut chats = Vec::new();
        for partition in 0..self.shared.keys.partitions() {
            let mut read = redis::cmd("HGETALL");
            read.arg(self.shared.keys.engaged(partition));
            let engaged: Vec<(String, String)> = self
                .link
                .run(async |connection| read.query_async(connection).await)
                .await?;
            let own = engaged.iter().filter(|(_, who)| *who == agent.0);
            chats.extend(own.filter_map(|(chat, _)| ChatId::parse(chat)));
        }
        Ok(chats)
    }

    /// The [`LATEST_FLAGGED`] chats that were flagged last, the latest first. One that cannot be read is left out, loudly.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn latest_flagged(&self) -> Result<Vec<Flagged>, Unavailable> {
        let mut flagged = Vec::new();
        for partition in 0..self.shared.keys.partitions() {
            let mut read = redis::cmd("HVALS");
            read.arg(self.shared.keys.flagged(partition));
            let values: Vec<String> = self
                .link
                .run(async |connection| read.query_async(connection).await)
                .await?;
            for value in values {
                match bus::read_flagged(&value) {
                    Ok(read) => flagged.push(read),
                    Err(reason) => error!(%reason, "a flagged chat cannot be read"),
                }
            }
        }
        flagged.sort_by_key(|flagged| std::cmp::Reverse((flagged.flagged_at, flagged.chat)));
        flagged.truncate(LATEST_FLAGGED);
        Ok(flagged)
    }

    /// Whether a side has a socket at the chat.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn is_at(&self, chat: ChatId, on: Side) -> Result<bool, Unavailable> {
        let mut read = redis::cmd("SMEMBERS");
        read.arg(self.shared.keys.here(chat));
        let sockets: Vec<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        Ok(sockets.iter().any(|socket| socket.starts_with(side(on))))
    }

    /// The open chats of a partition that never expire: at most `count` of them from the `from`th on, in no order that means
    /// anything.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn kept_in(
        &self,
        partition: u16,
        from: usize,
        count: usize,
    ) -> Result<Vec<ChatId>, Unavailable> {
        let mut range = redis::cmd("ZRANGEBYSCORE");
        range.arg(self.shared.keys.expiry(partition));
        range.arg("+inf").arg("+inf");
        range.arg("LIMIT").arg(from).arg(count);
        let ids: Vec<String> = self
            .link
            .run(async |connection| range.query_async(connection).await)
            .await?;
        Ok(ids.iter().filter_map(|id| ChatId::parse(id)).collect())
    }

    /// Chats that have not ended, at most so many, in no order that means anything.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn open_chats(&self, limit: usize) -> Result<Vec<ChatId>, Unavailable> {
        let mut open = Vec::new();
        for partition in 0..self.shared.keys.partitions() {
            let left = limit.saturating_sub(open.len());
            if left == 0 {
                break;
            }
            open.append(&mut self.open_in(partition, left).await?);
        }
        Ok(open)
    }

    /// The same of one partition; `limit` is at least 1.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn open_in(&self, partition: u16, limit: usize) -> Result<Vec<ChatId>, Unavailable> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.shared.keys.expiry(partition));
        range.arg(0).arg(limit - 1);
        let ids: Vec<String> = self
            .link
            .run(async |connection| range.query_async(connection).await)
            .await?;
        Ok(ids.iter().filter_map(|id| ChatId::parse(id)).collect())
    }
}

/// A log, as it is put back.
struct Log {
    entries: Vec<String>,
    revision: u64,
    /// The commands that it tells of, each with its first event.
    commands: Vec<(String, u64)>,
    /// What it has made of the chat.
    chat: Option<Chat>,
}

/// The log that these events make. What cannot be read again must not be put where others will try to.
fn log(chat: ChatId, events: &[RestoredEvent]) -> Result<Log, StoreError> {
    let mut entries = Vec::with_capacity(events.len());
    let mut recorded = Vec::with_capacity(events.len());
    for (event, expected) in events.iter().zip(1..) {
        let RestoredEvent {
            seq,
            msg_no,
            at,
            body,
        } = event;
        if *seq != expected {
            return Err(StoreError::Unreadable);
        }
        let entry = format!("{seq} {msg_no} {} {body}", at.0);
        recorded.push(bus::read_entry(&entry)?);
        entries.push(entry);
    }
    let revision = recorded.iter().filter(|event| !event.event.is_message());
    let commands = recorded
        .iter()
        .filter_map(|event| Some((command_id::of(&event.event)?, event.seq)));
    Ok(Log {
        entries,
        revision: revision.count() as u64,
        commands: commands.collect(),
        chat: Chat::from_events(chat, &recorded),
    })
}
