//! Chats: load one, commit what was decided for it.
//!
//! A chat is one key, a hash: its head (revision, epoch, last seq, last time), its log (one field an event),
//! the command ids it remembers and how far each side has seen. One key has one time to live: a chat expires
//! whole.

use std::{sync::Arc, time::Duration};

use helpline_desk::{
    actor::Side,
    chat::Chat,
    decide::{Decision, Timer},
    event::Recorded,
    id::{AgentId, ChatId},
    queue::Entry,
    time::Timestamp,
};
use helpline_protocol::{
    bus::{self, Flagged, Passing, Unreadable},
    typed::Seen,
};
use tokio::sync::Semaphore;

use crate::{
    keys::{Keys, Place},
    link::{Link, Unavailable},
    log::LONG_READS,
    script::Script,
};

/// How many chats are asked about at once.
const AT_ONCE: usize = 500;

/// The store, as one thread of one process uses it.
#[derive(Clone)]
pub struct Store {
    pub(crate) link: Link,
    pub(crate) shared: Arc<Shared>,
}

/// What all threads of a process share.
pub struct Shared {
    pub(crate) keys: Keys,
    /// This process, for as long as it lives.
    pub(crate) process: String,
    pub(crate) join_channel: String,
    /// Whether events are handed on to the records.
    pub(crate) streaming: bool,
    pub(crate) commit: Script,
    pub(crate) load: Script,
    mark: Script,
    renew_epoch: Script,
    pub(crate) depart: Script,
    pub(crate) arrive: Script,
    pub(crate) come: Script,
    pub(crate) go: Script,
    pub(crate) settle: Script,
    pub(crate) renew_lease: Script,
    pub(crate) sweep: Script,
    pub(crate) deliver: Script,
    pub(crate) acknowledge: Script,
    pub(crate) release: Script,
    pub(crate) restore: Script,
    pub(crate) archived: Script,
    /// Whose turn it is to read a long log.
    pub(crate) long_reads: Semaphore,
}

impl Shared {
    /// One process's use of a deployment's keys; `streaming`: what it commits is handed on to the records.
    pub fn new(keys: Keys, join_channel: &str, streaming: bool) -> Self {
        let process = random_hex();
        Self {
            keys,
            process,
            join_channel: join_channel.to_owned(),
            streaming,
            commit: Script::new(include_str!("scripts/commit.lua")),
            load: Script::new(include_str!("scripts/load.lua")),
            mark: Script::new(include_str!("scripts/mark.lua")),
            renew_epoch: Script::new(include_str!("scripts/renew_epoch.lua")),
            depart: Script::new(include_str!("scripts/depart.lua")),
            arrive: Script::new(include_str!("scripts/arrive.lua")),
            come: Script::new(include_str!("scripts/come.lua")),
            go: Script::new(include_str!("scripts/go.lua")),
            settle: Script::new(include_str!("scripts/settle.lua")),
            renew_lease: Script::new(include_str!("scripts/renew_lease.lua")),
            sweep: Script::new(include_str!("scripts/sweep.lua")),
            deliver: Script::new(include_str!("scripts/deliver.lua")),
            acknowledge: Script::new(include_str!("scripts/acknowledge.lua")),
            release: Script::new(include_str!("scripts/release.lua")),
            restore: Script::new(include_str!("scripts/restore.lua")),
            archived: Script::new(include_str!("scripts/archived.lua")),
            long_reads: Semaphore::new(LONG_READS),
        }
    }
}

/// Why the store did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It did not confirm in time.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// It holds something this release cannot read.
    #[error("the store holds what this release cannot read")]
    Unreadable,
}

impl From<Unreadable> for StoreError {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

/// Where a chat stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Made anew whenever the log is not the one that was told before.
    pub epoch: Arc<str>,
    /// Raised by whatever the rules look at.
    pub revision: u64,
    /// The last event.
    pub seq: u64,
}

