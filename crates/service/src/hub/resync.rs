//! Repair: after a hole or an interruption the log in the store is read, and it wins.

use std::{sync::Arc, time::Duration};

use helpline_desk::{actor::Actor, command::Command};
use helpline_live::store::StoreError;
use helpline_protocol::close::Close;
use tokio::time::sleep;
use tracing::{debug, error, warn};

use super::{
    Hub,
    room::{Repair, Room},
};
use crate::handler::{Failure, Handled, Request};

/// How long to wait before the store is asked again.
const PAUSE: Duration = Duration::from_millis(250);

impl Hub {
    /// Reads what a room missed, in the background, until it is told.
    pub(super) fn resync(&self, room: Arc<Room>) {
        if let Some(from) = room.begin_resync() {
            self.read_again(room, from);
        }
    }

    /// The same for a resync that has begun: the log is read from there.
    pub(super) fn read_again(&self, room: Arc<Room>, mut from: u64) {
        let hub = self.clone();
        // Boxed, or the task would hold it three times over; there is one whenever a room opens.
        let repair = Box::pin(async move {
            loop {
                match hub.read_log(&room, from).await {
                    Ok(()) => match room.end_resync() {
                        Some(again) => from = again,
                        None => return,
                    },
                    Err(StoreError::Unreadable) => {
                        error!(chat = %room.id, "sockets are sent elsewhere");
                        room.close(Close::Restart);
                        return room.abandon_resync();
                    }
                    Err(StoreError::Unavailable(_)) if room.is_empty() => {
                        return room.abandon_resync();
                    }
                    Err(reason) => {
                        debug!(chat = %room.id, %reason, "the log cannot be read yet");
                        sleep(PAUSE).await;
                    }
                }
            }
        });
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(repair).await });
    }

    async fn read_log(&self, room: &Room, from: u64) -> Result<(), StoreError> {
        let store = self.0.handler.store();
        let Some(loaded) = store.load(room.id, from).await? else {
            return self.bury(room).await;
        };
        match room.catch_up(loaded, &self.0.metrics) {
            Repair::Done => return Ok(()),
            Repair::Diverged => {}
        }
        let Some(mut whole) = store.load(room.id, 0).await? else {
            return self.bury(room).await;
        };
        if let Some(told) = room.epoch()
            && told == whole.head.epoch
        {
            let Some(renewed) = store.renew_epoch(room.id, &told).await? else {
                return self.bury(room).await;
            };
            // Of all processes that find out, the one that makes the new epoch counts what is missing.
            if renewed.here {
                self.count_lost(room, room.missing_in(&whole));
            }
            whole.head.epoch = renewed.epoch.into();
        }
        room.start_over(&whole, &self.0.metrics);
        Ok(())
    }

    fn count_lost(&self, room: &Room, events: u64) {
        warn!(chat = %room.id, events, "the store has lost what was told");
        self.0.metrics.store_lost_events.inc_by(events);
    }

    /// The chat is gone: it expired while nobody listened, or the store lost it. One that is kept is put back. The end of
    /// any other is told like any end, and heard here like anywhere.
    async fn bury(&self, room: &Room) -> Result<(), StoreError> {
        let handler = &self.0.handler;
        if room.is_kept() {
            let restored = handler.restore(room.id).await?;
            match handler.store().load(room.id, 0).await? {
                Some(whole) if restored => room.start_over(&whole, &self.0.metrics),
                _ => room.expire(),
            }
            return Ok(());
        }
        let expire = Request::new(room.id, Actor::Desk, Command::Expire);
        match handler.handle(expire).await {
            Err(Failure::Store(error)) => Err(error),
            Ok(Handled::Done { .. }) => {
                if let Some(lost) = room.cannot_have_expired(handler.now()) {
                    self.count_lost(room, lost);
                }
                Ok(())
            }
            Ok(Handled::Repeat { .. }) | Err(Failure::Refused(_)) => Ok(()),
        }
    }
}
