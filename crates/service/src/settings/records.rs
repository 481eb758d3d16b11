//! Where that which is kept is kept.

use serde::{Deserialize, Deserializer};

use super::{
    SettingsError,
    url::{FILE, SecretUrl},
};

/// `[records]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordsSettings {
    /// The database; `None`: nothing is kept, and events are not handed on.
    #[serde(deserialize_with = "unless_empty")]
    pub url: Option<SecretUrl>,
}

impl RecordsSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let Some(url) = &self.url else {
            return Ok(());
        };
        let place = [FILE, "postgres://", "postgresql://"]
            .iter()
            .find_map(|scheme| url.expose().strip_prefix(scheme));
        match place {
            None => Err(SettingsError::key(
                "records.url",
                "begins neither with sqlite: nor with postgres://",
            )),
            Some("" | "/") => Err(SettingsError::key("records.url", "names no database")),
            Some(_) => Ok(()),
        }
    }
}

/// An empty text is how files and the environment say "none".
fn unless_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretUrl>, D::Error> {
    let url = SecretUrl::deserialize(deserializer)?;
    Ok((!url.expose().is_empty()).then_some(url))
}
