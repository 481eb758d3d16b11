//! Which Redis holds what is happening now, and under which names.

use std::fmt;

use serde::Deserialize;

use super::{SettingsError, check};

/// `[redis]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// Where it is.
    pub url: RedisUrl,
    /// What every key and channel begins with.
    pub prefix: String,
    /// The channel on which requests are announced, without prefix.
    pub join_channel: String,
    /// Over how many slots chats are spread.
    pub partitions: u16,
}

impl RedisSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        self.url.validate()?;
        // Braces would move the hash tag, and with it a chat's keys to different slots; `*`, `?` and `[` are patterns.
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
        if self.prefix.is_empty() || self.prefix.len() > 64 || !self.prefix.chars().all(plain) {
            return Err(SettingsError::key(
                "redis.prefix",
                "is not 1 to 64 letters, digits, `_`, `-`, `.` or `:`",
            ));
        }
        if self.join_channel.is_empty()
            || self
                .join_channel
                .contains(|c: char| c.is_control() || c.is_whitespace())
        {
            return Err(SettingsError::key(
                "redis.join_channel",
                "is empty or has blanks in it",
            ));
        }
        check::within("redis.partitions", self.partitions, 1..=256)
    }
}

/// The address of a Redis. It may hold a password, so `Debug` and `Display` show it without.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct RedisUrl(String);

impl RedisUrl {
    /// The whole address, password included: for the client that connects, and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn validate(&self) -> Result<(), SettingsError> {
        let place = ["redis://", "rediss://", "unix://"]
            .iter()
            .find_map(|scheme| self.0.strip_prefix(scheme));
        match place {
            None => Err(SettingsError::key(
                "redis.url",
                "does not begin with redis://, rediss:// or unix://",
            )),
            Some("" | "/") => Err(SettingsError::key("redis.url", "names no server")),
            Some(_) => Ok(()),
        }
    }
}

impl From<String> for RedisUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for RedisUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            // Not an address at all, so no telling what it is.
            return f.write_str("***");
        };
        let (place, query) = rest
            .split_once('?')
            .map_or((rest, None), |(place, query)| (place, Some(query)));
        write!(f, "{scheme}://")?;
        match place.rsplit_once('@') {
            // A path may have an `@` in it, and a socket file has its password in the query.
            Some((user, server)) if scheme != "unix" => {
                let name = user.split_once(':').map_or("", |(name, _)| name);
                write!(f, "{name}:***@{server}")?;
            }
            _ => f.write_str(place)?,
        }
        for (index, pair) in query.iter().flat_map(|query| query.split('&')).enumerate() {
            let hidden = pair
                .split_once('=')
                .filter(|(name, _)| name.to_ascii_lowercase().starts_with("pass"));
            f.write_str(if index == 0 { "?" } else { "&" })?;
            match hidden {
                Some((name, _)) => write!(f, "{name}=***")?,
                None => f.write_str(pair)?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("redis://127.0.0.1:6379/1", "redis://127.0.0.1:6379/1"),
            ("redis://:hidden@127.0.0.1", "redis://:***@127.0.0.1"),
            (
                "rediss://ann:hidden@redis.example:6380/0",
                "rediss://ann:***@redis.example:6380/0",
            ),
            (
                "redis://ann:hid/d@en@redis.example",
                "redis://ann:***@redis.example",
            ),
            ("redis://hidden@redis.example", "redis://:***@redis.example"),
            ("unix:///run/a@b.sock", "unix:///run/a@b.sock"),
            (
                "unix:///run/redis.sock?db=1&pass=hidden&user=ann",
                "unix:///run/redis.sock?db=1&pass=***&user=ann",
            ),
            ("hidden", "***"),
        ] {
            let parsed = RedisUrl::from(url);
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), format!("\"{shown}\""));
            assert_eq!(parsed.expose(), url);
        }
    }
}
