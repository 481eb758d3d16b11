//! Whether something was written lately.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// For so long a write that went well says that the next one will.
const PROOF: Duration = Duration::from_secs(10);

/// When something was last written, if nothing failed since. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Health(Arc<Mutex<Option<Instant>>>);

impl Health {
    pub(super) fn wrote(&self) {
        self.set(Some(Instant::now()));
    }

    pub(super) fn failed(&self) {
        self.set(None);
    }

    /// Whether nobody needs to try.
    pub(super) fn is_proven(&self) -> bool {
        let wrote = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrote.is_some_and(|wrote| wrote.elapsed() < PROOF)
    }

    fn set(&self, wrote: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = wrote;
    }
}
