//! Why the records did not do what they were asked.

use sea_orm::{DbErr, SqlErr};

/// Why a call failed. It changed nothing, unless it is [`Self::Unavailable`]: then it may have.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RecordsError {
    /// The database cannot be reached, is full, or does not answer in time. It may later.
    #[error("the records are not available: {0}")]
    Unavailable(String),
    /// A newer release has changed the tables, by these steps: this one does not touch them.
    #[error(
        "the tables of the database are of a newer release: this one does not know {}",
        .0.join(", ")
    )]
    Newer(Vec<String>),
    /// Something with this key is there already.
    #[error("there is one already")]
    Conflict,
    /// The database holds, or was asked, something that makes no sense: a fault of the program.
    #[error("the records are at fault: {0}")]
    Fault(String),
}

impl From<DbErr> for RecordsError {
    fn from(error: DbErr) -> Self {
        if let Some(SqlErr::UniqueConstraintViolation(_)) = error.sql_err() {
            return Self::Conflict;
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => Self::Unavailable(error.to_string()),
            // A full disk, a lock that is held too long, a server that goes away in the middle: all of them pass.
            DbErr::Exec(_) | DbErr::Query(_) => Self::Unavailable(error.to_string()),
            _ => Self::Fault(error.to_string()),
        }
    }
}
