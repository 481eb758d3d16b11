//! The way from the rooms to a socket: bounded, and never waited for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use helpline_desk::{event::Recorded, id::ChatId, time::Timestamp};
use helpline_protocol::close::Close;
use tokio::sync::mpsc;

use crate::wire::Frame;

/// How far a chat was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// The last event that was told.
    pub seq: u64,
    /// When that happened. Times grow with the numbers, and unlike them they outlive an epoch.
    pub at: Timestamp,
}

impl From<&Recorded> for Told {
    fn from(recorded: &Recorded) -> Self {
        Self {
            seq: recorded.seq,
            at: recorded.at,
        }
    }
}

/// What a socket gets to deliver.
#[derive(Debug)]
pub struct Delivery {
    /// The chat it is about.
    pub chat: ChatId,
    /// Where it stands in the chat, if it does.
    pub stands: Option<Told>,
    /// Whether it takes the place of everything before: a history after the log had been lost.
    pub resets: bool,
    /// What goes to the client.
    pub frames: Vec<Frame>,
    /// What the socket is closed with afterwards. One that is in several rooms only leaves this room at [`Close::Over`]
    /// and [`Close::GivenAway`].
    pub close: Option<Close>,
}

impl Delivery {
    /// Something about a chat that has no place in its log.
    pub(super) fn aside(chat: ChatId, frames: Vec<Frame>, close: Option<Close>) -> Arc<Self> {
        Arc::new(Self {
            chat,
            stands: None,
            resets: false,
            frames,
            close,
        })
    }

    /// Whether there is anything to deliver.
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.close.is_none()
    }
}

/// What rooms put into, and one socket reads from. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Outbox {
    sender: mpsc::Sender<Arc<Delivery>>,
    overflowed: Arc<AtomicBool>,
}

/// The other end of an [`Outbox`].
pub type Inbox = mpsc::Receiver<Arc<Delivery>>;

impl Outbox {
    pub(super) fn new(capacity: usize) -> (Self, Inbox) {
        let (sender, inbox) = mpsc::channel(capacity);
        let overflowed = Arc::default();
        (Self { sender, overflowed }, inbox)
    }

    /// Puts something in; `false` if there is no room, after which the socket has missed something and has to go.
    pub(super) fn put(&self, delivery: Arc<Delivery>) -> bool {
        let fits = self.sender.try_send(delivery).is_ok();
        if !fits {
            self.overflowed.store(true, Ordering::Relaxed);
        }
        fits
    }

    /// Whether something did not fit. A socket that keeps an outbox open for further rooms has to look; one whose rooms
    /// alone hold it sees its inbox end.
    pub fn has_overflowed(&self) -> bool {
        self.overflowed.load(Ordering::Relaxed)
    }
}
