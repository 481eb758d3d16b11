//! What is happening now: the only crate that names Redis.
//!
//! - [`store`]: load a chat, commit what was decided;
//! - [`feed`]: this process's ears, what other processes committed;
//! - [`queue`]: the waiting set;
//! - [`presence`]: which sockets are where, by lease;
//! - [`people`]: who is online;
//! - [`timers`]: what is due;
//! - [`registered`]: who has registered lately;
//! - [`revocations`]: whose tokens have ended;
//! - [`outbound`]: the event stream, on its way to the records;
//! - [`texts`]: what visitors are told, for those who do not know the records;
//! - [`setup`]: what the store has to be like; [`checkup`]: what it is like, for its operator;
//! - [`link`]: the way to the store, whatever it consists of;
//! - [`kept`]: chats without a time to live; [`command_id`]: what makes a repeat harmless;
//! - [`keys`]: every key and channel name.
//!
//! Nothing here knows a rule of the desk: a commit compares a revision, appends, sets the time to live and
//! publishes, in one atomic round trip, or changes nothing.

pub mod checkup;
pub mod command_id;
pub mod feed;
pub mod kept;
pub mod keys;
pub mod link;
pub mod outbound;
pub mod people;
pub mod presence;
pub mod queue;
pub mod registered;
pub mod revocations;
pub mod setup;
pub mod store;
pub mod texts;
pub mod timers;

mod address;
mod answer;
mod commit;
mod layout;
mod log;
mod script;
mod slot;
mod tend;
