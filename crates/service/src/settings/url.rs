//! Addresses that may hold a password, and name several servers.

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

    /// The address of each server that it names, passwords included: servers are separated by commas, each with a scheme
    /// or with scheme, user, password and path of those that it stands with.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        self.urls().iter().flat_map(|url| servers(url)).collect()
    }

    /// The parts that begin with a scheme. A comma anywhere else may be part of a password.
    fn urls(&self) -> Vec<String> {
        let mut urls: Vec<String> = Vec::new();
        for piece in self.0.split(',') {
            match urls.last_mut() {
                Some(url) if !begins_with_scheme(piece) => {
                    url.push(',');
                    url.push_str(piece);
                }
                _ => urls.push(piece.trim().to_owned()),
            }
        }
        urls
    }
}

fn begins_with_scheme(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, _)| {
        let scheme = scheme.trim();
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

fn servers(url: &str) -> Vec<String> {
    let Some((scheme, rest)) = url
        .split_once("://")
        .filter(|(scheme, _)| *scheme != "unix")
    else {
        return vec![url.to_owned()];
    };
    let (user, place) = match rest.rfind('@') {
        Some(at) => rest.split_at(at + 1),
        None => ("", rest),
    };
    let end = place.find(['/', '?', '#']).unwrap_or(place.len());
    let (hosts, path) = place.split_at(end);
    let server = |host: &str| format!("{scheme}://{user}{}{path}", host.trim());
    hosts.split(',').map(server).collect()
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
        for (index, url) in self.urls().iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            show(url, f)?;
        }
        Ok(())
    }
}

fn show(url: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let Some((scheme, rest)) = url.split_once("://") else {
        // A file has no password. Anything else is no address at all, so no telling what it is.
        return f.write_str(if url.starts_with(FILE) { url } else { "***" });
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
            (
                "redis://ann:hid,den@a:1,b:2,rediss://:hidden@c:3",
                "redis://ann:***@a:1,b:2,rediss://:***@c:3",
            ),
            ("redis://a:1,ann:hidden@b:2", "redis://a:***@b:2"),
            ("hidden,redis://a", "***,redis://a"),
        ] {
            let parsed = SecretUrl::from(url);
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), format!("\"{shown}\""));
            assert_eq!(parsed.expose(), url);
        }
    }

    #[test]
    fn servers_are_named_with_or_without_a_scheme() {
        for (url, servers) in [
            ("redis://a", vec!["redis://a"]),
            ("redis://a:1/2", vec!["redis://a:1/2"]),
            (
                "redis://a:1,redis://b:2",
                vec!["redis://a:1", "redis://b:2"],
            ),
            (
                "rediss://ann:se,cret@a:1, b:2/0?x=1",
                vec![
                    "rediss://ann:se,cret@a:1/0?x=1",
                    "rediss://ann:se,cret@b:2/0?x=1",
                ],
            ),
            (
                "redis://:x@a:1,b:2, redis://:y@[::1]:3",
                vec!["redis://:x@a:1", "redis://:x@b:2", "redis://:y@[::1]:3"],
            ),
            ("redis://a,", vec!["redis://a", "redis://"]),
            ("unix:///run/a,b.sock", vec!["unix:///run/a,b.sock"]),
        ] {
            assert_eq!(SecretUrl::from(url).servers(), servers, "{url}");
        }
    }
}
