//! Accounts whose tokens have ended: those that may not sign in any more, or as something else.
//!
//! One small sorted set for the deployment; each process reads it once a second. The records know better: chat-server
//! writes here what it finds there, again after a loss. It stays as long as any token may live: another issuer's for years.

use crate::{link::Unavailable, store::Store};

/// How long all of it stays after the last entry: ten years, as long as anyone may count on a token.
const KEEP_MS: u64 = 10 * 365 * 24 * 3600 * 1000;

/// An account, and the second (since 1970) from which its tokens are good again.
pub type Revocation = (String, i64);

impl Store {
    /// Enters accounts.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn revoke(&self, revoked: &[Revocation]) -> Result<(), Unavailable> {
        let key = self.shared.keys.revocations();
        let mut pipeline = redis::pipe();
        for (account, from) in revoked {
            // A later end counts, whoever comes later.
            let add = pipeline.cmd("ZADD").arg(&key).arg("GT");
            add.arg(from).arg(account).ignore();
        }
        pipeline.cmd("PEXPIRE").arg(&key).arg(KEEP_MS).ignore();
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
