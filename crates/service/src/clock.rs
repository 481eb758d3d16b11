//! The wall clock. Nothing else in the workspace asks the system for the time of day, so a reader who wonders where a
//! time comes from has one place to look. What happens in a chat is stamped by its store, not by this.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use helpline_desk::time::Timestamp;

/// Microseconds since 1970 in UTC. A clock set before 1970 reads as 0.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now_micros() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// The store's clock, as this process last saw it.
#[derive(Clone, Default)]
pub struct StoreClock {
    ahead: Arc<AtomicI64>,
}

impl StoreClock {
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(now_micros() + self.ahead.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, now: Timestamp) {
        let ahead = now.0 - now_micros();
        self.ahead.store(ahead, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_reads_the_present() {
        let first = now_micros();
        // 2026 and the year 2200: wrong units would be far outside.
        assert!((1_767_000_000_000_000..7_258_000_000_000_000).contains(&first));
        assert!(now_micros() >= first);
    }
}
