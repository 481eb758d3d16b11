//! What an operator reads when the settings stop the start.

use std::{
    fmt::Display,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::ConfigError;

use super::{PREFIX, SEPARATOR};

/// Why the settings cannot be used. The text names the setting both as it stands in a file and as a variable.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The settings file cannot be read or is not TOML.
    #[error("the settings file {} cannot be used: {reason}", .path.display())]
    File {
        /// The file, as it was named.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting does not exist or has a value that cannot work.
    #[error("setting `{key}` ({}): {reason}", variable(key))]
    Key {
        /// Section and key, as in `redis.url`.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A variable of ours is not valid Unicode.
    #[error("the environment variable {name} is not valid Unicode")]
    NotText {
        /// Its name.
        name: String,
    },
    /// The layers cannot be put together at all.
    #[error("the settings cannot be read: {reason}")]
    Layers {
        /// Why not.
        reason: String,
    },
    /// An open service would be reachable from elsewhere.
    #[error(
        "refusing to listen on {address}: without a token secret anybody who reaches it may read and answer every chat; \
         set HELPLINE__AUTH__JWT_SECRET (at least 16 bytes), or bind to a loopback address such as 127.0.0.1"
    )]
    OpenBind {
        /// The address that was asked for.
        address: SocketAddr,
    },
}

impl SettingsError {
    pub(super) fn key(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Key {
            key: key.into(),
            reason: reason.into(),
        }
    }

    pub(super) fn file(path: &Path, reason: impl Display) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }

    /// Only a file can be malformed as a whole.
    pub(super) fn layers(file: Option<&Path>, error: &ConfigError) -> Self {
        let reason = match error {
            ConfigError::FileParse { cause, .. } => without_source_lines(&cause.to_string()),
            other => other.to_string(),
        };
        match file {
            Some(path) => Self::file(path, reason),
            None => Self::Layers { reason },
        }
    }

    /// The error of one value, with the key that serde leaves out when it does not know a field.
    pub(super) fn value(error: ConfigError) -> Self {
        match error {
            ConfigError::Type {
                unexpected,
                expected,
                key: Some(key),
                ..
            } => Self::key(key, format!("{unexpected} is not {expected}")),
            ConfigError::At { error, key, .. } => {
                let reason = error.to_string();
                match (unknown_field(&reason), key) {
                    (Some(field), Some(section)) => {
                        Self::key(format!("{section}.{field}"), "there is no such setting")
                    }
                    (Some(field), None) => Self::key(field, "there is no such section"),
                    (None, Some(key)) => Self::key(key, reason),
                    (None, None) => Self::Layers { reason },
                }
            }
            ConfigError::Message(reason) => match unknown_field(&reason) {
                Some(field) => Self::key(field, "there is no such section"),
                None => Self::Layers { reason },
            },
            other => Self::Layers {
                reason: other.to_string(),
            },
        }
    }
}

/// serde says "unknown field `x`, expected …" and nothing more structured.
fn unknown_field(reason: &str) -> Option<&str> {
    reason.strip_prefix("unknown field `")?.split('`').next()
}

/// The parser quotes the line that it could not read, and that line may hold a secret.
fn without_source_lines(cause: &str) -> String {
    let said = cause
        .lines()
        .filter(|line| !line.contains('|'))
        .map(str::trim)
        .filter(|line| !line.is_empty());
    said.collect::<Vec<_>>().join(": ")
}

fn variable(key: &str) -> String {
    format!(
        "{PREFIX}{SEPARATOR}{}",
        key.to_uppercase().replace('.', SEPARATOR)
    )
}
