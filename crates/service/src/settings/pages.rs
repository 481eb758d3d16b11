//! What the web pages are told of the installation.

use std::net::SocketAddr;

use serde::Deserialize;

use super::SettingsError;

/// `[pages]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagesSettings {
    /// Where browsers reach chat-server, if that is not its own address.
    #[serde(default)]
    pub chat_server: Option<String>,
    /// Where browsers reach subscriber, if that is not its own address.
    #[serde(default)]
    pub subscriber: Option<String>,
    /// What stands on top of every page.
    #[serde(default)]
    pub title: Option<String>,
    /// The accent colour, `#rrggbb`.
    #[serde(default)]
    pub accent: Option<String>,
}

impl PagesSettings {
    /// The origin of the pages that subscriber serves, which listens at `bind` unless it is said otherwise.
    #[must_use]
    pub fn console_origin(&self, bind: SocketAddr) -> String {
        origin(self.subscriber.as_deref(), bind)
    }

    /// The same of the pages that chat-server serves.
    #[must_use]
    pub fn visitor_origin(&self, bind: SocketAddr) -> String {
        origin(self.chat_server.as_deref(), bind)
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        for (key, url) in [
            ("pages.chat_server", &self.chat_server),
            ("pages.subscriber", &self.subscriber),
        ] {
            let is_web = |url: &String| url.starts_with("http://") || url.starts_with("https://");
            if !url.as_ref().is_none_or(is_web) {
                return Err(SettingsError::key(
                    key,
                    "is not an http:// or https:// address",
                ));
            }
        }
        if !self.accent.as_deref().is_none_or(is_colour) {
            return Err(SettingsError::key(
                "pages.accent",
                "is not a colour such as #1f5fd4",
            ));
        }
        Ok(())
    }
}

fn origin(url: Option<&str>, bind: SocketAddr) -> String {
    let Some(url) = url else {
        return format!("http://{bind}");
    };
    let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Browsers write an origin so, without the port that the scheme has anyway.
    let host = host.to_ascii_lowercase();
    let usual = match scheme {
        "https" => ":443",
        _ => ":80",
    };
    let host = host.strip_suffix(usual).unwrap_or(&host);
    format!("{scheme}://{host}")
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_consoles_origin_is_written_as_browsers_write_it() {
        let bind = "127.0.0.1:9001".parse().unwrap();
        for (url, origin) in [
            (None, "http://127.0.0.1:9001"),
            (
                Some("https://Desk.example/console/"),
                "https://desk.example",
            ),
            (Some("https://desk.example:443"), "https://desk.example"),
            (
                Some("http://desk.example:8443?x"),
                "http://desk.example:8443",
            ),
        ] {
            let pages = PagesSettings {
                subscriber: url.map(str::to_owned),
                ..PagesSettings::default()
            };
            assert_eq!(pages.console_origin(bind), origin);
        }
    }
}
