//! What a support chat is: the rules, and nothing else.
//!
//! [`decide`](decide::decide) says what a command does to a chat, or why it is refused;
//! [`Chat::apply`](chat::Chat::apply) says what an event makes of a chat. Both are plain functions:
//! this crate does no I/O, reads no clock, awaits nothing and knows no wire format, so every rule can be
//! read in one place and tested by property.

pub mod actor;
pub mod audience;
pub mod chat;
pub mod command;
pub mod decide;
pub mod event;
pub mod id;
pub mod name;
pub mod policy;
pub mod queue;
pub mod refusal;
pub mod time;
