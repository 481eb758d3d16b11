//! What one client may use up.

use std::net::IpAddr;

use serde::Deserialize;

use super::{SettingsError, check};

/// `[limits]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// The lasting message rate of one socket.
    pub messages_per_second: u32,
    /// How many messages of one socket may come at once.
    pub message_burst: u32,
    /// A value holds for every address. See [`LimitSettings::registrations_for`].
    pub registrations_per_minute: Option<u32>,
    /// A value holds for every address. See [`LimitSettings::sockets_for`].
    pub sockets_per_address: Option<u32>,
    /// A value holds for every address. See [`LimitSettings::connections_for`].
    pub connections_per_address: Option<u32>,
    /// A value holds for every address. See [`LimitSettings::messages_for`].
    pub messages_per_address: Option<u32>,
}

/// What holds while nothing is set. On loopback sits a developer, a load test or a proxy for everybody, so the limit is
/// there only to stop a runaway loop.
const REMOTE_REGISTRATIONS: u32 = 60;
const REMOTE_SOCKETS: u32 = 200;
const REMOTE_CONNECTIONS: u32 = 1000;
const REMOTE_MESSAGES: u32 = 100;
const LOOPBACK_REGISTRATIONS: u32 = 10_000;
const LOOPBACK_SOCKETS: u32 = 50_000;
const LOOPBACK_CONNECTIONS: u32 = 100_000;
const LOOPBACK_MESSAGES: u32 = 100_000;

impl LimitSettings {
    /// Registrations a minute for a client at `address`.
    #[must_use]
    pub fn registrations_for(&self, address: IpAddr) -> u32 {
        self.registrations_per_minute.unwrap_or(unset(
            address,
            REMOTE_REGISTRATIONS,
            LOOPBACK_REGISTRATIONS,
        ))
    }

    /// Open sockets for a client at `address`.
    #[must_use]
    pub fn sockets_for(&self, address: IpAddr) -> u32 {
        self.sockets_per_address
            .unwrap_or(unset(address, REMOTE_SOCKETS, LOOPBACK_SOCKETS))
    }

    /// TCP connections of a peer at `address`, whatever is said over them.
    #[must_use]
    pub fn connections_for(&self, address: IpAddr) -> u32 {
        self.connections_per_address.unwrap_or(unset(
            address,
            REMOTE_CONNECTIONS,
            LOOPBACK_CONNECTIONS,
        ))
    }

    /// Messages a second of all sockets of a client at `address` together.
    #[must_use]
    pub fn messages_for(&self, address: IpAddr) -> u32 {
        self.messages_per_address
            .unwrap_or(unset(address, REMOTE_MESSAGES, LOOPBACK_MESSAGES))
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        // More a second than that is no limit at all.
        let range = 1..=1_000_000;
        check::within(
            "limits.messages_per_second",
            self.messages_per_second,
            range.clone(),
        )?;
        check::within("limits.message_burst", self.message_burst, range.clone())?;
        if let Some(value) = self.registrations_per_minute {
            check::within("limits.registrations_per_minute", value, range.clone())?;
        }
        if let Some(value) = self.sockets_per_address {
            check::within("limits.sockets_per_address", value, range.clone())?;
        }
        if let Some(value) = self.connections_per_address {
            check::within("limits.connections_per_address", value, range.clone())?;
        }
        match self.messages_per_address {
            Some(value) => check::within("limits.messages_per_address", value, range),
            None => Ok(()),
        }
    }
}

fn unset(address: IpAddr, remote: u32, loopback: u32) -> u32 {
    if address.to_canonical().is_loopback() {
        loopback
    } else {
        remote
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn loopback_is_generous_only_while_nothing_is_set() {
        let remote = IpAddr::from([203, 0, 113, 9]);
        let loopback = [
            Ipv4Addr::LOCALHOST.into(),
            Ipv6Addr::LOCALHOST.into(),
            Ipv4Addr::LOCALHOST.to_ipv6_mapped().into(),
        ];
        let unset = crate::settings::Settings::default().limits;
        let limits = |of: &LimitSettings, address| {
            (
                of.registrations_for(address),
                of.sockets_for(address),
                of.connections_for(address),
            )
        };
        assert_eq!(limits(&unset, remote), (60, 200, 1000));
        for address in loopback {
            assert_eq!(limits(&unset, address), (10_000, 50_000, 100_000));
        }
        let set = LimitSettings {
            registrations_per_minute: Some(7),
            sockets_per_address: Some(8),
            connections_per_address: Some(9),
            ..unset
        };
        for address in loopback.into_iter().chain([remote]) {
            assert_eq!(limits(&set, address), (7, 8, 9));
        }
    }
}
