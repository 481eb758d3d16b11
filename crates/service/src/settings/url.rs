//! Addresses that may hold a password.

use std::fmt;

use serde::Deserialize;

/// What the address of a database in a file begins with.
pub(super) const FILE: &str = "sqlite:";

/// The address of a store. It may hold a password, so `Debug` and `Display` show it without.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct SecretUrl(String);

impl SecretUrl {
    /// The whole address, password included: for the client that connects, and for nobody else.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl From<&str> for SecretUrl {
    fn from(url: &str) -> Self {
        Self(url.to_owned())
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else {
            // A file has no password. Anything else is no address at all, so no telling what it is.
            let is_file = self.0.starts_with(FILE);
            return f.write_str(if is_file { &self.0 } else { "***" });
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

impl fmt::Debug for SecretUrl {
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
            (
                "postgres://ann:hidden@db.example/helpline?sslmode=require",
                "postgres://ann:***@db.example/helpline?sslmode=require",
            ),
            ("sqlite:data/helpline.db", "sqlite:data/helpline.db"),
            ("hidden", "***"),
        ] {
            let parsed = SecretUrl::from(url);
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), format!("\"{shown}\""));
            assert_eq!(parsed.expose(), url);
        }
    }
}
