//! Whether so much waits for the records that nothing more may be accepted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use helpline_live::outbound::StreamFigures;

use crate::http::Obstacle;

/// What is said then.
const FULL: &str =
    "so much waits for the records that nothing more is accepted (redis.stream_max_bytes)";

/// What a process last saw of the event stream, against how much of it there may be. Clones share what was seen.
#[derive(Clone, Debug)]
pub struct Backlog {
    limit: u64,
    full: Arc<AtomicBool>,
}

impl Backlog {
    /// A stream that may take this many bytes of the store.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            full: Arc::default(),
        }
    }

    /// Notes what was seen; says whether that changes what is accepted.
    pub fn note(&self, seen: &StreamFigures) -> bool {
        let full = seen.bytes > self.limit;
        self.full.swap(full, Ordering::Relaxed) != full
    }

    /// What stands in the way of this process, and of all others alike, while nothing may be added.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        let full = self.is_full();
        full.then(|| Obstacle::Impairs(FULL.to_owned()))
    }

    /// Whether nothing may be added.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}
