//! How many messages a socket may send.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::settings::LimitSettings;

/// The messages of one socket: a lasting rate and a burst.
pub struct MessageRate(DefaultDirectRateLimiter);

impl MessageRate {
    /// The rate that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        let quota = Quota::per_second(non_zero(settings.messages_per_second));
        Self(RateLimiter::direct(
            quota.allow_burst(non_zero(settings.message_burst)),
        ))
    }

    /// The rate of what is no message: joining, leaving, signs. Whoever was told to slow down may still come and go.
    #[must_use]
    pub fn of_others() -> Self {
        let quota = Quota::per_second(non_zero(50)).allow_burst(non_zero(300));
        Self(RateLimiter::direct(quota))
    }

    /// Whether the socket may send one more message; if so, it is counted.
    #[must_use]
    pub fn allow(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// Settings are checked to be above zero.
pub(super) fn non_zero(value: u32) -> NonZeroU32 {
    NonZeroU32::new(value).unwrap_or(NonZeroU32::MIN)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::settings::Settings;

    fn settings(change: impl FnOnce(&mut LimitSettings)) -> LimitSettings {
        let mut limits = Settings::default().limits;
        change(&mut limits);
        limits
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let rate = MessageRate::new(&settings(|limits| {
            (limits.messages_per_second, limits.message_burst) = (1, 5)
        }));
        assert_eq!((0..5).filter(|_| rate.allow()).count(), 5);
        assert!(!rate.allow());

        let fast = MessageRate::new(&settings(|limits| {
            (limits.messages_per_second, limits.message_burst) = (100, 1)
        }));
        let start = Instant::now();
        let mut passed = 0;
        while passed < 4 && start.elapsed() < Duration::from_secs(5) {
            passed += usize::from(fast.allow());
            std::thread::yield_now();
        }
        assert_eq!(passed, 4);
        assert!(
            start.elapsed() >= Duration::from_millis(29),
            "three of them had to be waited for"
        );
    }
}
