//! The waiting set: whole requests, so that one that is gone can still be named.

use std::collections::HashMap;

use helpline_desk::{id::ChatId, queue::Entry};
use helpline_protocol::bus;
use tracing::error;

use crate::{link::Unavailable, store::Store};

/// The field of the waiting set that holds its revision; a chat id is never this.
const REVISION: &str = "revision";

/// One partition's waiting set.
#[derive(Clone, Debug, Default)]
pub struct Waiting {
    /// Numbers the changes.
    pub revision: u64,
    /// The requests that wait.
    pub entries: Vec<Entry>,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Chats that have not ended.
    pub open: u64,
    /// Requests that wait.
    pub waiting: u64,
    /// Since when the oldest of them waits, in microseconds since the epoch.
    pub oldest: Option<i64>,
}

impl Store {
    /// Reads one partition's waiting set. An entry that cannot be read is left out, loudly: one such request
    /// must not hide all others.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn waiting(&self, partition: u16) -> Result<Waiting, Unavailable> {
        let mut read = redis::cmd("HGETALL");
        read.arg(self.shared.keys.waiting(partition));
        let fields: HashMap<String, String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        let mut waiting = Waiting::default();
        for (field, value) in fields {
            if field == REVISION {
                waiting.revision = value.parse().unwrap_or_default();
                continue;
            }
            match bus::read_queue_entry(&value) {
                Ok(entry) => waiting.entries.push(entry),
                Err(reason) => error!(chat = %field, %reason, "a waiting request cannot be read"),
            }
        }
        Ok(waiting)
    }

    /// The whole waiting set, in no order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn all_waiting(&self) -> Result<Vec<Entry>, Unavailable> {
        let mut entries = Vec::new();
        for partition in 0..self.shared.keys.partitions() {
            entries.append(&mut self.waiting(partition).await?.entries);
        }
        Ok(entries)
    }

    /// Whether this chat waits, and how.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn waiting_entry(&self, chat: ChatId) -> Result<Option<Entry>, Unavailable> {
        let mut read = redis::cmd("HGET");
        let partition = self.shared.keys.partition(chat);
        read.arg(self.shared.keys.waiting(partition))
            .arg(chat.to_string());
        let value: Option<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        Ok(value.and_then(|value| bus::read_queue_entry(&value).ok()))
    }

    /// How much there is to do, over all partitions.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn figures(&self) -> Result<Figures, Unavailable> {
        let mut figures = Figures::default();
        for partition in 0..self.shared.keys.partitions() {
            let mut count = redis::cmd("ZCARD");
            count.arg(self.shared.keys.expiry(partition));
            figures.open += self
                .link
                .run(async |connection| count.query_async::<u64>(connection).await)
                .await?;
            let waiting = self.waiting(partition).await?.entries;
            figures.waiting += waiting.len() as u64;
            let oldest = waiting.iter().map(|entry| entry.open_since.0).min();
            figures.oldest = figures.oldest.into_iter().chain(oldest).min();
        }
        Ok(figures)
    }
}
