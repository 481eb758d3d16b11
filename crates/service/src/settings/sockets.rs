//! How sockets are kept, fed and closed, and how requests are handed out.

use std::{num::NonZero, thread, time::Duration};

use serde::Deserialize;

use super::{SettingsError, check, values};

/// `[sockets]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketSettings {
    /// How often the server pings.
    #[serde(deserialize_with = "values::duration")]
    pub ping: Duration,
    /// A socket that sends nothing for so long is closed.
    #[serde(deserialize_with = "values::duration")]
    pub silence: Duration,
    /// The window in which malformed frames are counted.
    #[serde(deserialize_with = "values::duration")]
    pub error_window: Duration,
    /// A write that takes longer means a reader that does not read.
    #[serde(deserialize_with = "values::duration")]
    pub send_timeout: Duration,
    /// Over how long sockets are told to come back when the process stops.
    #[serde(deserialize_with = "values::duration")]
    pub drain: Duration,
    /// Frames that may wait for one socket.
    pub outbox: usize,
    /// A process that has not renewed its lease for so long counts as gone.
    #[serde(deserialize_with = "values::duration")]
    pub lease: Duration,
    /// Worker threads; 0 means one for each core. See [`SocketSettings::worker_count`].
    pub workers: usize,
}

impl SocketSettings {
    /// The number of worker threads that `workers` stands for, at least one.
    #[must_use]
    pub fn worker_count(&self) -> usize {
        match self.workers {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            set => set,
        }
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check::duration("sockets.ping", self.ping)?;
        check::duration("sockets.silence", self.silence)?;
        check::duration("sockets.error_window", self.error_window)?;
        check::duration("sockets.send_timeout", self.send_timeout)?;
        check::duration("sockets.drain", self.drain)?;
        check::duration("sockets.lease", self.lease)?;
        if self.ping >= self.silence {
            // A client that only answers pings would be cut off between two of them.
            return Err(SettingsError::key(
                "sockets.ping",
                "is not shorter than sockets.silence",
            ));
        }
        check::within("sockets.outbox", self.outbox, 1..=65_536)?;
        check::within("sockets.workers", self.workers, 0..=1024)
    }
}

/// `[queue]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueSettings {
    /// How long a request is kept for the agent who accepted it.
    #[serde(deserialize_with = "values::duration")]
    pub reservation: Duration,
    /// How long a chat that was handed over waits for that agent only.
    #[serde(deserialize_with = "values::duration")]
    pub transfer: Duration,
    /// How long after its agent counts as having left a chat goes back to the queue.
    #[serde(deserialize_with = "values::duration")]
    pub vanished: Duration,
}

impl QueueSettings {
    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check::duration("queue.reservation", self.reservation)?;
        check::duration("queue.transfer", self.transfer)?;
        check::duration("queue.vanished", self.vanished)
    }
}
