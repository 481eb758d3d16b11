//! The line that visitors wait in: whoever waits here is told its place and an honest estimate.
//!
//! The place is the request's rank among all that wait. The estimate is that place times the median of what a
//! place has lately cost: how long a request waited until it was claimed, divided by the place it had when it came.
//! Only what this process has seen counts, and below [`ENOUGH`] samples nothing is estimated.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_desk::{id::ChatId, queue::Entry, time::Timestamp};
use helpline_live::{feed::Heard, keys::Keys};
use helpline_protocol::{bus, typed::Queue};
use tokio::{sync::Notify, time::sleep};
use tracing::debug;

use super::Hub;

/// How many claims the estimate looks back on.
const SAMPLES: usize = 50;
/// How many it needs.
const ENOUGH: usize = 3;
/// How often visitors are told at most.
const PAUSE: Duration = Duration::from_millis(250);

/// What this process knows of the line.
pub(super) struct Line {
    channels: Vec<String>,
    changed: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Who waits: since when, and the place it had when it came.
    waiting: HashMap<ChatId, (Timestamp, usize)>,
    /// What a place has cost lately, in seconds, newest last.
    costs: VecDeque<f64>,
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
            .or_insert((entry.since, place));
    }

    fn goes(&mut self, chat: ChatId, claimed: bool, now: Timestamp) {
        let Some((since, place)) = self.waiting.remove(&chat) else {
            return;
        };
        if !claimed {
            return;
        }
        if self.costs.len() == SAMPLES {
            self.costs.pop_front();
        }
        let waited = Duration::from_micros((now.0 - since.0).max(0).unsigned_abs());
        let places = u32::try_from(place).unwrap_or(u32::MAX);
        self.costs
            .push_back(waited.as_secs_f64() / f64::from(places));
    }

    /// Brings the line up to date with what the store says.
    fn is(&mut self, entries: &[Entry]) {
        self.waiting
            .retain(|chat, _| entries.iter().any(|entry| entry.chat == *chat));
        for entry in entries {
            self.comes(entry);
        }
    }

    /// How long whoever is at this place will probably wait, in seconds.
    fn estimate(&self, position: usize) -> Option<u64> {
        if self.costs.len() < ENOUGH {
            return None;
        }
        let mut costs: Vec<f64> = self.costs.iter().copied().collect();
        costs.sort_by(f64::total_cmp);
        let median = costs[costs.len() / 2];
        let places = u32::try_from(position).unwrap_or(u32::MAX);
        // A saturating cast: a wait beyond reckoning is long enough.
        Some((median * f64::from(places)).ceil() as u64)
    }
}

impl Hub {
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

    async fn tell_places(&self) -> Result<(), helpline_live::link::Unavailable> {
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
        let mut state = self.0.line.state();
        state.is(&entries);
        for room in rooms {
            let Some(rank) = entries.iter().position(|entry| entry.chat == room.id) else {
                continue;
            };
            room.tell_place(Queue {
                position: rank + 1,
                waiting: entries.len(),
                estimate_seconds: state.estimate(rank + 1),
                agents_online,
            });
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
            reserved: None,
            assigned: None,
            handed_over: None,
            declined: Vec::new(),
            all_declined: false,
        }
    }

    #[test]
    fn the_estimate_is_the_median_cost_of_a_place() {
        let mut state = State::default();
        // Each came alone and waited so many seconds.
        for (chat, seconds) in [(1, 10), (2, 60), (3, 20)] {
            assert_eq!(state.estimate(1), None, "too little is known");
            state.comes(&entry(chat, 0));
            state.goes(
                ChatId::from_bits(chat),
                true,
                Timestamp(seconds * 1_000_000),
            );
        }
        assert_eq!(state.estimate(1), Some(20));
        assert_eq!(state.estimate(3), Some(60));
    }

    #[test]
    fn a_request_that_was_not_claimed_says_nothing_about_waiting() {
        let mut state = State::default();
        for chat in 1..=4 {
            state.comes(&entry(chat, 0));
            state.goes(ChatId::from_bits(chat), false, Timestamp(1_000_000));
        }
        assert_eq!(state.estimate(1), None);
    }

    #[test]
    fn who_came_second_had_two_places_to_wait() {
        let mut state = State::default();
        for chat in 1..=3 {
            state.comes(&entry(chat, 0));
        }
        for chat in 1..=3 {
            state.goes(ChatId::from_bits(chat), true, Timestamp(30_000_000));
        }
        // 30, 15 and 10 seconds a place.
        assert_eq!(state.estimate(1), Some(15));
    }
}
