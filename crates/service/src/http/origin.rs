//! Whose requests are taken, by what they say of where they come from.
//!
//! A browser sends requests to this machine for any page that its user looks at, and says whose page it is (`Origin`) and whom it
//! thinks it talks to (`Host`). In open mode nobody is asked for a token, so both have to be this machine. In every mode a page
//! may open a WebSocket only where it may read answers, too: `http.cors_origin` does not hold for WebSockets by itself.

use std::net::{Ipv4Addr, Ipv6Addr};

use actix_web::http::{
    Uri,
    header::{HOST, HeaderMap, ORIGIN},
};

use crate::settings::Settings;

/// What is not as it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// The host that is asked for.
    Host,
    /// The page that asks.
    Origin,
}

impl Elsewhere {
    /// What the client is told.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Host => {
                "Without auth.jwt_secret this service answers at loopback hosts only, such as localhost"
            }
            Self::Origin => "This page may not call this service",
        }
    }
}

/// Which requests and upgrades are taken.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Open mode.
    pub open: bool,
    /// The pages that may call; `None` for all.
    pub allowed: Option<Vec<String>>,
    /// Our own pages, wherever browsers reach them.
    pub own: Vec<String>,
}

impl Origins {
    /// Those that the settings name.
    #[must_use]
    pub fn of(settings: &Settings) -> Self {
        let (pages, allowed) = (&settings.pages, settings.http.origins());
        Self {
            open: settings.auth.is_open(),
            allowed: allowed.map(|allowed| allowed.into_iter().map(str::to_owned).collect()),
            own: vec![
                pages.visitor_origin(settings.chat_server.bind),
                pages.console_origin(settings.subscriber.bind),
            ],
        }
    }

    /// Judges a request.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge(&self, uri: &Uri, headers: &HeaderMap, is_upgrade: bool) -> Result<(), Elsewhere> {
        let origins = headers
            .get_all(ORIGIN)
            .map(|origin| origin.to_str().unwrap_or(""));
        if self.open {
            let hosts = headers
                .get_all(HOST)
                .map(|host| host.to_str().unwrap_or(""));
            let mut hosts = hosts
                .chain(uri.authority().map(|host| host.as_str()))
                .peekable();
            if hosts.peek().is_none() || !hosts.all(is_loopback) {
                return Err(Elsewhere::Host);
            }
            let here = |origin: &str| Origin::parse(origin).is_some_and(|it| is_loopback(it.host));
            if !origins.clone().all(here) {
                return Err(Elsewhere::Origin);
            }
        }
        let host = headers.get(HOST).and_then(|host| host.to_str().ok());
        match is_upgrade && !origins.clone().all(|origin| self.may_open(origin, host)) {
            true => Err(Elsewhere::Origin),
            false => Ok(()),
        }
    }

    /// Whether a page of `origin` may open a WebSocket at `host`.
    fn may_open(&self, origin: &str, host: Option<&str>) -> bool {
        let Some(allowed) = &self.allowed else {
            return true;
        };
        let Some(origin) = Origin::parse(origin) else {
            return false;
        };
        let mut named = allowed.iter().chain(&self.own);
        let is_named = named.any(|named| Origin::parse(named).is_some_and(|it| it.is(origin)));
        let is_ours = host.is_some_and(|host| Origin { host, ..origin }.is(origin));
        is_named || is_ours
    }
}

/// Scheme, and host with port.
#[derive(Clone, Copy)]
struct Origin<'a> {
    scheme: &'a str,
    host: &'a str,
}

impl<'a> Origin<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        matches!(scheme, "http" | "https").then_some(Self { scheme, host })
    }

    fn is(self, other: Self) -> bool {
        self.scheme == other.scheme && self.authority().eq_ignore_ascii_case(other.authority())
    }

    /// Without the port that the scheme has anyway.
    fn authority(self) -> &'a str {
        let usual = match self.scheme {
            "https" => ":443",
            _ => ":80",
        };
        self.host.strip_suffix(usual).unwrap_or(self.host)
    }
}

/// Whether a host, with or without a port, is this machine by its name alone: `localhost` and what is below it, which no name
/// server is asked for, and the addresses that lead nowhere else.
fn is_loopback(authority: &str) -> bool {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) => {
                let address = host.parse().map(|ip: Ipv6Addr| ip.to_canonical());
                return address.is_ok_and(|ip| ip.is_loopback()) && is_port(port);
            }
            None => return false,
        },
        None => match authority.find(':') {
            Some(colon) => authority.split_at(colon),
            None => (authority, ""),
        },
    };
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    let is_name = name == "localhost" || name.ends_with(".localhost") && is_plain(&name);
    let is_address = || name.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback());
    is_port(port) && (is_name || is_address())
}

