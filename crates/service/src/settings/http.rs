//! Which pages may call, and whose word on a client's address is taken.

use ipnet::IpNet;
use serde::Deserialize;

use super::{SettingsError, values};

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpSettings {
    /// `*` or a comma-separated list of origins. See [`HttpSettings::origins`].
    pub cors_origin: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "values::networks")]
    pub trusted_proxies: Vec<IpNet>,
}

impl HttpSettings {
    /// The origins that may call, as browsers write them, or `None` for any.
    #[must_use]
    pub fn origins(&self) -> Option<Vec<&str>> {
        let written = || values::list(&self.cors_origin).map(as_written);
        (self.cors_origin.trim() != "*").then(|| written().collect())
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        const KEY: &str = "http.cors_origin";
        let Some(origins) = self.origins() else {
            return Ok(());
        };
        if origins.is_empty() {
            return Err(SettingsError::key(KEY, "is empty; `*` allows every page"));
        }
        match origins.into_iter().find(|origin| !is_origin(origin)) {
            Some(other) => Err(SettingsError::key(
                KEY,
                format!("`{other}` is not an origin such as https://shop.example"),
            )),
            None => Ok(()),
        }
    }
}

/// An origin without the port that its scheme has anyway: browsers leave it out.
fn as_written(origin: &str) -> &str {
    let usual = match origin.starts_with("https://") {
        true => ":443",
        false => ":80",
    };
    origin.strip_suffix(usual).unwrap_or(origin)
}

/// Browsers send scheme, host and port and nothing else, and the comparison is exact.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._:[]".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn an_origin_is_compared_as_browsers_write_it() {
        let mut http = Settings::default().http;
        for (set, origins) in [
            ("https://x:443", vec!["https://x"]),
            ("http://x:80,https://y", vec!["http://x", "https://y"]),
            (
                "https://x:80, http://x:443",
                vec!["https://x:80", "http://x:443"],
            ),
            (
                "https://x:4430,https://[2001:db8::443]",
                vec!["https://x:4430", "https://[2001:db8::443]"],
            ),
            ("https://[::1]:443", vec!["https://[::1]"]),
        ] {
            http.cors_origin = set.to_owned();
            assert_eq!(http.origins(), Some(origins), "{set}");
        }
    }
}
