//! What the store has to be like before anything is entrusted to it.

use redis::InfoDict;

use crate::{link::Unavailable, store::Store};

/// The oldest release whose scripts and pub/sub are good enough.
const OLDEST_MAJOR: u32 = 7;

/// Why the store cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// It does not answer (yet).
    #[error("the store does not answer")]
    Unavailable,
    /// It is too old.
    #[error("Redis {0} is too old: 7 or newer is needed")]
    TooOld(String),
    /// It would throw chats away when memory runs short.
    #[error("Redis has maxmemory-policy {0}: it must be noeviction, or it throws chats away")]
    Evicts(String),
    /// It is a cluster, and was taken for a server alone.
    #[error("Redis is a cluster: set redis.cluster")]
    Cluster,
    /// It was set up with another number of partitions.
    #[error(
        "this deployment has {stored} partitions, the setting redis.partitions says {configured}"
    )]
    Partitions {
        /// What the store says.
        stored: u16,
        /// What the setting says.
        configured: u16,
    },
}

impl From<Unavailable> for SetupError {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl SetupError {
    /// Whether waiting can help.
    pub fn may_pass(&self) -> bool {
        !matches!(self, Self::Partitions { .. } | Self::Cluster)
    }
}

/// Whether a server that says it has this version of Redis (Valkey says one too) is too old.
pub(crate) fn is_too_old(version: &str) -> bool {
    let major = version.split('.').next().and_then(|n| n.parse().ok());
    major.is_none_or(|major: u32| major < OLDEST_MAJOR)
}

impl Store {
    /// Checks the store, and enters the number of partitions if it is new.
    ///
    /// # Errors
    /// When it does not answer or cannot be used.
    pub async fn check_setup(&self) -> Result<(), SetupError> {
        let configured = self.shared.keys.partitions();
        let key = self.shared.keys.partition_count();
        let asked = self.link.ask_all(async |connection| {
            let info: InfoDict = redis::cmd("INFO").query_async(connection).await?;
            Ok(info)
        });
        for info in asked.await? {
            check(&info, self.link.is_spread())?;
        }
        let mut enter = redis::cmd("SET");
        enter.arg(&key).arg(configured).arg("NX").arg("GET");
        let stored: Option<u16> = self
            .link
            .run(async |connection| enter.query_async(connection).await)
            .await?;
        match stored {
            Some(stored) if stored != configured => {
                Err(SetupError::Partitions { stored, configured })
            }
            _ => Ok(()),
        }
    }

    /// The secret that all processes of an open-mode deployment share; `candidate` becomes it if there is none.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn shared_secret(&self, candidate: &str) -> Result<String, Unavailable> {
        let mut set = redis::cmd("SET");
        set.arg(self.shared.keys.secret())
            .arg(candidate)
            .arg("NX")
            .arg("GET");
        let stored: Option<String> = self
            .link
            .run(async |connection| set.query_async(connection).await)
            .await?;
        Ok(stored.unwrap_or_else(|| candidate.to_owned()))
    }
}

/// Whether a server is good enough.
fn check(info: &InfoDict, spread: bool) -> Result<(), SetupError> {
    let version: String = info.get("redis_version").unwrap_or_default();
    if is_too_old(&version) {
        return Err(SetupError::TooOld(version));
    }
    let policy: String = info.get("maxmemory_policy").unwrap_or_default();
    if policy != "noeviction" {
        return Err(SetupError::Evicts(policy));
    }
    match is_cluster(info) && !spread {
        true => Err(SetupError::Cluster),
        false => Ok(()),
    }
}

pub(crate) fn is_cluster(info: &InfoDict) -> bool {
    info.get("cluster_enabled") == Some(1)
}
