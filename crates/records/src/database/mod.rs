//! The database: where it is, how it is reached, how long anyone waits for it, and which of its connections are good.
//!
//! Promised: what a write confirms is committed, whatever happened to writes before it. A connection over which an error
//! came that leaves a transaction open, or its end unknown, is not used again; nor is one that was there at that time
//! ([`trust`]). What gave way to another transaction, or broke before its end was asked for, is done again by itself.

mod health;
mod postgres;
mod reach;
mod sqlite;
mod trust;
mod verdict;

use std::{path::PathBuf, time::Duration};

use sea_orm::{ActiveValue::Set, EntityTrait};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement,
    sea_query::OnConflict,
};
use sea_orm_migration::MigratorTrait;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use self::{
    health::Health,
    reach::{Mode, Reach, Way},
    trust::Trust,
    verdict::Verdict,
};
pub(crate) use self::{reach::Reader, sqlite::path_of};
use crate::{
    accounts::{Account, NewAccount, first_admin},
    entities::pulse,
    error::RecordsError,
    migrations::{Migrations, Standing},
};

/// How long a call may take, whatever it does.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// How long a start waits for another process that brings the tables up to date.
const MIGRATION_DEADLINE: Duration = Duration::from_secs(120);
/// How many connections a process has at most, beside the one that looks whether others see what was stored.
const CONNECTIONS: u32 = 8;
/// How long it may take to find out whether a connection can be used again.
const IN_STEP: Duration = Duration::from_secs(1);
/// How often a call is done before it is given up, and the pause before it is done again, which doubles.
const TRIES: u32 = 6;
const PAUSE: Duration = Duration::from_millis(5);
/// One number, the same in every process: whoever has its lock brings the tables up to date.
const MIGRATION_LOCK: i64 = 0x6865_6c70_6c69_6e65;
/// Another: whoever has it decides who is an admin.
const PEOPLE_LOCK: i64 = 0x6865_6c70_6c69_6e66;

/// Why a database's address is impossible.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BadUrl {
    /// Neither SQLite nor PostgreSQL.
    #[error("begins neither with `sqlite:` nor with `postgres://`")]
    Kind,
    /// The folder of the file cannot be made.
    #[error("the folder {0} cannot be made: {1}")]
    Folder(PathBuf, String),
    /// Something else is wrong with it. The text names no password.
    #[error("cannot be understood")]
    Malformed,
}

/// What is kept. A cheap handle on connections.
#[derive(Clone, Debug)]
pub struct Records {
    database: Reach,
    /// A connection of its own, which sees only what is committed.
    witness: Reach,
    health: Health,
}

/// Why something was not done, and whether it can be done again.
struct Failed {
    error: RecordsError,
    again: bool,
}

