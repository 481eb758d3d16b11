//! This process's ears: what other processes (and this one) published.
//!
//! Channels are sharded: each is spoken and listened to where its partition is, over the same kind of tended connections
//! that commands go over. The wanted channels are kept here and asked for again on every new connection. Whoever listens
//! is told when a channel is really listened to; since anything may have been missed before that moment, it then
//! reads what it missed from the log. A listener that is slower than the store loses the connections, not
//! messages: everything is asked for and read again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use redis::{
    PushInfo, PushKind, Value,
    aio::{AsyncPushSender, SendError},
};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    link::{Address, COMMAND_DEADLINE, Link},
    slot,
    tend::{Doubt, Node, State},
};

/// How many unheard messages may pile up before the connections are given up.
const BACKLOG: usize = 16_384;
/// How many channels are asked for at once.
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
#[derive(Clone)]
pub struct Feed {
    wishes: Arc<Wishes>,
    link: Link,
}

/// To whom else a channel belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// To nobody: it is spoken where its partition is.
    Ours,
    /// To everybody who is at any server.
    Public,
}

#[derive(Default)]
struct Wishes {
    books: Mutex<Books>,
    changed: Notify,
}

#[derive(Default)]
struct Books {
    wanted: HashMap<Arc<str>, Reach>,
    /// What has changed since the store was last told, in order.
    news: Vec<Wish>,
}

/// A channel that is wanted, or not any more.
struct Wish {
    channel: Arc<str>,
    reach: Reach,
    wanted: bool,
}

impl Feed {
    /// Starts to listen on this runtime, until `stop`; `heard` is called for everything, in order, and must
    /// not wait.
    pub fn open(
        address: Address,
        stop: CancellationToken,
        mut heard: impl FnMut(Heard<'_>) + Send + 'static,
    ) -> Self {
        let (pushes, incoming) = mpsc::channel(BACKLOG);
        let doubt = Arc::<Doubt>::default();
        let (full, overflow) = watch::channel(());
        let ear = Arc::new(Ear { pushes, full });
        let link = Link::with_ear(address, Some(ear), doubt.clone(), stop.clone());
        let wishes = Arc::<Wishes>::default();
        let asking = Asking {
            state: link.watch(),
            doubt: doubt.clone(),
            wishes: wishes.clone(),
            known: Vec::new(),
        };
        let asked_for = wishes.clone();
        let listening = async move {
            tokio::join!(
                hear(incoming, &asked_for, &doubt, &mut heard),
                asking.run(overflow)
            )
        };
        tokio::spawn(async move { stop.run_until_cancelled(listening).await });
        Self { wishes, link }
    }

    /// Wants a channel; it is listened to when [`Heard::Listening`] says so.
    pub fn want(&self, channel: &str) {
        self.wishes.change(channel, Reach::Ours, true);
    }

    /// Wants a channel on which anybody may publish, at whichever server. What others than this deployment say may be
    /// lost on its way from one server to another.
    pub fn want_public(&self, channel: &str) {
        self.wishes.change(channel, Reach::Public, true);
    }

    /// Does not want a channel any more.
    pub fn forget(&self, channel: &str) {
        self.wishes.change(channel, Reach::Ours, false);
    }

    /// Whether the whole store is within earshot.
    pub fn is_connected(&self) -> bool {
        self.link.up_since().is_some()
    }
}

impl Wishes {
    fn books(&self) -> std::sync::MutexGuard<'_, Books> {
        // The books are whole between any two statements: a panic elsewhere cannot have broken them.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, channel: &str, reach: Reach, wanted: bool) {
        let channel: Arc<str> = channel.into();
        let mut books = self.books();
        if wanted {
            books.wanted.insert(channel.clone(), reach);
        } else {
            books.wanted.remove(&channel);
        }
        books.news.push(Wish {
            channel,
            reach,
            wanted,
        });
        drop(books);
        self.changed.notify_one();
    }

    /// Everything that is wanted of the channels that `belongs` names. There is no more news of them.
    fn everything(&self, belongs: impl Fn(&str) -> bool) -> Vec<Wish> {
        let mut books = self.books();
        books.news.retain(|wish| !belongs(&wish.channel));
        let wanted = books.wanted.iter();
        wanted
            .filter(|(channel, _)| belongs(channel))
            .map(|(channel, reach)| Wish {
                channel: channel.clone(),
                reach: *reach,
                wanted: true,
            })
            .collect()
    }

    fn wants(&self, channel: &str) -> bool {
        self.books().wanted.contains_key(channel)
    }

    fn news(&self) -> Vec<Wish> {
        std::mem::take(&mut self.books().news)
    }
}

