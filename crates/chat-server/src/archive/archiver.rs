//! Brings the event stream into the records.
//!
//! Promised: an event is acknowledged only after the records have confirmed it, so whatever dies in between, this process
//! included, the event comes again and is recognised there. While the database is away nothing is acknowledged and
//! nothing else stops; a database that is too slow for a batch is given smaller ones. A kept chat's end is told to the store once it is in the records, and before it is acknowledged, so
//! at every moment one of the two can be asked.

use std::{collections::BTreeSet, time::Duration};

use helpline_desk::{event::Event, id::ChatId};
use helpline_live::{
    link::Unavailable,
    outbound::{Acknowledged, Batch, Content, Happened, Outbound},
};
use helpline_records::{Archived, Records, RecordsError};
use helpline_service::{handler::Handler, metrics::Metrics};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::portion::Portion;

/// The first pause after a failure. It doubles up to [`LONGEST_PAUSE`], which is shorter than the stream's lease.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(4);
/// How long a process that ends waits to let others go on at once.
const LAST_WORD: Duration = Duration::from_secs(1);

/// One process's share in the work.
pub(super) struct Archiver {
    pub(super) handler: Handler,
    pub(super) records: Records,
    pub(super) metrics: Metrics,
    pub(super) outbound: Outbound,
}

/// Why a batch was not done with. It comes again.
#[derive(Debug, thiserror::Error)]
enum Undone {
    #[error(transparent)]
    Records(#[from] RecordsError),
    #[error(transparent)]
    Store(#[from] Unavailable),
}

impl Archiver {
    /// Works until `stop`, then lets the other processes go on.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        stop.run_until_cancelled(self.work()).await;
        let released = timeout(LAST_WORD, self.outbound.release()).await;
        if !matches!(released, Ok(Ok(()))) {
            debug!("the event stream could not be let go; the lease runs out by itself");
        }
    }

    async fn work(&mut self) {
        let mut pause = SHORTEST_PAUSE;
        let mut failing = false;
        let mut portion = Portion::default();
        loop {
            let batch = match self.outbound.next(portion.size()).await {
                Ok(Some(batch)) => batch,
                // Nothing came for a while, or the store is away: both have taken their time.
                Ok(None) | Err(Unavailable) => continue,
            };
            match self.archive(&batch).await {
                Ok(()) => {
                    if failing {
                        info!("events are archived again");
                    }
                    (failing, pause) = (false, SHORTEST_PAUSE);
                    portion.went_well();
                }
                Err(reason) => {
                    self.metrics.records_failures.inc();
                    match reason {
                        Undone::Records(RecordsError::Unavailable(_)) | Undone::Store(_) => {
                            warn!(%reason, "events could not be archived yet");
                        }
                        Undone::Records(_) => error!(%reason, "events cannot be archived"),
                    }
                    failing = true;
                    portion.failed();
                    sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    /// Stores a batch, says so to the store, and acknowledges it.
    async fn archive(&self, batch: &Batch) -> Result<(), Undone> {
        let mut events = Vec::with_capacity(batch.entries.len());
        for entry in &batch.entries {
            match &entry.content {
                Content::Happened(happened) => events.push(archived(happened)),
                Content::Unreadable { chat, .. } => {
                    // Its text may be what somebody said: it is no matter for a log.
                    error!(
                        chat,
                        entry = entry.id,
                        "an event cannot be read and is left out"
                    );
                    self.metrics.records_unreadable.inc();
                }
            }
        }
        let stored = self.records.store(&events).await?;
        self.metrics.records_stored.inc_by(stored.stored);
        for conflicting in &stored.conflicting {
            self.metrics.records_conflicts.inc();
            error!(
                chat = %conflicting.chat,
                epoch = conflicting.epoch,
                seq = conflicting.seq,
                "another event is in the place of this one, which is not stored"
            );
        }
        let tombstone = self.handler.policy().tombstone;
        for chat in ended(&events) {
            self.handler.store().archived(chat, tombstone).await?;
        }
        match self.outbound.acknowledge(batch).await? {
            Acknowledged::Done => {}
            Acknowledged::Late => debug!("a batch took longer than the lease, and comes again"),
        }
        Ok(())
    }
}

fn archived(happened: &Happened) -> Archived {
    Archived {
        chat: happened.chat,
        epoch: happened.epoch.clone(),
        seq: happened.recorded.seq,
        at: happened.recorded.at.0,
        msg_no: happened.msg_no,
        event: Some(happened.recorded.event.clone()),
        body: happened.body.clone(),
    }
}

/// The chats, or their sessions, that end with these events. For one that was not kept, and for one that is open again,
/// the store does nothing.
fn ended(events: &[Archived]) -> BTreeSet<ChatId> {
    let is_end = |event: &Event| matches!(event, Event::Ended(_) | Event::Rested(_));
    let over = |event: &&Archived| event.event.as_ref().is_some_and(is_end);
    events.iter().filter(over).map(|event| event.chat).collect()
}