impl Records {
    /// The records at this address: `sqlite:PATH` (made if absent) or `postgres://…`. Connects when it is first used, so a
    /// service starts without its database.
    ///
    /// # Errors
    /// When the address is impossible.
    #[allow(
        clippy::unused_async,
        reason = "the pools' own tasks need the runtime that an asynchronous caller has"
    )]
    pub async fn open(url: &str) -> Result<Self, BadUrl> {
        let (trust, mode) = (Trust::default(), Mode::new(Way::Unknown));
        let reach = |connections| reach(url, connections, &trust, &mode);
        Ok(Self {
            database: reach(CONNECTIONS)?,
            witness: reach(1)?,
            health: Health::default(),
        })
    }

    /// Brings the tables up to date. Of several processes that start together one does it and the others wait.
    ///
    /// # Errors
    /// When the database cannot be reached, is of a newer release, or a step fails; the tables are then as they were.
    pub async fn migrate(&self) -> Result<(), RecordsError> {
        self.bring_up_to_date(async |_: &DatabaseTransaction| Ok(()))
            .await
    }

    /// The same, and makes the first admin if there is none; `None` if there is one. It is one step: nobody ever sees the
    /// tables without an admin, so nobody can be faster than the one who is meant.
    ///
    /// # Errors
    /// As [`Self::migrate`]; [`RecordsError::Conflict`] if the e-mail is another account's.
    pub async fn migrate_with_admin(
        &self,
        admin: &NewAccount,
        now: i64,
    ) -> Result<Option<Account>, RecordsError> {
        self.bring_up_to_date(async |transaction: &DatabaseTransaction| {
            lock(transaction, PEOPLE_LOCK).await?;
            first_admin(transaction, admin, now).await
        })
        .await
    }

    async fn bring_up_to_date<T>(
        &self,
        then: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        let work = async |transaction: &DatabaseTransaction| {
            lock(transaction, MIGRATION_LOCK).await?;
            let unknown = Standing::read(transaction).await?.unknown;
            if !unknown.is_empty() {
                return Ok(Err(RecordsError::Newer(unknown)));
            }
            Migrations::up(transaction, None).await?;
            then(transaction).await.map(Ok)
        };
        self.repeat(MIGRATION_DEADLINE, work).await?
    }

    /// Whether the database answers and takes something in. If nothing was written for a while, or the last write failed,
    /// something is.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), RecordsError> {
        if self.health.is_proven() {
            return self.read(async |database| may_write(database).await).await;
        }
        self.write(async |transaction| {
            let row = pulse::ActiveModel {
                id: Set(0),
                beat: Set(rand::random::<i64>()),
            };
            let another = OnConflict::column(pulse::Column::Id)
                .update_column(pulse::Column::Beat)
                .to_owned();
            let beat = pulse::Entity::insert(row).on_conflict(another);
            beat.exec_without_returning(transaction).await.map(drop)
        })
        .await
    }

    /// Closes the connections. Calls that come later fail.
    pub async fn close(&self) {
        let _ = timeout(DEADLINE, self.database.close()).await;
        let _ = timeout(DEADLINE, self.witness.close()).await;
    }

    /// Reads something, within the deadline.
    pub(crate) async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&Reader) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        self.read_by(&self.database, work).await
    }

    /// The same over a connection on which nothing is ever written.
    pub(crate) async fn witness<T>(
        &self,
        work: impl AsyncFnOnce(&Reader) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        self.read_by(&self.witness, work).await
    }

    /// No connection that there is now is used again: what one of them confirmed is not there.
    pub(crate) fn distrust(&self) {
        self.database.trust.lose();
        self.health.failed();
    }

    /// Changes something, whole or not at all, within the deadline.
    pub(crate) async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        self.repeat(DEADLINE, work).await
    }

    /// Changes something that depends on rows which another change may add or take away at the same time: as [`Self::write`],
    /// one after the other.
    pub(crate) async fn write_alone<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        self.write(async |transaction| {
            lock(transaction, PEOPLE_LOCK).await?;
            work(transaction).await
        })
        .await
    }

    async fn read_by<T>(
        &self,
        reach: &Reach,
        work: impl AsyncFnOnce(&Reader) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        let mut tries = Tries::until(DEADLINE);
        loop {
            match Self::look(reach, tries.until, work.clone()).await {
                Ok(read) => return Ok(read),
                Err(failed) => tries.after(failed).await?,
            }
        }
    }

    async fn look<T>(
        reach: &Reach,
        until: Instant,
        work: impl AsyncFnOnce(&Reader) -> Result<T, DbErr>,
    ) -> Result<T, Failed> {
        let way = reach.mode.get();
        let whole = async {
            let reader = reach.reader().await?;
            let read = work(&reader).await?;
            reader.done().await?;
            Ok(read)
        };
        let read = timeout_at(until, whole).await;
        let read = read.map_err(|_| late(reach))?;
        let read = read.map_err(|error| judge(reach, error, true))?;
        // A new connection may have found that it is none to the database: what came over it may be anything.
        match way == Way::Direct && reach.mode.get() == Way::Pooled {
            true => Err(Failed {
                error: RecordsError::Unavailable("another way to the database".to_owned()),
                again: true,
            }),
            false => Ok(read),
        }
    }

    async fn repeat<T>(
        &self,
        deadline: Duration,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr> + Clone,
    ) -> Result<T, RecordsError> {
        let mut tries = Tries::until(deadline);
        loop {
            let failed = match self.attempt(tries.until, work.clone()).await {
                Ok(done) => {
                    self.health.wrote();
                    return Ok(done);
                }
                Err(failed) => failed,
            };
            if matches!(failed.error, RecordsError::Unavailable(_)) {
                self.health.failed();
            }
            tries.after(failed).await?;
        }
    }

    /// Does it once. A transaction is only given back when it is known what to think of its connection.
    async fn attempt<T>(
        &self,
        until: Instant,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr>,
    ) -> Result<T, Failed> {
        let reach = &self.database;
        let begun = timeout_at(until, reach.begin()).await;
        let begun = begun.map_err(|_| late(reach))?;
        let transaction = begun.map_err(|error| judge(reach, error, true))?;
        let made = timeout_at(until, work(&transaction)).await;
        let made = made.map_err(|_| late(reach))?;
        let made = made.map_err(|error| judge(reach, error, true))?;
        let committed = timeout_at(until, transaction.commit()).await;
        let committed = committed.map_err(|_| late(reach))?;
        // Whether it was done is not known any more, unless the database says so.
        committed.map_err(|error| judge(reach, error, false))?;
        Ok(made)
    }
}

