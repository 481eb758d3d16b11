//! A service as a process of its own: to be killed, stopped in its tracks, or told to end.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use crate::redis_server::signal;
use crate::services::Kind;
use crate::wait::DEADLINE;

/// A running service process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for Socket.IO clients; `None` for a subscriber.
    pub socketio: Option<SocketAddr>,
    child: Child,
    told_to_end: bool,
    /// What it was started as: program, service, environment.
    made_of: (String, Kind, Vec<(String, String)>),
}

impl Process {
    /// Starts `program` as this service with these settings (`HELPLINE__…` names) and returns when it listens.
    #[must_use]
    pub fn start(program: &str, kind: Kind, env: &[(String, String)]) -> Self {
        let mut child = command(program, kind, env)
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the process starts");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("a pipe"))
            .read_line(&mut line)
            .expect("a line");
        let addresses = line
            .trim()
            .strip_prefix("listening ")
            .unwrap_or_else(|| panic!("{} ended before it listened: {line:?}", kind.name()));
        // The last release's may know of one listener only.
        let (address, socketio) = addresses.split_once(' ').unwrap_or((addresses, "-"));
        Self {
            address: address.parse().expect("an address"),
            socketio: socketio.parse().ok(),
            child,
            told_to_end: false,
            made_of: (program.to_owned(), kind, env.to_vec()),
        }
    }

    /// Starts another one like this.
    #[must_use]
    pub fn another(&self) -> Self {
        let (program, kind, env) = &self.made_of;
        Self::start(program, *kind, env)
    }

    /// Starts another one by this program, with further settings.
    #[must_use]
    pub fn another_of(&self, program: &str, further: &[(String, String)]) -> Self {
        let (_, kind, env) = &self.made_of;
        let env: Vec<_> = env.iter().chain(further).cloned().collect();
        Self::start(program, *kind, &env)
    }

    /// Starts a process that has to refuse to run; gives its exit status and what it said on standard error.
    #[must_use]
    pub fn refused(program: &str, kind: Kind, env: &[(String, String)]) -> (ExitStatus, String) {
        let mut child = command(program, kind, env)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the process starts");
        let status = exit_of(&mut child);
        let mut said = String::new();
        child
            .stderr
            .take()
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("text");
        (status, said)
    }

    /// Sends a signal, named without `SIG`.
    pub fn signal(&mut self, name: &str) {
        self.told_to_end |= name == "TERM";
        signal(self.child.id(), name);
    }

    /// Tells the process to end in good order, unless it has been told: a second time would mean at once.
    pub fn end(&mut self) {
        if self.is_running() && !self.told_to_end {
            self.signal("TERM");
        }
    }

    /// Kills the process without warning (SIGKILL).
    pub fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process ends");
    }

    /// Waits until the process has ended by itself.
    pub fn exit_status(&mut self) -> ExitStatus {
        exit_of(&mut self.child)
    }

    /// What the system knows it by.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it occupies now, in bytes; `None` where the system does not say.
    #[must_use]
    pub fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib * 1024)
    }

    /// Whether the process still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How `program` is started as this service with these settings and no others; arguments may follow.
#[must_use]
pub fn command(program: &str, kind: Kind, env: &[(String, String)]) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HELPLINE_")) {
        command.env_remove(name);
    }
    command
        .arg(kind.name())
        .envs(env.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn exit_of(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(status) = child.try_wait().expect("a status") {
            return status;
        }
        assert!(Instant::now() < end, "the process does not end");
        crate::wait::a_moment();
    }
}
