//! The harness of the whole-system tests: a real Redis, both services twice over, and actors that talk to them as any
//! client would, over HTTP and WebSocket only.
//!
//! What it promises to a test:
//! - every wait has a deadline, and a failure shows what was received;
//! - nothing of one test reaches another: each [`World`] has its own key prefix and request channel;
//! - nothing outlives the run: redis-server and processes end with the test binary, however it ends;
//! - when a [`World`] is dropped its services stop in time and leave no key behind (see [`leftovers`]).
//!
//! No module but [`services`] names a crate of the product, so that the tests stay black box.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test harness fails by panicking, with a message that says what was expected"
)]

pub mod agent;
pub mod builder;
pub mod doctor;
pub mod engineio;
pub mod gate;
pub mod guest;
pub mod http;
pub mod leftovers;
pub mod memory;
pub mod office;
pub mod party;
pub mod people;
pub mod pgbouncer;
pub mod postgres;
pub mod process;
pub mod proxy;
pub mod raw;
pub mod records;
pub mod redis_cluster;
pub mod redis_server;
pub mod sentinels;
pub mod services;
pub mod shape;
pub mod shift;
pub mod small_disk;
pub mod socket;
pub mod socketio;
pub mod stores;
pub mod talker;
pub mod tokens;
pub mod wait;
pub mod way_in;
pub mod world;

pub use agent::Agent;
pub use guest::Guest;
pub use office::Office;
pub use party::{Party, Side};
pub use process::Process;
pub use raw::Raw;
pub use redis_cluster::RedisCluster;
pub use redis_server::RedisServer;
pub use sentinels::Sentinels;
pub use services::Settings;
pub use shift::Shift;
pub use socket::{Door, Frame, Socket};
pub use socketio::SocketIo;
pub use wait::{DEADLINE, eventually, ms, secs, within};
pub use world::World;
