//! Which Redis holds what is happening now, and under which names.

use serde::Deserialize;

use super::{SettingsError, check, url::SecretUrl};

/// `[redis]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// Where it is.
    pub url: SecretUrl,
    /// What every key and channel begins with.
    pub prefix: String,
    /// The channel on which requests are announced, without prefix.
    pub join_channel: String,
    /// Over how many slots chats are spread.
    pub partitions: u16,
    /// How many bytes of it the events that records do not have yet may take.
    pub stream_max_bytes: u64,
}

/// Redis gives a stream about as much at once.
const SMALLEST_STREAM: u64 = 4096;

impl RedisSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        self.validate_url()?;
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
        check::within("redis.partitions", self.partitions, 1..=256)?;
        if self.stream_max_bytes < SMALLEST_STREAM {
            return Err(SettingsError::key(
                "redis.stream_max_bytes",
                format!("is less than {SMALLEST_STREAM}"),
            ));
        }
        Ok(())
    }

    fn validate_url(&self) -> Result<(), SettingsError> {
        let place = ["redis://", "rediss://", "unix://"]
            .iter()
            .find_map(|scheme| self.url.expose().strip_prefix(scheme));
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
