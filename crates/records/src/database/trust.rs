//! Which connections are still good.
//!
//! After an error that leaves open what became of a transaction, or whether the server at the other end is still the right
//! one, no connection that was there at that moment is used again: not the one that failed, and none of the others, which
//! most likely lead to the same place. New ones cost little; a connection that is stuck in a transaction costs everything
//! that is written over it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A connection that was made so shortly after a loss may have been made before it, as ages are measured a moment later.
const MARGIN: Duration = Duration::from_millis(1);

/// When it was last lost. Shared by all connections to one database; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Trust(Arc<Mutex<Option<Instant>>>);

impl Trust {
    /// No connection that is there now is used again.
    pub(super) fn lose(&self) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *lost = Some(Instant::now());
    }

    /// Whether a connection of this age may be used.
    pub(super) fn holds(&self, age: Duration) -> bool {
        let lost = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.is_none_or(|lost| age + MARGIN < lost.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_at_a_loss_is_not_used_again() {
        let trust = Trust::default();
        assert!(trust.holds(Duration::from_secs(3600)));
        trust.lose();
        assert!(!trust.holds(Duration::from_secs(1)));
        assert!(!trust.holds(Duration::ZERO));
        let (since, age) = (Instant::now(), Duration::from_secs(3600));
        while !trust.holds(Duration::ZERO) {
            assert!(since.elapsed() < age);
            std::thread::yield_now();
        }
        assert!(!trust.holds(age));
    }
}
