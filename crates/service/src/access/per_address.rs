//! How often an address may do something: register, say something. Counted in this process and bounded by construction.

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::{ClientAddress, rate::non_zero};
use crate::settings::LimitSettings;

/// Registrations a minute for each address. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct RegistrationLimit(Arc<PerAddress>);

/// Messages of all sockets of each address. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct WriteLimit(Arc<PerAddress>);

struct PerAddress {
    remote: DefaultKeyedRateLimiter<Key>,
    loopback: DefaultKeyedRateLimiter<Key>,
    /// Counts checks, to look for stale addresses now and then.
    checks: AtomicU32,
    hasher: RandomState,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    One(IpAddr),
    /// One of [`CROWDS`] shares, for when there are too many addresses to remember each.
    Crowd(u64),
}

/// Addresses that are remembered one by one.
const ADDRESSES: usize = 100_000;
const CROWDS: u64 = 4096;
/// So that looking through all addresses costs about a hundred looks for each check, at the worst.
const CHECKS_PER_SWEEP: u32 = 1024;

/// An address of each kind: any other of its kind is treated alike.
const REMOTE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// How many seconds' worth of messages an address may send at once, as many as a socket by default.
const BURST: u32 = 6;

impl RegistrationLimit {
    /// The limit that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        let quota = |address| Quota::per_minute(non_zero(settings.registrations_for(address)));
        Self(Arc::new(PerAddress::new(quota)))
    }

    /// Whether a client at `address` may register once more; if so, it is counted.
    #[must_use]
    pub fn allow(&self, address: ClientAddress) -> bool {
        self.0.allow(address, ADDRESSES)
    }
}

impl WriteLimit {
    /// The limit that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        Self(Arc::new(PerAddress::new(|address| {
            let rate = settings.messages_for(address);
            let burst = non_zero(rate.saturating_mul(BURST));
            Quota::per_second(non_zero(rate)).allow_burst(burst)
        })))
    }

    /// Whether a client at `address` may say one thing more, on whichever socket; if so, it is counted.
    #[must_use]
    pub fn allow(&self, address: ClientAddress) -> bool {
        self.0.allow(address, ADDRESSES)
    }
}

impl PerAddress {
    fn new(quota: impl Fn(IpAddr) -> Quota) -> Self {
        Self {
            remote: RateLimiter::keyed(quota(REMOTE)),
            loopback: RateLimiter::keyed(quota(LOOPBACK)),
            checks: AtomicU32::new(0),
            hasher: RandomState::new(),
        }
    }

    fn allow(&self, address: ClientAddress, room: usize) -> bool {
        let limiter = if address.ip().is_loopback() {
            &self.loopback
        } else {
            &self.remote
        };
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_PER_SWEEP == CHECKS_PER_SWEEP - 1 {
            // An address whose minute is over is as good as one that never came.
            limiter.retain_recent();
        }
        let key = if limiter.len() < room {
            Key::One(address.key())
        } else {
            // Sharing is unfair to some; forgetting would let everybody pass, and remembering would fill the memory.
            Key::Crowd(self.hasher.hash_one(address.key()) % CROWDS)
        };
        limiter.check_key(&key).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn settings(change: impl FnOnce(&mut LimitSettings)) -> LimitSettings {
        let mut limits = Settings::default().limits;
        change(&mut limits);
        limits
    }

    fn at(text: &str) -> ClientAddress {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn registrations_are_counted_for_each_address_and_by_all_clones() {
        let limit = RegistrationLimit::new(&settings(|limits| {
            limits.registrations_per_minute = Some(3)
        }));
        let clone = limit.clone();
        for _ in 0..2 {
            assert!(limit.allow(at("2001:db8::1")));
        }
        assert!(clone.allow(at("2001:db8::2")), "the same /64");
        assert!(!limit.allow(at("2001:db8::3")));
        assert!(!clone.allow(at("2001:db8::1")));
        assert!(limit.allow(at("2001:db8:0:1::1")));
        assert!(limit.allow(at("192.0.2.1")));
    }

    #[test]
    fn unset_limits_are_strict_for_others_and_generous_on_loopback() {
        let limit = RegistrationLimit::new(&settings(|_| {}));
        let allowed = |address| (0..1000).filter(|_| limit.allow(at(address))).count();
        // A bucket of 60 a minute gains one a second, and a slow machine may take seconds for this.
        assert!((60..100).contains(&allowed("192.0.2.1")));
        assert_eq!(allowed("127.0.0.1"), 1000);
        assert_eq!(allowed("::1"), 1000);
    }

    #[test]
    fn messages_of_all_sockets_of_an_address_are_counted_together() {
        let limit = WriteLimit::new(&settings(|limits| limits.messages_per_address = Some(1)));
        let clone = limit.clone();
        for _ in 0..3 {
            assert!(limit.allow(at("2001:db8::1")) && clone.allow(at("2001:db8::2")));
        }
        assert!(!limit.allow(at("2001:db8::3")), "the same /64");
        assert!(limit.allow(at("127.0.0.1")));
    }

    #[test]
    fn stale_addresses_are_forgotten() {
        // So many a minute that an address is as new again after a moment.
        let limit = RegistrationLimit::new(&settings(|limits| {
            limits.registrations_per_minute = Some(1_000_000)
        }));
        for n in 0..10 * CHECKS_PER_SWEEP {
            assert!(limit.allow(IpAddr::from((n + 0x0b00_0000).to_be_bytes()).into()));
        }
        assert!(limit.0.remote.len() < 10 * CHECKS_PER_SWEEP as usize);
    }

    #[test]
    fn too_many_addresses_share_what_there_is() {
        let limit = RegistrationLimit::new(&settings(|limits| {
            limits.registrations_per_minute = Some(1)
        }));
        let allowed = (0..20_000_u32)
            .filter(|n| limit.0.allow(IpAddr::from(n.to_be_bytes()).into(), 10))
            .count();
        assert!(limit.0.remote.len() <= 10 + CROWDS as usize);
        assert!(
            (10..=limit.0.remote.len() * 2).contains(&allowed),
            "{allowed}"
        );
    }
}
