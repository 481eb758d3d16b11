//! The ways to a database, and which of them is gone.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, IntoDatabaseExecutor, QueryResult, SqliteTransactionMode, Statement,
    TransactionOptions, TransactionTrait, prelude::async_trait::async_trait,
};

use super::{trust::Trust, verdict::Verdict};

/// How a database is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Nobody has tried yet.
    Unknown,
    /// A connection is one to the database itself.
    Direct,
    /// Through something that gives its connections to others between transactions.
    Pooled,
}

/// The way as far as it is known. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Mode(Arc<AtomicU8>);

impl Mode {
    pub(super) fn new(way: Way) -> Self {
        Self(Arc::new(AtomicU8::new(way as u8)))
    }

    pub(super) fn get(&self) -> Way {
        match self.0.load(Ordering::Acquire) {
            1 => Way::Direct,
            2 => Way::Pooled,
            _ => Way::Unknown,
        }
    }

    /// Once something stood in between, whatever leads past it by chance changes nothing.
    pub(super) fn set(&self, way: Way) {
        self.0.fetch_max(way as u8, Ordering::AcqRel);
    }
}

/// Connections to a database. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    direct: DatabaseConnection,
    pooled: Option<DatabaseConnection>,
    pub(super) trust: Trust,
    pub(super) mode: Mode,
}

impl Reach {
    pub(super) fn of_file(database: DatabaseConnection, trust: Trust) -> Self {
        Self {
            direct: database,
            pooled: None,
            trust,
            mode: Mode::new(Way::Direct),
        }
    }

    pub(super) fn of_server(
        direct: DatabaseConnection,
        pooled: DatabaseConnection,
        trust: Trust,
        mode: Mode,
    ) -> Self {
        Self {
            direct,
            pooled: Some(pooled),
            trust,
            mode,
        }
    }

    /// A transaction, in which each statement sees what others have committed before it, whatever the database does when
    /// nothing is said.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            // A transaction that reads first and takes the lock later fails when another was faster.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        loop {
            let way = self.mode.get();
            let transaction = self.by(way).begin_with_options(options).await;
            // The first connection tells what is there.
            if self.mode.get() == Way::Pooled && way != Way::Pooled {
                continue;
            }
            let transaction = match transaction {
                Err(error) if Verdict::of(&error) == Verdict::Pooler && way != Way::Pooled => {
                    self.mode.set(Way::Pooled);
                    continue;
                }
                transaction => transaction?,
            };
            if transaction.get_database_backend() == DbBackend::Postgres {
                let level = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
                transaction.execute_unprepared(level).await?;
                if way == Way::Pooled {
                    // By itself: PgBouncer knows what it means then.
                    transaction.execute_unprepared("DEALLOCATE ALL").await?;
                }
            }
            return Ok(transaction);
        }
    }

    /// Something to read with.
    pub(super) async fn reader(&self) -> Result<Reader, DbErr> {
        if self.mode.get() == Way::Unknown {
            self.begin().await?.rollback().await?;
        }
        match self.mode.get() {
            Way::Pooled => self.begin().await.map(Reader::Within),
            Way::Direct | Way::Unknown => Ok(Reader::Direct(self.direct.clone())),
        }
    }

    /// Closes all connections.
    pub(super) async fn close(&self) {
        let _ = self.direct.clone().close().await;
        if let Some(pooled) = self.pooled.clone() {
            let _ = pooled.close().await;
        }
    }

    fn by(&self, way: Way) -> &DatabaseConnection {
        match (way, &self.pooled) {
            (Way::Pooled, Some(pooled)) => pooled,
            _ => &self.direct,
        }
    }
}

/// What something is read with.
#[derive(Debug)]
pub(crate) enum Reader {
    /// Any connection for each statement.
    Direct(DatabaseConnection),
    /// One for all of them.
    Within(DatabaseTransaction),
}

impl Reader {
    /// It is not needed any more.
    pub(super) async fn done(self) -> Result<(), DbErr> {
        match self {
            Self::Direct(_) => Ok(()),
            Self::Within(transaction) => transaction.commit().await,
        }
    }
}

impl<'c> IntoDatabaseExecutor<'c> for &'c Reader {
    fn into_database_executor(self) -> DatabaseExecutor<'c> {
        match self {
            Reader::Direct(database) => database.into_database_executor(),
            Reader::Within(transaction) => transaction.into_database_executor(),
        }
    }
}

#[async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Direct(database) => database.get_database_backend(),
            Self::Within(transaction) => transaction.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Direct(database) => database.execute_raw(statement).await,
            Self::Within(transaction) => transaction.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, statement: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Direct(database) => database.execute_unprepared(statement).await,
            Self::Within(transaction) => transaction.execute_unprepared(statement).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Direct(database) => database.query_one_raw(statement).await,
            Self::Within(transaction) => transaction.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Direct(database) => database.query_all_raw(statement).await,
            Self::Within(transaction) => transaction.query_all_raw(statement).await,
        }
    }
}
