//! Visitors who wait with a client that asked for it (`keepAlive`, docs/helpline-v1.md) are not silent: their chats' time starts
//! anew for as long as such a socket is here. Whoever closes the page is silent from then on.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use helpline_desk::{actor::Actor, command::Command};
use tokio::time::sleep;
use tracing::debug;

use super::Hub;
use crate::handler::{Failure, Known, Request};

/// How often the rooms are looked at, at least and at most.
const LOOK_EVERY: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(5)];
/// How many chats are kept alive at once.
const AT_ONCE: usize = 32;

impl Hub {
    /// Keeps chats alive, in the background.
    pub(super) fn keep_alive(&self) {
        let hub = self.clone();
        let keep = async move {
            let [soonest, latest] = LOOK_EVERY;
            loop {
                // What is due by a third of the chats' time is found well before the rest of it is over.
                let idle_timeout = hub.0.handler.policy().idle_timeout;
                sleep((idle_timeout / 8).clamp(soonest, latest)).await;
                hub.keep_alive_once().await;
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(keep).await });
    }

    async fn keep_alive_once(&self) {
        let every = self.0.handler.policy().idle_timeout / 3;
        let rooms: Vec<_> = self.rooms().values().cloned().collect();
        let due = rooms
            .into_iter()
            .filter_map(|room| Some((room.is_to_be_kept_alive(every)?, room)));
        let keep = |(held, room)| async move {
            let room: std::sync::Arc<super::Room> = room;
            let request = Request {
                known: Known::Held(held),
                ..Request::new(room.id, Actor::Desk, Command::KeepAlive)
            };
            match self.0.handler.handle(request).await {
                // Refused: it is taken, or over, and that is on its way here.
                Ok(_) | Err(Failure::Refused(_)) => {}
                Err(Failure::Store(reason)) => {
                    debug!(chat = %room.id, %reason, "a chat could not be kept alive yet");
                    room.was_not_kept_alive();
                }
            }
        };
        stream::iter(due).for_each_concurrent(AT_ONCE, keep).await;
    }
}
