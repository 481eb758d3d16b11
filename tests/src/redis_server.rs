//! A real `redis-server`: one shared by most tests of a run, and one of its own for a test that stops, freezes or
//! crashes it. Append-only file with `appendfsync always`, so a crash may not lose what was confirmed.
//!
//! The server is started by a small shell that kills it as soon as the test binary lets go of the shell's standard
//! input: at a normal end, on a panic and when the test binary itself is killed.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use redis::RedisResult;
use tempfile::TempDir;

use crate::memory;
use crate::wait::DEADLINE;

/// Arguments: the data folder, whether to remove it at the end, then those of `redis-server`.
const GUARD: &str = r#"
trap '' INT HUP TERM
dir=$1; remove=$2; shift 2
redis-server "$@" >>"$dir/redis.log" 2>&1 &
child=$!
echo "$child"
read -r _
kill -9 "$child" 2>/dev/null
wait "$child" 2>/dev/null
[ "$remove" = yes ] && rm -rf "$dir"
exit 0
"#;

/// The settings of a sentinel, in its folder.
const SENTINEL_FILE: &str = "sentinel.conf";

/// How long a server that is about to start or to end may keep one probe waiting.
const PATIENCE: Duration = Duration::from_millis(500);

#[derive(Debug)]
struct Running {
    guard: Child,
    pid: u32,
}

/// A redis-server, running or not, with a port and a data folder that stay.
#[derive(Debug)]
pub struct RedisServer {
    /// Where it listens.
    pub address: SocketAddr,
    dir: TempDir,
    /// What it is told beyond the usual.
    arguments: Vec<String>,
    running: Mutex<Option<Running>>,
}

impl RedisServer {
    /// Chooses a port and a folder without starting anything.
    #[must_use]
    pub fn reserved() -> Self {
        Self::reserved_with(&[])
    }

    /// The same for a server that is told more than the usual.
    #[must_use]
    pub fn reserved_with(arguments: &[&str]) -> Self {
        let (address, dir) = place();
        Self {
            address,
            dir,
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            running: Mutex::new(None),
        }
    }

    /// The same for a sentinel, which needs a file that it may write to.
    #[must_use]
    pub fn reserved_sentinel() -> Self {
        let server = Self::reserved_with(&["--sentinel"]);
        std::fs::write(server.dir.path().join(SENTINEL_FILE), "").expect("a file");
        server
    }

    /// Starts a server of one's own.
    #[must_use]
    pub fn own() -> Self {
        let server = Self::reserved();
        server.start();
        server
    }

    /// The address of the server that the tests of this run share.
    #[must_use]
    pub fn shared() -> SocketAddr {
        static SHARED: OnceLock<(SocketAddr, Child)> = OnceLock::new();
        SHARED
            .get_or_init(|| {
                let (address, dir) = place();
                (address, spawn(address, &dir.keep(), true, &[]).guard)
            })
            .0
    }

    /// Starts the server and returns when it serves.
    pub fn start(&self) {
        let mut running = self.running.lock().expect("not poisoned");
        assert!(running.is_none(), "redis-server runs already");
        let dir = self.dir.path();
        *running = Some(spawn(self.address, dir, false, &self.arguments));
    }

    /// One command, and its answer.
    pub fn ask<T: redis::FromRedisValue>(&self, words: &[&str]) -> T {
        ask(self.address, words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Ends the server in good order, as an administrator would.
    pub fn stop(&self) {
        let mut running = self.running.lock().expect("not poisoned");
        let Running { mut guard, pid } = running.take().expect("redis-server runs");
        signal(pid, "TERM");
        wait_until("redis-server to end", || !serves(self.address));
        drop(guard.stdin.take());
        guard.wait().expect("the guard ends");
    }

    /// Kills the server without warning.
    pub fn crash(&self) {
        self.running
            .lock()
            .expect("not poisoned")
            .take()
            .expect("redis-server runs")
            .end();
    }

    /// Stops the server's process in its tracks: connections stay, nothing answers.
    pub fn freeze(&self) {
        signal(self.pid(), "STOP");
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        signal(self.pid(), "CONT");
    }

    fn pid(&self) -> u32 {
        self.running
            .lock()
            .expect("not poisoned")
            .as_ref()
            .expect("redis-server runs")
            .pid
    }

    /// Whether the server runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.lock().expect("not poisoned").is_some()
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Ok(mut running) = self.running.lock()
            && let Some(running) = running.take()
        {
            running.end();
        }
    }
}

impl Running {
    fn end(mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status()
        .expect("sh runs");
    assert!(status.success(), "cannot send {name} to {pid}");
}

fn place() -> (SocketAddr, TempDir) {
    (free_address(), memory::folder("redis"))
}

/// An address that stays free while its server is down: below the range from which the system gives ports to others.
pub(crate) fn free_address() -> SocketAddr {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(127);
    for _ in 0..1_000 {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = 10_000 + start.wrapping_add(step) % 20_000;
        let address = SocketAddr::from(([127, 0, 0, 1], u16::try_from(port).expect("a port")));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port");
}

fn spawn(address: SocketAddr, dir: &Path, remove: bool, arguments: &[String]) -> Running {
    let mut guard = Command::new("sh");
    guard
        .args(["-c", GUARD, "redis-guard"])
        .arg(dir)
        .arg(if remove { "yes" } else { "no" });
    let port = address.port().to_string();
    if arguments.iter().any(|argument| argument == "--sentinel") {
        guard.arg(dir.join(SENTINEL_FILE));
        guard.args(["--bind", "127.0.0.1", "--port", &port]);
    } else {
        guard.args(["--bind", "127.0.0.1", "--port", &port, "--save", ""]);
        guard.args(["--appendonly", "yes", "--appendfsync", "always"]);
        guard.args(["--maxmemory-policy", "noeviction"]);
    }
    let mut guard = guard
        .arg("--dir")
        .arg(dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sh and redis-server are installed");
    let mut line = String::new();
    BufReader::new(guard.stdout.take().expect("a pipe"))
        .read_line(&mut line)
        .expect("the server's process id");
    let running = Running {
        guard,
        pid: line.trim().parse().expect("a process id"),
    };
    wait_until("redis-server to serve", || serves(address));
    running
}

/// Asks a server one thing.
///
/// # Errors
/// When it does not answer in time, or says no.
pub fn ask<T: redis::FromRedisValue>(address: SocketAddr, words: &[&str]) -> RedisResult<T> {
    let client = redis::Client::open(format!("redis://{address}/"))?;
    let mut connection = client.get_connection_with_timeout(PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]).query(&mut connection)
}

fn serves(address: SocketAddr) -> bool {
    ask::<String>(address, &["PING"]).is_ok()
}

/// Looks until something is so.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < end, "waited in vain for {what}");
        crate::wait::a_moment();
    }
}
