//! Sign-ins that fail, and how long whoever fails has to wait.
//!
//! A try is counted before the password is looked at, so many tries at once are no way around the limit; a sign-in that
//! succeeds takes its try back.

use std::time::Duration;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use sha2::{Digest, Sha256};

use crate::{
    database::Records,
    entities::sign_in_failure::{ActiveModel, Column, Entity, Model},
    error::RecordsError,
};

/// Whose tries are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// An e-mail, an address, a browser. It is kept as a hash.
    pub name: String,
    /// How many tries may fail before there is a wait.
    pub free: u32,
}

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Tries are forgotten after so long without another.
const FORGET_AFTER: i64 = 3600 * SECOND;
/// The first wait; each further failure doubles it.
const FIRST_WAIT: i64 = SECOND;
const LONGEST_WAIT: i64 = 300 * SECOND;

impl Records {
    /// Counts a try to sign in. `Some`: it is not let through, and how long to wait.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn try_sign_in(
        &self,
        subjects: &[Subject],
        now: i64,
    ) -> Result<Option<Duration>, RecordsError> {
        // One after the other: what one try counts, the next has to see.
        self.write_alone(async |tx| {
            let old = Entity::delete_many().filter(Column::LastAt.lt(now - FORGET_AFTER));
            old.exec(tx).await?;
            let mut rows = Vec::new();
            for subject in subjects {
                let key = key(&subject.name);
                let row = Entity::find_by_id(&key).one(tx).await?;
                rows.push(row.unwrap_or(Model {
                    subject: key,
                    attempts: 0,
                    last_at: now,
                    locked_until: 0,
                }));
            }
            let locked = rows.iter().map(|row| row.locked_until - now).max();
            if let Some(locked) = locked.filter(|locked| *locked > 0) {
                return Ok(Some(Duration::from_micros(locked.unsigned_abs())));
            }
            for (mut row, subject) in rows.into_iter().zip(subjects) {
                row.attempts = row.attempts.saturating_add(1);
                row.last_at = now;
                row.locked_until = locked_until(now, row.attempts, subject.free);
                put(tx, row).await?;
            }
            Ok(None)
        })
        .await
    }

    /// A try could not be looked at: it was none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn take_back(&self, subjects: &[Subject]) -> Result<(), RecordsError> {
        self.write_alone(async |tx| {
            for subject in subjects {
                uncount(tx, subject).await?;
            }
            Ok(())
        })
        .await
    }

    /// A try succeeded: the first subject, who it was, begins anew; of the others this try is taken back.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn signed_in(&self, subjects: &[Subject]) -> Result<(), RecordsError> {
        self.write_alone(async |tx| {
            for (index, subject) in subjects.iter().enumerate() {
                match index {
                    0 => {
                        let key = key(&subject.name);
                        Entity::delete_by_id(key).exec(tx).await?;
                    }
                    _ => uncount(tx, subject).await?,
                }
            }
            Ok(())
        })
        .await
    }
}

async fn uncount(tx: &DatabaseTransaction, subject: &Subject) -> Result<(), DbErr> {
    let key = key(&subject.name);
    let Some(mut row) = Entity::find_by_id(&key).one(tx).await? else {
        return Ok(());
    };
    row.attempts -= 1;
    if row.attempts <= 0 {
        return Entity::delete_by_id(&key).exec(tx).await.map(drop);
    }
    row.locked_until = locked_until(row.last_at, row.attempts, subject.free);
    put(tx, row).await
}

/// Until when there is a wait after so many tries; 0 if there is none, since a try that was begun earlier may be looked at later.
fn locked_until(now: i64, attempts: i32, free: u32) -> i64 {
    match wait(attempts, free) {
        0 => 0,
        wait => now + wait,
    }
}

/// How long to wait after so many tries, in microseconds.
fn wait(attempts: i32, free: u32) -> i64 {
    let beyond = u32::try_from(attempts)
        .unwrap_or_default()
        .saturating_sub(free);
    match beyond {
        0 => 0,
        beyond => LONGEST_WAIT.min(FIRST_WAIT << (beyond - 1).min(16)),
    }
}

async fn put(tx: &DatabaseTransaction, row: Model) -> Result<(), DbErr> {
    let row = ActiveModel {
        subject: Set(row.subject),
        attempts: Set(row.attempts),
        last_at: Set(row.last_at),
        locked_until: Set(row.locked_until),
    };
    let replace = OnConflict::column(Column::Subject)
        .update_columns([Column::Attempts, Column::LastAt, Column::LockedUntil])
        .to_owned();
    let insert = Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(tx).await.map(|_| ())
}

/// How a name is kept: nobody can read it.
pub(crate) fn key(name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_begin_after_the_free_tries_double_and_end_somewhere() {
        for (attempts, seconds) in [(0, 0), (5, 0), (6, 1), (7, 2), (8, 4), (14, 256), (15, 300)] {
            assert_eq!(wait(attempts, 5), seconds * SECOND, "{attempts}");
        }
        assert_eq!(wait(i32::MAX, 5), LONGEST_WAIT);
    }
}
