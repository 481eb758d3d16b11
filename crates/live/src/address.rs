//! Where the store is: one server, the master that sentinels name, or the primaries of a cluster.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo,
    ProtocolVersion, RedisConnectionInfo, RedisError, aio::MultiplexedConnection,
    io::tcp::TcpSettings,
};
use tokio::time::timeout;

const CONNECT_DEADLINE: Duration = Duration::from_secs(1);

/// The URL cannot be one of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("redis.url cannot be used: {0}")]
pub struct BadUrl(RedisError);

/// Where the store is. Clones count their connections together.
#[derive(Clone, Debug)]
pub struct Address {
    /// The server; of a cluster or of the sentinels those that are asked first. Never empty.
    servers: Arc<[ConnectionInfo]>,
    pub(crate) kind: Kind,
    reconnects: Arc<AtomicU64>,
}

/// How the servers of an address stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// There is one.
    Server,
    /// They are sentinels, and know the master of this name.
    Sentinel(Arc<str>),
    /// Each has some of the slots.
    Cluster,
}

impl Address {
    /// Reads `redis://`, `rediss://` or `unix://`: one server.
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(url: &str) -> Result<Self, BadUrl> {
        Self::of(&[url], Kind::Server)
    }

    /// A cluster, of which these servers are asked for the others.
    ///
    /// # Errors
    /// When one of these is no URL of a Redis, or there is none.
    pub fn cluster<U: AsRef<str>>(urls: &[U]) -> Result<Self, BadUrl> {
        Self::of(urls, Kind::Cluster)
    }

    /// The master of this name, which these sentinels know. It has their user and password, and the database of the
    /// first URL.
    ///
    /// # Errors
    /// When one of these is no URL of a Redis, or there is none.
    pub fn sentinel<U: AsRef<str>>(urls: &[U], master: &str) -> Result<Self, BadUrl> {
        Self::of(urls, Kind::Sentinel(master.into()))
    }

    fn of<U: AsRef<str>>(urls: &[U], kind: Kind) -> Result<Self, BadUrl> {
        let read = |url: &U| url.as_ref().into_connection_info();
        let servers: Vec<_> = urls
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(BadUrl)?;
        if servers.is_empty() {
            let error = (ErrorKind::InvalidClientConfig, "it names no server");
            return Err(BadUrl(error.into()));
        }
        for server in &servers {
            Client::open(server.clone()).map_err(BadUrl)?;
        }
        Ok(Self {
            servers: servers.into(),
            kind,
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

    /// The servers that are named.
    pub(crate) fn servers(&self) -> impl ExactSizeIterator<Item = &ConnectionAddr> {
        self.servers.iter().map(ConnectionInfo::addr)
    }

    /// A server that another one has named, reached as the first of ours is: with TLS or without.
    pub(crate) fn server(&self, host: &str, port: u16) -> ConnectionAddr {
        let mut addr = self.servers[0].addr().clone();
        match &mut addr {
            ConnectionAddr::TcpTls {
                host: its_host,
                port: its_port,
                ..
            } => {
                host.clone_into(its_host);
                *its_port = port;
                addr
            }
            _ => ConnectionAddr::Tcp(host.to_owned(), port),
        }
    }

    /// Connects once.
    pub(crate) async fn connect(
        &self,
        server: &ConnectionAddr,
        config: AsyncConnectionConfig,
    ) -> Result<MultiplexedConnection, String> {
        let settings = self.servers[0].redis_settings().clone();
        let settings = settings.set_protocol(ProtocolVersion::RESP3);
        let info = self.servers[0].clone().set_redis_settings(settings);
        let connected = connect(info.set_addr(server.clone()), config).await;
        connected.map_err(|error| error.to_string())
    }

    /// Connects to one of the sentinels: with the user and the password, or without if it wants none.
    pub(crate) async fn connect_to_sentinel(
        &self,
        index: usize,
    ) -> Result<MultiplexedConnection, String> {
        let info = self.servers[index % self.servers.len()].clone();
        let own = info.redis_settings().clone().set_db(0);
        let config = AsyncConnectionConfig::new;
        let mut connected = connect(info.clone().set_redis_settings(own), config()).await;
        if matches!(&connected, Err(error) if error.kind() == ErrorKind::AuthenticationFailed) {
            let nobody = RedisConnectionInfo::default();
            connected = connect(info.set_redis_settings(nobody), config()).await;
        }
        connected.map_err(|error| error.to_string())
    }
}

async fn connect(
    info: ConnectionInfo,
    config: AsyncConnectionConfig,
) -> Result<MultiplexedConnection, RedisError> {
    // Our own deadlines cover every wait.
    let config = config
        .set_connection_timeout(Some(CONNECT_DEADLINE))
        .set_response_timeout(None);
    // A command is one small write that is waited for: holding it back to fill a segment costs 40 ms.
    let tcp = TcpSettings::default().set_nodelay(true);
    let client = Client::open(info.set_tcp_settings(tcp))?;
    let connecting = client.get_multiplexed_async_connection_with_config(&config);
    match timeout(CONNECT_DEADLINE, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err((ErrorKind::Io, "no answer in time").into()),
    }
}