/// A chat, or the part of it after some event, as the store has it.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Where the chat stands.
    pub head: Head,
    /// How far each side has seen.
    pub seen: Seen,
    /// What remains of its time to live.
    pub ttl: Duration,
    /// Its events, oldest first, without gaps.
    pub recorded: Vec<Recorded>,
}

/// What was decided for a chat, to be committed.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The chat.
    pub chat: ChatId,
    /// Makes a repeat of the same command harmless.
    pub command_id: Option<&'a str>,
    /// The revision it was decided on; 0 for a chat that is not there.
    pub revision: u64,
    /// What was decided.
    pub decision: &'a Decision,
    /// The chat's entry in the waiting set, if it changes.
    pub queue: Option<Option<&'a Entry>>,
    /// The agent who has the chat, if that changes.
    pub engaged: Option<Option<&'a AgentId>>,
    /// How the chat is flagged, if that changes.
    pub flagged: Option<Option<Flagged>>,
    /// The request to announce, if it is.
    pub announce: Option<String>,
    /// The socket that comes in with it, if one does.
    pub arrives: Option<(&'a Place, u64)>,
    /// The timer it was decided for; nothing is committed if that has been stopped.
    pub due: Option<Timer>,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is done.
    Done {
        /// Where the chat stands now.
        head: Head,
        /// Its first event (one above the last, if there is none).
        first: u64,
        /// The time of its first event; each further one is a microsecond later.
        at: Timestamp,
    },
    /// The same command was committed before.
    Repeat {
        /// Its first event.
        seq: u64,
    },
    /// The chat is at another revision: decide again.
    Conflict,
    /// Its timer has been stopped.
    Untimely,
}

/// The epoch of a chat whose log is not the one that was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// Which it is now.
    pub epoch: String,
    /// Whether it was made by this call, and by no other.
    pub here: bool,
}

/// What became of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It was raised.
    Raised,
    /// It was not higher than before.
    Old,
    /// There is no such event yet.
    Beyond,
    /// There is no such chat.
    Gone,
}

impl Store {
    /// The store over this link.
    pub fn new(link: Link, shared: Arc<Shared>) -> Self {
        Self { link, shared }
    }

    /// The connection it uses.
    pub fn link(&self) -> &Link {
        &self.link
    }

    /// The names it uses.
    pub fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    /// Whether what it commits is handed on to the records.
    pub fn is_streaming(&self) -> bool {
        self.shared.streaming
    }

