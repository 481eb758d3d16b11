//! A real Redis Cluster: three primaries, each with a replica or without. It ends as its servers do, however the tests end.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use crate::redis_server::{RedisServer, ask, free_address, wait_until};

/// How many primaries there are.
const PRIMARIES: usize = 3;
const SLOTS: usize = 16_384;
/// How long a server may be silent before the others take it for dead.
const NODE_TIMEOUT: &str = "1000";

/// Three primaries, and their replicas after them.
#[derive(Debug)]
pub struct RedisCluster {
    servers: Vec<RedisServer>,
}

impl RedisCluster {
    /// The cluster that the tests of this run share: nobody does anything to it, and it has no replicas.
    #[must_use]
    pub fn shared() -> Arc<Self> {
        static SHARED: OnceLock<Arc<RedisCluster>> = OnceLock::new();
        SHARED.get_or_init(|| Arc::new(Self::start(0))).clone()
    }

    /// A cluster of one's own, whose primaries have a replica each.
    #[must_use]
    pub fn own() -> Arc<Self> {
        Arc::new(Self::start(PRIMARIES))
    }

    fn start(replicas: usize) -> Self {
        let servers: Vec<RedisServer> = (0..PRIMARIES + replicas).map(|_| server()).collect();
        std::thread::scope(|scope| {
            for server in &servers {
                scope.spawn(|| server.start());
            }
        });
        let cluster = Self { servers };
        cluster.join();
        cluster
    }

    /// Makes one cluster of servers that do not know each other yet.
    fn join(&self) {
        for (index, server) in self.servers.iter().enumerate() {
            let epoch = (index + 1).to_string();
            server.ask::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]);
            if index < PRIMARIES {
                let first = (SLOTS * index / PRIMARIES).to_string();
                let last = (SLOTS * (index + 1) / PRIMARIES - 1).to_string();
                server.ask::<()>(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            }
        }
        let first = &self.servers[0];
        let port = first.address.port().to_string();
        let bus = bus_port(first);
        for server in &self.servers[1..] {
            server.ask::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        let count = self.servers.len();
        wait_until("all servers to know each other", || {
            (self.servers.iter()).all(|server| known_nodes(server) == count)
        });
        for (index, replica) in self.servers[PRIMARIES..].iter().enumerate() {
            let id: String = self.servers[index].ask(&["CLUSTER", "MYID"]);
            replica.ask::<()>(&["CLUSTER", "REPLICATE", &id]);
        }
        wait_until("the cluster to serve", || {
            self.servers.iter().all(|server| serves(server.address))
        });
        self.wait_until_replicated();
    }

    /// Waits until every server that runs serves, and every replica follows its primary.
    pub fn wait_until_replicated(&self) {
        let follows = |server: &RedisServer| {
            let info: String = server.ask(&["INFO", "replication"]);
            info.contains("role:master") || info.contains("master_link_status:up")
        };
        wait_until("the replicas to follow", || {
            let mut running = self.servers.iter().filter(|server| server.is_running());
            running.all(|server| serves(server.address) && follows(server))
        });
    }

    /// Some of the servers, as a setting names them.
    #[must_use]
    pub fn url(&self) -> String {
        let servers: Vec<String> = (self.servers.iter())
            .map(|server| server.address.to_string())
            .collect();
        format!("redis://{}", servers.join(","))
    }

    /// The server with this address.
    #[must_use]
    pub fn server(&self, address: SocketAddr) -> &RedisServer {
        let mut servers = self.servers.iter();
        let found = servers.find(|server| server.address == address);
        found.unwrap_or_else(|| panic!("{address} is not of this cluster"))
    }

    /// Who may be written to now, as most of them say.
    #[must_use]
    pub fn primaries(&self) -> Vec<SocketAddr> {
        let running = self.servers.iter().filter(|server| server.is_running());
        let is_primary = |server: &&RedisServer| {
            let info: String = server.ask(&["INFO", "replication"]);
            info.contains("role:master")
        };
        running
            .filter(is_primary)
            .map(|server| server.address)
            .collect()
    }

    /// Who has the key now.
    #[must_use]
    pub fn primary_of(&self, key: &str) -> SocketAddr {
        let mut primaries = self.primaries().into_iter();
        let has = |address: &SocketAddr| ask::<i64>(*address, &["EXISTS", key]).is_ok();
        primaries.find(has).expect("somebody has it")
    }

    /// The replica that follows a primary.
    #[must_use]
    pub fn replica_of(&self, primary: SocketAddr) -> SocketAddr {
        let port = format!("master_port:{}\r\n", primary.port());
        let follows = |server: &&RedisServer| {
            let info: String = server.ask(&["INFO", "replication"]);
            info.contains(&port)
        };
        let mut running = self.servers.iter().filter(|server| server.is_running());
        running.find(follows).expect("a replica").address
    }
}

fn server() -> RedisServer {
    let bus = free_address().port().to_string();
    RedisServer::reserved_with(&[
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        NODE_TIMEOUT,
        "--cluster-port",
        &bus,
        "--repl-diskless-sync-delay",
        "0",
        // As most clusters do it: what is lost with a server is what its replica does not have.
        "--appendfsync",
        "everysec",
    ])
}

fn bus_port(server: &RedisServer) -> String {
    let answer: Vec<String> = server.ask(&["CONFIG", "GET", "cluster-port"]);
    answer[1].clone()
}

fn known_nodes(server: &RedisServer) -> usize {
    let nodes: String = server.ask(&["CLUSTER", "NODES"]);
    let known = |line: &&str| !line.contains("handshake") && line.contains(" connected");
    nodes.lines().filter(known).count()
}

fn serves(address: SocketAddr) -> bool {
    let info: String = ask(address, &["CLUSTER", "INFO"]).unwrap_or_default();
    info.contains("cluster_state:ok")
}
