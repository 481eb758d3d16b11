//! Where a client calls from, for the limits that hold per address.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{HeaderMap, X_FORWARDED_FOR};
use ipnet::IpNet;

/// The address of a client, not of the proxies in front of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The peer; or, when the peer is a trusted proxy, the right-most address in `X-Forwarded-For` that is not one.
    ///
    /// Everything further left was written by somebody whom we have no reason to believe. What is not an address ends
    /// the search too: then the proxy that passed it on is counted.
    #[must_use]
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Self {
        let mut client = peer.to_canonical();
        let lines: Vec<&str> = headers
            .get_all(X_FORWARDED_FOR)
            .map(|line| line.to_str().unwrap_or(""))
            .collect();
        let mut hops = lines
            .iter()
            .rev()
            .flat_map(|line| line.rsplit(','))
            .map(parse);
        while trusted.iter().any(|net| net.contains(&client)) {
            let Some(Some(hop)) = hops.next() else { break };
            client = hop;
        }
        Self(client)
    }

    /// The address itself.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }

    /// What is counted: an IPv4 address, or the first half of an IPv6 one, since a single client has all of a /64.
    #[must_use]
    pub fn key(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        }
    }
}

impl From<IpAddr> for ClientAddress {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

/// Some proxies add the port, and some write an IPv6 address in brackets also without one.
fn parse(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let ip = hop
        .parse()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .ok()
        .or_else(|| bare(hop)?.parse::<Ipv6Addr>().ok().map(IpAddr::from));
    ip.map(|ip| ip.to_canonical())
}

fn bare(hop: &str) -> Option<&str> {
    hop.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn client(peer: &str, forwarded: &[&'static str]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(X_FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "2001:db8:1::/48"]
            .iter()
            .map(|net| net.parse().unwrap())
            .collect();
        ClientAddress::of(peer.parse().unwrap(), &headers, &trusted)
            .ip()
            .to_string()
    }

    #[test]
    fn the_word_of_a_trusted_proxy_is_taken_and_no_other() {
        for (peer, forwarded, found) in [
            ("203.0.113.9", &[][..], "203.0.113.9"),
            // Not a proxy of ours: whatever it says is made up.
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            (
                "10.0.0.1",
                &["1.1.1.1, 198.51.100.1, 10.2.3.4"],
                "198.51.100.1",
            ),
            (
                "10.0.0.1",
                &["1.1.1.1", "198.51.100.1", "10.2.3.4 "],
                "198.51.100.1",
            ),
            ("10.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("2001:db8:1::9", &["[2001:db8:2::5]:4711"], "2001:db8:2::5"),
            ("2001:db8:1::9", &["[2001:db8:2::5]"], "2001:db8:2::5"),
            ("10.0.0.1", &["1.1.1.1, [2001:db8:2::5] "], "2001:db8:2::5"),
            (
                "10.0.0.1",
                &["[2001:db8:2::5], [2001:db8:1::7]:80"],
                "2001:db8:2::5",
            ),
            ("10.0.0.1", &["[::ffff:198.51.100.1]"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.9, [198.51.100.1]"], "10.0.0.1"),
            ("10.0.0.1", &["[2001:db8:2::5"], "10.0.0.1"),
            ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            // All trusted: the one that is furthest away.
            ("10.0.0.1", &["10.9.9.9, 10.2.3.4"], "10.9.9.9"),
            // Nonsense: whoever passed it on.
            ("10.0.0.1", &["198.51.100.1, unknown, 10.2.3.4"], "10.2.3.4"),
            ("10.0.0.1", &[""], "10.0.0.1"),
            ("10.0.0.1", &[], "10.0.0.1"),
        ] {
            assert_eq!(client(peer, forwarded), found, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn ipv6_is_counted_by_its_first_half() {
        let key = |text: &str| {
            ClientAddress::from(text.parse::<IpAddr>().unwrap())
                .key()
                .to_string()
        };
        assert_eq!(key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(key("2001:db8:1:2:ffff::1"), "2001:db8:1:2::");
        assert_eq!(key("203.0.113.9"), "203.0.113.9");
        assert_eq!(key("::ffff:203.0.113.9"), "203.0.113.9");
    }
}
