//! Fan-out: what this process hears of a chat, handed to the chat's sockets here.
//!
//! Sockets are served from the feed alone, whoever made an event, so all of them see one order. An event is
//! encoded once for each kind of reader, in whichever dialect. A socket that joined at event N drops whatever is at or below N; a
//! hole, or a feed that was interrupted, makes the room read the log.

mod keep_alive;
mod line;
mod lost;
mod member;
mod outbox;
mod reader;
mod resync;
mod room;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_desk::id::{ChatId, MessageId};
use helpline_live::{
    feed::{Feed, Heard},
    keys::Keys,
    link::{Address, Unavailable},
};
use helpline_protocol::{bus, close::Close};
use tokio::{sync::watch, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::error;

pub use self::line::Availability;
use self::{line::Line, room::Room};
pub use self::{
    outbox::{Delivery, Inbox, Outbox, Told},
    reader::Reader,
};
use crate::{
    handler::{Handler, Held},
    metrics::Metrics,
};

/// How long a socket waits until its chat is listened to.
const LISTEN_DEADLINE: Duration = Duration::from_secs(2);

/// The rooms of one process. Cheap to clone.
#[derive(Clone)]
pub struct Hub(Arc<Inner>);

struct Inner {
    rooms: Mutex<HashMap<ChatId, Arc<Room>>>,
    feed: Feed,
    keys: Keys,
    handler: Handler,
    metrics: Metrics,
    line: Line,
    outbox: usize,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Hub {
    /// Starts to listen, on this runtime, until `stop`; what it starts is tracked by `tasks`.
    pub fn open(
        address: Address,
        handler: Handler,
        metrics: Metrics,
        outbox: usize,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let keys = handler.store().keys().clone();
        let hub = Self(Arc::new_cyclic(|hub: &std::sync::Weak<Inner>| {
            let hub = hub.clone();
            let feed = Feed::open(address, stop.clone(), move |heard| {
                if let Some(inner) = hub.upgrade() {
                    Hub(inner).hear(heard);
                }
            });
            feed.want(&keys.desk_channel());
            for partition in 0..keys.partitions() {
                feed.want(&keys.queue_channel(partition));
            }
            Inner {
                rooms: Mutex::default(),
                line: Line::new(&keys),
                feed,
                keys,
                handler,
                metrics,
                outbox,
                tasks,
                stop,
            }
        }));
        hub.keep_the_line();
        hub.keep_alive();
        hub.look_for_lost();
        hub
    }

    /// Whether it hears anything at all.
    pub fn is_listening(&self) -> bool {
        self.0.feed.is_connected()
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<ChatId, Arc<Room>>> {
        // The map is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a socket at a chat's door: from now on it hears of the chat's end. It is in this room and no other.
    pub fn enter(&self, chat: ChatId, socket: u64) -> (Membership, Inbox) {
        let (outbox, inbox) = self.outbox();
        (self.admit(chat, socket, outbox, Some(Reader::DOOR)), inbox)
    }

    /// The way to a socket that may be in several rooms.
    pub fn outbox(&self) -> (Outbox, Inbox) {
        Outbox::new(self.0.outbox)
    }

    /// Puts a socket that may be in several rooms into one more. It hears nothing of it before it takes a seat.
    /// `member` is its number in this room, by which [`message_id`] makes it known as a message's sender.
    pub fn enter_also(&self, chat: ChatId, member: u64, outbox: &Outbox) -> Membership {
        self.admit(chat, member, outbox.clone(), None)
    }

    fn admit(
        &self,
        chat: ChatId,
        socket: u64,
        outbox: Outbox,
        reader: Option<Reader>,
    ) -> Membership {
        let mut rooms = self.rooms();
        let room = rooms.entry(chat).or_insert_with(|| {
            self.0.feed.want(&self.0.keys.chat_channel(chat));
            Arc::new(Room::new(chat, self.0.handler.policy_now().clone()))
        });
        room.admit(socket, outbox, reader);
        Membership {
            hub: self.clone(),
            room: room.clone(),
            socket,
        }
    }

    fn leave(&self, room: &Arc<Room>, socket: u64) {
        let mut rooms = self.rooms();
        if room.dismiss(socket) {
            // Nobody can have come in: that takes this lock.
            rooms.remove(&room.id);
            self.0.feed.forget(&self.0.keys.chat_channel(room.id));
        }
    }

    fn room(&self, channel: &str) -> Option<Arc<Room>> {
        let chat = self.0.keys.chat_of_channel(channel)?;
        self.rooms().get(&chat).cloned()
    }

    fn hear(&self, heard: Heard<'_>) {
        if self.0.line.hear(&heard, self.0.handler.now()) {
            return;
        }
        match heard {
            Heard::Listening(channel) => {
                if let Some(room) = self.room(channel)
                    && room.listening()
                {
                    self.resync(room);
                }
            }
            Heard::Message { channel, text } => {
                let Some(room) = self.room(channel) else {
                    return;
                };
                let in_order = match bus::read_publication(text) {
                    Ok(publication) => room.take(publication, &self.0.metrics),
                    Err(reason) => {
                        error!(chat = %room.id, %reason, "sockets are sent elsewhere");
                        room.close(Close::Restart);
                        true
                    }
                };
                if !in_order {
                    self.0.metrics.resume_gaps.inc();
                    self.resync(room);
                }
            }
        }
    }
}

/// The id of a message by a socket that gets no echo: whoever hands it out knows by it where not to.
pub fn message_id(member: u64) -> MessageId {
    let number = u128::from(rand::random::<u64>());
    MessageId::from_bits(u128::from(member) << 64 | number)
}

/// A socket's place in a room; it leaves when this is dropped.
pub struct Membership {
    hub: Hub,
    room: Arc<Room>,
    socket: u64,
}

impl Membership {
    /// Waits until nothing that happens at the chat can be missed any more.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn listening(&self) -> Result<(), Unavailable> {
        let mut listening: watch::Receiver<bool> = self.room.watch_listening();
        let confirmed = listening.wait_for(|listening| *listening);
        match timeout(LISTEN_DEADLINE, confirmed).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err(Unavailable),
        }
    }

    /// Gives the socket a seat from which it hears what this reader may see, and its place in the line if it wants
    /// that. It has to read the log then and say so, by [`Self::take_place`] or [`Self::give_up_place`]: it is told
    /// nothing before.
    pub fn seat(&self, reader: Reader, wants_place: bool) {
        self.room.seat(self.socket, reader, wants_place);
        if wants_place {
            self.hub.0.line.changed();
        }
    }

    /// While this visitor waits, its chat does not fall silent.
    pub fn keep_alive(&self) {
        self.room.keep_alive(self.socket);
    }

    /// The socket has the log up to there, which shows the chat so: from now on it is told what follows.
    pub fn take_place(&self, held: &Held, told: Told) {
        if let Some(from) = self.room.take_place(self.socket, held, told) {
            self.hub.read_again(self.room.clone(), from);
        }
    }

    /// The socket could not read the log: it is at the chat's door again, unless it had a seat before.
    pub fn give_up_place(&self) {
        if let Some(from) = self.room.give_up_place(self.socket) {
            self.hub.read_again(self.room.clone(), from);
        }
    }

    /// The chat as this process last knew it.
    pub fn held(&self) -> Option<Held> {
        self.room.held()
    }

    /// Tells the room how the chat is, as a command has shown.
    pub fn advance(&self, held: &Held) {
        self.room.advance(held);
    }

    /// The log is not the one that this socket was told: whoever is here is told what is there.
    pub fn read_again(&self) {
        self.hub.resync(self.room.clone());
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.hub.leave(&self.room, self.socket);
    }
}

#[cfg(test)]
mod tests;
