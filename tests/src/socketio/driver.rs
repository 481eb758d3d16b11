//! The programs that hold the real clients, one for each version of each library, shared by all tests of a run: starting
//! one takes longer than most tests.
//!
//! What they read and write, one JSON object a line, `id` naming the connection:
//!
//! | to the driver | meaning |
//! |---|---|
//! | `{do: "connect", id, url, headers, transports}` | opens a connection |
//! | `{do: "emit", id, event, args, ack}` | sends an event with these arguments; `ack` null: without an acknowledgement |
//! | `{do: "disconnect", id}` | closes it |
//!
//! | from the driver | meaning |
//! |---|---|
//! | `{id, connected}` | accepted, and upgraded if that was asked for; the transport's name |
//! | `{id, refused: {status, message}}` | not accepted; the HTTP status where the library tells it |
//! | `{id, event, args}` | an event came |
//! | `{id, ack, args}` | an event was acknowledged |
//! | `{id, disconnected}` | the connection is gone, and why |

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock};

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::Client;

/// A running driver.
#[derive(Debug)]
pub(super) struct Driver {
    commands: Mutex<ChildStdin>,
    connections: Mutex<HashMap<u64, UnboundedSender<Value>>>,
    next: AtomicU64,
}

impl Driver {
    /// The driver of this library, started if it does not run yet. It ends with the test binary.
    pub(super) fn of(client: Client) -> &'static Self {
        static RUNNING: [OnceLock<&Driver>; 4] = [const { OnceLock::new() }; 4];
        RUNNING[client as usize].get_or_init(|| {
            let (driver, mut child) = Self::start(client);
            let driver: &'static Self = Box::leak(Box::new(driver));
            std::thread::spawn(move || {
                driver.read(child.stdout.take().expect("a pipe"));
                child.wait()
            });
            driver
        })
    }

    fn start(client: Client) -> (Self, Child) {
        let mut child = command(client)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{client:?} does not start ({error}): scripts/clients installs it")
            });
        let driver = Self {
            commands: Mutex::new(child.stdin.take().expect("a pipe")),
            connections: Mutex::default(),
            next: AtomicU64::new(1),
        };
        (driver, child)
    }

    fn read(&self, output: ChildStdout) {
        for line in BufReader::new(output).lines() {
            let line = line.expect("text");
            let told: Value =
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let id = told["id"].as_u64().expect("an id");
            let connections = self.connections.lock().expect("not poisoned");
            if let Some(connection) = connections.get(&id) {
                // A test that has ended does not listen any more.
                let _ = connection.send(told);
            }
        }
        // Nobody waits for a driver that is gone.
        self.connections.lock().expect("not poisoned").clear();
    }

    /// A new connection: its number, and what is told of it.
    pub(super) fn register(&self) -> (u64, UnboundedReceiver<Value>) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, receiver) = unbounded_channel();
        self.connections
            .lock()
            .expect("not poisoned")
            .insert(id, sender);
        (id, receiver)
    }

    /// Has something done at a connection.
    pub(super) fn tell(&self, id: u64, what: &str, mut command: Value) {
        command["id"] = json!(id);
        command["do"] = json!(what);
        let mut commands = self.commands.lock().expect("not poisoned");
        writeln!(commands, "{command}").expect("the driver runs");
    }

    /// Closes a connection that nobody listens to any more.
    pub(super) fn forget(&self, id: u64) {
        self.connections.lock().expect("not poisoned").remove(&id);
        let command = json!({"do": "disconnect", "id": id});
        // At the end of the run the driver may be gone already.
        if let Ok(mut commands) = self.commands.lock() {
            let _ = writeln!(commands, "{command}");
        }
    }
}

fn command(client: Client) -> Command {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients");
    let mut command = match client {
        Client::Python5 => Command::new(python("python5")),
        Client::Python4 => Command::new(python("python4")),
        Client::Node4 | Client::Node2 => Command::new("node"),
    };
    match client {
        Client::Python5 | Client::Python4 => command.arg(sources.join("driver.py")),
        Client::Node4 => command.arg(sources.join("driver.mjs")).arg("4"),
        Client::Node2 => command.arg(sources.join("driver.mjs")).arg("2"),
    };
    command
}

/// The interpreter of a virtual environment, which `scripts/clients` puts into the build's folder.
fn python(environment: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    // The folder, its profile, `deps`, the test binary.
    let target = tests.ancestors().nth(3).expect("a build folder");
    target.join("clients").join(environment).join("bin/python")
}
