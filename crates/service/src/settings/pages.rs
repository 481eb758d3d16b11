//! What the web pages are told of the installation.

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

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}
