//! Commands: load, decide, commit, and again if somebody was faster.
//!
//! Everything that changes a chat goes through [`Handler::handle`], whoever asks: a socket, the feed, a timer.
//! An acceptance is checked by the commit, so it may be decided on state that is held; a refusal is given only
//! on state that was just loaded.

mod loading;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use helpline_desk::{
    actor::Actor,
    chat::Chat,
    command::Command,
    decide::{Decision, Timer, decide},
    event::{Event, Recorded},
    id::ChatId,
    policy::Policy,
    queue::Entry,
    refusal::Refusal,
    time::Timestamp,
};
use helpline_live::{
    keys::Place,
    link::Unavailable,
    store::{Commit, Committed, Head, Store, StoreError},
};
use helpline_protocol::{bus::Flagged, joins};
use tracing::{error, info};

use crate::{
    backlog::Backlog, clock::StoreClock, metrics::Metrics, policy::PolicyNow, restore::Restorer,
};

/// How often a command is decided again before the chat counts as too busy.
const TRIES: usize = 16;
/// The id of every command that ends a chat: it ends once.
const THE_END: &str = "end";

/// A chat as some process last knew it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Where it stood.
    pub head: Head,
    /// What it was; `None` when all that is left of it is its end.
    pub chat: Option<Arc<Chat>>,
}

/// What is known of a chat before a command.
#[derive(Clone, Debug)]
pub enum Known {
    /// Nothing: it has to be loaded.
    Nothing,
    /// There is none: its id was just made.
    Absent,
    /// This, or something older than the truth.
    Held(Held),
}

/// A command, with all that belongs to it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The chat.
    pub chat: ChatId,
    /// Who asks.
    pub actor: Actor,
    /// For what.
    pub command: Command,
    /// What is known of the chat.
    pub known: Known,
    /// Makes a repeat of the same command harmless.
    pub command_id: Option<String>,
    /// The socket that comes in if the command is accepted.
    pub arrives: Option<(&'a Place, u64)>,
    /// The timer that asks.
    pub due: Option<Timer>,
}

impl Request<'_> {
    /// A command about which nothing else is known.
    pub fn new(chat: ChatId, actor: Actor, command: Command) -> Self {
        Self {
            chat,
            actor,
            command,
            known: Known::Nothing,
            command_id: None,
            arrives: None,
            due: None,
        }
    }
}

/// An accepted command.
#[derive(Clone, Debug)]
pub enum Handled {
    /// It is committed.
    Done {
        /// The chat after it.
        held: Held,
        /// What happened.
        recorded: Vec<Recorded>,
    },
    /// It had been committed before: its first event.
    Repeat {
        /// That event.
        seq: u64,
    },
}

/// A command that was not accepted, or not confirmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The rules say no.
    #[error("refused: {}", .0.code())]
    Refused(Refusal),
    /// The store does not say yes.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Handles commands, as one thread of one process does.
#[derive(Clone)]
pub struct Handler {
    store: Store,
    policy: PolicyNow,
    metrics: Metrics,
    clock: StoreClock,
    backlog: Backlog,
    restorer: Restorer,
}

impl Handler {
    /// Handles commands on this store, by this policy.
    pub fn new(
        store: Store,
        policy: PolicyNow,
        metrics: Metrics,
        clock: StoreClock,
        backlog: Backlog,
        restorer: Restorer,
    ) -> Self {
        Self {
            store,
            policy,
            metrics,
            clock,
            backlog,
            restorer,
        }
    }

    /// The store it uses.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The policy it decides by, as it changes.
    pub fn policy_now(&self) -> &PolicyNow {
        &self.policy
    }

