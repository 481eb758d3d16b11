//! What is said in the log at most once a second, however often somebody brings it about: a log that strangers can fill is one
//! that nobody reads.

use std::sync::atomic::{AtomicI64, Ordering};

use crate::clock;

/// Microseconds in a second.
const PAUSE: i64 = 1_000_000;

/// When something was said last. Made for a `static` beside what is said.
#[derive(Debug)]
pub struct Seldom(AtomicI64);

impl Seldom {
    /// It was never said.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Whether it is time to say it again; if so, it counts as said.
    pub fn is_time(&self) -> bool {
        self.is_time_at(clock::now_micros())
    }

    fn is_time_at(&self, now: i64) -> bool {
        let said = self.0.load(Ordering::Relaxed);
        // A clock that was set back must not silence it.
        let is_time = now < said || now >= said.saturating_add(PAUSE);
        let claim = || {
            self.0
                .compare_exchange(said, now, Ordering::Relaxed, Ordering::Relaxed)
        };
        is_time && claim().is_ok()
    }
}

impl Default for Seldom {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_second_and_not_more_often() {
        let seldom = Seldom::new();
        let said = [
            0, 1, 999_999, 1_000_000, 1_000_001, 5_000_000, 4_000_000, 4_000_001,
        ];
        let said = said.map(|now| seldom.is_time_at(now));
        assert_eq!(said, [true, false, false, true, false, true, true, false]);
    }
}
