//! What is kept: accounts and permissions, canned replies, tags and settings, and every chat that ever was.
//!
//! One code base for SQLite (a file, the default) and PostgreSQL. Chats come from the event stream, at least once, and
//! are stored once. Nothing here decides what may happen in a chat, and nothing here knows a wire: the body of an event is
//! handed in and out as text.
//!
//! Promised: every call ends within a deadline, with [`RecordsError::Unavailable`] when the database does not answer;
//! what a call changes, it changes whole or not at all.

mod accounts;
mod audit;
mod canned;
mod database;
mod entities;
mod error;
mod failures;
mod groups;
mod migrations;
mod passwords;
mod sessions;
mod settings;
mod tags;

pub use self::{
    accounts::{Account, AccountChange, AccountFilter, AccountRole, NewAccount, NotChanged},
    audit::Audited,
    canned::{CannedContent, CannedResponse, MOST_CANNED_RESPONSES},
    database::{BadUrl, Records},
    error::RecordsError,
    failures::Subject,
    groups::{DEFAULT_GROUP, Group, NoGroup, Permission},
    passwords::{HashKind, LONGEST_PASSWORD, Passwords, Verified},
    settings::StoredSettings,
};

/// A new id: 32 hex digits that nobody can guess.
fn id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
