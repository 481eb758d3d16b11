//! The line that visitors wait in: whoever waits here is told its place and an honest estimate.
//!
//! The place is the request's rank among all that wait. The estimate is that place times the median of what a
//! place has lately cost: how long a request waited until it was claimed, divided by the place it had when it came.
//! Whoever has not come yet may ask how long visitors usually wait: the median of the same claims.
//! Only what this process has seen within [`LATELY`] counts, and below [`ENOUGH`] samples nothing is said.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_desk::{id::ChatId, queue::Entry, time::Timestamp};
use helpline_live::{feed::Heard, keys::Keys, link::Unavailable};
use helpline_protocol::{bus, typed::Queue};
use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, sleep},
};
use tracing::debug;

use super::Hub;

/// How many claims the estimate looks back on at most.
const SAMPLES: usize = 50;
/// How many it needs.
const ENOUGH: usize = 3;
/// How far it looks back: yesterday's waits say nothing about today's.
const LATELY: Duration = Duration::from_secs(3_600);
/// How long an answer about the agents is good for those who only look in: anybody may ask, as often as they like.
const AGENTS_KNOWN_FOR: Duration = Duration::from_secs(1);
/// How many visitors are told before whoever else works on this thread gets a turn.
const TOLD_AT_ONCE: usize = 64;
/// How often visitors are told at most.
const PAUSE: Duration = Duration::from_millis(250);

/// What somebody who has not come yet may expect.
#[derive(Clone, Copy, Debug)]
pub struct Availability {
    /// In how many seconds visitors were usually answered lately: only while an agent is there to answer, and from
    /// enough claims.
    pub usual_wait_seconds: Option<u64>,
    /// How many agents take requests.
    pub agents_online: usize,
}

/// What this process knows of the line.
pub(super) struct Line {
    channels: Vec<String>,
    changed: Notify,
    state: Mutex<State>,
}

/// A request that was claimed.
struct Claim {
    at: Timestamp,
    waited: Duration,
    /// The place it had when it came.
    place: usize,
}

#[derive(Default)]
struct State {
    /// Who waits: since when, and the place it had when it came.
    waiting: HashMap<ChatId, (Timestamp, usize)>,
    /// The last claims, newest last.
    claims: VecDeque<Claim>,
    /// How many agents there were, and when that was asked.
    agents: Option<(usize, Instant)>,
}

