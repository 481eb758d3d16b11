//! Where a world keeps what is happening now: at one Redis, at a cluster, or at the master that sentinels name.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::redis_cluster::RedisCluster;
use crate::redis_server::RedisServer;
use crate::sentinels::{MASTER, Sentinels};
use crate::services::Settings;

/// Set to `cluster`, worlds without a Redis of their own are on the cluster that the tests of a run share, so that any
/// scenario can be run there.
const VARIABLE: &str = "HELPLINE_TEST_STORE";

/// What a world's services are connected to.
#[derive(Clone, Debug)]
pub enum Stores {
    /// The server that the tests of a run share.
    Shared,
    /// A server of the test's own.
    Own(Arc<RedisServer>),
    /// A cluster.
    Cluster(Arc<RedisCluster>),
    /// Sentinels, a master and a replica.
    Sentinels(Arc<Sentinels>),
}

impl Default for Stores {
    fn default() -> Self {
        match std::env::var(VARIABLE).as_deref() {
            Ok("cluster") => Self::Cluster(RedisCluster::shared()),
            _ => Self::Shared,
        }
    }
}

impl Stores {
    /// The server that has the first partition now.
    #[must_use]
    pub fn first(&self) -> SocketAddr {
        match self {
            Self::Shared => RedisServer::shared(),
            Self::Own(server) => server.address,
            Self::Cluster(cluster) => cluster.primary_of("{0}"),
            Self::Sentinels(sentinels) => sentinels.master(),
        }
    }

    /// The servers that have something now.
    #[must_use]
    pub fn primaries(&self) -> Vec<SocketAddr> {
        match self {
            Self::Cluster(cluster) => cluster.primaries(),
            _ => vec![self.first()],
        }
    }

    /// Whether there is anybody to ask.
    #[must_use]
    pub fn is_running(&self) -> bool {
        match self {
            Self::Own(server) => server.is_running(),
            Self::Shared | Self::Cluster(_) | Self::Sentinels(_) => true,
        }
    }

    /// How an operator names it: the setting's key below `redis`, and its value.
    #[must_use]
    pub fn named(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Shared | Self::Own(_) => vec![("url", format!("redis://{}/", self.first()))],
            Self::Cluster(cluster) => {
                vec![("url", cluster.url()), ("cluster", "true".to_owned())]
            }
            Self::Sentinels(sentinels) => {
                vec![("url", sentinels.url()), ("sentinel", MASTER.to_owned())]
            }
        }
    }

    /// The same for services inside the test.
    pub fn name_in(&self, settings: &mut Settings) {
        for (key, value) in self.named() {
            match key {
                "url" => settings.redis.url = value.into(),
                "cluster" => settings.redis.cluster = true,
                _ => settings.redis.sentinel = value,
            }
        }
    }
}