impl Wish {
    /// One command for each channel: those of one command would have to share a slot.
    fn command(&self) -> redis::Cmd {
        let mut command = redis::cmd(match (self.reach, self.wanted) {
            (Reach::Ours, true) => "SSUBSCRIBE",
            (Reach::Ours, false) => "SUNSUBSCRIBE",
            (Reach::Public, true) => "SUBSCRIBE",
            (Reach::Public, false) => "UNSUBSCRIBE",
        });
        command.arg(&*self.channel);
        command
    }
}

/// Takes pushes from the connections without ever waiting.
struct Ear {
    pushes: mpsc::Sender<PushInfo>,
    full: watch::Sender<()>,
}

impl AsyncPushSender for Ear {
    fn send(&self, info: PushInfo) -> Result<(), SendError> {
        self.pushes.try_send(info).map_err(|_| {
            self.full.send_replace(());
            SendError
        })
    }
}

/// Passes on what is heard.
async fn hear(
    mut incoming: mpsc::Receiver<PushInfo>,
    wishes: &Wishes,
    doubt: &Doubt,
    heard: &mut impl FnMut(Heard<'_>),
) {
    while let Some(push) = incoming.recv().await {
        match (push.kind, push.data.as_slice()) {
            (PushKind::Message | PushKind::SMessage, [channel, text]) => {
                if let (Some(channel), Some(text)) = (as_text(channel), as_text(text)) {
                    heard(Heard::Message { channel, text });
                }
            }
            (PushKind::Subscribe | PushKind::SSubscribe, [channel, ..]) => {
                if let Some(channel) = as_text(channel) {
                    heard(Heard::Listening(channel));
                }
            }
            // Whoever had the channel has it no more.
            (PushKind::SUnsubscribe, [channel, ..])
                if as_text(channel).is_some_and(|channel| wishes.wants(channel)) =>
            {
                doubt.look();
            }
            (PushKind::Disconnection, _) => doubt.look(),
            _ => {}
        }
    }
}

/// Asks for what is wanted, each channel where it is spoken.
struct Asking {
    state: watch::Receiver<State>,
    doubt: Arc<Doubt>,
    wishes: Arc<Wishes>,
    /// The connections that have been asked for everything.
    known: Vec<u64>,
}

impl Asking {
    async fn run(mut self, mut overflow: watch::Receiver<()>) {
        loop {
            tokio::select! {
                changed = self.state.changed() => match changed {
                    Ok(()) => self.ask_newcomers().await,
                    // Nobody tends the connections any more.
                    Err(_) => return,
                },
                () = self.wishes.changed.notified() => self.ask_for_news().await,
                Ok(()) = overflow.changed() => {
                    warn!("the store says more than can be taken in");
                    self.doubt.give_up(std::mem::take(&mut self.known));
                }
            }
        }
    }

    async fn ask_newcomers(&mut self) {
        let state = self.state.borrow_and_update().clone();
        let nodes = || state.nodes.iter().flatten();
        self.known.retain(|id| nodes().any(|node| node.id == *id));
        for node in nodes() {
            if self.known.contains(&node.id) {
                continue;
            }
            self.known.push(node.id);
            let everything = self.wishes.everything(|channel| {
                let at = state.node(|| slot::of(channel.as_bytes()));
                at.is_some_and(|at| at.id == node.id)
            });
            self.ask(node, &everything).await;
        }
    }

    async fn ask_for_news(&mut self) {
        let state = self.state.borrow().clone();
        let news = self.wishes.news();
        for node in state.nodes.iter().flatten() {
            // A connection that is not known yet is asked for everything.
            if !self.known.contains(&node.id) {
                continue;
            }
            let here = |wish: &&Wish| {
                let at = state.node(|| slot::of(wish.channel.as_bytes()));
                at.is_some_and(|at| at.id == node.id)
            };
            let news: Vec<&Wish> = news.iter().filter(here).collect();
            self.ask(node, news).await;
        }
    }

    async fn ask<'a>(&self, node: &Node, wishes: impl IntoIterator<Item = &'a Wish>) {
        let wishes: Vec<&Wish> = wishes.into_iter().collect();
        let mut connection = node.connection.clone();
        for batch in wishes.chunks(BATCH) {
            let mut pipeline = redis::pipe();
            for wish in batch {
                pipeline.add_command(wish.command()).ignore();
            }
            let asked = pipeline.query_async::<()>(&mut connection);
            if !matches!(timeout(COMMAND_DEADLINE, asked).await, Ok(Ok(()))) {
                // What was not asked for is asked for on the next one, with everything else.
                return self.doubt.give_up([node.id]);
            }
        }
    }
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => std::str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}
