//! A connection that is tended: it is made anew whenever it is lost or has gone quiet.
//!
//! A [`Link`] belongs to one thread's runtime: a connection whose I/O happens where its commands are made is
//! about a third faster than one that is shared between threads. Commands wait a moment for a connection
//! that was just lost; once it has been lost for a while they fail at once, so that an outage answers every frame
//! quickly.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, ProtocolVersion, RedisResult,
    aio::MultiplexedConnection, io::tcp::TcpSettings,
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// How long a command may take. After that it is not confirmed: it may still happen.
const COMMAND_DEADLINE: Duration = Duration::from_secs(2);
/// How long a command waits for a connection.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long a connection is lost before commands do not wait for it any more.
const OUTAGE: Duration = Duration::from_secs(3);
const CONNECT_DEADLINE: Duration = Duration::from_secs(1);
pub(crate) const PING_EVERY: Duration = Duration::from_secs(1);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The store did not confirm in time: the command may or may not have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store did not confirm in time")]
pub struct Unavailable;

/// The URL cannot be one of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("redis.url cannot be used: {0}")]
pub struct BadUrl(redis::RedisError);

/// Where the store is.
#[derive(Clone, Debug)]
pub struct Address {
    client: Client,
    reconnects: Arc<AtomicU64>,
}

impl Address {
    /// Reads `redis://`, `rediss://` or `unix://`.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        let info = url.into_connection_info().map_err(BadUrl)?;
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        // A command is one small write that is waited for: holding it back to fill a segment costs 40 ms.
        let tcp = TcpSettings::default().set_nodelay(true);
        let info = info.set_redis_settings(settings).set_tcp_settings(tcp);
        let client = Client::open(info).map_err(BadUrl)?;
        Ok(Self {
            client,
            reconnects: Arc::default(),
        })
    }

    /// How often a connection of this process had to be made anew.
    pub fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Relaxed)
    }

    pub(crate) fn count_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }

    /// Connects once.
    pub(crate) async fn connect(
        &self,
        config: AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, String> {
        // Our own deadlines cover every wait.
        let config = config
            .set_connection_timeout(Some(CONNECT_DEADLINE))
            .set_response_timeout(None);
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        match timeout(CONNECT_DEADLINE, connecting).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

/// Pauses between attempts: growing, and never two processes in step.
#[derive(Default)]
pub(crate) struct Pauses {
    attempts: u32,
}

impl Pauses {
    pub(crate) async fn pause(&mut self) {
        let longest = FIRST_PAUSE
            .saturating_mul(1 << self.attempts.min(8))
            .min(LONGEST_PAUSE);
        self.attempts += 1;
        sleep(longest.mul_f64(rand::random_range(0.5..1.0))).await;
    }

    /// Whether this is worth a line in the log: the first failure and then every so often.
    pub(crate) fn worth_saying(&self) -> bool {
        self.attempts.is_multiple_of(20)
    }
}

#[derive(Clone)]
enum Status {
    Up {
        connection: MultiplexedConnection,
        since: Instant,
    },
    Down {
        since: Instant,
    },
}

/// A tended connection for commands.
#[derive(Clone)]
pub struct Link {
    status: watch::Receiver<Status>,
    doubt: Arc<Notify>,
}

impl Link {
    /// Starts to tend a connection on this thread's runtime, until `stop`.
    pub fn open(address: Address, stop: CancellationToken) -> Self {
        let (sender, status) = watch::channel(Status::Down {
            since: Instant::now(),
        });
        let doubt = Arc::new(Notify::new());
        let tending = tend(address, sender, doubt.clone());
        tokio::spawn(async move { stop.run_until_cancelled(tending).await });
        Self { status, doubt }
    }

    /// Since when the link is up without a break.
    pub fn up_since(&self) -> Option<Instant> {
        match &*self.status.borrow() {
            Status::Up { since, .. } => Some(*since),
            Status::Down { .. } => None,
        }
    }

    /// Waits until the link is up.
    pub async fn up(&self) {
        let mut status = self.status.clone();
        // An error means that nobody tends the link any more: there is nothing to wait for.
        let _ = status
            .wait_for(|status| matches!(status, Status::Up { .. }))
            .await;
    }

    /// Sends commands.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no connection, no answer in time, or an answer that says no.
    pub async fn run<T>(
        &self,
        commands: impl AsyncFnOnce(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<T, Unavailable> {
        let mut connection = self.connection().await?;
        match timeout(COMMAND_DEADLINE, commands(&mut connection)).await {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => {
                if error.is_unrecoverable_error() {
                    self.doubt.notify_one();
                } else {
                    warn!(%error, "the store refused a command");
                }
                Err(Unavailable)
            }
            Err(_) => {
                self.doubt.notify_one();
                Err(Unavailable)
            }
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, Unavailable> {
        let down_since = match &*self.status.borrow() {
            Status::Up { connection, .. } => return Ok(connection.clone()),
            Status::Down { since } => *since,
        };
        let until = (down_since + OUTAGE).min(Instant::now() + PATIENCE);
        let mut status = self.status.clone();
        let waiting = status.wait_for(|status| matches!(status, Status::Up { .. }));
        match timeout_at(until, waiting).await {
            Ok(Ok(status)) => match &*status {
                Status::Up { connection, .. } => Ok(connection.clone()),
                Status::Down { .. } => Err(Unavailable),
            },
            _ => Err(Unavailable),
        }
    }
}

async fn tend(address: Address, status: watch::Sender<Status>, doubt: Arc<Notify>) {
    let mut pauses = Pauses::default();
    loop {
        let connection = match address.connect(AsyncConnectionConfig::new()).await {
            Ok(connection) => connection,
            Err(reason) => {
                if pauses.worth_saying() {
                    warn!(%reason, "waiting for the store");
                }
                pauses.pause().await;
                continue;
            }
        };
        info!("connected to the store");
        pauses = Pauses::default();
        let since = Instant::now();
        status.send_replace(Status::Up {
            connection: connection.clone(),
            since,
        });
        while is_alive(connection.clone()).await {
            // A failed command asks for a look at once.
            let _ = timeout(PING_EVERY, doubt.notified()).await;
        }
        address.count_reconnect();
        warn!("lost the store");
        status.send_replace(Status::Down {
            since: Instant::now(),
        });
    }
}

/// Whether the other end answers. Asked twice, so that a pause of a second is no loss.
pub(crate) async fn is_alive(mut connection: MultiplexedConnection) -> bool {
    for _ in 0..2 {
        let ping = redis::cmd("PING");
        match timeout(PING_EVERY, ping.query_async::<()>(&mut connection)).await {
            Ok(Ok(())) => return true,
            // It answers, if only that it is busy loading.
            Ok(Err(error)) => return !error.is_unrecoverable_error(),
            Err(_) => {}
        }
    }
    false
}
