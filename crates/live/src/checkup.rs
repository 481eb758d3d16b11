//! What an operator should know of the store: how it is set up, and whether we may do in it what the services do.
//!
//! Nothing is judged here, and nothing is left behind: one key is written that is gone after a second.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use redis::{
    AsyncConnectionConfig, FromRedisValue, InfoDict, RedisError, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::time::timeout;

use crate::{
    address::{Address, Kind},
    answer::master_of,
    keys::Keys,
    script::Script,
    setup, slot, tend,
};

/// How long one question may take.
const DEADLINE: Duration = Duration::from_secs(2);
/// How often the way there and back is measured; the shortest counts.
const PINGS: usize = 5;

/// Why the store could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unexamined {
    /// There is no connection.
    #[error("{0}")]
    Unreachable(String),
    /// It does not answer a question, or not in time.
    #[error("it does not answer {question}: {reason}")]
    Refused {
        /// The command.
        question: &'static str,
        /// What it said.
        reason: String,
    },
}

/// What one server of the store is like that has some of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// Which server it is: host and port.
    pub at: String,
    /// Whether it is of a cluster, and the address does not say so.
    pub unexpected_cluster: bool,
    /// Whether it has the first partition. What follows from `partitions` on is known of no other.
    pub first: bool,
    /// There and back, at its best.
    pub round_trip: Duration,
    /// `Redis`, or what else it calls itself.
    pub server: String,
    /// The version, in that server's own count.
    pub version: String,
    /// Whether scripts and pub/sub of that version are not good enough.
    pub too_old: bool,
    /// Whether it only follows another server.
    pub replica: bool,
    /// `maxmemory-policy`.
    pub policy: String,
    /// Bytes in use.
    pub used_memory: u64,
    /// Bytes it may use; 0: as many as there are.
    pub max_memory: u64,
    /// Whether it keeps an append-only file.
    pub append_only: bool,
    /// `appendfsync`; `None` where settings may not be read.
    pub append_fsync: Option<String>,
    /// Whether it takes snapshots; `None` where settings may not be read.
    pub snapshots: Option<bool>,
    /// Whether its last write to its disk failed.
    pub failing_disk: bool,
    /// By how many microseconds its clock is ahead of ours.
    pub ahead: i64,
    /// The number of partitions this deployment was started with; `None` before its first start.
    pub partitions: Option<u16>,
    /// What the services do and may not do here: the command and what was answered.
    pub refused: Vec<(&'static str, String)>,
}

/// What one of the sentinels that are named says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentinel {
    /// Which it is: host and port.
    pub at: String,
    /// Where it says that the master is, or why it does not say that.
    pub master: Result<String, String>,
}

/// Asks each of the sentinels for the master; nobody, where none are set.
pub async fn sentinels(address: &Address) -> Vec<Sentinel> {
    let Kind::Sentinel(name) = &address.kind else {
        return Vec::new();
    };
    let mut said = Vec::new();
    for (index, server) in address.servers().enumerate() {
        said.push(Sentinel {
            at: server.to_string(),
            master: master(address, index, name).await,
        });
    }
    said
}

async fn master(address: &Address, index: usize, name: &str) -> Result<String, String> {
    let mut connection = address.connect_to_sentinel(index).await?;
    match within(master_of(&mut connection, name)).await? {
        Some((host, port)) => Ok(format!("{host}:{port}")),
        None => Err(format!("knows no master `{name}`")),
    }
}

/// Looks at the store: at every server that may be written to, or at the one that is named if that may not. `now` is this
/// machine's clock, in microseconds.
///
/// # Errors
/// When one cannot be reached, or does not answer what it has to.
pub async fn examine(
    address: &Address,
    keys: &Keys,
    join_channel: &str,
    now: impl Fn() -> i64,
) -> Result<Vec<Checkup>, Unexamined> {
    let layout = tend::layout(address).await;
    let layout = layout.map_err(Unexamined::Unreachable)?;
    let first = slot::of(keys.trial().as_bytes());
    let mut checkups = Vec::new();
    for primary in &layout.primaries {
        let config = AsyncConnectionConfig::new();
        let mut connection = (address.connect(&primary.server, config).await)
            .map_err(|reason| Unexamined::Unreachable(format!("{}: {reason}", primary.server)))?;
        let mut checkup = examine_one(&mut connection, address, &now).await?;
        checkup.at = primary.server.to_string();
        checkup.first = primary.has(first) && !checkup.unexpected_cluster;
        if checkup.first {
            checkup.partitions = ask(&mut connection, "GET", &[&keys.partition_count()]).await?;
            checkup.refused = tried(&mut connection, keys, join_channel).await;
        }
        checkups.push(checkup);
    }
    Ok(checkups)
}

