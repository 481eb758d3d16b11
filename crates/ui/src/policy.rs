//! The pages' Content-Security-Policy: own files, the two servers, nothing else.

use std::fmt::Write as _;

use crate::config::PublicConfig;

/// Who may show a page in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Nobody: a page that looks like ours around ours could steal clicks.
    Never,
    /// Any site: this is what the widget is for.
    Anywhere,
}

/// The header for a page that talks to the servers in `config`.
pub(crate) fn content_security_policy(config: &PublicConfig, framing: Framing) -> String {
    let mut connect = String::from("'self'");
    let mut known = Vec::new();
    for origin in [&config.chat_server, &config.subscriber]
        .into_iter()
        .flatten()
        .filter_map(|url| origin(url))
    {
        if known.contains(&origin) {
            continue;
        }
        // A scheme names its sockets as well in newer browsers only. Writing to a String cannot fail.
        let _ = write!(connect, " {origin} {}", origin.replacen("http", "ws", 1));
        known.push(origin);
    }
    let ancestors = match framing {
        Framing::Never => "'none'",
        Framing::Anywhere => "*",
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src {connect}; \
         base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
    )
}

/// Scheme, host and port of a base URL. What is none, or could end the directive, is left out.
fn origin(url: &str) -> Option<&str> {
    let scheme_end = url.find("://")? + 3;
    let host_end = url[scheme_end..]
        .find('/')
        .map_or(url.len(), |at| scheme_end + at);
    let origin = &url[..host_end];
    let is_web = origin.starts_with("http://") || origin.starts_with("https://");
    let is_plain = origin
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b":/.-_[]".contains(&byte));
    (is_web && is_plain && host_end > scheme_end).then_some(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(chat_server: &str, framing: Framing) -> String {
        let config = PublicConfig {
            chat_server: Some(chat_server.into()),
            ..PublicConfig::default()
        };
        content_security_policy(&config, framing)
    }

    #[test]
    fn names_the_servers_and_their_sockets() {
        let policy = policy("https://chat.example:8443/base/", Framing::Never);
        assert!(
            policy
                .contains("connect-src 'self' https://chat.example:8443 wss://chat.example:8443;"),
            "{policy}"
        );
    }

    #[test]
    fn a_setting_cannot_widen_it() {
        for bad in [
            "https://a.example;script-src *",
            "javascript:alert(1)",
            "https://",
            "https://a.example https://b.example",
            "*",
        ] {
            let policy = policy(bad, Framing::Never);
            assert!(policy.contains("connect-src 'self';"), "{policy}");
        }
    }

    #[test]
    fn only_the_widgets_frame_may_be_framed() {
        assert!(policy("https://a.example", Framing::Never).ends_with("frame-ancestors 'none'"));
        assert!(policy("https://a.example", Framing::Anywhere).ends_with("frame-ancestors *"));
    }
}
