//! What is kept: accounts and permissions, canned replies, tags and settings, and every chat that ever was.
//!
//! One code base for SQLite (a file, the default) and PostgreSQL. Chats come from the event stream, at least once, and
//! are stored once. Nothing here decides what may happen in a chat, and nothing here knows a wire: the body of an event is
//! handed in and out as text.
//!
//! Promised: every call ends within a deadline, with [`RecordsError::Unavailable`] when the database does not answer;
//! what a call changes, it changes whole or not at all.

mod accounts;
mod archive;
mod audit;
mod canned;
mod checkup;
mod conversations;
mod database;
mod entities;
mod erase;
mod error;
mod failures;
mod figures;
mod follow_ups;
mod groups;
mod migrations;
mod notes;
mod passwords;
#[cfg(test)]
mod persons;
mod places;
mod ratings;
mod retention;
mod sessions;
mod settings;
mod tags;
mod transcripts;

pub use self::{
    accounts::{Account, AccountChange, AccountFilter, AccountRole, NewAccount, NotChanged},
    archive::{Archived, Conflicting, Status, Stored},
    audit::{Act, AuditFilter, Audited},
    canned::{CannedContent, CannedResponse, MOST_CANNED_RESPONSES},
    checkup::{Checkup, Place, PostgresFacts, Unexamined, examine},
    conversations::{Begun, KeptEvent},
    database::{BadUrl, Records},
    erase::Erased,
    error::RecordsError,
    failures::Subject,
    figures::{
        AgentFigures, ClockOffset, DayFigures, Ratings, Report, Spread, SupervisorFigures,
        SupervisorShare,
    },
    follow_ups::{FollowUp, FollowUpChange, FollowUpCursor, FollowUpKind},
    groups::{DEFAULT_GROUP, Group, NoGroup, Permission},
    notes::Note,
    passwords::{HashKind, LONGEST_PASSWORD, Passwords, Verified},
    ratings::Rating,
    settings::StoredSettings,
    transcripts::{
        ChatRecord, ClaimRecord, Cursor, Filters, MessageRecord, Transcript, WhisperRecord,
    },
};

/// A new id: 32 hex digits that nobody can guess.
#[must_use]
pub fn new_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}
