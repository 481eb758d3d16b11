//! When the records have the end of a chat. Whichever process stores it says so; nobody asks the database again and again.

use helpline_desk::id::ChatId;
use helpline_live::feed::{Feed, Heard};
use helpline_service::application::Commons;
use tokio::sync::broadcast::{Receiver, Sender, error::RecvError};

/// How many ends may be told before somebody who waits has looked at them.
const UNHEARD: usize = 1_024;

/// What this process hears of it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Archives {
    told: Sender<ChatId>,
    _feed: Feed,
}

/// Somebody who waits for an end; begun before the end is asked for.
pub(super) struct Waiting(Receiver<ChatId>);

impl Archives {
    /// Starts to listen, on this runtime.
    pub(crate) fn open(commons: &Commons) -> Self {
        let (told, _) = tokio::sync::broadcast::channel(UNHEARD);
        let tell = told.clone();
        let feed = Feed::open(
            commons.store.clone(),
            commons.stop.clone(),
            move |heard| match heard {
                Heard::Message { text, .. } => {
                    if let Some(chat) = ChatId::parse(text) {
                        // Often nobody waits.
                        let _ = tell.send(chat);
                    }
                }
                Heard::Listening(_) => {}
            },
        );
        let handler = commons.handler();
        let keys = handler.store().keys();
        for partition in 0..keys.partitions() {
            feed.want(&keys.archived_channel(partition));
        }
        Self { told, _feed: feed }
    }

    pub(super) fn wait(&self) -> Waiting {
        Waiting(self.told.subscribe())
    }
}

impl Waiting {
    /// Returns when this chat's end is in the records, or when it may be and nobody can tell any more.
    pub(super) async fn until(mut self, chat: ChatId) {
        loop {
            match self.0.recv().await {
                Ok(told) if told == chat => return,
                Ok(_) => {}
                Err(RecvError::Lagged(_) | RecvError::Closed) => return,
            }
        }
    }
}
