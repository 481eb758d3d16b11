//! What an operator should know of the database. Nothing is judged here, and nothing is changed: no file or table is made.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use rustix::fs::{Access, access, statvfs};
use sea_orm::{
    SqlxSqliteConnector,
    sqlx::{
        ConnectOptions as _,
        sqlite::{SqliteConnectOptions, SqlitePoolOptions},
    },
};

use crate::{
    database::{BadUrl, DEADLINE, Looked, Reader, only_row, path_of, within},
    error::RecordsError,
    migrations::Standing,
};

/// Why the database could not be looked at.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Unexamined {
    /// Its address is impossible.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// It does not answer.
    #[error(transparent)]
    Records(#[from] RecordsError),
}

/// What a database is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// `SQLite 3.46.0` or `PostgreSQL 17.2`; `None` for a file that is not there yet.
    pub version: Option<String>,
    /// There and back.
    pub round_trip: Duration,
    /// What the next start of chat-server does to the tables, step by step.
    pub pending: Vec<String>,
    /// What a newer release has done to them.
    pub unknown: Vec<String>,
    /// Of a database in a file: where that is.
    pub place: Option<Place>,
    /// Of PostgreSQL: what only it has.
    pub postgres: Option<PostgresFacts>,
}

/// A file, there or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as it is found from this process.
    pub path: PathBuf,
    /// Whether it is there.
    pub exists: bool,
    /// Whether we may write it, and beside it.
    pub writable: bool,
    /// Bytes that are left on its disk.
    pub free: u64,
    /// The kind of a disk that is not of this machine, where locks do not hold what they promise.
    pub network: Option<&'static str>,
}

/// What only PostgreSQL has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresFacts {
    /// The version as one number: 170002.
    pub number: i32,
    /// How text is kept: `UTF8`.
    pub encoding: String,
    /// How many connections it takes.
    pub max_connections: i32,
    /// How many there are.
    pub connections: i32,
    /// Whether it only follows another server.
    pub replica: bool,
    /// Whether we may make tables.
    pub may_create: bool,
    /// Whether it takes no writes, as a replica does, or one that was told so.
    pub read_only: bool,
    /// Whether something that gives connections to others between transactions stands before it, such as PgBouncer.
    pub pooled: bool,
    /// By how many microseconds its clock is ahead of ours.
    pub ahead: i64,
}

/// Looks at the database of this address. `now` is this machine's clock, in microseconds.
///
/// # Errors
/// When the address is impossible, or the database cannot be reached or does not answer.
pub async fn examine(url: &str, now: impl Fn() -> i64) -> Result<Checkup, Unexamined> {
    match url.strip_prefix("sqlite:") {
        Some(file) => examine_file(file).await,
        None => examine_postgres(url, now).await,
    }
}

async fn examine_file(file: &str) -> Result<Checkup, Unexamined> {
    let place = Place::of(&path_of(file));
    if !place.exists {
        return Ok(Checkup {
            version: None,
            round_trip: Duration::ZERO,
            pending: Vec::new(),
            unknown: Vec::new(),
            place: Some(place),
            postgres: None,
        });
    }
    let options = SqliteConnectOptions::from_str(&format!("sqlite:{file}"));
    let options = options
        .map_err(|_| BadUrl::Malformed)?
        .create_if_missing(false)
        .busy_timeout(DEADLINE)
        .disable_statement_logging();
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(DEADLINE)
        .connect_lazy_with(options);
    let database = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool);
    let work = async {
        let row = only_row(&database, "SELECT sqlite_version()").await?;
        let version: String = row.try_get_by_index(0)?;
        let asked = Instant::now();
        let standing = Standing::read(&database).await?;
        Ok((version, asked.elapsed(), standing))
    };
    let looked = within(DEADLINE, work).await;
    let _ = database.close().await;
    let (version, round_trip, Standing { pending, unknown }) = looked?;
    Ok(Checkup {
        version: Some(format!("SQLite {version}")),
        round_trip,
        pending,
        unknown,
        place: Some(place),
        postgres: None,
    })
}

const POSTGRES: &str = "SELECT current_setting('server_version'), \
     current_setting('server_version_num')::int, \
     current_setting('server_encoding'), \
     current_setting('max_connections')::int, \
     (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int, \
     pg_is_in_recovery(), \
     coalesce(has_schema_privilege(current_schema(), 'CREATE'), false), \
     current_setting('transaction_read_only') = 'on'";
