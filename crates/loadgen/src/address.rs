//! Where a server listens: `host:port`, with or without a scheme in front.

use std::fmt;
use std::str::FromStr;

/// A plain TCP address. Load runs inside one network, so TLS is not spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Address {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rest = match text.split_once("://") {
            Some(("http" | "ws" | "redis", rest)) => rest,
            Some((scheme, _)) => return Err(format!("{scheme}:// is not supported")),
            None => text,
        };
        let host = rest.split('/').next().unwrap_or_default();
        let port = host
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse::<u16>().ok());
        match port {
            Some(_) if !host.contains('@') => Ok(Self(host.to_owned())),
            Some(_) => Err("an address with a password is not supported".to_owned()),
            None => Err(format!("{text:?} is not host:port")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheme_and_a_path_are_ignored() {
        for text in ["[::1]:9000", "http://[::1]:9000/", "ws://[::1]:9000/chat"] {
            assert_eq!(text.parse::<Address>().unwrap().as_str(), "[::1]:9000");
        }
    }

    #[test]
    fn what_cannot_be_reached_is_refused() {
        for text in ["https://a:1", "localhost", "a:x", "redis://:secret@a:6379"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
