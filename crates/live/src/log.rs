//! A chat's log, read in slices: no call keeps the server or a connection for long, however long the log is.

use std::time::Duration;

use helpline_desk::id::ChatId;
use helpline_protocol::{bus, typed::Seen};
use tokio::time::timeout;

use crate::{
    link::Unavailable,
    store::{Head, Loaded, Store, StoreError},
};

/// After how many bytes of entries the first slice is enough: most chats are shorter.
const FIRST: usize = 64 * 1024;
/// After how many bytes of entries any further slice is.
const FURTHER: usize = 256 * 1024;
/// How many logs longer than one slice a process reads at the same time: what is read for them is all that others wait for.
pub(crate) const LONG_READS: usize = 4;
/// How long a long log waits for its turn.
const TURN: Duration = Duration::from_secs(10);

impl Store {
    /// Loads the events of a chat after `after` (0: all of it).
    ///
    /// # Errors
    /// When the store does not answer, or holds what cannot be read.
    pub async fn load(&self, chat: ChatId, after: u64) -> Result<Option<Loaded>, StoreError> {
        let Some(mut loaded) = self.load_slice(chat, after, FIRST).await? else {
            return Ok(None);
        };
        if loaded.ends_at(after) >= loaded.head.seq {
            return Ok(Some(loaded));
        }
        let turn = timeout(TURN, self.shared.long_reads.acquire()).await;
        let _turn = turn.map_err(|_| Unavailable)?.map_err(|_| Unavailable)?;
        loop {
            let read = loaded.ends_at(after);
            if read >= loaded.head.seq {
                return Ok(Some(loaded));
            }
            let Some(mut next) = self.load_slice(chat, read, FURTHER).await? else {
                return Ok(None);
            };
            if next.head.epoch != loaded.head.epoch || next.head.seq < read {
                // It is another log now, and what was read of it belongs to the one before.
                match self.load_slice(chat, after, FIRST).await? {
                    Some(again) => loaded = again,
                    None => return Ok(None),
                }
                continue;
            }
            if next.recorded.is_empty() && next.head.seq > read {
                return Err(StoreError::Unreadable);
            }
            loaded.recorded.append(&mut next.recorded);
            next.recorded = loaded.recorded;
            loaded = next;
        }
    }

    /// The events after `after`, as many as one call may bring; at least one, if there is one.
    async fn load_slice(
        &self,
        chat: ChatId,
        after: u64,
        bytes: usize,
    ) -> Result<Option<Loaded>, StoreError> {
        type Reply = (String, u64, u64, u64, u64, i64, Vec<String>);
        let script = &self.shared.load;
        let mut call = script.call(&[&self.shared.keys.chat(chat)]);
        call.arg(after).arg(bytes);
        let reply: Option<Reply> = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        let Some((epoch, revision, seq, visitor, support, ttl, entries)) = reply else {
            return Ok(None);
        };
        let recorded = entries
            .iter()
            .map(|entry| bus::read_entry(entry))
            .collect::<Result<_, _>>()?;
        Ok(Some(Loaded {
            head: Head {
                epoch: epoch.into(),
                revision,
                seq,
            },
            seen: Seen { visitor, support },
            ttl: Duration::from_millis(ttl.try_into().unwrap_or_default()),
            recorded,
        }))
    }
}

impl Loaded {
    /// The last event that is in it, or `after` if none is.
    fn ends_at(&self, after: u64) -> u64 {
        self.recorded.last().map_or(after, |last| last.seq)
    }
}