fn is_port(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix(':')
            .is_some_and(|port| port.bytes().all(|digit| digit.is_ascii_digit()))
}

fn is_plain(name: &str) -> bool {
    name.bytes()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn judged(
        origins: &Origins,
        uri: &str,
        hosts: &[&str],
        pages: &[&str],
        is_upgrade: bool,
    ) -> Result<(), Elsewhere> {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        for page in pages {
            headers.append(ORIGIN, HeaderValue::from_bytes(page.as_bytes()).unwrap());
        }
        origins.judge(&uri.parse().unwrap(), &headers, is_upgrade)
    }

    fn open() -> Origins {
        Origins {
            open: true,
            allowed: None,
            own: Vec::new(),
        }
    }

    #[test]
    fn in_open_mode_both_are_this_machine() {
        let ours = [
            "localhost",
            "LOCALHOST:9000",
            "localhost.",
            "shop.localhost:3000",
            "127.0.0.1",
            "127.8.9.1:80",
            "[::1]",
            "[::1]:9000",
            "[::ffff:127.0.0.1]:9000",
        ];
        let others = [
            "",
            "evil.example",
            "localhost.evil.example",
            "evillocalhost",
            "evil.example/.localhost",
            "localhost@evil.example",
            "127.0.0.1.evil.example",
            "127.0.0.1@evil.example",
            "0.0.0.0:9000",
            "10.0.0.1",
            "[::]",
            "[::2]:9000",
            "[::1",
            "[::1].evil.example",
            "::1",
            "localhost:evil",
            "löcalhost",
        ];
        for is_upgrade in [false, true] {
            let judge =
                |hosts: &[&str], pages: &[&str]| judged(&open(), "/", hosts, pages, is_upgrade);
            for host in ours {
                assert_eq!(judge(&[host], &[]), Ok(()), "{host}");
                for scheme in ["http", "https"] {
                    let page = format!("{scheme}://{host}");
                    assert_eq!(judge(&["localhost"], &[&page]), Ok(()), "{page}");
                }
                let page = format!("chrome-extension://{host}");
                assert_eq!(judge(&[host], &[&page]), Err(Elsewhere::Origin), "{page}");
            }
            for host in others {
                assert_eq!(judge(&[host], &[]), Err(Elsewhere::Host), "{host}");
                let page = format!("http://{host}");
                assert_eq!(
                    judge(&["[::1]"], &[&page]),
                    Err(Elsewhere::Origin),
                    "{page}"
                );
            }
            for page in ["null", "file://", "localhost", ""] {
                assert_eq!(judge(&["localhost"], &[page]), Err(Elsewhere::Origin));
            }
            // Neither may hide behind another.
            assert_eq!(judge(&[], &[]), Err(Elsewhere::Host));
            let both = ["localhost", "evil.example"];
            assert_eq!(judge(&both, &[]), Err(Elsewhere::Host));
            let both = ["http://localhost", "http://evil.example"];
            assert_eq!(judge(&["localhost"], &both), Err(Elsewhere::Origin));
        }
        let absolute = |uri| judged(&open(), uri, &["localhost"], &[], false);
        assert_eq!(absolute("http://evil.example/"), Err(Elsewhere::Host));
        assert_eq!(absolute("http://localhost:9000/"), Ok(()));
    }

    #[test]
    fn a_page_opens_a_websocket_only_where_it_may_read() {
        let origins = Origins {
            open: false,
            allowed: Some(vec!["https://shop.example".into()]),
            own: vec!["https://desk.example".into()],
        };
        let host = "chat.example";
        for (page, may) in [
            ("https://shop.example", true),
            ("https://shop.example:443", true),
            ("https://desk.example", true),
            // The page that this host has itself, whatever stands before it takes the TLS off.
            ("https://chat.example", true),
            ("http://chat.example", true),
            ("http://shop.example", false),
            ("https://shop.example:444", false),
            ("https://shop.example.evil.example", false),
            ("https://evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let expected = may.then_some(()).ok_or(Elsewhere::Origin);
            assert_eq!(
                judged(&origins, "/", &[host], &[page], true),
                expected,
                "{page}"
            );
            // Who may read an answer is told to the browser, and for others it is no matter.
            assert_eq!(judged(&origins, "/", &[host], &[page], false), Ok(()));
        }
        assert_eq!(judged(&origins, "/", &[host], &[], true), Ok(()), "no page");
        let both = ["https://shop.example", "https://evil.example"];
        let refused = judged(&origins, "/", &[host], &both, true);
        assert_eq!(refused, Err(Elsewhere::Origin));
        let all = Origins {
            allowed: None,
            ..origins
        };
        assert_eq!(judged(&all, "/", &[host], &["null"], true), Ok(()));
    }
}
