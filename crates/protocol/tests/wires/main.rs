//! What the wires promise: every JSON block of the contract, and what holds for every text and every event.

#![allow(clippy::expect_used, reason = "a test may fail loudly")]

mod additions;
mod bus;
mod conversations;
mod frames;
mod golden;
mod golden_client;
mod golden_server;
mod hostile;
mod last_release;
mod mutations;
mod scene;
mod sent;
mod socketio;
mod strategies;
