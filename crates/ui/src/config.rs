//! What a page has to know of the installation it belongs to: `/config.json`.

use std::net::SocketAddr;

use helpline_service::settings::Settings;
use serde::Serialize;

/// Everything here is public: any visitor reads it.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublicConfig {
    /// Where browsers reach chat-server, such as `https://chat.example.com`. Absent: where the page came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_server: Option<String>,
    /// Where browsers reach subscriber. Absent: where the page came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subscriber: Option<String>,
    /// Whether agents need a token.
    pub mode: Mode,
    /// How the pages look.
    pub brand: Brand,
    /// The longest message in bytes; the pages cut longer ones. Absent: 4096.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_content_bytes: Option<usize>,
}

impl PublicConfig {
    /// What these settings say: the public addresses, or else those that the services listen on.
    pub fn of(settings: &Settings) -> Self {
        let pages = &settings.pages;
        Self {
            chat_server: reached_at(&pages.chat_server, settings.chat_server.bind),
            subscriber: reached_at(&pages.subscriber, settings.subscriber.bind),
            mode: match settings.auth.is_open() {
                true => Mode::Open,
                false => Mode::Token,
            },
            brand: Brand {
                title: pages.title.clone(),
                accent: pages.accent.clone(),
            },
            max_content_bytes: Some(settings.chat.max_content_bytes),
        }
    }
}

/// A service that listens everywhere is reached wherever the page came from.
fn reached_at(public: &Option<String>, bind: SocketAddr) -> Option<String> {
    let own = (!bind.ip().is_unspecified()).then(|| format!("http://{bind}"));
    public.clone().or(own)
}

/// Whether agents need a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A display name is enough.
    #[default]
    Open,
    /// A staff token is needed.
    Token,
}

/// How the pages look.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Brand {
    /// What stands on top of every page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `#rrggbb`; the pages compute what is readable on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_only_what_is_known() {
        let config = PublicConfig {
            chat_server: Some("https://chat.example".into()),
            mode: Mode::Token,
            ..PublicConfig::default()
        };
        assert_eq!(
            serde_json::to_string(&config).expect("plain data"),
            r#"{"chatServer":"https://chat.example","mode":"token","brand":{}}"#
        );
    }
}
