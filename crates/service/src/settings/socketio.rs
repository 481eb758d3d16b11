//! The listener of Socket.IO clients.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;

use super::{SettingsError, check, values};

/// `[socketio]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketIoSettings {
    /// Address and port; port 0 lets the system choose one.
    pub bind: SocketAddr,
    /// How long somebody whose last Socket.IO socket closed may take to come back before it counts as gone; nothing if zero.
    #[serde(deserialize_with = "values::duration")]
    pub grace: Duration,
}

impl SocketIoSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        if self.grace.is_zero() {
            return Ok(());
        }
        check::duration("socketio.grace", self.grace)
    }
}
