//! How much one client may ask for. Everything is counted in this process and bounded by construction.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::ClientAddress;
use crate::settings::LimitSettings;

/// Registrations a minute for each address. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct RegistrationLimit(Arc<Registrations>);

struct Registrations {
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

impl RegistrationLimit {
    /// The limit that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        let limiter = |address: [u8; 4]| {
            RateLimiter::keyed(Quota::per_minute(non_zero(
                settings.registrations_for(address.into()),
            )))
        };
        Self(Arc::new(Registrations {
            // Any address of its kind will do.
            remote: limiter([192, 0, 2, 1]),
            loopback: limiter([127, 0, 0, 1]),
            checks: AtomicU32::new(0),
            hasher: RandomState::new(),
        }))
    }

    /// Whether a client at `address` may register once more; if so, it is counted.
    #[must_use]
    pub fn allow(&self, address: ClientAddress) -> bool {
        self.0.allow(address, ADDRESSES)
    }
}

impl Registrations {
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

/// Open sockets of each address. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct SocketLimit(Arc<Sockets>);

struct Sockets {
    settings: LimitSettings,
    /// Holds an address only while it has a socket open.
    open: Mutex<HashMap<IpAddr, u32>>,
}

impl SocketLimit {
    /// The limit that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        Self(Arc::new(Sockets {
            settings: settings.clone(),
            open: Mutex::default(),
        }))
    }

    /// Room for one more socket of `address`, taken until the slot is dropped; or none.
    #[must_use]
    pub fn open(&self, address: ClientAddress) -> Option<SocketSlot> {
        let limit = self.0.settings.sockets_for(address.ip());
        let mut open = self.0.lock();
        let count = open.entry(address.key()).or_default();
        if *count >= limit {
            return None;
        }
        *count += 1;
        drop(open);
        Some(SocketSlot {
            key: address.key(),
            sockets: Arc::clone(&self.0),
        })
    }
}

impl Sockets {
    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        // Nothing can fail half-way through a count, so what another thread left is whole.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one open socket; dropping it gives the place back.
#[must_use = "a slot that is dropped at once counts nothing"]
pub struct SocketSlot {
    key: IpAddr,
    sockets: Arc<Sockets>,
}

impl Drop for SocketSlot {
    fn drop(&mut self) {
        if let Entry::Occupied(mut entry) = self.sockets.lock().entry(self.key) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

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

    /// Whether the socket may send one more message; if so, it is counted.
    #[must_use]
    pub fn allow(&self) -> bool {
        self.0.check().is_ok()
    }
}

/// Settings are checked to be above zero.
fn non_zero(value: u32) -> NonZeroU32 {
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

    #[test]
    fn a_slot_is_taken_until_it_is_dropped() {
        let limit = SocketLimit::new(&settings(|limits| limits.sockets_per_address = Some(2)));
        let first = limit.open(at("192.0.2.1")).unwrap();
        let _second = limit.clone().open(at("192.0.2.1")).unwrap();
        assert!(limit.open(at("192.0.2.1")).is_none());
        let other = limit.open(at("192.0.2.2")).unwrap();
        drop(first);
        let _third = limit.open(at("192.0.2.1")).unwrap();
        assert!(limit.open(at("192.0.2.1")).is_none());
        drop(other);
        assert_eq!(
            limit.0.lock().len(),
            1,
            "an address without sockets takes no room"
        );
    }

    #[test]
    fn sockets_of_loopback_are_generous_while_nothing_is_set() {
        let limit = SocketLimit::new(&settings(|_| {}));
        let slots = |address: &str| {
            (0..1000)
                .filter_map(|_| limit.open(at(address)))
                .collect::<Vec<_>>()
        };
        let (remote, loopback) = (slots("2001:db8::1"), slots("::1"));
        assert_eq!((remote.len(), loopback.len()), (200, 1000));
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

    #[test]
    fn everything_can_be_shared_between_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<RegistrationLimit>();
        shared::<SocketLimit>();
        shared::<SocketSlot>();
        shared::<MessageRate>();
        shared::<crate::access::TokenKeys>();
    }
}
