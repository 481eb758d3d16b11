//! Conversations, wherever they are: live in the store, or kept in the records.
//!
//! What is live is the truth. What the store does not know and the records call open was lost there: it is put back and
//! is live again. What is closed is read from the records. The store knows of an end until the records have it, so there
//! is no moment at which a message is in neither.

use helpline_desk::{chat::Chat, event::Recorded, id::ChatId};
use helpline_live::store::StoreError;
use helpline_records::{Records, RecordsError, Status};
use helpline_service::handler::Handler;

use super::{archives::Archives, kept};
use crate::people::unanswered;

/// Conversations, as one thread of one process reaches them. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Conversations {
    pub(super) handler: Handler,
    pub(super) records: Records,
    pub(super) archives: Archives,
}

/// A conversation with everything that happened in it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) chat: Chat,
    pub(super) recorded: Vec<Recorded>,
}

/// The store or the records did not answer in time, or not in a way that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unavailable;

impl From<StoreError> for Unavailable {
    fn from(_: StoreError) -> Self {
        Self
    }
}

impl From<RecordsError> for Unavailable {
    fn from(error: RecordsError) -> Self {
        unanswered(&error);
        Self
    }
}

impl Conversations {
    /// Conversations by this handler and in these records, of which `archives` tells what they have.
    pub(crate) fn new(handler: Handler, records: Records, archives: Archives) -> Self {
        Self {
            handler,
            records,
            archives,
        }
    }

    pub(super) fn handler(&self) -> &Handler {
        &self.handler
    }

    /// A conversation, if there is such a one. A chat that is none is not found.
    pub(super) async fn find(&self, id: ChatId) -> Result<Option<Found>, Unavailable> {
        if let Some(found) = self.live(id).await? {
            return Ok(found.into_conversation());
        }
        let known = self.records.conversation(&id.to_string()).await?;
        let Some(known) = known else {
            return Ok(None);
        };
        if known.status == Status::Closed {
            let kept = kept::read(&self.records, id).await?;
            return Ok(kept.map(|kept| kept.found));
        }
        match self.handler.restore(id).await? {
            true => Ok(self.live(id).await?.and_then(Found::into_conversation)),
            false => Ok(None),
        }
    }

    /// What the store knows.
    async fn live(&self, id: ChatId) -> Result<Option<Found>, Unavailable> {
        let loaded = self.handler.store().load(id, 0).await?;
        Ok(loaded.and_then(|loaded| Found::of(id, loaded.recorded)))
    }
}

impl Found {
    pub(super) fn of(id: ChatId, recorded: Vec<Recorded>) -> Option<Self> {
        let chat = Chat::from_events(id, &recorded)?;
        Some(Self { chat, recorded })
    }

    fn into_conversation(self) -> Option<Self> {
        (self.chat.kept && !self.chat.standing).then_some(self)
    }
}
