//! A real master with a replica, and three sentinels that watch over them.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::redis_server::{RedisServer, ask, wait_until};

/// What the sentinels call the master.
pub const MASTER: &str = "helpline-master";
/// How long the master may be silent before it is taken for dead, in milliseconds.
const DOWN_AFTER: &str = "1000";

/// Two servers and three sentinels.
#[derive(Debug)]
pub struct Sentinels {
    servers: [RedisServer; 2],
    sentinels: [RedisServer; 3],
}

impl Sentinels {
    /// Starts all of them, and returns when they know each other.
    #[must_use]
    pub fn start() -> Arc<Self> {
        let delay = ["--repl-diskless-sync-delay", "0"];
        let master = RedisServer::reserved_with(&delay);
        master.start();
        let port = master.address.port().to_string();
        let follows = format!("127.0.0.1 {port}");
        let replica =
            RedisServer::reserved_with(&[&delay[..], &["--replicaof", &follows]].concat());
        replica.start();
        let sentinels = std::array::from_fn(|_| {
            let sentinel = RedisServer::reserved_sentinel();
            sentinel.start();
            sentinel.ask::<()>(&["SENTINEL", "MONITOR", MASTER, "127.0.0.1", &port, "2"]);
            for (name, value) in [
                ("down-after-milliseconds", DOWN_AFTER),
                ("failover-timeout", "3000"),
            ] {
                sentinel.ask::<()>(&["SENTINEL", "SET", MASTER, name, value]);
            }
            sentinel
        });
        let all = Self {
            servers: [master, replica],
            sentinels,
        };
        wait_until("everybody to know everybody", || {
            all.sentinels.iter().all(|sentinel| {
                let masters: String = sentinel.ask(&["INFO", "sentinel"]);
                masters.contains("status=ok") && masters.contains("slaves=1,sentinels=3")
            })
        });
        Arc::new(all)
    }

    /// The sentinels, as a setting names them.
    #[must_use]
    pub fn url(&self) -> String {
        let sentinels: Vec<String> = (self.sentinels.iter())
            .map(|sentinel| sentinel.address.to_string())
            .collect();
        format!("redis://{}", sentinels.join(","))
    }

    /// The master, as the sentinels that run say.
    #[must_use]
    pub fn master(&self) -> SocketAddr {
        let mut running = self.sentinels.iter().filter(|server| server.is_running());
        let question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER];
        let master = running.find_map(|sentinel| {
            let answer: Option<(String, u16)> = ask(sentinel.address, &question).ok()?;
            answer
        });
        let (host, port) = master.expect("a sentinel that knows the master");
        format!("{host}:{port}").parse().expect("an address")
    }

    /// The server with this address.
    #[must_use]
    pub fn server(&self, address: SocketAddr) -> &RedisServer {
        let mut all = self.servers.iter().chain(&self.sentinels);
        let found = all.find(|server| server.address == address);
        found.unwrap_or_else(|| panic!("{address} is not one of these"))
    }

    /// A sentinel.
    #[must_use]
    pub fn sentinel(&self, number: usize) -> &RedisServer {
        &self.sentinels[number]
    }
}
