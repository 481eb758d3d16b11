//! Conversations as the records keep them, and their return to the store when that has lost them.

use helpline_desk::{chat::Phase, event::Recorded, id::ChatId, queue::Entry, time::Timestamp};
use helpline_live::{
    kept::RestoredEvent,
    link,
    store::{Store, StoreError},
};
use helpline_protocol::bus;
use helpline_records::{ChatRecord, Records, Status};
use helpline_service::{
    application::TOMBSTONE,
    restore::{Restore, Restoring},
};
use tracing::{error, info};

use super::lookup::{Found, Unavailable};

/// A conversation as it is kept.
pub(super) struct Kept {
    pub(super) found: Found,
    /// The same events, as the store's log has them.
    log: Vec<RestoredEvent>,
}

/// Reads a conversation; `None` if not one event of it is kept.
pub(super) async fn read(records: &Records, id: ChatId) -> Result<Option<Kept>, Unavailable> {
    let mut recorded: Vec<Recorded> = Vec::new();
    let mut log = Vec::new();
    for kept in records.events_of(&id.to_string()).await? {
        let event = RestoredEvent {
            seq: kept.seq,
            msg_no: kept.msg_no,
            at: Timestamp(kept.at),
            body: kept.body,
        };
        let entry = format!(
            "{} {} {} {}",
            event.seq, event.msg_no, event.at.0, event.body
        );
        let Ok(read) = bus::read_entry(&entry) else {
            error!(chat = %id, seq = event.seq, "the records hold what this release cannot read");
            return Err(Unavailable);
        };
        recorded.push(read);
        log.push(event);
    }
    let found = Found::of(id, recorded);
    Ok(found.map(|found| Kept { found, log }))
}

/// Puts conversations back from the records.
pub(crate) struct FromRecords(pub(crate) Records);

impl Restore for FromRecords {
    fn restore<'a>(&'a self, store: &'a Store, chat: ChatId) -> Restoring<'a> {
        Box::pin(self.put_back(store, chat))
    }
}

impl FromRecords {
    async fn put_back(&self, store: &Store, id: ChatId) -> Result<bool, StoreError> {
        let away = |_| StoreError::Unavailable(link::Unavailable);
        let known = self.0.kept_chat(&id.to_string()).await;
        let known = known.map_err(Unavailable::from).map_err(away)?;
        let may_come_back =
            |known: &ChatRecord| known.status != Status::Closed || known.is_standing();
        if !known.is_some_and(|known| may_come_back(&known)) {
            return Ok(false);
        }
        let Some(kept) = read(&self.0, id).await.map_err(away)? else {
            return Ok(false);
        };
        if kept.found.chat.is_over() {
            return Ok(false);
        }
        let chat = &kept.found.chat;
        let waiting = Entry::of(chat);
        let rests = (chat.phase == Phase::Registered).then_some(TOMBSTONE);
        let restored = store
            .restore(id, &kept.log, waiting.as_ref(), rests)
            .await?;
        info!(chat = %id, ?restored, "a conversation that the store had lost was put back");
        Ok(true)
    }
}
