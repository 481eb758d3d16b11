//! What both services share.
//!
//! - [`settings`], [`telemetry`], [`metrics`], [`clock`], [`shutdown`], [`descriptors`], [`process`]: a process's surroundings;
//! - [`server`], [`listener`], [`connection`], [`http`], [`access`], [`door`]: the way in; [`probe`]: a socket that only tries it;
//! - [`socket`], [`wire`], [`faults`]: one loop per socket, its frames, and the client's mistakes;
//! - [`hub`], [`resync`]: fan-out to the sockets of a chat, and its repair;
//! - [`handler`], [`restore`]: commands, from load to commit; and chats that the store has lost;
//! - [`policy`]: what they are decided by;
//! - [`admission`], [`presence`], [`vanish`], [`keeper`]: who comes, who is here, what becomes of whoever is not any more, and what is due;
//! - [`application`]: how a service is built, run and drained.

pub mod access;
pub mod admission;
pub mod application;
pub mod backlog;
pub mod clock;
pub mod connection;
pub mod descriptors;
pub mod door;
pub mod faults;
pub mod floor;
pub mod handler;
pub mod http;
pub mod hub;
pub mod keeper;
pub mod listener;
mod lost;
pub mod metrics;
pub mod policy;
pub mod presence;
pub mod probe;
pub mod process;
pub mod restore;
pub mod resync;
pub mod seldom;
pub mod server;
pub mod settings;
pub mod shutdown;
pub mod socket;
pub mod telemetry;
pub mod vanish;
pub mod wire;
