//! This process's ears: one connection that hears what other processes (and this one) published.
//!
//! The wanted channels are kept here and asked for again on every new connection. Whoever listens is told
//! when a channel is really listened to; since anything may have been missed before that moment, it then
//! reads what it missed from the log. A listener that is slower than the store loses the connection, not
//! messages: everything is asked for and read again.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use redis::{
    AsyncConnectionConfig, PushInfo, PushKind, Value,
    aio::{AsyncPushSender, MultiplexedConnection, SendError},
};
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, interval_at},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::link::{Address, PING_EVERY, Pauses, is_alive};

/// How many unheard messages may pile up before the connection is given up.
const BACKLOG: usize = 16_384;
/// How many channels are asked for in one command.
const BATCH: usize = 256;

/// What is heard.
#[derive(Debug)]
pub enum Heard<'a> {
    /// From now on nothing on this channel is missed; whatever came before may have been.
    Listening(&'a str),
    /// Something was published.
    Message {
        /// Where.
        channel: &'a str,
        /// What.
        text: &'a str,
    },
}

/// The handle with which channels are wanted or not.
#[derive(Clone, Default)]
pub struct Feed {
    wishes: Arc<Wishes>,
}

#[derive(Default)]
struct Wishes {
    state: Mutex<State>,
    changed: Notify,
    connected: AtomicBool,
}

#[derive(Default)]
struct State {
    wanted: HashSet<Arc<str>>,
    /// What has changed since the connection was last told, in order.
    news: Vec<(Arc<str>, bool)>,
}

impl Feed {
    /// Starts to listen on this runtime, until `stop`; `heard` is called for everything, in order, and must
    /// not wait.
    pub fn open(
        address: Address,
        stop: CancellationToken,
        heard: impl FnMut(Heard<'_>) + Send + 'static,
    ) -> Self {
        let feed = Self::default();
        let listening = listen(address, feed.wishes.clone(), heard);
        tokio::spawn(async move { stop.run_until_cancelled(listening).await });
        feed
    }

    /// Wants a channel; it is listened to when [`Heard::Listening`] says so.
    pub fn want(&self, channel: &str) {
        self.wishes.change(channel, true);
    }

    /// Does not want a channel any more.
    pub fn forget(&self, channel: &str) {
        self.wishes.change(channel, false);
    }

    /// Whether there is a connection at all.
    pub fn is_connected(&self) -> bool {
        self.wishes.connected.load(Ordering::Relaxed)
    }
}

impl Wishes {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is whole between any two statements: a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, channel: &str, wanted: bool) {
        let channel: Arc<str> = channel.into();
        let mut state = self.lock();
        if wanted {
            state.wanted.insert(channel.clone());
        } else {
            state.wanted.remove(&channel);
        }
        state.news.push((channel, wanted));
        drop(state);
        self.changed.notify_one();
    }

    fn everything(&self) -> Vec<(Arc<str>, bool)> {
        let mut state = self.lock();
        state.news.clear();
        state.wanted.iter().map(|c| (c.clone(), true)).collect()
    }

    fn news(&self) -> Vec<(Arc<str>, bool)> {
        std::mem::take(&mut self.lock().news)
    }
}

/// Takes pushes from the connection without ever waiting.
struct Ear {
    pushes: mpsc::Sender<PushInfo>,
    overflow: Arc<Notify>,
}

impl AsyncPushSender for Ear {
    fn send(&self, info: PushInfo) -> Result<(), SendError> {
        self.pushes.try_send(info).map_err(|_| {
            self.overflow.notify_one();
            SendError
        })
    }
}

async fn listen(address: Address, wishes: Arc<Wishes>, mut heard: impl FnMut(Heard<'_>)) {
    let mut pauses = Pauses::default();
    loop {
        let (pushes, incoming) = mpsc::channel(BACKLOG);
        let overflow = Arc::new(Notify::new());
        let ear = Ear {
            pushes,
            overflow: overflow.clone(),
        };
        let config = AsyncConnectionConfig::new().set_push_sender(ear);
        match address.connect(config).await {
            Ok(connection) => {
                pauses = Pauses::default();
                wishes.connected.store(true, Ordering::Relaxed);
                info!("listening to the store");
                tokio::select! {
                    () = hear(incoming, &mut heard) => {}
                    () = ask(connection, &wishes) => {}
                    () = overflow.notified() => warn!("the store says more than can be taken in"),
                }
                wishes.connected.store(false, Ordering::Relaxed);
                address.count_reconnect();
                warn!("not listening to the store any more");
            }
            Err(reason) => {
                if pauses.worth_saying() {
                    warn!(%reason, "waiting to listen to the store");
                }
                pauses.pause().await;
            }
        }
    }
}

/// Passes on what is heard until the connection is lost.
async fn hear(mut incoming: mpsc::Receiver<PushInfo>, heard: &mut impl FnMut(Heard<'_>)) {
    while let Some(push) = incoming.recv().await {
        match (push.kind, push.data.as_slice()) {
            (PushKind::Message, [channel, text]) => {
                if let (Some(channel), Some(text)) = (as_text(channel), as_text(text)) {
                    heard(Heard::Message { channel, text });
                }
            }
            (PushKind::Subscribe, [channel, ..]) => {
                if let Some(channel) = as_text(channel) {
                    heard(Heard::Listening(channel));
                }
            }
            (PushKind::Disconnection, _) => return,
            _ => {}
        }
    }
}

/// Asks for what is wanted, and whether the other end is still there, until it is not.
async fn ask(mut connection: MultiplexedConnection, wishes: &Wishes) {
    let mut news = wishes.everything();
    let mut look = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
    loop {
        // Runs of the same wish go into one command; their order matters and is kept.
        for run in news.chunk_by(|one, next| one.1 == next.1) {
            for batch in run.chunks(BATCH) {
                let channels: Vec<&str> = batch.iter().map(|(channel, _)| &**channel).collect();
                let asked = match batch[0].1 {
                    true => connection.subscribe(channels).await,
                    false => connection.unsubscribe(channels).await,
                };
                if asked.is_err() {
                    return;
                }
            }
        }
        tokio::select! {
            () = wishes.changed.notified() => {}
            _ = look.tick() => if !is_alive(connection.clone()).await { return },
        }
        news = wishes.news();
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
