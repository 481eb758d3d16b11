//! What both services share: settings, telemetry, access at the door, sockets, health.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod access;
pub mod clock;
pub mod http;
pub mod metrics;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod telemetry;
