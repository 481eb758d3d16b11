//! Forgets chats that ended, and follow-ups that were left, longer ago than people want them kept (the stored setting
//! `retention_days`). Every process
//! does it; what one has forgotten the others do not find.

use std::time::Duration;

use helpline_records::{Records, RecordsError};
use helpline_service::handler::Handler;
use tokio::time::sleep;
use tracing::{debug, info};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(3600);
/// How soon again if the database did not answer.
const SOON: Duration = Duration::from_secs(60);
/// How many chats go in one transaction, so that nobody waits long for it.
const PORTION: u64 = 200;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Since when what ended is kept, if chats are kept for so many days; `None`: since ever.
pub(crate) fn kept_since(now: i64, days: u64) -> Option<i64> {
    let days = u32::try_from(days).unwrap_or(u32::MAX);
    let kept = DAY.checked_mul(days).filter(|_| days > 0)?;
    let kept = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
    Some(now.saturating_sub(kept))
}

/// The forgetting.
pub(super) struct Retention {
    pub(super) handler: Handler,
    pub(super) records: Records,
}

impl Retention {
    /// Works for ever.
    pub(super) async fn run(self) {
        loop {
            let pause = match self.forget().await {
                Ok(0) => LOOK_EVERY,
                Ok(chats) => {
                    info!(chats, "old chats were forgotten");
                    LOOK_EVERY
                }
                Err(reason) => {
                    debug!(%reason, "old chats could not be forgotten yet");
                    SOON
                }
            };
            sleep(pause).await;
        }
    }

    async fn forget(&self) -> Result<u64, RecordsError> {
        let days = self.records.settings().await?.retention_days;
        let Some(before) = kept_since(self.handler.now().0, days) else {
            return Ok(0);
        };
        let left = self.records.forget_follow_ups_before(before).await?;
        if left > 0 {
            info!(follow_ups = left, "old follow-ups were forgotten");
        }
        let mut forgotten = 0;
        loop {
            let portion = self.records.forget_before(before, PORTION).await?;
            forgotten += portion;
            if portion < PORTION {
                return Ok(forgotten);
            }
        }
    }
}
