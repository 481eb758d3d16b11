//! How many messages a socket may send, and how often it may come in.

use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use super::{ClientAddress, WriteLimit};
use crate::settings::LimitSettings;

/// How much that is read for a socket counts like one message of it.
const PART: usize = 64 * 1024;

/// The messages of one socket: a lasting rate and a burst, and what its address may send by all of its sockets.
pub struct MessageRate {
    own: DefaultDirectRateLimiter,
    address: Option<(WriteLimit, ClientAddress)>,
}

impl MessageRate {
    /// The rate that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        let quota = Quota::per_second(non_zero(settings.messages_per_second));
        Self {
            own: RateLimiter::direct(quota.allow_burst(non_zero(settings.message_burst))),
            address: None,
        }
    }

    /// The same for a socket that counts for an address too, if that is known.
    #[must_use]
    pub fn at(self, address: Option<ClientAddress>, writes: &WriteLimit) -> Self {
        Self {
            address: address.map(|address| (writes.clone(), address)),
            ..self
        }
    }

    /// The rate of what is no message: joining, leaving, signs. Whoever was told to slow down may still come and go.
    #[must_use]
    pub fn of_others() -> Self {
        let quota = Quota::per_second(non_zero(50)).allow_burst(non_zero(300));
        Self {
            own: RateLimiter::direct(quota),
            address: None,
        }
    }

    /// Whether the address may do one thing more; if so, it is counted. What the socket itself may is not looked at.
    #[must_use]
    pub fn address_allows(&self) -> bool {
        let address = self.address.as_ref();
        address.is_none_or(|(writes, from)| writes.allow(*from))
    }

    /// So much was read for the socket: beyond the first part of it its address has said as many messages as that is
    /// parts, as far as it still may.
    pub fn charge(&self, bytes: usize) {
        let mut parts = bytes / PART;
        while parts > 0 && self.address_allows() {
            parts -= 1;
        }
    }

    /// Whether the socket may send one more message; if so, it is counted.
    #[must_use]
    pub fn allow(&self) -> bool {
        self.own.check().is_ok() && self.address_allows()
    }
}

/// How often a socket may come in: whoever does is told all that was said, so after a few times it is once a second.
pub struct JoinRate(DefaultDirectRateLimiter);

impl JoinRate {
    /// So many at once.
    #[must_use]
    pub fn with_burst(burst: u32) -> Self {
        let quota = Quota::per_second(NonZeroU32::MIN).allow_burst(non_zero(burst));
        Self(RateLimiter::direct(quota))
    }

    /// Whether the socket may come in once more; if so, it is counted.
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
    fn what_an_address_may_send_it_may_send_by_all_of_its_sockets_together() {
        let settings = settings(|limits| limits.messages_per_address = Some(1));
        let writes = WriteLimit::new(&settings);
        let address = Some(std::net::IpAddr::from([192, 0, 2, 1]).into());
        let sockets = [(), ()].map(|()| MessageRate::new(&settings).at(address, &writes));
        for _ in 0..3 {
            assert!(sockets.iter().all(MessageRate::allow));
        }
        assert!(!sockets.iter().any(MessageRate::allow));
    }

    #[test]
    fn who_is_told_much_may_say_less() {
        let settings = settings(|limits| limits.messages_per_address = Some(1));
        let writes = WriteLimit::new(&settings);
        let address = Some(std::net::IpAddr::from([192, 0, 2, 1]).into());
        let socket = MessageRate::new(&settings).at(address, &writes);
        socket.charge(PART - 1);
        assert!(socket.allow());
        socket.charge(4 * PART);
        assert!(socket.allow());
        assert!(!socket.allow());
        socket.charge(1000 * PART);
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
