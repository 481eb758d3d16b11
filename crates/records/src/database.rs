//! The database: where it is, how it is reached, and how long anyone waits for it.

use std::{path::PathBuf, str::FromStr, time::Duration};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, SqlxSqliteConnector, Statement, TransactionOptions,
    TransactionTrait,
    sqlx::{
        ConnectOptions as _,
        sqlite::{SqliteConnectOptions, SqlitePoolOptions},
    },
};
use sea_orm_migration::MigratorTrait;
use tokio::time::timeout;

use crate::{
    accounts::{Account, NewAccount, first_admin},
    error::RecordsError,
    migrations::{Migrations, Standing},
};

/// How long a call may take, whatever it does.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);
/// How long a start waits for another process that brings the tables up to date.
const MIGRATION_DEADLINE: Duration = Duration::from_secs(120);
/// How many connections a process has at most.
const CONNECTIONS: u32 = 8;
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

/// What is kept. A cheap handle on a pool of connections.
#[derive(Clone, Debug)]
pub struct Records {
    database: DatabaseConnection,
}

impl Records {
    /// The records at this address: `sqlite:PATH` (made if absent) or `postgres://…`. Connects when it is first used, so a
    /// service starts without its database.
    ///
    /// # Errors
    /// When the address is impossible.
    pub async fn open(url: &str) -> Result<Self, BadUrl> {
        let database = match url.strip_prefix("sqlite:") {
            Some(file) => sqlite(file)?,
            None if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                postgres(url).await?
            }
            None => return Err(BadUrl::Kind),
        };
        Ok(Self { database })
    }

    /// Brings the tables up to date. Of several processes that start together one does it and the others wait.
    ///
    /// # Errors
    /// When the database cannot be reached, is of a newer release, or a step fails; the tables are then as they were.
    pub async fn migrate(&self) -> Result<(), RecordsError> {
        self.bring_up_to_date(async |_| Ok(())).await
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
        self.bring_up_to_date(async |transaction| {
            lock(transaction, PEOPLE_LOCK).await?;
            first_admin(transaction, admin, now).await
        })
        .await
    }

    async fn bring_up_to_date<T>(
        &self,
        then: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr>,
    ) -> Result<T, RecordsError> {
        let work = async {
            let transaction = self.begin().await?;
            lock(&transaction, MIGRATION_LOCK).await?;
            let unknown = Standing::read(&transaction).await?.unknown;
            if !unknown.is_empty() {
                return Ok(Err(RecordsError::Newer(unknown)));
            }
            Migrations::up(&transaction, None).await?;
            let made = then(&transaction).await?;
            transaction.commit().await?;
            Ok(Ok(made))
        };
        within(MIGRATION_DEADLINE, work).await?
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), RecordsError> {
        self.read(async |database| database.ping().await).await
    }

    /// Closes the connections. Calls that come later fail.
    pub async fn close(&self) {
        let _ = timeout(DEADLINE, self.database.clone().close()).await;
    }

    /// Reads something, within the deadline.
    pub(crate) async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseConnection) -> Result<T, DbErr>,
    ) -> Result<T, RecordsError> {
        within(DEADLINE, work(&self.database)).await
    }

    /// Changes something, whole or not at all, within the deadline.
    pub(crate) async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr>,
    ) -> Result<T, RecordsError> {
        let whole = async {
            let transaction = self.begin().await?;
            let made = work(&transaction).await?;
            transaction.commit().await?;
            Ok(made)
        };
        within(DEADLINE, whole).await
    }

    /// Changes something that depends on rows which another change may add or take away at the same time: as [`Self::write`],
    /// one after the other.
    pub(crate) async fn write_alone<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, DbErr>,
    ) -> Result<T, RecordsError> {
        self.write(async |transaction| {
            lock(transaction, PEOPLE_LOCK).await?;
            work(transaction).await
        })
        .await
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            // A transaction that reads first and takes the lock later fails when another was faster.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.database.begin_with_options(options).await
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

pub(crate) async fn postgres(url: &str) -> Result<DatabaseConnection, BadUrl> {
    let mut options = ConnectOptions::new(url);
    options
        .connect_lazy(true)
        .max_connections(CONNECTIONS)
        .connect_timeout(DEADLINE)
        .acquire_timeout(DEADLINE)
        .sqlx_logging(false);
    Database::connect(options)
        .await
        .map_err(|_| BadUrl::Malformed)
}

/// The pool is made here, because sea-orm's own connect would open the file at once.
fn sqlite(file: &str) -> Result<DatabaseConnection, BadUrl> {
    let path = path_of(file);
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)
            .map_err(|error| BadUrl::Folder(folder.to_owned(), error.to_string()))?;
    }
    let options = SqliteConnectOptions::from_str(&format!("sqlite:{file}"));
    let options = options
        .map_err(|_| BadUrl::Malformed)?
        .create_if_missing(true)
        // Readers do not wait for the writer.
        .pragma("journal_mode", "WAL")
        // What is acknowledged to the event stream is gone from there: it has to be on the disk.
        .pragma("synchronous", "FULL")
        .pragma("foreign_keys", "ON")
        .busy_timeout(DEADLINE)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(DEADLINE)
        .connect_lazy_with(options);
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

/// The file that `sqlite:` is followed by.
pub(crate) fn path_of(file: &str) -> PathBuf {
    let path = file.split('?').next().unwrap_or_default();
    PathBuf::from(path.trim_start_matches("//"))
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
