//! Chats that have gone from the store while everybody stayed connected to it: somebody has deleted the key, or the log
//! was put back by another process. Nothing is published then, so each process looks at the chats it has sockets for.

use std::{sync::Arc, time::Duration};

use helpline_live::link::Unavailable;
use tokio::time::{MissedTickBehavior, interval};
use tracing::debug;

use super::{Hub, room::Room};

/// How often it looks. Whoever is in a chat that is gone hears of that within 5 s.
const LOOK_EVERY: Duration = Duration::from_secs(2);

impl Hub {
    /// Looks after the chats of this process's rooms, in the background.
    pub(super) fn look_for_lost(&self) {
        let hub = self.clone();
        let look = async move {
            let mut tick = interval(LOOK_EVERY);
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                if let Err(reason) = hub.look_once().await {
                    debug!(%reason, "rooms cannot be compared with the store yet");
                }
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(look).await });
    }

    async fn look_once(&self) -> Result<(), Unavailable> {
        let rooms: Vec<Arc<Room>> = self.rooms().values().cloned().collect();
        // Of a room in which nobody has read the log nothing is known that could be lost.
        let told: Vec<(Arc<Room>, Arc<str>)> = rooms
            .into_iter()
            .filter_map(|room| Some((room.clone(), room.told_epoch()?)))
            .collect();
        let chats: Vec<_> = told.iter().map(|(room, _)| room.id).collect();
        let epochs = self.0.handler.store().epochs(&chats).await?;
        for ((room, told), epoch) in told.into_iter().zip(epochs) {
            if epoch.as_deref() != Some(&*told) {
                self.resync(room);
            }
        }
        Ok(())
    }
}