    /// The epoch of each of these chats, in their order; `None` for one that is not there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn epochs(&self, chats: &[ChatId]) -> Result<Vec<Option<String>>, Unavailable> {
        let keys = &self.shared.keys;
        let mut by_partition = vec![Vec::new(); usize::from(keys.partitions())];
        for (place, chat) in chats.iter().enumerate() {
            by_partition[usize::from(keys.partition(*chat))].push((place, *chat));
        }
        let mut epochs = vec![None; chats.len()];
        for batch in by_partition.iter().flat_map(|here| here.chunks(AT_ONCE)) {
            let mut read = redis::pipe();
            for (_, chat) in batch {
                read.hget(keys.chat(*chat), "epoch");
            }
            let found: Vec<Option<String>> = self
                .link
                .run(async |connection| read.query_async(connection).await)
                .await?;
            for ((place, _), epoch) in batch.iter().zip(found) {
                epochs[*place] = epoch;
            }
        }
        Ok(epochs)
    }

    /// One event of a chat, if its log has it.
    ///
    /// # Errors
    /// When the store does not answer, or holds what cannot be read.
    pub async fn event(&self, chat: ChatId, seq: u64) -> Result<Option<Recorded>, StoreError> {
        let mut read = redis::cmd("HGET");
        read.arg(self.shared.keys.chat(chat)).arg(seq);
        let entry: Option<String> = self
            .link
            .run(async |connection| read.query_async(connection).await)
            .await?;
        let entry = entry.map(|entry| bus::read_entry(&entry)).transpose();
        entry.map_err(StoreError::from)
    }

    /// The first event of a command that was committed, if it was and is remembered.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn seq_of_command(
        &self,
        chat: ChatId,
        command_id: &str,
    ) -> Result<Option<u64>, Unavailable> {
        let mut read = redis::cmd("HGET");
        read.arg(self.shared.keys.chat(chat))
            .arg(format!("c:{command_id}"));
        self.link
            .run(async |connection| read.query_async(connection).await)
            .await
    }

    /// Commits a decision, or nothing of it: one atomic round trip.
    ///
    /// # Errors
    /// When the store does not confirm in time; it may then have happened or not.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Committed, StoreError> {
        let script = &self.shared.commit;
        let call = self.commit_call(commit);
        let reply: Vec<redis::Value> = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        read_committed(reply, commit.decision.events.len()).ok_or(StoreError::Unreadable)
    }

    /// Raises the mark up to which a side has seen, and tells the chat's sockets.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn mark_seen(
        &self,
        chat: ChatId,
        side: Side,
        seq: u64,
    ) -> Result<Marked, Unavailable> {
        let script = &self.shared.mark;
        let mut call = script.call(&[&self.shared.keys.chat(chat)]);
        call.arg(match side {
            Side::Visitor => "seen:visitor",
            Side::Support => "seen:support",
        })
        .arg(seq)
        .arg(self.shared.keys.chat_channel(chat))
        .arg(publication(&Passing::Seen { side, seq }));
        let marked: String = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(match marked.as_str() {
            "raised" => Marked::Raised,
            "old" => Marked::Old,
            "beyond" => Marked::Beyond,
            _ => Marked::Gone,
        })
    }

    /// Passes something on to the chat's sockets without keeping it.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn pass_on(&self, chat: ChatId, passing: &Passing) -> Result<(), Unavailable> {
        let mut publish = redis::cmd("SPUBLISH");
        publish
            .arg(self.shared.keys.chat_channel(chat))
            .arg(publication(passing));
        self.link
            .run(async |connection| publish.query_async(connection).await)
            .await
    }

    /// Gives a chat a new epoch if it still has this one; says which it has then. `None`: there is no such chat.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn renew_epoch(
        &self,
        chat: ChatId,
        epoch: &str,
    ) -> Result<Option<Renewed>, Unavailable> {
        let script = &self.shared.renew_epoch;
        let fresh = random_hex();
        let mut call = script.call(&[&self.shared.keys.chat(chat)]);
        call.arg(epoch).arg(&fresh);
        let epoch: Option<String> = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        Ok(epoch.map(|epoch| Renewed {
            here: epoch == fresh,
            epoch,
        }))
    }
}

impl Loaded {
    /// The chat these events make, if they are all of it.
    pub fn chat(&self, id: ChatId) -> Option<Chat> {
        Chat::from_events(id, &self.recorded)
    }
}

fn read_committed(reply: Vec<redis::Value>, events: usize) -> Option<Committed> {
    let mut reply = reply.into_iter();
    let status: String = redis::from_redis_value(reply.next()?).ok()?;
    match status.as_str() {
        "done" => {
            let epoch: String = redis::from_redis_value(reply.next()?).ok()?;
            let revision = redis::from_redis_value(reply.next()?).ok()?;
            let first: u64 = redis::from_redis_value(reply.next()?).ok()?;
            let at = redis::from_redis_value(reply.next()?).ok()?;
            Some(Committed::Done {
                head: Head {
                    epoch: epoch.into(),
                    revision,
                    seq: (first + events as u64).saturating_sub(1),
                },
                first,
                at: Timestamp(at),
            })
        }
        "repeat" => Some(Committed::Repeat {
            seq: redis::from_redis_value(reply.next()?).ok()?,
        }),
        "conflict" => Some(Committed::Conflict),
        "untimely" => Some(Committed::Untimely),
        _ => None,
    }
}

fn publication(passing: &Passing) -> String {
    format!("{} - ~ {}", bus::VERSION, bus::write_passing(passing))
}

pub(crate) fn millis(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}

/// 64 random bits as hex: enough to tell epochs and processes apart.
pub(crate) fn random_hex() -> String {
    format!("{:016x}", rand::random::<u64>())
}
