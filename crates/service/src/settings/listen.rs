//! Where a service listens.

use std::net::SocketAddr;

use serde::Deserialize;

/// `[chat_server]` and `[subscriber]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListenSettings {
    /// Address and port; port 0 lets the system choose one.
    pub bind: SocketAddr,
}
