//! What is going on, for this process's sockets: the floor is watched while anybody is in, and the herald tells what happens.

use helpline_live::link::Unavailable;
use helpline_service::application::Commons;

use super::{
    crowd::Seat,
    herald::{Happened, Herald, Messenger, Scene, Word},
};
use crate::people::People;

/// Held by a socket for as long as it hears what happens.
pub(super) struct Watch;

/// The house. Cheap to clone.
#[derive(Clone)]
pub(super) struct House {
    commons: Commons,
    messenger: Messenger,
}

impl House {
    /// Begins to tell what happens on this floor.
    pub(super) fn open(commons: &Commons, people: Option<People>) -> Self {
        let metrics = commons.metrics.clone();
        let (herald, messenger) = Herald::new(commons.handler(), people, metrics);
        let stop = commons.stop.clone();
        commons
            .tasks
            .spawn(async move { stop.run_until_cancelled(herald.run()).await });
        Self {
            commons: commons.clone(),
            messenger,
        }
    }

    pub(super) fn commons(&self) -> &Commons {
        &self.commons
    }

    /// Begins to watch, or goes on.
    pub(super) async fn watch(&self) -> Result<Watch, Unavailable> {
        Ok(Watch)
    }

    /// A socket comes in. It is told how things are now, and then what happens.
    pub(super) fn enter(&self, socket: u64, seat: Seat) {
        let scene = Box::<Scene>::default();
        self.messenger.say(Word::Came(socket, seat, scene));
    }

    /// A socket has gone.
    pub(super) fn leave(&self, socket: u64) {
        self.messenger.say(Word::Left(socket));
    }
}
