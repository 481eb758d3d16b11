//! Accounts whose tokens have ended: those that may not sign in any more, or as something else.
//!
//! One small sorted set for the deployment; each process reads it once a second. The records know better and for longer:
//! chat-server writes here what it finds there, again after a loss.

use std::time::Duration;

use crate::{link::Unavailable, store::Store};

/// An account, and the second (since 1970) from which its tokens are good again.
pub type Revocation = (String, i64);

impl Store {
    /// Enters accounts. What is older than `forget_before` goes, and all of it `keep` after the last entry.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke(
        &self,
        revoked: &[Revocation],
        forget_before: i64,
        keep: Duration,
    ) -> Result<(), Unavailable> {
        let key = self.shared.keys.revocations();
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let mut pipeline = redis::pipe();
        for (account, from) in revoked {
            // A later end counts, whoever comes later.
            let add = pipeline.cmd("ZADD").arg(&key).arg("GT");
            add.arg(from).arg(account).ignore();
        }
        let old = pipeline.cmd("ZREMRANGEBYSCORE").arg(&key).arg("-inf");
        old.arg(forget_before).ignore();
        pipeline.cmd("PEXPIRE").arg(&key).arg(keep).ignore();
        self.link
            .run(async |connection| pipeline.query_async(connection).await)
            .await
    }

    /// The accounts that were entered.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revocations(&self) -> Result<Vec<Revocation>, Unavailable> {
        let mut range = redis::cmd("ZRANGE");
        range.arg(self.shared.keys.revocations());
        range.arg(0).arg(-1).arg("WITHSCORES");
        self.link
            .run(async |connection| {
                let found: Vec<(String, f64)> = range.query_async(connection).await?;
                Ok(found)
            })
            .await
            .map(|found| {
                let whole = |(account, from)| (account, from as i64);
                found.into_iter().map(whole).collect()
            })
    }
}
