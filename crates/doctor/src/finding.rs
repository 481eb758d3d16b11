//! What is found: how good or bad it is, and what to do about it.

use serde::Serialize;

/// How good or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warn,
    /// It does not work, or will lose something.
    Wrong,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How good or bad.
    pub level: Level,
    /// What it is about: `redis`, `records`, …
    pub area: &'static str,
    /// What was found.
    pub found: String,
    /// What to do about it; nothing where it is well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// As it should be.
    #[must_use]
    pub fn ok(area: &'static str, found: impl Into<String>) -> Self {
        Self {
            level: Level::Ok,
            area,
            found: found.into(),
            mend: None,
        }
    }

    /// It works, and somebody should know.
    #[must_use]
    pub fn warn(area: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            mend: Some(mend.into()),
            ..Self::ok(area, found)
        }
    }

    /// It does not work, or will lose something.
    #[must_use]
    pub fn wrong(area: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            level: Level::Wrong,
            ..Self::warn(area, found, mend)
        }
    }
}
