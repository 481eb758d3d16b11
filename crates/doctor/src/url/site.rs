//! An address that browsers use: scheme, host and port, and nothing more.

use std::{fmt, str::FromStr};

use hyper::Uri;

/// Where a service is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Whether by TLS.
    pub https: bool,
    /// The host, an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as a request names them.
    pub authority: String,
}

impl FromStr for Site {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text is not repeated: it may hold a password.
        let wrong = || "not an address such as https://chat.example".to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().ok_or_else(wrong)?;
        let host = authority.host();
        if authority.as_str().contains('@') || host.is_empty() {
            return Err(wrong());
        }
        if uri
            .path_and_query()
            .is_some_and(|rest| rest.as_str() != "/")
        {
            return Err("has a path: the services are served at the root of a host".to_owned());
        }
        Ok(Self {
            https,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(if https { 443 } else { 80 }),
            authority: authority.to_string(),
        })
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_scheme_host_and_port() {
        for (text, shown, host, port) in [
            (
                "https://chat.example",
                "https://chat.example",
                "chat.example",
                443,
            ),
            (
                "https://chat.example/",
                "https://chat.example",
                "chat.example",
                443,
            ),
            (
                "http://127.0.0.1:9000",
                "http://127.0.0.1:9000",
                "127.0.0.1",
                9000,
            ),
            ("http://[::1]:9000/", "http://[::1]:9000", "::1", 9000),
        ] {
            let site: Site = text.parse().unwrap();
            assert_eq!(site.to_string(), shown);
            assert_eq!((site.host.as_str(), site.port), (host, port));
        }
    }

    #[test]
    fn nothing_else_is_and_no_password_is_repeated() {
        for text in [
            "",
            "chat.example",
            "wss://chat.example",
            "https://",
            "https://ann:hidden@chat.example",
            "https://chat.example/hidden",
            "https://chat.example?token=hidden",
        ] {
            let said = text.parse::<Site>().unwrap_err();
            assert!(!said.contains("hidden"), "{said}");
        }
    }
}
