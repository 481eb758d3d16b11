//! The stored settings, read at each entry into a chat.
//!
//! Whoever asks gets what was read after it asked; many who ask at once share a read. While the database is away the last
//! known settings hold, and nobody waits long for it.

use std::{sync::Arc, time::Duration};

use helpline_live::texts::Texts;
use helpline_records::{Records, StoredSettings};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

/// How long an entry waits for the database.
const PATIENCE: Duration = Duration::from_millis(500);
/// For how long nobody asks again after it did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// The settings as they were last read. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Stored {
    records: Records,
    last: Arc<Mutex<Last>>,
}

#[derive(Default)]
struct Last {
    settings: Option<Arc<StoredSettings>>,
    /// When the last read began that succeeded.
    began: Option<Instant>,
    /// When the last one failed.
    failed: Option<Instant>,
}

impl Stored {
    pub(super) fn new(records: Records) -> Self {
        Self {
            records,
            last: Arc::default(),
        }
    }

    /// The settings now; `None`: they could never be read yet.
    pub(crate) async fn get(&self) -> Option<Arc<StoredSettings>> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        let is_fresh = last.began.is_some_and(|began| began >= asked);
        let is_away = last.failed.is_some_and(|failed| failed.elapsed() < PAUSE);
        if is_fresh || is_away {
            return last.settings.clone();
        }
        let began = Instant::now();
        match timeout(PATIENCE, self.records.settings()).await {
            Ok(Ok(settings)) => {
                last.settings = Some(Arc::new(settings));
                (last.began, last.failed) = (Some(began), None);
            }
            _ => last.failed = Some(Instant::now()),
        }
        last.settings.clone()
    }
}

/// What of the settings the rules look at.
pub(crate) fn texts(settings: &StoredSettings) -> Texts {
    Texts {
        join: settings.join_text.clone(),
        leave: settings.leave_text.clone(),
        idle_timeout: settings.idle_timeout_seconds.map(Duration::from_secs),
    }
}
