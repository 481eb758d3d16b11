//! What is logged, and how.

use serde::Deserialize;

use super::{SettingsError, values};

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// A level, or levels for single parts of the program: `info,helpline_live=debug`.
    pub level: String,
    /// How a line looks.
    pub format: LogFormat,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line, for machines.
    Json,
}

impl TryFrom<String> for LogFormat {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "pretty" => Ok(Self::Pretty),
            "json" => Ok(Self::Json),
            _ => Err(format!("`{text}` is neither `pretty` nor `json`")),
        }
    }
}

impl LogSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let wrong = |part: &str| {
            SettingsError::key(
                "log.level",
                format!(
                    "`{part}` is not a level, nor `part=level` as in `info,helpline_live=debug`"
                ),
            )
        };
        if self.level.trim().is_empty() {
            return Err(wrong(""));
        }
        // The filter's own parser takes a misspelt level for the name of a part, and would then log nothing at all.
        match values::list(&self.level).find(|part| !is_directive(part)) {
            Some(part) => Err(wrong(part)),
            None => Ok(()),
        }
    }
}

fn is_directive(text: &str) -> bool {
    let (part, level) = text
        .split_once('=')
        .map_or((None, text), |(part, level)| (Some(part), level));
    let named = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "_:-".contains(c))
    };
    part.is_none_or(named) && ["off", "error", "warn", "info", "debug", "trace"].contains(&level)
}
