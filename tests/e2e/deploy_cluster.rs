//! deploy/kubernetes/components/redis-cluster and backup: six nodes are made a cluster by what the pods run, find each other
//! again when all of them come back with other addresses, and are copied and restored.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use e2e::{eventually, memory, secs};
use tempfile::TempDir;

use crate::deploy_backup::{free_port, run, runs};

const NODES: [&str; 6] = ["n1", "n2", "n3", "n4", "n5", "n6"];

/// Says the node's address, as the cluster's names do.
const GETENT: &str =
    "#!/bin/sh\n[ -e \"$FOLDER/network\" ] && echo \"$(cat \"$FOLDER/network\").${2#n} $2\"\n";

/// Runs a node, and ends it as soon as the test lets go of the standard input.
const GUARD: &str = r#"
trap '' INT HUP TERM
sh "$@" >>"$NAME.log" 2>&1 &
child=$!
read -r _
kill -KILL "$child" 2>/dev/null
wait "$child" 2>/dev/null
"#;

/// Six nodes on loopback addresses of their own, with the files of the manifests.
struct Nodes {
    folder: TempDir,
    network: &'static str,
    port: u16,
    running: Vec<Child>,
}

impl Nodes {
    fn start(network: &'static str) -> Self {
        let folder = memory::folder("cluster");
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        let getent = folder.path().join("bin/getent");
        fs::write(&getent, GETENT).expect("a file");
        fs::set_permissions(&getent, fs::Permissions::from_mode(0o755)).expect("a program");
        let mut nodes = Self {
            folder,
            network,
            // The nodes talk to each other at this and 10,000.
            port: 20_000 + free_port() % 30_000,
            running: Vec::new(),
        };
        nodes.come_back(network);
        nodes
    }

    fn component(file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../deploy/kubernetes/components/redis-cluster")
            .join(file)
    }

    fn command(&self, program: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let bin = self.folder.path().join("bin");
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("FOLDER", self.folder.path())
            .env("PORT", self.port.to_string())
            // In a pod there is one node; here there are six.
            .env("LOCAL", "")
            .env("NODES", NODES.join(" "));
        command
    }

    /// Every node runs, at addresses of this network.
    fn come_back(&mut self, network: &'static str) {
        self.go();
        self.network = network;
        fs::write(self.folder.path().join("network"), network).expect("a file");
        for number in 1..=NODES.len() {
            let child = self.run(number);
            self.running.push(child);
        }
    }

    /// Runs a node, counted from 1.
    fn run(&self, number: usize) -> Child {
        let name = NODES[number - 1];
        let settings = fs::read_to_string(Self::component("redis.conf")).expect("a file");
        let data = self.folder.path().join(name);
        fs::create_dir_all(&data).expect("a folder");
        let own = settings.replace("dir /data", &format!("dir {}", data.display()));
        assert_ne!(own, settings);
        let file = self.folder.path().join(format!("{name}.conf"));
        fs::write(&file, own).expect("a file");
        self.command("sh")
            .args(["-c", GUARD, "node-guard"])
            .arg(Self::component("start.sh"))
            .arg(file)
            .env("NAME", name)
            .env("ADDRESS", format!("{}.{number}", self.network))
            .stdin(Stdio::piped())
            .spawn()
            .expect("sh runs")
    }

    /// A node is gone, and its volume with it.
    fn loses(&mut self, number: usize) {
        let mut guard = self.running.remove(number - 1);
        drop(guard.stdin.take());
        let _ = guard.wait();
        fs::remove_dir_all(self.folder.path().join(NODES[number - 1])).expect("a folder");
    }

    /// It comes back at its address.
    fn replaces(&mut self, number: usize) {
        let child = self.run(number);
        self.running.insert(number - 1, child);
    }

    /// No node runs.
    fn go(&mut self) {
        for mut guard in self.running.drain(..) {
            drop(guard.stdin.take());
            let _ = guard.wait();
        }
    }