    /// The policy it decides by now.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.get()
    }

    /// The store's time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Decides a command and commits what was decided.
    ///
    /// # Errors
    /// [`Failure::Refused`] by the rules on fresh state, or when the store does not confirm.
    pub async fn handle(&self, request: Request<'_>) -> Result<Handled, Failure> {
        let mut fresh = true;
        let mut held = match &request.known {
            Known::Nothing => self.load_for(&request, None).await?,
            Known::Absent => None,
            Known::Held(held) => {
                fresh = false;
                Some(held.clone())
            }
        };
        for _ in 0..TRIES {
            let chat = held.as_ref().and_then(|held| held.chat.as_deref());
            let now = self.clock.now();
            let policy = self.policy.get();
            let decision = match decide(chat, &request.actor, &request.command, now, &policy) {
                Ok(decision) => decision,
                Err(refusal) if !fresh && !refusal.is_lasting() => {
                    held = self.load_for(&request, held.as_ref()).await?;
                    fresh = true;
                    continue;
                }
                Err(refusal) => {
                    // What was done before is not refused, whatever has become of the chat since.
                    if let Some(seq) = self.done_before(&request).await? {
                        return Ok(Handled::Repeat { seq });
                    }
                    self.count_refusal(&request.command, &refusal);
                    return Err(Failure::Refused(refusal));
                }
            };
            if let (true, Some(held)) = (decision.is_nothing(), &held) {
                return Ok(Handled::Done {
                    held: held.clone(),
                    recorded: Vec::new(),
                });
            }
            if self.backlog.is_full() && !decision.events.is_empty() {
                return match self.done_before(&request).await? {
                    Some(seq) => Ok(Handled::Repeat { seq }),
                    None => Err(StoreError::Unavailable(Unavailable).into()),
                };
            }
            match self.commit(&request, held.as_ref(), &decision).await? {
                (Committed::Done { head, first, at }, after) => {
                    self.clock.set(at);
                    return Ok(done(request.chat, decision, head, first, at, after));
                }
                (Committed::Repeat { seq }, _) => return Ok(Handled::Repeat { seq }),
                (Committed::Untimely, _) => return Err(Failure::Refused(Refusal::NotDue)),
                (Committed::Conflict, _) => {
                    held = self.load_for(&request, held.as_ref()).await?;
                    fresh = true;
                }
            }
        }
        Err(StoreError::Unavailable(Unavailable).into())
    }

    /// Commits a decision; also gives the chat as it is if the commit is accepted.
    async fn commit(
        &self,
        request: &Request<'_>,
        held: Option<&Held>,
        decision: &Decision,
    ) -> Result<(Committed, Option<Arc<Chat>>), StoreError> {
        let before = held.and_then(|held| held.chat.clone());
        let mut after = before.clone();
        for event in &decision.events {
            match &mut after {
                Some(chat) => Arc::make_mut(chat).apply(event),
                None => {
                    after = Chat::begin(request.chat, event, self.clock.now()).map(Arc::new);
                }
            }
        }
        let ends = decision.events.iter().any(Event::is_terminal);
        let was = before.as_deref().and_then(Entry::of);
        let is = after.as_deref().and_then(Entry::of);
        let commit = Commit {
            chat: request.chat,
            command_id: match ends {
                true => Some(THE_END),
                false => request.command_id.as_deref(),
            },
            revision: held.map_or(0, |held| held.head.revision),
            decision,
            // Of a chat that expired nobody knows any more whether it waited.
            queue: (was != is || ends).then_some(is.as_ref()),
            engaged: changed(&before, &after, ends, |chat| {
                chat.support.as_ref().map(|support| &support.agent)
            }),
            flagged: changed(&before, &after, ends, Flagged::of),
            announce: match (&is, decision.announce) {
                (Some(entry), true) => Some(joins::announcement(entry)),
                _ => None,
            },
            arrives: request.arrives,
            due: request.due,
        };
        let started = Instant::now();
        let committed = self.store.commit(&commit).await?;
        let seconds = started.elapsed().as_secs_f64();
        self.metrics.commit_seconds.observe(seconds);
        Ok((committed, after))
    }

    async fn done_before(&self, request: &Request<'_>) -> Result<Option<u64>, StoreError> {
        match &request.command_id {
            Some(id) => Ok(self.store.seq_of_command(request.chat, id).await?),
            None => Ok(None),
        }
    }

    fn count_refusal(&self, command: &Command, refusal: &Refusal) {
        if let (Command::Claim { .. }, Refusal::AlreadyClaimed { .. }) = (command, refusal) {
            self.metrics.claim_conflicts.inc();
        }
    }

    /// Looks how much waits for the records. While that is too much, whatever would add to it is answered with
    /// `unavailable`.
    pub async fn look_at_backlog(&self) {
        let Ok(seen) = self.store.stream_figures().await else {
            return;
        };
        if self.backlog.note(&seen) {
            match self.backlog.is_full() {
                true => error!(
                    bytes = seen.bytes,
                    "nothing is accepted: too much waits for the records"
                ),
                false => info!("the records have caught up: everything is accepted again"),
            }
        }
        self.metrics.stream_bytes.set(figure(seen.bytes));
        self.metrics.stream_length.set(figure(seen.length));
        let seconds = self.seconds_since(seen.oldest.map(|oldest| oldest.0));
        self.metrics.records_lag_seconds.set(seconds);
    }

    /// How long ago that was by the store's clock; 0 for never.
    fn seconds_since(&self, time: Option<i64>) -> f64 {
        let micros = time.map_or(0, |time| self.clock.now().0 - time);
        Duration::from_micros(micros.max(0).unsigned_abs()).as_secs_f64()
    }

    /// Brings the figures that only the store knows up to date; without it they stay as they were.
    pub async fn refresh_figures(&self) {
        if let Ok(figures) = self.store.figures().await {
            self.metrics.chats_open.set(figure(figures.open));
            self.metrics.waiting.set(figure(figures.waiting));
            let seconds = self.seconds_since(figures.oldest);
            self.metrics.oldest_wait_seconds.set(seconds);
        }
        if let Ok(staff) = self.store.staff().await {
            let available = staff.iter().filter(|member| member.available).count();
            self.metrics.staff_online.set(figure(staff.len() as u64));
            self.metrics.staff_available.set(figure(available as u64));
        }
    }
}

/// What is noted of a chat, if that changes. Of a chat that has ended nothing stays noted, whatever was known of it.
fn changed<'a, T: PartialEq>(
    before: &'a Option<Arc<Chat>>,
    after: &'a Option<Arc<Chat>>,
    ends: bool,
    noted: impl Fn(&'a Chat) -> Option<T>,
) -> Option<Option<T>> {
    if ends {
        return Some(None);
    }
    let (was, is) = (
        before.as_deref().and_then(&noted),
        after.as_deref().and_then(&noted),
    );
    (was != is).then_some(is)
}

fn figure(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn done(
    id: ChatId,
    decision: Decision,
    head: Head,
    first: u64,
    at: Timestamp,
    after: Option<Arc<Chat>>,
) -> Handled {
    let recorded: Vec<Recorded> = decision
        .events
        .into_iter()
        .zip(0..)
        .map(|(event, i)| Recorded {
            seq: first + i,
            at: Timestamp(at.0 + i64::try_from(i).unwrap_or_default()),
            event,
        })
        .collect();
    // A chat that begins here begins at the time the store gave it.
    let chat = match recorded.first() {
        Some(begin) if begin.seq == 1 => Chat::from_events(id, &recorded).map(Arc::new),
        _ => after,
    };
    Handled::Done {
        held: Held { head, chat },
        recorded,
    }
}
