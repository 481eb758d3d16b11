//! A database in a file.

use std::{path::PathBuf, str::FromStr, time::Duration};

use sea_orm::{
    SqlxSqliteConnector,
    sqlx::{
        self, ConnectOptions as _, Connection as _, Executor as _,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqlitePoolOptions},
    },
};
use tokio::time::timeout;

use super::{BadUrl, DEADLINE, IN_STEP, reach::Reach, trust::Trust};

/// The pool is made here, because sea-orm's own connect would open the file at once.
pub(super) fn reach(file: &str, connections: u32, trust: Trust) -> Result<Reach, BadUrl> {
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
    let (acquired, released) = (trust.clone(), trust.clone());
    let pool = SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(DEADLINE)
        .test_before_acquire(false)
        .before_acquire(move |_, known| {
            let good = acquired.holds(known.age);
            Box::pin(async move { Ok(good) })
        })
        .after_release(move |connection, known| {
            let good = released.holds(known.age);
            Box::pin(async move { Ok(good && is_in_step(connection, IN_STEP).await) })
        })
        .connect_lazy_with(options);
    let database = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    Ok(Reach::of_file(database, trust))
}

/// Whether no transaction is open, neither in the driver's books nor in the database. The two differ where SQLite ended one
/// by itself: the driver's rollback then fails, and all that comes after would be part of something that never ends.
async fn is_in_step(connection: &mut SqliteConnection, within: Duration) -> bool {
    let look = async {
        // What was queued when a transaction was dropped is done first.
        connection.ping().await?;
        if connection.is_in_transaction() {
            return Ok::<_, sqlx::Error>(false);
        }
        connection.execute("BEGIN; ROLLBACK").await?;
        Ok(true)
    };
    matches!(timeout(within, look).await, Ok(Ok(true)))
}

/// The file that `sqlite:` is followed by.
pub(crate) fn path_of(file: &str) -> PathBuf {
    let path = file.split('?').next().unwrap_or_default();
    PathBuf::from(path.trim_start_matches("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    async fn connection() -> SqliteConnection {
        SqliteConnection::connect("sqlite::memory:").await.unwrap()
    }

    #[tokio::test]
    async fn a_connection_in_a_transaction_is_out_of_step() {
        let mut idle = connection().await;
        assert!(is_in_step(&mut idle, SOON).await);
        assert!(is_in_step(&mut idle, SOON).await);
        let mut begun = connection().await;
        std::mem::forget(begun.begin().await.unwrap());
        assert!(!is_in_step(&mut begun, SOON).await);
        let mut behind = connection().await;
        behind.execute("BEGIN").await.unwrap();
        assert!(!is_in_step(&mut behind, SOON).await);
        // As after an error at which SQLite rolls back by itself.
        let mut ended = connection().await;
        let mut transaction = ended.begin().await.unwrap();
        transaction.execute("ROLLBACK").await.unwrap();
        drop(transaction);
        assert!(!is_in_step(&mut ended, SOON).await);
        let mut dropped = connection().await;
        drop(dropped.begin().await.unwrap());
        assert!(is_in_step(&mut dropped, SOON).await);
    }
}