    fn create(&self) -> String {
        let done = self
            .command("sh")
            .arg(Self::component("create.sh"))
            .output();
        let done = done.expect("sh runs");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let errors = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said} {errors}");
        said
    }

    fn url(&self) -> String {
        let nodes =
            (1..=3).map(|number| format!("redis://{}.{number}:{}", self.network, self.port));
        nodes.collect::<Vec<_>>().join(",")
    }

    /// What a client that follows the cluster is answered.
    fn ask(&self, words: &[&str]) -> String {
        self.ask_at(1, words)
    }

    /// The same, beginning at this node.
    fn ask_at(&self, node: usize, words: &[&str]) -> String {
        let port = self.port.to_string();
        let done = self
            .command("redis-cli")
            .args(["-c", "-h", &format!("{}.{node}", self.network), "-p", &port])
            .args(words)
            .output()
            .expect("redis-cli runs");
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Waits until every node knows that every slot has somebody who answers, and every replica follows.
    async fn serve(&self) {
        eventually("the cluster to serve", secs(60), async || {
            (1..=NODES.len())
                .all(|node| self.is_whole_for(node))
                .then_some(())
        })
        .await;
    }

    fn is_whole_for(&self, node: usize) -> bool {
        let info = self.ask_at(node, &["cluster", "info"]);
        let lines = [
            "cluster_state:ok",
            "cluster_slots_ok:16384",
            "cluster_known_nodes:6",
        ];
        let nodes = self.ask_at(node, &["cluster", "nodes"]);
        let linked = nodes.lines().all(|line| {
            line.contains(&format!(" {}.", self.network))
                && line.contains(" connected")
                && !line.contains("fail")
        });
        let follows = !self
            .ask_at(node, &["info", "replication"])
            .contains("status:down");
        lines.iter().all(|line| info.contains(line)) && linked && follows
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        self.go();
    }
}

#[tokio::test]
async fn the_nodes_are_made_a_cluster_once_and_find_each_other_at_other_addresses() {
    let mut nodes = Nodes::start("127.77.1");
    nodes.create();
    nodes.serve().await;
    assert_eq!(nodes.create().trim(), "there is a cluster already");
    let keys: Vec<String> = (0..24)
        .map(|number| format!("helpline:{{{number}}}:chat"))
        .collect();
    for key in &keys {
        assert_eq!(nodes.ask(&["set", key, "said"]), "OK", "{key}");
    }
    eventually("the data to be in the files", secs(10), async || {
        let info = nodes.ask(&["info", "persistence"]);
        (info.contains("aof_pending_bio_fsync:0")).then_some(())
    })
    .await;
    nodes.come_back("127.77.2");
    nodes.serve().await;
    for key in &keys {
        assert_eq!(nodes.ask(&["get", key]), "said", "{key}");
    }
}

#[tokio::test]
async fn a_node_that_lost_its_volume_becomes_a_replica() {
    let mut nodes = Nodes::start("127.77.5");
    nodes.create();
    nodes.serve().await;
    assert_eq!(nodes.ask(&["set", "helpline:{1}:chat", "said"]), "OK");
    nodes.loses(1);
    eventually("its replica to take over", secs(60), async || {
        let seen = nodes.ask_at(2, &["cluster", "nodes"]);
        let info = nodes.ask_at(2, &["cluster", "info"]);
        let failed = seen
            .lines()
            .any(|line| line.contains("127.77.5.1:") && line.contains("fail"));
        (failed && info.contains("cluster_slots_ok:16384")).then_some(())
    })
    .await;
    nodes.replaces(1);
    nodes.create();
    nodes.serve().await;
    let role = nodes.ask_at(1, &["info", "replication"]);
    assert!(role.contains("role:slave"), "{role}");
    assert_eq!(nodes.ask_at(2, &["get", "helpline:{1}:chat"]), "said");
}

#[tokio::test]
async fn every_primary_is_copied_and_restored() {
    let nodes = Nodes::start("127.77.3");
    nodes.create();
    nodes.serve().await;
    let folder = memory::folder("backup");
    let keys: Vec<String> = (0..24)
        .map(|number| format!("helpline:{{{number}}}:chat"))
        .collect();
    for key in &keys {
        assert_eq!(nodes.ask(&["hset", key, "seq", "7"]), "1", "{key}");
        assert_eq!(nodes.ask(&["pexpire", key, "600000"]), "1", "{key}");
    }
    let url = nodes.url();
    let port = free_port().to_string();
    let stores = [
        ("HELPLINE__REDIS__URL", url.as_str()),
        ("HELPLINE__REDIS__CLUSTER", "true"),
        ("OWN_PORT", port.as_str()),
    ];
    runs("redis.sh", folder.path(), &stores);
    let copies = fs::read_dir(folder.path()).expect("a folder").flatten();
    let copies = copies.filter(|copy| copy.path().extension().is_some_and(|is| is == "rdb"));
    assert_eq!(copies.count(), 3);

    let other = Nodes::start("127.77.4");
    other.create();
    other.serve().await;
    let url = other.url();
    let stores = [("HELPLINE__REDIS__URL", url.as_str()), stores[1], stores[2]];
    runs("restore-redis.sh", folder.path(), &stores);
    for key in &keys {
        assert_eq!(other.ask(&["hget", key, "seq"]), "7", "{key}");
        let left: i64 = other.ask(&["pttl", key]).parse().expect("a time");
        assert!((1..=600_000).contains(&left), "{key} lives for {left} ms");
    }
    assert!(
        !run("restore-redis.sh", folder.path(), &stores)
            .status
            .success()
    );
}
