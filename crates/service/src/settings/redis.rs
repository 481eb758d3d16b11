//! Which Redis holds what is happening now, and under which names.

use helpline_live::link::{Address, BadUrl};
use serde::Deserialize;

use super::{SettingsError, check, url::SecretUrl};

/// `[redis]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RedisSettings {
    /// Where it is: one server, some of a cluster, or the sentinels.
    pub url: SecretUrl,
    /// Whether it is a cluster.
    pub cluster: bool,
    /// How the sentinels name the master; empty if there are none.
    pub sentinel: String,
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
    /// The way there.
    ///
    /// # Errors
    /// When a URL cannot be one of a Redis.
    pub fn address(&self) -> Result<Address, BadUrl> {
        let servers = self.url.servers();
        match (self.cluster, self.sentinel.as_str()) {
            (true, _) => Address::cluster(&servers),
            (false, "") => Address::parse(self.url.expose()),
            (false, master) => Address::sentinel(&servers, master),
        }
    }

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
        let refused = |reason: &str| Err(SettingsError::key("redis.url", reason));
        let servers = self.url.servers();
        for server in &servers {
            let place = ["redis://", "rediss://", "unix://"]
                .iter()
                .find_map(|scheme| server.strip_prefix(scheme));
            match place {
                None => return refused("does not begin with redis://, rediss:// or unix://"),
                Some("" | "/") => return refused("names no server"),
                Some(_) => validate_server(server).or_else(|reason| refused(&reason))?,
            }
        }
        if self
            .sentinel
            .contains(|c: char| c.is_control() || c.is_whitespace())
        {
            return Err(SettingsError::key("redis.sentinel", "has blanks in it"));
        }
        match (self.cluster, !self.sentinel.is_empty()) {
            (true, true) => Err(SettingsError::key(
                "redis.sentinel",
                "cannot be set together with redis.cluster",
            )),
            (false, false) if servers.len() > 1 => refused(
                "names several servers, but neither redis.cluster nor redis.sentinel is set",
            ),
            (false, false) => Ok(()),
            _ if servers.iter().any(|server| server.starts_with("unix:")) => {
                refused("names a socket file, which is for one server only")
            }
            (true, _) if servers.iter().any(|server| database(server) != "0") => {
                refused("names a database; a cluster has only the one with the number 0")
            }
            _ => Ok(()),
        }
    }
}

/// What the client would pass over in silence, so that somebody reads another database than it thinks, or has no
/// certificate checked, is refused.
fn validate_server(server: &str) -> Result<(), String> {
    let is_file = server.starts_with("unix:");
    // A password may have these letters in it, and stands before the last `@`.
    let place = match is_file {
        true => server,
        false => server.rsplit_once('@').map_or(server, |(_, place)| place),
    };
    let (place, fragment) = place.split_once('#').unwrap_or((place, ""));
    let query = place.split_once('?').map_or("", |(_, query)| query);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (name, is_file) {
            ("db", true) if value.parse::<u32>().is_ok() => {}
            ("db", true) => return Err("names a database that is no number".to_owned()),
            ("user" | "pass", true) => {}
            ("db", false) => {
                return Err(
                    "has `?db=`, which is for unix://; the database is the path: redis://host:6379/2"
                        .to_owned(),
                );
            }
            _ => {
                return Err(format!(
                    "has `{name}` in its query, which means nothing here"
                ));
            }
        }
    }
    match fragment {
        "" => {}
        "insecure" if server.starts_with("rediss:") => {}
        _ => return Err("has something after `#`, which means nothing here".to_owned()),
    }
    match is_file
        || database(server)
            .trim_end_matches('/')
            .parse::<u32>()
            .is_ok()
    {
        true => Ok(()),
        false => Err("names a database that is no number".to_owned()),
    }
}

/// The database that an address of one server names.
fn database(server: &str) -> &str {
    let place = server.rsplit_once('@').map_or(server, |(_, place)| place);
    let place = place.split_once("://").map_or(place, |(_, place)| place);
    let path = place.split_once('/').map_or("", |(_, path)| path);
    let end = path.find(['?', '#']).unwrap_or(path.len());
    match &path[..end] {
        "" => "0",
        database => database,
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn a_redis_is_named_in_every_way_that_means_something() {
        for url in [
            "redis://host",
            "redis://host:6379/2",
            "redis://:pass?db=1#x@host/2",
            "rediss://host:6380/0#insecure",
            "unix:///run/redis.sock?db=2&user=ann&pass=x",
        ] {
            let mut redis = Settings::default().redis;
            redis.url = url.into();
            assert!(redis.validate().is_ok(), "{url}");
        }
    }

    #[test]
    fn what_would_be_passed_over_is_refused() {
        for (url, reason) in [
            ("redis://host?db=2", "redis://host:6379/2"),
            ("redis://host:6379/?db=2", "redis://host:6379/2"),
            (
                "rediss://ann:a?b@host/1?timeout=5",
                "`timeout` in its query",
            ),
            ("redis://host/two", "no number"),
            ("redis://host/-1", "no number"),
            ("redis://host/1#2", "after `#`"),
            ("redis://host#insecure", "after `#`"),
            ("unix:///run/redis.sock?db=two", "no number"),
            (
                "unix:///run/redis.sock?database=2",
                "`database` in its query",
            ),
        ] {
            let mut redis = Settings::default().redis;
            redis.url = url.into();
            let said = redis.validate().unwrap_err().to_string();
            assert!(
                said.contains("redis.url") && said.contains(reason),
                "{url}: {said}"
            );
        }
    }
}
