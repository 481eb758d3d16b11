//! What the herald is given to tell: bounded, and never waited for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use helpline_desk::{chat::Chat, event::Recorded};
use helpline_protocol::bus::StaffMember;
use helpline_service::floor::{Before, Spoken};
use tokio::sync::mpsc;

use super::crowd::Seat;

/// How much may wait to be told. More means that something was missed, and everybody comes back.
const UNTOLD: usize = 4096;
/// Something to tell.
pub(super) enum Word {
    /// Something happened at a chat, whose state after it this is.
    Happened(Box<Happened>),
    /// A chat is there, as is found out only now.
    Found(Box<Found>),
    /// A chat that was open is not there any more: what it was, and who had it.
    Lost(Box<(Chat, Before)>),
    /// Somebody of the staff is here; and whether it was not before.
    Here(StaffMember, bool),
    /// Somebody of the staff has gone.
    Gone(StaffMember),
    /// A socket comes in, and this is how things are.
    Came(u64, Seat, Box<Scene>),
    /// A socket has gone.
    Left(u64),
}

/// Something that happened at a chat.
pub(super) struct Happened {
    pub(super) before: Before,
    /// The chat after it.
    pub(super) chat: Chat,
    /// What was said in the session, where that is told too.
    pub(super) session: Vec<Spoken>,
    pub(super) recorded: Recorded,
}

/// A chat that is there, and of which nobody knows what happened.
pub(super) struct Found {
    /// What was told of it.
    pub(super) before: Before,
    /// What it is.
    pub(super) chat: Chat,
    /// What was said in its session and was told, or would have been.
    pub(super) told: Vec<Spoken>,
    /// What was said after that.
    pub(super) news: Vec<Spoken>,
}

/// How things are.
pub(super) struct Scene {
    /// The chats that wait, oldest first.
    pub(super) waiting: Vec<Waiting>,
    /// The staff who are online.
    pub(super) staff: Vec<StaffMember>,
}

/// A chat that waits.
pub(super) struct Waiting {
    pub(super) chat: Chat,
    pub(super) session: Vec<Spoken>,
}

/// The way to the herald. Cheap to clone.
#[derive(Clone)]
pub(super) struct Messenger {
    words: mpsc::Sender<Word>,
    missed: Arc<AtomicBool>,
}

impl Messenger {
    /// Gives the herald something to tell. Never waits.
    pub(super) fn say(&self, word: Word) {
        if self.words.try_send(word).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }
}

/// What has been given, in its order.
pub(super) struct Words {
    words: mpsc::Receiver<Word>,
    missed: Arc<AtomicBool>,
}

impl Words {
    /// The next one; `None` when there is none to come.
    pub(super) async fn next(&mut self) -> Option<Result<Word, Missed>> {
        let word = self.words.recv().await?;
        if !self.missed.swap(false, Ordering::Acquire) {
            return Some(Ok(word));
        }
        // Whatever waits is older than what was lost, and so is what those among it were shown who come in.
        while self.words.try_recv().is_ok() {}
        Some(Err(Missed))
    }
}

/// There was too much: something was lost, and everything that waited with it.
#[derive(Debug)]
pub(super) struct Missed;

/// The way to a herald, and what comes on it.
pub(super) fn words() -> (Messenger, Words) {
    let (sender, words) = mpsc::channel(UNTOLD);
    let missed = Arc::<AtomicBool>::default();
    let messenger = Messenger {
        words: sender,
        missed: missed.clone(),
    };
    (messenger, Words { words, missed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_lost_takes_along_what_waits() {
        let (messenger, mut words) = words();
        messenger.say(Word::Left(0));
        assert!(matches!(words.next().await, Some(Ok(Word::Left(0)))));
        for socket in 0..=UNTOLD {
            messenger.say(Word::Left(socket as u64));
        }
        assert!(matches!(words.next().await, Some(Err(Missed))));
        messenger.say(Word::Left(7));
        assert!(matches!(words.next().await, Some(Ok(Word::Left(7)))));
        drop(messenger);
        assert!(words.next().await.is_none());
    }
}
