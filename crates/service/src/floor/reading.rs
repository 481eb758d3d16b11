//! Reading what is not known yet, or not any more, in the background and as long as it takes.

use std::time::Duration;

use futures_util::future::join_all;
use helpline_desk::id::ChatId;
use helpline_live::{
    link::Unavailable,
    store::{Loaded, StoreError},
};
use tokio::time::sleep;
use tracing::{debug, error};

use super::{Floor, OnFloor, view::Task};

/// How long to wait before the store is asked again.
const PAUSE: Duration = Duration::from_millis(250);
/// How many chats are asked for at once: they share a connection, and a page of them is one burst.
const PAGE: usize = 64;
/// The most chats that are open in one partition, as far as the floor can show them.
const MOST: usize = 100_000;

impl Floor {
    pub(super) fn read_in_the_background(&self) {
        let floor = self.clone();
        let read = async move {
            loop {
                floor.0.work.notified().await;
                while let Err(reason) = floor.read().await {
                    debug!(%reason, "the floor cannot be read yet");
                    sleep(PAUSE).await;
                }
            }
        };
        let stop = self.0.stop.clone();
        self.0
            .tasks
            .spawn(async move { stop.run_until_cancelled(read).await });
    }

    /// Reads until there is nothing more to read.
    async fn read(&self) -> Result<(), Unavailable> {
        loop {
            let task = self.view().next_task(PAGE);
            match task {
                Task::Nothing => {
                    // With the view held: whoever comes to watch after the last has gone begins with nothing read.
                    let view = self.view();
                    if view.is_read() {
                        self.0.ready.send_replace(true);
                    }
                    return Ok(());
                }
                Task::Staff => {
                    let staff = self.0.handler.store().staff().await?;
                    self.view().put_staff(staff, &self.0.observer);
                }
                Task::Partition(partition) => {
                    let store = self.0.handler.store();
                    let open = store.open_in(partition, MOST).await?;
                    let keys = &self.0.keys;
                    let is_here = |chat: ChatId| keys.partition(chat) == partition;
                    self.view().put_partition(partition, &open, is_here);
                }
                Task::Chats(chats) => {
                    let loads = chats.iter().map(|chat| self.load(*chat));
                    let mut done = Ok(());
                    for (chat, loaded) in chats.iter().zip(join_all(loads).await) {
                        // One that cannot be had does not keep the others away.
                        done = self.put(*chat, loaded).and(done);
                    }
                    done?;
                }
            }
        }
    }

    /// A chat as it is. One that is kept and was open here is not over because the store has lost it: it is put back, if
    /// this process can do that.
    async fn load(&self, chat: ChatId) -> Result<Option<Loaded>, StoreError> {
        let handler = &self.0.handler;
        let loaded = handler.store().load(chat, 0).await?;
        let was_open = |held: &OnFloor| held.chat.kept && held.chat.is_open();
        let is_lost = loaded.is_none() && self.look(|view| view.chat(chat).is_some_and(was_open));
        match is_lost && handler.restore(chat).await? {
            true => handler.store().load(chat, 0).await,
            false => Ok(loaded),
        }
    }

    fn put(
        &self,
        chat: ChatId,
        loaded: Result<Option<Loaded>, StoreError>,
    ) -> Result<(), Unavailable> {
        match loaded {
            Ok(loaded) => self.view().put(chat, loaded, &self.0.observer),
            Err(StoreError::Unavailable(reason)) => return Err(reason),
            Err(StoreError::Unreadable) => {
                // It cannot be shown; whoever can read it shows it.
                error!(%chat, "a chat that this release cannot read is left out");
                self.view().put(chat, None, &self.0.observer);
            }
        }
        Ok(())
    }
}
