//! Putting a [`World`] together.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::http;
use crate::memory;
use crate::people::ADMIN_PASSWORD;
use crate::process::Process;
use crate::proxy::Proxy;
use crate::redis_cluster::RedisCluster;
use crate::redis_server::RedisServer;
use crate::sentinels::Sentinels;
use crate::services::{self, Kind, Service, Settings};
use crate::stores::Stores;
use crate::tokens::SECRET;
use crate::world::{Server, World};

/// What a world is made of; start from [`World::builder`].
#[derive(Debug)]
pub struct Builder {
    settings: Option<Change>,
    stores: Stores,
    partitions: u16,
    proxied: bool,
    tokens: bool,
    unready: bool,
    process: Option<String>,
    env: Vec<(String, String)>,
}

/// Over how many partitions a world on a cluster is spread.
const CLUSTER_PARTITIONS: u16 = 12;

impl Default for Builder {
    fn default() -> Self {
        Self {
            settings: None,
            stores: Stores::default(),
            partitions: 1,
            proxied: false,
            tokens: false,
            unready: false,
            process: None,
            env: Vec::new(),
        }
    }
}

/// A change to the settings of a world.
struct Change(Box<dyn FnOnce(&mut Settings)>);

impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Change")
    }
}

impl Builder {
    /// Changes settings of services that run inside the test.
    #[must_use]
    pub fn settings(mut self, change: impl FnOnce(&mut Settings) + 'static) -> Self {
        self.settings = Some(Change(Box::new(change)));
        self
    }

    /// Uses this Redis in place of the shared one: for tests that do something to it.
    #[must_use]
    pub fn redis(mut self, server: &Arc<RedisServer>) -> Self {
        self.stores = Stores::Own(Arc::clone(server));
        self
    }

    /// Uses this cluster in place of the shared Redis, over more partitions than it has primaries.
    #[must_use]
    pub fn cluster(mut self, cluster: &Arc<RedisCluster>) -> Self {
        self.stores = Stores::Cluster(Arc::clone(cluster));
        self.partitions = CLUSTER_PARTITIONS;
        self
    }

    /// Uses the master that these sentinels name in place of the shared Redis.
    #[must_use]
    pub fn sentinels(mut self, sentinels: &Arc<Sentinels>) -> Self {
        self.stores = Stores::Sentinels(Arc::clone(sentinels));
        self
    }

    /// Puts a proxy between each service and Redis.
    #[must_use]
    pub fn proxied(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// Does not wait until the services can serve: for a Redis that is not good enough.
    #[must_use]
    pub fn unready(mut self) -> Self {
        self.unready = true;
        self
    }

    /// Token mode.
    #[must_use]
    pub fn tokens(mut self) -> Self {
        self.tokens = true;
        self
    }

    /// Runs the services as processes of this program, with more settings by environment (names without `HELPLINE__`).
    #[must_use]
    pub fn processes(mut self, program: &str, env: &[(&str, &str)]) -> Self {
        self.process = Some(program.to_owned());
        self.env = env
            .iter()
            .map(|(name, value)| (format!("HELPLINE__{name}"), (*value).to_owned()))
            .collect();
        self
    }

    /// Starts two chat-servers and two subscribers, and waits until they can serve if their Redis runs.
    #[must_use]
    pub fn start(self) -> World {
        let (prefix, join_channel) = names();
        let stores = self.stores;
        let redis = stores.first();
        let folder = memory::folder("world");
        let records = format!("sqlite:{}/helpline.db", folder.path().display());
        let mut template = services::settings(redis, &prefix, &join_channel);
        stores.name_in(&mut template);
        template.redis.partitions = self.partitions;
        template.records.url = Some(records.as_str().into());
        if self.tokens {
            template.auth.jwt_secret = Some(services::secret(SECRET));
        }
        if let Some(Change(change)) = self.settings {
            change(&mut template);
        }
        let mut links = Vec::new();
        let mut start = |kind: Kind| {
            let mut proxy = None;
            if self.proxied {
                let link = Proxy::to(redis);
                proxy = Some(format!("redis://{}/", link.address));
                links.push(link);
            }
            match &self.process {
                None => {
                    let mut settings = template.clone();
                    if let Some(url) = proxy {
                        settings.redis.url = url.into();
                    }
                    Server::Here(Service::start(kind, settings).unwrap_or_else(|error| {
                        panic!("{} refuses to start: {error}", kind.name())
                    }))
                }
                Some(program) => {
                    let mut env = environment(redis, &prefix, &join_channel, self.tokens);
                    for (key, value) in stores.named() {
                        env.push((format!("HELPLINE__REDIS__{}", key.to_uppercase()), value));
                    }
                    env.extend(proxy.map(|url| ("HELPLINE__REDIS__URL".to_owned(), url)));
                    let partitions = self.partitions.to_string();
                    env.push(("HELPLINE__REDIS__PARTITIONS".to_owned(), partitions));
                    env.push(("HELPLINE__RECORDS__URL".to_owned(), records.clone()));
                    env.extend(self.env.iter().cloned());
                    Server::Process(Process::start(program, kind, &env))
                }
            }
        };
        let chat_servers = vec![start(Kind::ChatServer), start(Kind::ChatServer)];
        let subscribers = vec![start(Kind::Subscriber), start(Kind::Subscriber)];
        if stores.is_running() && !self.unready {
            for server in chat_servers.iter().chain(&subscribers) {
                http::wait_until_ready(server.address());
            }
        }
        World::assemble(
            redis,
            stores,
            prefix,
            join_channel,
            folder,
            chat_servers,
            subscribers,
            links,
            self.tokens,
        )
    }
}

/// A key prefix and a request channel that no other world of this run has.
#[must_use]
pub fn names() -> (String, String) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    (format!("world-{number}"), format!("Join-{number}"))
}

/// The environment of a service process: the twin of [`services::settings`].
#[must_use]
pub fn environment(
    redis: SocketAddr,
    prefix: &str,
    join_channel: &str,
    tokens: bool,
) -> Vec<(String, String)> {
    let mut env = vec![
        ("REDIS__URL", format!("redis://{redis}/")),
        ("REDIS__PREFIX", prefix.to_owned()),
        ("REDIS__JOIN_CHANNEL", join_channel.to_owned()),
        ("RECORDS__URL", String::new()),
        ("ADMIN__PASSWORD", ADMIN_PASSWORD.to_owned()),
        ("CHAT_SERVER__BIND", "127.0.0.1:0".to_owned()),
        ("SUBSCRIBER__BIND", "127.0.0.1:0".to_owned()),
        ("SOCKETIO__BIND", "127.0.0.1:0".to_owned()),
        ("SOCKETS__WORKERS", "1".to_owned()),
        ("SOCKETS__DRAIN", "100ms".to_owned()),
        ("PRESENCE__GRACE", "100ms".to_owned()),
        ("PRESENCE__RESTART_GRACE", "0s".to_owned()),
        ("LOG__LEVEL", "error".to_owned()),
    ];
    if tokens {
        env.push(("AUTH__JWT_SECRET", SECRET.to_owned()));
    }
    env.into_iter()
        .map(|(name, value)| (format!("HELPLINE__{name}"), value))
        .collect()
}
