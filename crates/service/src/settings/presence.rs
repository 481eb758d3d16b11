//! How long somebody counts as here without a socket.

use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, check, values};

/// `[presence]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceSettings {
    /// After the last socket closed.
    #[serde(deserialize_with = "values::duration")]
    pub grace: Duration,
    /// After our own process sent it elsewhere.
    #[serde(deserialize_with = "values::duration")]
    pub restart_grace: Duration,
}

impl PresenceSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check::duration_or_none("presence.grace", self.grace)?;
        check::duration_or_none("presence.restart_grace", self.restart_grace)
    }
}
