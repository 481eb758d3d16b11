//! The board: this process's copy of the waiting set, and the agents who look at it.
//!
//! Promised: each agent has exactly the requests it may see. The copy follows the changes that the store
//! publishes; a change that is missing, or a feed that was interrupted, makes it read the set again. The
//! channel on which requests are announced to everyone adds nothing by itself: what it says is looked up.

mod view;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use helpline_desk::id::{AgentId, ChatId, VisitorId};
use helpline_live::{
    feed::{Feed, Heard},
    keys::Keys,
    link::Unavailable,
};
use helpline_protocol::{bus, typed::Level};
use helpline_service::{application::Commons, handler::Handler, metrics::Metrics, wire::Frame};
use serde::Deserialize;
use tokio::{
    sync::{Notify, mpsc},
    time::sleep,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error};

use self::view::View;

/// How long to wait before the store is asked again.
const PAUSE: Duration = Duration::from_millis(250);

/// The waiting requests and who looks at them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Board(Arc<Inner>);

struct Inner {
    view: Mutex<View>,
    handler: Handler,
    metrics: Metrics,
    keys: Keys,
    join_channel: String,
    outbox: usize,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// Somebody came to the desk or left it.
    desk_changed: Notify,
    feed: Feed,
}

impl Board {
    /// Starts to follow the waiting set, on this runtime.
    pub(crate) fn open(commons: &Commons) -> Self {
        let handler = commons.handler();
        let keys = handler.store().keys().clone();
        let join_channel = commons.settings.redis.join_channel.clone();
        let board = Self(Arc::new_cyclic(|board: &Weak<Inner>| {
            let board = board.clone();
            let hear = move |heard: Heard<'_>| {
                if let Some(inner) = board.upgrade() {
                    Self(inner).hear(heard);
                }
            };
            let feed = Feed::open(commons.store.clone(), commons.stop.clone(), hear);
            for partition in 0..keys.partitions() {
                feed.want(&keys.queue_channel(partition));
            }
            feed.want_public(&join_channel);
            feed.want(&keys.desk_channel());
            Inner {
                view: Mutex::new(View::new(keys.clone())),
                handler,
                metrics: commons.metrics.clone(),
                keys,
                join_channel,
                outbox: commons.settings.sockets.outbox,
                tasks: commons.tasks.clone(),
                stop: commons.stop.clone(),
                desk_changed: Notify::new(),
                feed,
            }
        }));
        board.count_agents();
        board
    }

    /// Keeps the number of agents true, in the background.
    fn count_agents(&self) {
        let board = self.clone();
        let count = async move {
            loop {
                board.0.desk_changed.notified().await;
                match board.0.handler.store().agents().await {
                    Ok(agents) => board.view().set_agents(agents.len()),
                    Err(reason) => {
                        debug!(%reason, "the agents cannot be counted yet");
                        board.0.desk_changed.notify_one();
                    }
                }
                // Many come and go at once when a server does.
                sleep(PAUSE).await;
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(count).await });
    }

    /// Whether it hears anything at all.
    pub(crate) fn is_listening(&self) -> bool {
        self.0.feed.is_connected()
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // The view is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets an agent look: gives it what it sees now, oldest first, and puts everything that changes from now on
    /// into its outbox.
    pub(crate) async fn watch(
        &self,
        socket: u64,
        agent: AgentId,
        level: Level,
        outbox: mpsc::Sender<Frame>,
    ) -> Vec<Frame> {
        // A change may have been confirmed to somebody and not yet been heard here. Without the store there is
        // what was heard, and the rest comes when it is back.
        let _ = self.read_all().await;
        self.view().watch(socket, agent, level, outbox)
    }

    /// How much may wait for one agent.
    pub(crate) fn outbox(&self) -> (mpsc::Sender<Frame>, mpsc::Receiver<Frame>) {
        mpsc::channel(self.0.outbox)
    }

    /// An agent looks no more.
    pub(crate) fn unwatch(&self, socket: u64) {
        self.view().unwatch(socket);
    }

    /// The chat of a visitor who waits, or did so a short while ago.
    ///
    /// # Errors
    /// When it is not known here and the store cannot be asked.
    pub(crate) async fn chat_of(&self, visitor: VisitorId) -> Result<Option<ChatId>, Unavailable> {
        if let Some(chat) = self.view().chat_of(visitor) {
            return Ok(Some(chat));
        }
        // Only the truth refuses anybody.
        self.read_all().await?;
        Ok(self.view().chat_of(visitor))
    }

    async fn read_all(&self) -> Result<(), Unavailable> {
        for partition in 0..self.0.keys.partitions() {
            self.read(partition).await?;
        }
        Ok(())
    }

    /// From now on this agent is told how many are at the desk.
    pub(crate) fn count_agents_for(&self, socket: u64) {
        self.view().count_agents_for(socket);
    }

    fn hear(&self, heard: Heard<'_>) {
        match heard {
            Heard::Listening(channel) | Heard::Message { channel, .. }
                if channel == self.0.keys.desk_channel() =>
            {
                self.0.desk_changed.notify_one();
            }
            Heard::Listening(channel) => {
                if let Some(partition) = self.partition_of(channel) {
                    self.resync(partition);
                }
            }
            Heard::Message { channel, text } if channel == self.0.join_channel => {
                self.announced(text);
            }
            Heard::Message { channel, text } => {
                let Some(partition) = self.partition_of(channel) else {
                    return;
                };
                let in_order = match bus::read_queue_change(text) {
                    Ok(change) => self.view().take(partition, change),
                    Err(reason) => {
                        error!(%reason, "a change of the queue is looked up instead");
                        false
                    }
                };
                if !in_order {
                    self.0.metrics.resume_gaps.inc();
                    self.resync(partition);
                }
            }
        }
    }

    /// Somebody announced a request. If it is not on the board, the store is asked whether it should be.
    fn announced(&self, text: &str) {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Request {
            chat_id: String,
        }
        let chat = serde_json::from_str(text)
            .ok()
            .and_then(|request: Request| ChatId::parse(&request.chat_id));
        if let Some(chat) = chat
            && !self.view().has(chat)
        {
            self.resync(self.0.keys.partition(chat));
        }
    }

    fn partition_of(&self, channel: &str) -> Option<u16> {
        (0..self.0.keys.partitions()).find(|p| self.0.keys.queue_channel(*p) == channel)
    }

    /// Reads a partition in the background, until it is read.
    fn resync(&self, partition: u16) {
        if !self.view().begin_resync(partition) {
            return;
        }
        let board = self.clone();
        let read = async move {
            loop {
                match board.read(partition).await {
                    Ok(()) if board.view().end_resync(partition) => return,
                    Ok(()) => {}
                    Err(reason) => {
                        debug!(%reason, "the queue cannot be read yet");
                        sleep(PAUSE).await;
                    }
                }
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(read).await });
    }

    async fn read(&self, partition: u16) -> Result<(), Unavailable> {
        let waiting = self.0.handler.store().waiting(partition).await?;
        self.view().replace(partition, waiting);
        Ok(())
    }
}
