//! How many sockets, and how many connections, an address may have open. Counted in this process.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::ClientAddress;
use crate::settings::LimitSettings;

/// Open sockets, or connections, of each address. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct SocketLimit(Arc<Sockets>);

struct Sockets {
    settings: LimitSettings,
    limit: fn(&LimitSettings, IpAddr) -> u32,
    /// Holds an address only while it has something open.
    open: Mutex<HashMap<IpAddr, u32>>,
}

impl SocketLimit {
    /// The limit on WebSockets and sessions that `settings` ask for.
    #[must_use]
    pub fn new(settings: &LimitSettings) -> Self {
        Self::with(settings, LimitSettings::sockets_for)
    }

    /// The limit on TCP connections that `settings` ask for.
    #[must_use]
    pub fn of_connections(settings: &LimitSettings) -> Self {
        Self::with(settings, LimitSettings::connections_for)
    }

    fn with(settings: &LimitSettings, limit: fn(&LimitSettings, IpAddr) -> u32) -> Self {
        Self(Arc::new(Sockets {
            settings: settings.clone(),
            limit,
            open: Mutex::default(),
        }))
    }

    /// Room for one more of `address`, taken until the slot is dropped; or none.
    #[must_use]
    pub fn open(&self, address: ClientAddress) -> Option<SocketSlot> {
        let limit = (self.0.limit)(&self.0.settings, address.ip());
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

/// The place of one open socket or connection; dropping it gives the place back.
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
    fn connections_are_counted_by_a_limit_of_their_own() {
        let limits = settings(|limits| {
            (limits.sockets_per_address, limits.connections_per_address) = (Some(1), Some(2));
        });
        let limit = SocketLimit::of_connections(&limits);
        let _open = [1, 2].map(|_| limit.open(at("192.0.2.1")).unwrap());
        assert!(limit.open(at("192.0.2.1")).is_none());
        let _socket = SocketLimit::new(&limits).open(at("192.0.2.1")).unwrap();
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
}