impl Line {
    pub(super) fn new(keys: &Keys) -> Self {
        let queues = (0..keys.partitions()).map(|partition| keys.queue_channel(partition));
        Self {
            channels: queues.chain([keys.desk_channel()]).collect(),
            changed: Notify::new(),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements: a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody may have to be told something.
    pub(super) fn changed(&self) {
        self.changed.notify_one();
    }

    /// Takes what concerns the line; `false` if this does not.
    pub(super) fn hear(&self, heard: &Heard<'_>, now: Timestamp) -> bool {
        let (Heard::Listening(channel) | Heard::Message { channel, .. }) = heard;
        if !self.channels.iter().any(|own| own == channel) {
            return false;
        }
        if let Heard::Message { text, .. } = heard
            && let Ok(change) = bus::read_queue_change(text)
        {
            let mut state = self.state();
            match &change.entry {
                Some(entry) => state.comes(entry),
                None => state.goes(change.chat, change.claimed, now),
            }
        }
        self.changed();
        true
    }
}

impl State {
    fn comes(&mut self, entry: &Entry) {
        let place = self.waiting.len() + 1;
        self.waiting
            .entry(entry.chat)
            .or_insert((entry.open_since, place));
    }

    fn goes(&mut self, chat: ChatId, claimed: bool, now: Timestamp) {
        let Some((since, place)) = self.waiting.remove(&chat) else {
            return;
        };
        if !claimed {
            return;
        }
        if self.claims.len() == SAMPLES {
            self.claims.pop_front();
        }
        let waited = between(since, now);
        self.claims.push_back(Claim {
            at: now,
            waited,
            place,
        });
    }

    /// Brings the line up to date with what the store says.
    fn is(&mut self, entries: &[Entry]) {
        let there: HashSet<ChatId> = entries.iter().map(|entry| entry.chat).collect();
        self.waiting.retain(|chat, _| there.contains(chat));
        for entry in entries {
            self.comes(entry);
        }
    }

    /// What a place has lately cost, in seconds, if that can be said.
    fn cost(&self, now: Timestamp) -> Option<f64> {
        let cost = |claim: &Claim| claim.waited.as_secs_f64() / count(claim.place);
        self.median(now, cost)
    }

    /// How long a visitor usually waited, in seconds.
    fn usual_wait(&self, now: Timestamp) -> Option<u64> {
        self.median(now, |claim| claim.waited.as_secs_f64())
            .map(seconds)
    }

    fn median(&self, now: Timestamp, figure: impl Fn(&Claim) -> f64) -> Option<f64> {
        let lately = self
            .claims
            .iter()
            .filter(|claim| between(claim.at, now) <= LATELY);
        let mut figures: Vec<f64> = lately.map(figure).collect();
        figures.sort_by(f64::total_cmp);
        (figures.len() >= ENOUGH).then(|| figures[figures.len() / 2])
    }
}

/// How long whoever is at this place will probably wait, in seconds.
fn estimate(cost: Option<f64>, position: usize) -> Option<u64> {
    Some(seconds(cost? * count(position)))
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::from_micros((later.0 - earlier.0).max(0).unsigned_abs())
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A saturating cast: a wait beyond reckoning is long enough.
fn seconds(wait: f64) -> u64 {
    wait.ceil() as u64
}

impl Hub {
    /// What somebody who has not come yet may expect.
    ///
    /// # Errors
    /// When the store does not say who is there.
    pub async fn availability(&self) -> Result<Availability, Unavailable> {
        let agents_online = self.agents_online().await?;
        let usual_wait = self.0.line.state().usual_wait(self.0.handler.now());
        Ok(Availability {
            usual_wait_seconds: usual_wait.filter(|_| agents_online > 0),
            agents_online,
        })
    }

    async fn agents_online(&self) -> Result<usize, Unavailable> {
        let known = self.0.line.state().agents;
        if let Some((agents, asked)) = known
            && asked.elapsed() < AGENTS_KNOWN_FOR
        {
            return Ok(agents);
        }
        let agents = self.0.handler.store().agents().await?.len();
        self.0.line.state().agents = Some((agents, Instant::now()));
        Ok(agents)
    }

    /// Tells waiting visitors where they stand, in the background, whenever that changes.
    pub(super) fn keep_the_line(&self) {
        let hub = self.clone();
        let keep = async move {
            loop {
                hub.0.line.changed.notified().await;
                if let Err(reason) = hub.tell_places().await {
                    debug!(%reason, "visitors cannot be told their places yet");
                    hub.0.line.changed();
                }
                sleep(PAUSE).await;
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(keep).await });
    }

    async fn tell_places(&self) -> Result<(), Unavailable> {
        let rooms: Vec<_> = self.rooms().values().cloned().collect();
        let rooms: Vec<_> = rooms
            .into_iter()
            .filter(|r| r.has_waiting_visitor())
            .collect();
        if rooms.is_empty() {
            return Ok(());
        }
        let store = self.0.handler.store();
        let agents_online = store.agents().await?.len();
        let mut entries = store.all_waiting().await?;
        entries.sort_by_key(Entry::place);
        // Whatever is heard waits for this lock, so nothing is told or searched under it.
        let cost = {
            let mut state = self.0.line.state();
            state.is(&entries);
            state.cost(self.0.handler.now())
        };
        let places: HashMap<ChatId, usize> =
            (entries.iter().map(|entry| entry.chat).zip(1..)).collect();
        for (told, room) in rooms.into_iter().enumerate() {
            if let Some(position) = places.get(&room.id).copied() {
                room.tell_place(Queue {
                    position,
                    waiting: entries.len(),
                    estimate_seconds: estimate(cost, position),
                    agents_online,
                });
            }
            if told % TOLD_AT_ONCE == TOLD_AT_ONCE - 1 {
                yield_now().await;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use helpline_desk::id::VisitorId;

    use super::*;

    fn entry(chat: u128, since: i64) -> Entry {
        Entry {
            chat: ChatId::from_bits(chat),
            visitor: VisitorId::from_bits(chat),
            name: "Mina".to_owned(),
            platform: "web".to_owned(),
            topic: None,
            first_words: None,
            since: Timestamp(since),
            open_since: Timestamp(since),
            reserved: None,
            assigned: None,
            handed_over: None,
            declined: Vec::new(),
            all_declined: false,
            severity: 0,
            returned: false,
        }
    }

    const START: Timestamp = Timestamp(0);

    fn after(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000)
    }

    /// Each came alone and waited so many seconds.
    fn waited(seconds: &[i64]) -> State {
        let mut state = State::default();
        for (chat, seconds) in (1..).zip(seconds) {
            state.comes(&entry(chat, START.0));
            state.goes(ChatId::from_bits(chat), true, after(*seconds));
        }
        state
    }

    #[test]
    fn the_estimate_is_the_median_cost_of_a_place() {
        let state = waited(&[10, 60, 20]);
        assert_eq!(estimate(state.cost(after(60)), 1), Some(20));
        assert_eq!(estimate(state.cost(after(60)), 3), Some(60));
    }

    #[test]
    fn a_long_line_is_no_more_work_than_its_length() {
        let mut state = State::default();
        let entries: Vec<Entry> = (0..100_000).map(|chat| entry(chat, START.0)).collect();
        let start = Instant::now();
        state.is(&entries);
        state.is(&entries[50_000..]);
        assert_eq!(state.waiting.len(), 50_000);
        // The square of it took minutes.
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "{:?}",
            start.elapsed()
        );
    }

    #[test]
    fn the_usual_wait_is_the_median_of_whole_waits() {
        assert_eq!(waited(&[10, 60, 20]).usual_wait(after(60)), Some(20));
    }

    #[test]
    fn two_claims_are_too_little_to_say_anything() {
        let state = waited(&[10, 60]);
        assert_eq!(estimate(state.cost(after(60)), 1), None);
        assert_eq!(state.usual_wait(after(60)), None);
    }

    #[test]
    fn what_was_long_ago_does_not_count() {
        let state = waited(&[10, 60, 20]);
        assert_eq!(state.usual_wait(after(3_610)), Some(20));
        assert_eq!(state.usual_wait(after(3_611)), None);
        assert_eq!(estimate(state.cost(after(3_611)), 1), None);
    }

    #[test]
    fn a_request_that_was_not_claimed_says_nothing_about_waiting() {
        let mut state = State::default();
        for chat in 1..=4 {
            state.comes(&entry(chat, START.0));
            state.goes(ChatId::from_bits(chat), false, after(1));
        }
        assert_eq!(estimate(state.cost(after(1)), 1), None);
        assert_eq!(state.usual_wait(after(1)), None);
    }

    #[test]
    fn who_came_second_had_two_places_to_wait() {
        let mut state = State::default();
        for chat in 1..=3 {
            state.comes(&entry(chat, START.0));
        }
        for chat in 1..=3 {
            state.goes(ChatId::from_bits(chat), true, after(30));
        }
        // 30, 15 and 10 seconds a place.
        assert_eq!(estimate(state.cost(after(30)), 1), Some(15));
        assert_eq!(state.usual_wait(after(30)), Some(30));
    }
}
