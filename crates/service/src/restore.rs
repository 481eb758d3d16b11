//! Kept chats that the store has lost, put back from where they are kept.
//!
//! A service that can do that says so once, at its start; everyone who loads a chat then finds it again. A service that
//! cannot takes a chat that is not in the store for one that is gone.

use std::{
    pin::Pin,
    sync::{Arc, OnceLock},
    time::Duration,
};

use helpline_desk::id::ChatId;
use helpline_live::{
    link::Unavailable,
    store::{Store, StoreError},
};
use tokio::time::timeout;

/// How long anyone waits for it.
const DEADLINE: Duration = Duration::from_secs(2);

/// Whether a chat is there again.
pub type Restoring<'a> = Pin<Box<dyn Future<Output = Result<bool, StoreError>> + Send + 'a>>;

/// Puts kept chats back.
pub trait Restore: Send + Sync {
    /// Puts a chat back that the store does not know. `false`: there is no such chat that is open.
    fn restore<'a>(&'a self, store: &'a Store, chat: ChatId) -> Restoring<'a>;
}

/// Whoever puts chats back in this process, if anybody does. Clones share it.
#[derive(Clone, Default)]
pub struct Restorer(Arc<OnceLock<Box<dyn Restore>>>);

impl Restorer {
    /// Says who puts chats back. Only the first word counts.
    pub fn set(&self, restore: impl Restore + 'static) {
        let _ = self.0.set(Box::new(restore));
    }

    /// Whether anybody puts chats back.
    pub(crate) fn is_set(&self) -> bool {
        self.0.get().is_some()
    }

    /// Puts a chat back, if that is possible.
    ///
    /// # Errors
    /// When that cannot be told in time.
    pub(crate) async fn restore(&self, store: &Store, chat: ChatId) -> Result<bool, StoreError> {
        match self.0.get() {
            Some(restore) => match timeout(DEADLINE, restore.restore(store, chat)).await {
                Ok(restored) => restored,
                Err(_) => Err(Unavailable.into()),
            },
            None => Ok(false),
        }
    }
}
