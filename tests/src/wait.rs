//! Waiting for a condition, never for a time.

use std::future::Future;
use std::time::{Duration, Instant};

/// How long any single thing may take before the test fails. Generous: it is only ever spent by a failing test.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How often a condition that cannot wake anyone is looked at again.
const LOOK: Duration = Duration::from_millis(15);

/// A duration in milliseconds, short enough to write inside an expression.
#[must_use]
pub const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A duration in seconds.
#[must_use]
pub const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Looks until `condition` yields something, and gives that back; panics naming `what` after `limit`.
pub async fn eventually<T>(
    what: &str,
    limit: Duration,
    mut condition: impl AsyncFnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + limit;
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(Instant::now() < end, "waited {limit:?} in vain for: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Lets a moment pass before a condition is looked at again, where there is no runtime to wait in.
#[allow(
    clippy::disallowed_methods,
    reason = "the one place, and its callers have deadlines"
)]
pub fn a_moment() {
    std::thread::sleep(LOOK);
}

/// Gives the future at most [`DEADLINE`]; panics naming `what` when it takes longer.
pub async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(_) => panic!("took longer than {DEADLINE:?}: {what}"),
    }
}