/// How often something has been tried.
struct Tries {
    until: Instant,
    left: u32,
    pause: Duration,
}

impl Tries {
    fn until(deadline: Duration) -> Self {
        Self {
            until: Instant::now() + deadline,
            left: TRIES - 1,
            pause: PAUSE,
        }
    }

    /// After a failure: waits until it makes sense to try again, unless it does not.
    async fn after(&mut self, failed: Failed) -> Result<(), RecordsError> {
        if !failed.again || self.left == 0 || Instant::now() + self.pause * 2 > self.until {
            return Err(failed.error);
        }
        // Whoever met does not meet again at once.
        sleep(self.pause.mul_f64(rand::random_range(0.5..1.5))).await;
        self.left -= 1;
        self.pause *= 2;
        Ok(())
    }
}

/// Nothing came in time: nobody knows what it will still come to.
fn late(reach: &Reach) -> Failed {
    reach.trust.lose();
    Failed {
        error: RecordsError::Unavailable("no answer in time".to_owned()),
        again: false,
    }
}

/// What an error says of the connections. `undone`: it is certain that nothing was done.
fn judge(reach: &Reach, error: DbErr, undone: bool) -> Failed {
    let again = match Verdict::of(&error) {
        Verdict::Refused | Verdict::Away => false,
        Verdict::Met => true,
        Verdict::Lost => {
            reach.trust.lose();
            undone
        }
        Verdict::Broken => {
            reach.trust.lose();
            false
        }
        Verdict::Pooler => {
            reach.mode.set(Way::Pooled);
            reach.trust.lose();
            undone
        }
    };
    Failed {
        error: error.into(),
        again,
    }
}

fn reach(url: &str, connections: u32, trust: &Trust, mode: &Mode) -> Result<Reach, BadUrl> {
    match url.strip_prefix("sqlite:") {
        Some(file) => sqlite::reach(file, connections, trust.clone()),
        None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
            postgres::reach(url, connections, trust.clone(), mode.clone())
        }
        None => Err(BadUrl::Kind),
    }
}

/// Keeps others from the same work until the transaction ends. SQLite has taken its only write lock as it began.
async fn lock(transaction: &DatabaseTransaction, number: i64) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let lock = format!("SELECT pg_advisory_xact_lock({number})");
        let lock = Statement::from_string(DbBackend::Postgres, lock);
        transaction.execute_raw(lock).await?;
    }
    Ok(())
}

/// Fails if the server is one that only reads.
async fn may_write(database: &Reader) -> Result<(), DbErr> {
    let question = match database.get_database_backend() {
        DbBackend::Postgres => "SELECT current_setting('transaction_read_only')",
        _ => "SELECT 'off'",
    };
    let answer: String = only_row(database, question).await?.try_get_by_index(0)?;
    match answer.as_str() {
        "off" => Ok(()),
        _ => Err(DbErr::Exec(sea_orm::RuntimeErr::Internal(
            "the server is read-only".to_owned(),
        ))),
    }
}

/// A database to look at and not to change; see [`crate::examine`].
pub(crate) struct Looked {
    reach: Reach,
}

impl Looked {
    /// Of a PostgreSQL server.
    pub(crate) fn server(url: &str) -> Result<Self, BadUrl> {
        let (trust, mode) = (Trust::default(), Mode::new(Way::Unknown));
        let reach = postgres::reach(url, 1, trust, mode)?;
        Ok(Self { reach })
    }

    /// Looks. Says too whether it is behind something that shares connections.
    pub(crate) async fn at<T>(
        self,
        work: impl AsyncFnOnce(&Reader) -> Result<T, DbErr> + Clone,
    ) -> Result<(T, bool), RecordsError> {
        let whole = async {
            let reader = self.reach.reader().await?;
            let seen = work(&reader).await?;
            reader.done().await?;
            Ok(seen)
        };
        let seen = within(DEADLINE, whole).await;
        let pooled = self.reach.mode.get() == Way::Pooled;
        let _ = timeout(DEADLINE, self.reach.close()).await;
        seen.map(|seen| (seen, pooled))
    }
}

/// The answer to a question that has one.
pub(crate) async fn only_row(
    database: &impl ConnectionTrait,
    query: &str,
) -> Result<QueryResult, DbErr> {
    let query = Statement::from_string(database.get_database_backend(), query);
    let row = database.query_one_raw(query).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("no row".to_owned()))
}

pub(crate) async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, RecordsError> {
    match timeout(deadline, work).await {
        Ok(done) => done.map_err(RecordsError::from),
        Err(_) => Err(RecordsError::Unavailable("no answer in time".to_owned())),
    }
}