async fn examine_one(
    connection: &mut MultiplexedConnection,
    address: &Address,
    now: impl Fn() -> i64,
) -> Result<Checkup, Unexamined> {
    let info: InfoDict = ask(connection, "INFO", &[]).await?;
    let text = |name: &str| info.get::<String>(name).unwrap_or_default();
    let number = |name: &str| info.get::<u64>(name).unwrap_or_default();
    let (server, version) = match text("server_name") {
        name if name == "valkey" => ("Valkey".to_owned(), text("valkey_version")),
        _ => ("Redis".to_owned(), text("redis_version")),
    };
    let append_only = number("aof_enabled") == 1;
    let (round_trip, ahead) = clock(connection, now).await?;
    Ok(Checkup {
        round_trip,
        server,
        version,
        too_old: setup::is_too_old(&text("redis_version")),
        replica: text("role") == "slave",
        policy: text("maxmemory_policy"),
        used_memory: number("used_memory"),
        max_memory: number("maxmemory"),
        append_only,
        append_fsync: setting(connection, "appendfsync").await,
        snapshots: setting(connection, "save")
            .await
            .map(|points| !points.is_empty()),
        failing_disk: (append_only && text("aof_last_write_status") == "err")
            || text("rdb_last_bgsave_status") == "err",
        ahead,
        at: String::new(),
        unexpected_cluster: setup::is_cluster(&info) && address.kind != Kind::Cluster,
        first: false,
        partitions: None,
        refused: Vec::new(),
    })
}

/// The shortest way there and back, and how far its clock was ahead in the middle of that way.
async fn clock(
    connection: &mut MultiplexedConnection,
    now: impl Fn() -> i64,
) -> Result<(Duration, i64), Unexamined> {
    let mut best = (Duration::MAX, 0);
    for _ in 0..PINGS {
        let (asked, since) = (now(), Instant::now());
        let (seconds, micros): (i64, i64) = ask(connection, "TIME", &[]).await?;
        let took = since.elapsed();
        let half = i64::try_from(took.as_micros() / 2).unwrap_or_default();
        if took < best.0 {
            best = (took, seconds * 1_000_000 + micros - asked - half);
        }
    }
    Ok(best)
}

/// Where somebody else runs the server, its settings can often not be read.
async fn setting(connection: &mut MultiplexedConnection, name: &str) -> Option<String> {
    let found: HashMap<String, String> = ask(connection, "CONFIG", &["GET", name]).await.ok()?;
    found.into_values().next()
}

/// Does once what the services do all the time.
async fn tried(
    connection: &mut MultiplexedConnection,
    keys: &Keys,
    join_channel: &str,
) -> Vec<(&'static str, String)> {
    let mut refused = Vec::new();
    let script = Script::new(include_str!("scripts/trial.lua"));
    let key = keys.trial();
    let call = script.call(&[&key]);
    let written = within(script.send::<()>(connection, &call)).await;
    refused.extend(written.err().map(|reason| ("EVALSHA", reason)));
    let channel = keys.trial_channel();
    let told: Result<u64, _> = ask(connection, "SPUBLISH", &[&channel, ""]).await;
    refused.extend(told.err().map(|error| ("SPUBLISH", error.to_string())));
    let heard: Result<redis::Value, _> = ask(connection, "SSUBSCRIBE", &[&channel]).await;
    refused.extend(heard.err().map(|error| ("SSUBSCRIBE", error.to_string())));
    let announce = [join_channel, ""];
    for (command, arguments) in [("PUBLISH", &announce[..]), ("SUBSCRIBE", &announce[..1])] {
        let allowed = may_do(connection, command, arguments).await;
        refused.extend(allowed.err().map(|reason| (command, reason)));
    }
    refused
}

/// Others listen to the channel of requests, so it is not used but asked about. Who may not ask is taken to be allowed.
async fn may_do(
    connection: &mut MultiplexedConnection,
    command: &str,
    arguments: &[&str],
) -> Result<(), String> {
    let Ok(user) = ask::<String>(connection, "ACL", &["WHOAMI"]).await else {
        return Ok(());
    };
    let trial = [&["DRYRUN", &user, command], arguments].concat();
    match ask::<String>(connection, "ACL", &trial).await {
        Ok(said) if said != "OK" => Err(said),
        _ => Ok(()),
    }
}

async fn ask<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    question: &'static str,
    arguments: &[&str],
) -> Result<T, Unexamined> {
    let mut command = redis::cmd(question);
    command.arg(arguments);
    let answer = within(command.query_async(connection)).await;
    answer.map_err(|reason| Unexamined::Refused { question, reason })
}

async fn within<T>(work: impl Future<Output = RedisResult<T>>) -> Result<T, String> {
    match timeout(DEADLINE, work).await {
        Ok(done) => done.map_err(|error: RedisError| error.to_string()),
        Err(_) => Err("no answer in time".to_owned()),
    }
}
