//! Who has registered lately: the records hear of it from the event stream, a moment later or, while the database is away,
//! much later.

use std::time::Duration;

use helpline_desk::id::VisitorId;

use crate::{link::Unavailable, store::Store};

/// How long it is remembered: by then the records have it.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

impl Store {
    /// Remembers that a visitor registers.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn note_registration(&self, visitor: VisitorId) -> Result<(), Unavailable> {
        let mut set = redis::cmd("SET");
        set.arg(self.shared.keys.registered(visitor)).arg(1);
        set.arg("EX").arg(REMEMBERED.as_secs());
        self.link
            .run(async |connection| set.query_async(connection).await)
            .await
    }

    /// Whether a visitor has registered lately.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn has_registered(&self, visitor: VisitorId) -> Result<bool, Unavailable> {
        let mut exists = redis::cmd("EXISTS");
        exists.arg(self.shared.keys.registered(visitor));
        self.link
            .run(async |connection| exists.query_async(connection).await)
            .await
    }
}
