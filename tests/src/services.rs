//! The two services, in this process: the one place that names the product's crates.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use helpline_chat_server::ResetPassword;
use helpline_doctor::Command;
pub use helpline_service::settings::Settings;
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use crate::wait::DEADLINE;

/// Which of the two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Chats and registration.
    ChatServer,
    /// The request feed.
    Subscriber,
}

impl Kind {
    /// The name used on command lines and in failure messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ChatServer => "chat-server",
            Self::Subscriber => "subscriber",
        }
    }
}

/// Where a service listens.
#[derive(Clone, Copy, Debug)]
pub struct Listening {
    /// HTTP and WebSocket.
    pub address: SocketAddr,
    /// Socket.IO, which a chat-server alone has.
    pub socketio: Option<SocketAddr>,
}

impl Listening {
    fn of_chat_server(application: &helpline_chat_server::Application) -> Self {
        Self {
            address: application.address(),
            socketio: Some(application.socketio_address()),
        }
    }

    fn of_subscriber(application: &helpline_subscriber::Application) -> Self {
        Self {
            address: application.address(),
            socketio: None,
        }
    }
}

/// A service that runs on a thread of its own.
#[derive(Debug)]
pub struct Service {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where it listens for Socket.IO clients; `None` for a subscriber.
    pub socketio: Option<SocketAddr>,
    kind: Kind,
    stop: CancellationToken,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl Service {
    /// Starts a service and returns when it listens.
    ///
    /// # Errors
    /// What the service says when it refuses to start.
    pub fn start(kind: Kind, settings: Settings) -> Result<Self, String> {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let (announce, announced) = mpsc::channel();
        let announce = move |listening| announce.send(listening).expect("the starter waits");
        let thread = std::thread::Builder::new()
            .name(kind.name().to_owned())
            .spawn(move || runtime().block_on(serve(kind, settings, stopped, announce)))
            .expect("a thread");
        match announced.recv_timeout(DEADLINE) {
            Ok(listening) => Ok(Self {
                address: listening.address,
                socketio: listening.socketio,
                kind,
                stop,
                thread: Some(thread),
            }),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                panic!("{} does not start to listen", kind.name())
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
                Ok(ended) => {
                    Err(ended.expect_err("a service that ended without an address says why"))
                }
                Err(_) => panic!("{} panicked while it started", kind.name()),
            },
        }
    }

    /// Tells the service to stop, without waiting for it.
    pub fn cancel(&self) {
        self.stop.cancel();
    }

    /// Waits until a stopped service has drained and ended, with every task it had.
    pub fn finish(&mut self) {
        self.cancel();
        let Some(thread) = self.thread.take() else {
            return;
        };
        let end = Instant::now() + DEADLINE;
        while !thread.is_finished() {
            assert!(Instant::now() < end, "{} does not stop", self.kind.name());
            crate::wait::a_moment();
        }
        match thread.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => panic!("{} ended with: {error}", self.kind.name()),
            Err(_) => panic!("{} panicked", self.kind.name()),
        }
    }
}

async fn serve(
    kind: Kind,
    settings: Settings,
    stop: CancellationToken,
    announce: impl FnOnce(Listening),
) -> Result<(), String> {
    match kind {
        Kind::ChatServer => {
            let application = helpline_chat_server::Application::build(settings)
                .map_err(|error| error.to_string())?;
            announce(Listening::of_chat_server(&application));
            application
                .run(stop)
                .await
                .map_err(|error| error.to_string())
        }
        Kind::Subscriber => {
            let application = helpline_subscriber::Application::build(settings)
                .map_err(|error| error.to_string())?;
            announce(Listening::of_subscriber(&application));
            application
                .run(stop)
                .await
                .map_err(|error| error.to_string())
        }
    }
}

/// Runs a service to its end exactly as its own binary does: settings from the environment, logs, signals. `announce`
/// learns the addresses as soon as it listens.
pub fn run_as_process(kind: Kind, announce: impl FnOnce(Listening)) -> ExitCode {
    helpline_service::process::run(kind.name(), async |settings, stop| match kind {
        Kind::ChatServer => {
            let application = helpline_chat_server::Application::build(settings)?;
            announce(Listening::of_chat_server(&application));
            application.run(stop).await
        }
        Kind::Subscriber => {
            let application = helpline_subscriber::Application::build(settings)?;
            announce(Listening::of_subscriber(&application));
            application.run(stop).await
        }
    })
}

/// Does what a service's command line asks beyond serving, exactly as its own binary does.
pub fn run_command(kind: Kind) -> ExitCode {
    let line = std::env::args_os().skip(1);
    let asked = match kind {
        Kind::ChatServer => match Command::read_or(kind.name(), line, ResetPassword::command()) {
            Ok(Err(asked)) => return ResetPassword::of(&asked).run(),
            Ok(Ok(command)) => Ok(command),
            Err(said) => Err(said),
        },
        Kind::Subscriber => Command::read(kind.name(), line),
    };
    match asked {
        Ok(Command::Doctor(doctor)) => match kind {
            Kind::ChatServer => helpline_chat_server::doctor(doctor),
            Kind::Subscriber => helpline_subscriber::doctor(doctor),
        },
        Ok(Command::Serve) => unreachable!("there is a command"),
        Err(said) => said,
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Settings for tests: this Redis, these names, no records, free ports, one worker, and a drain that takes no time.
#[must_use]
pub fn settings(redis: SocketAddr, prefix: &str, join_channel: &str) -> Settings {
    let mut settings = Settings::default();
    settings.redis.url = format!("redis://{redis}/").into();
    settings.redis.prefix = prefix.to_owned();
    settings.redis.join_channel = join_channel.to_owned();
    settings.records.url = None;
    settings.admin.password = Some(secret(crate::people::ADMIN_PASSWORD));
    settings.chat_server.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.subscriber.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.socketio.bind = SocketAddr::from(([127, 0, 0, 1], 0));
    settings.sockets.workers = 1;
    settings.sockets.drain = Duration::from_millis(100);
    settings.presence.grace = Duration::from_millis(100);
    // Whoever is sent away when a world ends has nobody to wait for it.
    settings.presence.restart_grace = Duration::ZERO;
    settings
}

/// A secret as settings hold it.
#[must_use]
pub fn secret(text: &str) -> SecretString {
    SecretString::from(text)
}