const POSTGRES_CLOCK: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

async fn examine_postgres(url: &str, now: impl Fn() -> i64) -> Result<Checkup, Unexamined> {
    let look = async |database: &Reader| {
        let row = only_row(database, POSTGRES).await?;
        let (asked, since) = (now(), Instant::now());
        let clock = only_row(database, POSTGRES_CLOCK).await?;
        let round_trip = since.elapsed();
        let clock: i64 = clock.try_get_by_index(0)?;
        let half = i64::try_from(round_trip.as_micros() / 2).unwrap_or_default();
        let facts = PostgresFacts {
            number: row.try_get_by_index(1)?,
            encoding: row.try_get_by_index(2)?,
            max_connections: row.try_get_by_index(3)?,
            connections: row.try_get_by_index(4)?,
            replica: row.try_get_by_index(5)?,
            may_create: row.try_get_by_index(6)?,
            read_only: row.try_get_by_index(7)?,
            pooled: false,
            ahead: clock - asked - half,
        };
        let version: String = row.try_get_by_index(0)?;
        let standing = Standing::read(database).await?;
        Ok((version, round_trip, facts, standing))
    };
    let (looked, pooled) = Looked::server(url)?.at(look).await?;
    let (version, round_trip, facts, Standing { pending, unknown }) = looked;
    Ok(Checkup {
        version: Some(format!("PostgreSQL {version}")),
        round_trip,
        pending,
        unknown,
        place: None,
        postgres: Some(PostgresFacts { pooled, ..facts }),
    })
}

impl Place {
    fn of(file: &Path) -> Self {
        let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
        let exists = path.exists();
        // What is not there yet will be made in the nearest folder that is.
        let folder = path.ancestors().skip(1).find(|folder| folder.exists());
        let folder = folder.unwrap_or(Path::new("/"));
        let may_make = access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok();
        let may_write = !exists || access(&path, Access::READ_OK | Access::WRITE_OK).is_ok();
        let disk = statvfs(folder);
        Self {
            exists,
            writable: may_make && may_write,
            free: disk.map_or(0, |disk| disk.f_bavail.saturating_mul(disk.f_frsize)),
            network: network(folder),
            path,
        }
    }
}

/// The kinds of disks, as Linux numbers them, that belong to another machine.
#[cfg(target_os = "linux")]
fn network(folder: &Path) -> Option<&'static str> {
    let kind = rustix::fs::statfs(folder).ok()?.f_type as u32;
    match kind {
        0x6969 => Some("NFS"),
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x00c3_6400 => Some("Ceph"),
        0x5346_414f => Some("AFS"),
        0x0bd0_0bd0 => Some("Lustre"),
        _ => None,
    }
}

/// Elsewhere it is not known.
#[cfg(not(target_os = "linux"))]
fn network(_: &Path) -> Option<&'static str> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::ConnectionTrait;

    use crate::Records;

    #[tokio::test]
    async fn a_file_is_looked_at_and_not_made() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a/helpline.db");
        let url = format!("sqlite:{}", file.display());
        let checkup = examine(&url, || 0).await.unwrap();
        let place = checkup.place.unwrap();
        assert!(checkup.version.is_none() && !place.exists && place.writable);
        assert!(place.free > 0 && place.path == file);
        assert!(!folder.path().join("a").exists());

        let records = Records::open(&url).await.unwrap();
        records.migrate().await.unwrap();
        let checkup = examine(&url, || 0).await.unwrap();
        assert!(checkup.version.unwrap().starts_with("SQLite 3"));
        assert!(checkup.pending.is_empty() && checkup.unknown.is_empty());
        records.close().await;
    }

    #[tokio::test]
    async fn tables_of_a_newer_release_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("helpline.db").display());
        let records = Records::open(&url).await.unwrap();
        records.migrate().await.unwrap();
        let newer = async |database: &Reader| {
            let insert =
                "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m0099_future', 0)";
            database.execute_unprepared(insert).await.map(|_| ())
        };
        records.read(newer).await.unwrap();
        let refused = records.migrate().await.unwrap_err();
        assert!(refused.to_string().contains("m0099_future"), "{refused}");
        let checkup = examine(&url, || 0).await.unwrap();
        assert_eq!(checkup.unknown, ["m0099_future"]);
        assert!(checkup.pending.is_empty());
        records.close().await;
    }
}
