//! Reading a chat: all of it, or what happened since it was last known.

use std::sync::Arc;

use helpline_desk::{actor::Actor, command::Command, id::ChatId};
use helpline_live::store::StoreError;

use super::{Handler, Held, Known, Request};

impl Handler {
    /// Loads a chat as it is; one that is kept and was lost by the store is put back first, if that is possible.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn load(&self, chat: ChatId) -> Result<Option<Held>, StoreError> {
        self.load_or_restore(chat, false).await
    }

    async fn load_or_restore(
        &self,
        chat: ChatId,
        is_kept: bool,
    ) -> Result<Option<Held>, StoreError> {
        if let Some(held) = self.load_live(chat).await? {
            return Ok(Some(held));
        }
        match self.restore(chat).await {
            Ok(true) => self.load_live(chat).await,
            // It is there, and cannot be had just now.
            Err(error) if is_kept => Err(error),
            Ok(false) | Err(_) => Ok(None),
        }
    }

    /// Puts a kept chat back that the store has lost. `false`: there is no such chat that is open.
    ///
    /// # Errors
    /// When that cannot be told in time.
    pub async fn restore(&self, chat: ChatId) -> Result<bool, StoreError> {
        self.restorer.restore(&self.store, chat).await
    }

    /// Whether this process can tell what becomes of a kept chat that the store has lost: it can put it back, or there are
    /// no records from which anybody could.
    pub(crate) fn decides_what_is_lost(&self) -> bool {
        self.restorer.is_set() || !self.store.is_streaming()
    }

    async fn load_live(&self, chat: ChatId) -> Result<Option<Held>, StoreError> {
        let loaded = self.store.load(chat, 0).await?;
        Ok(loaded.map(|loaded| Held {
            chat: loaded.chat(chat).map(Arc::new),
            head: loaded.head,
        }))
    }

    /// A chat as it is now, by way of what is known of it: only what happened since is read, if it is still that chat.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn refresh(
        &self,
        chat: ChatId,
        known: Option<&Held>,
    ) -> Result<Option<Held>, StoreError> {
        match self.newer(chat, known).await? {
            Some(held) => Ok(Some(held)),
            None => self.load(chat).await,
        }
    }

    /// What is known of a chat, brought up to date; `None` when it has to be loaded as a whole.
    async fn newer(&self, id: ChatId, known: Option<&Held>) -> Result<Option<Held>, StoreError> {
        let Some((head, mut chat)) = known.and_then(|held| Some((&held.head, held.chat.clone()?)))
        else {
            return Ok(None);
        };
        let Some(loaded) = self.store.load(id, head.seq).await? else {
            return Ok(None);
        };
        let follows = (head.seq + 1..).zip(&loaded.recorded);
        let is_same = loaded.head.epoch == head.epoch
            && loaded.head.seq >= head.seq
            && follows.clone().all(|(seq, recorded)| seq == recorded.seq);
        if !is_same {
            return Ok(None);
        }
        for (_, recorded) in follows {
            Arc::make_mut(&mut chat).apply(&recorded.event);
        }
        Ok(Some(Held {
            head: loaded.head,
            chat: Some(chat),
        }))
    }

    /// Loads the chat that a command is for.
    pub(super) async fn load_for(
        &self,
        request: &Request<'_>,
        known: Option<&Held>,
    ) -> Result<Option<Held>, StoreError> {
        if let Some(held) = self.newer(request.chat, known).await? {
            return Ok(Some(held));
        }
        if request.actor == Actor::Desk {
            // What is due at a chat has gone with it.
            return self.load_live(request.chat).await;
        }
        let known = match &request.known {
            Known::Held(held) => held.chat.as_deref(),
            Known::Nothing | Known::Absent => None,
        };
        // A standing chat that is not there may have been let go, and must not begin anew beside its own records.
        let asks = matches!(request.command, Command::Ask { .. });
        let is_kept = asks || known.is_some_and(|chat| chat.kept && !chat.is_over());
        self.load_or_restore(request.chat, is_kept).await
    }
}
