//! The way to the store: connections that are tended, so that they are made anew whenever they are lost, have gone quiet or
//! lead to a server that may not be written to any more.
//!
//! A [`Link`] belongs to one thread's runtime: a connection whose I/O happens where its commands are made is
//! about a third faster than one that is shared between threads. A command goes to whoever has its key. It waits a moment
//! for a connection that was just lost; once something has been lost for a while it fails at once, so that an outage
//! answers every frame quickly.

use std::{io, sync::Arc, time::Duration};

use redis::{
    Cmd, Pipeline, RedisError, RedisFuture, RedisResult, ServerErrorKind, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use tokio::{
    sync::watch,
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub use crate::address::{Address, BadUrl};
use crate::{
    address::Kind,
    slot,
    tend::{Doubt, Ear, Node, State, tend},
};

/// How long a command may take. After that it is not confirmed: it may still happen.
pub(crate) const COMMAND_DEADLINE: Duration = Duration::from_secs(2);
/// How long a command waits for a connection.
const PATIENCE: Duration = Duration::from_millis(600);
/// How long something is lost before commands do not wait for it any more.
const OUTAGE: Duration = Duration::from_secs(3);

/// The store did not confirm in time: the command may or may not have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store did not confirm in time")]
pub struct Unavailable;

/// A tended way to the store.
#[derive(Clone)]
pub struct Link {
    state: watch::Receiver<State>,
    doubt: Arc<Doubt>,
    spread: bool,
}

impl Link {
    /// Starts to tend connections on this thread's runtime, until `stop`.
    pub fn open(address: Address, stop: CancellationToken) -> Self {
        Self::with_ear(address, None, Arc::default(), stop)
    }

    /// The same, and `ear` takes whatever the connections hear.
    pub(crate) fn with_ear(
        address: Address,
        ear: Option<Ear>,
        doubt: Arc<Doubt>,
        stop: CancellationToken,
    ) -> Self {
        let (sender, state) = watch::channel(State::unknown());
        let spread = address.kind == Kind::Cluster;
        let tending = tend(address, ear, sender, doubt.clone());
        tokio::spawn(async move { stop.run_until_cancelled(tending).await });
        Self {
            state,
            doubt,
            spread,
        }
    }

    /// Since when the whole store is within reach without a break.
    pub fn up_since(&self) -> Option<Instant> {
        self.state.borrow().up.ok()
    }

    /// Whether some of a store that has parts is within reach.
    pub fn is_partly_up(&self) -> bool {
        self.is_spread() && self.state.borrow().nodes.iter().any(Option::is_some)
    }

    /// Waits until the whole store is within reach.
    pub async fn up(&self) {
        let mut state = self.state.clone();
        // An error means that nobody tends the link any more: there is nothing to wait for.
        let _ = state.wait_for(|state| state.up.is_ok()).await;
    }

    /// Whether partitions may be at different servers, so that no command may touch two of them.
    pub(crate) fn is_spread(&self) -> bool {
        self.spread
    }

    /// To follow where the keys are.
    pub(crate) fn watch(&self) -> watch::Receiver<State> {
        self.state.clone()
    }

    /// Sends commands. Each of them, and all that are sent together, touch one partition.
    ///
    /// # Errors
    /// [`Unavailable`] when there is no connection, no answer in time, or an answer that says no.
    pub(crate) async fn run<T>(
        &self,
        commands: impl AsyncFnOnce(&mut Connection<'_>) -> RedisResult<T>,
    ) -> Result<T, Unavailable> {
        let mut connection = Connection { link: self };
        self.judge(timeout(COMMAND_DEADLINE, commands(&mut connection)).await)
    }

    /// Asks every primary, one after the other.
    ///
    /// # Errors
    /// As for [`Self::run`]; also when one of them is away.
    pub(crate) async fn ask_all<T>(
        &self,
        question: impl AsyncFn(&mut MultiplexedConnection) -> RedisResult<T>,
    ) -> Result<Vec<T>, Unavailable> {
        // Whoever asks wants to know whether the store is there: it may be about to come.
        self.node(|| 0, None).await.map_err(|_| Unavailable)?;
        let state = self.state.borrow().clone();
        state.up.map_err(|_| Unavailable)?;
        let mut answers = Vec::new();
        for mut node in state.nodes.into_iter().flatten() {
            let asked = timeout(COMMAND_DEADLINE, question(&mut node.connection));
            answers.push(self.judge(asked.await)?);
        }
        Ok(answers)
    }

    fn judge<T, E>(&self, result: Result<RedisResult<T>, E>) -> Result<T, Unavailable> {
        match result {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) if error.is_unrecoverable_error() || is_elsewhere(&error) => {
                self.doubt.look();
            }
            Ok(Err(error)) => warn!(%error, "the store refused a command"),
            Err(_) => self.doubt.look(),
        }
        Err(Unavailable)
    }

    /// Whoever has a slot, other than the one with this id. Waits for it a moment.
    async fn node(&self, slot: impl Fn() -> u16, not: Option<u64>) -> RedisResult<Node> {
        let there = |state: &State| {
            let node = state.node(&slot);
            node.filter(|node| Some(node.id) != not).cloned()
        };
        let down_since = {
            let state = self.state.borrow();
            if let Some(node) = there(&state) {
                return Ok(node);
            }
            state.up.err().unwrap_or_else(Instant::now)
        };
        let until = (down_since + OUTAGE).min(Instant::now() + PATIENCE);
        let mut state = self.state.clone();
        let waiting = state.wait_for(|state| there(state).is_some());
        let node = match timeout_at(until, waiting).await {
            Ok(Ok(state)) => there(&state),
            _ => None,
        };
        node.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    /// The answer of another server than the one that was asked and refused so. Nothing has happened there.
    async fn follow(&self, command: &Cmd, asked: u64, refusal: RedisError) -> RedisResult<Value> {
        if refusal.kind() == ServerErrorKind::Ask.into() {
            // One key of a slot that is just moving: the others are still where they were.
            let to = refusal.redirect_node().map(|(server, _)| server);
            let node = to.and_then(|to| self.state.borrow().named(to).cloned());
            let mut connection = node.ok_or(refusal)?.connection;
            let mut both = redis::pipe();
            both.cmd("ASKING").ignore().add_command(command.clone());
            let (answer,) = both.query_async(&mut connection).await?;
            return Ok(answer);
        }
        self.doubt.look();
        let moved = self.node(|| slot::of_command(command), Some(asked)).await;
        moved?.connection.send_packed_command(command).await
    }
}

/// Whether the server is not, or not now, the one to write to: that is no fault of the command.
fn is_elsewhere(error: &RedisError) -> bool {
    error.is_cluster_error()
        || [ServerErrorKind::ReadOnly, ServerErrorKind::MasterDown]
            .iter()
            .any(|kind| error.kind() == (*kind).into())
}

/// What commands are sent over: each goes to whoever has its key.
pub(crate) struct Connection<'a> {
    link: &'a Link,
}

impl ConnectionLike for Connection<'_> {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let mut node = self.link.node(|| slot::of_command(command), None).await?;
            let answer = node.connection.send_packed_command(command).await?;
            match answer {
                Value::ServerError(error) => {
                    let refusal = RedisError::from(error);
                    match refusal.redirect_node() {
                        Some(_) => self.link.follow(command, node.id, refusal).await,
                        None => Err(refusal),
                    }
                }
                answer => Ok(answer),
            }
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let slot = || pipeline.cmd_iter().next().map_or(0, slot::of_command);
            let mut node = self.link.node(slot, None).await?;
            let sent = node
                .connection
                .send_packed_commands(pipeline, offset, count);
            sent.await
        })
    }

    fn get_db(&self) -> i64 {
        0
    }
}
