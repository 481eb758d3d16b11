//! Whether so much waits for the records that nothing more may be accepted.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use helpline_live::outbound::StreamFigures;

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

    /// Whether nothing may be added.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }
}
