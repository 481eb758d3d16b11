//! The floor: this process's copy of everything that is going on, for those who watch it.
//!
//! Promised: whoever looks sees every open chat and all staff who are online, and its observer hears everything that
//! happens after that look: each event of each chat once and in the chat's order, whichever process made it. Events are
//! told under the lock that a look takes, so nothing falls between a look and what follows it. A hole, an interruption of
//! the feed or a log that was lost makes the floor read the store, and what was missed is told late rather than not. Only
//! where no log says what happened it is told what was known and what is there now.
//!
//! It follows the store only while somebody watches: a process without such clients pays nothing for it.

mod chat;
mod missed;
mod reading;
mod view;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use helpline_desk::id::ChatId;
use helpline_live::{
    feed::{Feed, Heard},
    keys::Keys,
    link::Unavailable,
};
use helpline_protocol::bus;
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

pub use self::{
    chat::{Before, Happening, OnFloor, Spoken},
    view::View,
};
use crate::{application::Commons, handler::Handler, metrics::Metrics};

/// How long whoever comes to watch waits until everything was read.
const READ_DEADLINE: Duration = Duration::from_secs(5);

/// Hears everything that happens on the floor, in order. It must not wait.
pub type Observer = Box<dyn Fn(&Happening<'_>) + Send + Sync>;

/// Everything that is going on. Cheap to clone.
#[derive(Clone)]
pub struct Floor(Arc<Inner>);

struct Inner {
    view: Mutex<View>,
    observer: Observer,
    handler: Handler,
    metrics: Metrics,
    keys: Keys,
    /// The channel on which the staff's coming and going is told.
    desk: String,
    feed: Feed,
    /// There is something to read.
    work: Notify,
    /// Whether everything was read.
    ready: watch::Sender<bool>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Floor {
    /// A floor that nobody watches yet, on this runtime. `observer` hears what happens while somebody does.
    pub fn open(commons: &Commons, observer: Observer) -> Self {
        let handler = commons.handler();
        let keys = handler.store().keys().clone();
        let floor = Self(Arc::new_cyclic(|floor: &Weak<Inner>| {
            let floor = floor.clone();
            let hear = move |heard: Heard<'_>| {
                if let Some(inner) = floor.upgrade() {
                    Self(inner).hear(heard);
                }
            };
            Inner {
                view: Mutex::new(View::new(keys.partitions())),
                observer,
                handler,
                metrics: commons.metrics.clone(),
                desk: keys.desk_channel(),
                keys,
                feed: Feed::open(commons.store.clone(), commons.stop.clone(), hear),
                work: Notify::new(),
                ready: watch::Sender::new(false),
                tasks: commons.tasks.clone(),
                stop: commons.stop.clone(),
            }
        }));
        floor.read_in_the_background();
        floor
    }

    /// Begins to watch, for as long as what is returned is held. Everything has been read by then.
    ///
    /// # Errors
    /// When the store cannot be read in time.
    pub async fn watch(&self) -> Result<Watch, Unavailable> {
        if self.view().begin_watch() {
            for channel in self.channels() {
                self.0.feed.want(&channel);
            }
        }
        let watch = Watch(self.clone());
        let mut ready = self.0.ready.subscribe();
        match timeout(READ_DEADLINE, ready.wait_for(|ready| *ready)).await {
            Ok(Ok(_)) => Ok(watch),
            _ => Err(Unavailable),
        }
    }

    /// Looks at what is going on. Whatever `look` does happens before the observer hears anything more.
    pub fn look<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(&self.view())
    }

    fn channels(&self) -> Vec<String> {
        let keys = &self.0.keys;
        let partitions = 0..keys.partitions();
        partitions
            .map(|partition| keys.watch_channel(partition))
            .chain([self.0.desk.clone()])
            .collect()
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // The view is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, heard: Heard<'_>) {
        let (missed, to_read) = match heard {
            Heard::Listening(channel) if channel == self.0.desk => {
                (false, self.view().read_staff())
            }
            Heard::Listening(channel) => {
                let partition = self.partition_of(channel);
                let to_read = |partition| self.view().read_partition(partition);
                (false, partition.is_some_and(to_read))
            }
            Heard::Message { channel, text } if channel == self.0.desk => {
                (true, self.hear_of_staff(text))
            }
            Heard::Message { text, .. } => (true, self.hear_of_chat(text)),
        };
        if to_read {
            self.0.metrics.resume_gaps.inc_by(u64::from(missed));
            self.0.work.notify_one();
        }
    }

    fn hear_of_chat(&self, text: &str) -> bool {
        match bus::read_watched(text) {
            Ok(watched) => self.view().take(watched, &self.0.observer),
            Err(reason) => {
                error!(%reason, "a chat is read instead");
                chat_of(text).is_some_and(|chat| self.view().read_chat(chat))
            }
        }
    }

    fn hear_of_staff(&self, text: &str) -> bool {
        match bus::read_staff_change(text) {
            Ok(change) => self.view().take_staff(change, &self.0.observer),
            Err(reason) => {
                error!(%reason, "the staff are read instead");
                self.view().read_staff()
            }
        }
    }

    fn partition_of(&self, channel: &str) -> Option<u16> {
        (0..self.0.keys.partitions()).find(|p| self.0.keys.watch_channel(*p) == channel)
    }
}

/// The chat that something unreadable is about, if that much can be told.
fn chat_of(text: &str) -> Option<ChatId> {
    text.split(' ').nth(1).and_then(ChatId::parse)
}

/// Somebody watches, until this is dropped.
pub struct Watch(Floor);

impl Drop for Watch {
    fn drop(&mut self) {
        let floor = &self.0;
        let mut view = floor.view();
        if view.end_watch() {
            floor.0.ready.send_replace(false);
            for channel in floor.channels() {
                floor.0.feed.forget(&channel);
            }
        }
    }
}

#[cfg(test)]
mod tests;
