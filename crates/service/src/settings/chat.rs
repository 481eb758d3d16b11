//! Times, sizes and texts of a chat.

use std::time::Duration;

use serde::Deserialize;

use super::{SettingsError, check, values};

/// `[chat]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatSettings {
    /// A chat without activity for so long ends.
    #[serde(deserialize_with = "values::duration")]
    pub idle_timeout: Duration,
    /// How long a new socket may take to send its Join.
    #[serde(deserialize_with = "values::duration")]
    pub join_timeout: Duration,
    /// How long a side may be away before it counts as having left.
    #[serde(deserialize_with = "values::duration")]
    pub leave_grace: Duration,
    /// The longest message, in bytes of UTF-8.
    pub max_content_bytes: usize,
    /// How many messages a chat may hold; of one that never ends by itself, how many are kept live.
    pub max_messages: u32,
    /// The same in bytes.
    pub max_bytes: u64,
    /// The longest WebSocket frame.
    pub max_frame_bytes: usize,
    /// Shown when an agent comes; `{agent}` stands for the name.
    pub join_text: String,
    /// Shown when an agent goes; `{agent}` stands for the name.
    pub leave_text: String,
}

impl ChatSettings {
    /// Room for everything in a frame but the content: ids, names, a token.
    const ENVELOPE: usize = 2048;
    const LONGEST_TEXT: usize = 1024;
    const LARGEST_FRAME: usize = 16 * 1024 * 1024;
    /// More would keep everybody waiting who comes into such a chat.
    const MOST_MESSAGES: u32 = 1_000_000;
    const MOST_BYTES: u64 = 256 * 1024 * 1024;

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        check::duration("chat.idle_timeout", self.idle_timeout)?;
        check::duration("chat.join_timeout", self.join_timeout)?;
        check::duration("chat.leave_grace", self.leave_grace)?;
        check::within(
            "chat.max_frame_bytes",
            self.max_frame_bytes,
            Self::ENVELOPE + 1..=Self::LARGEST_FRAME,
        )?;
        // A message that may be sent but does not fit a frame would close the socket of whoever sends it.
        check::within(
            "chat.max_content_bytes",
            self.max_content_bytes,
            1..=self.max_frame_bytes - Self::ENVELOPE,
        )?;
        check::within(
            "chat.max_messages",
            self.max_messages,
            1..=Self::MOST_MESSAGES,
        )?;
        check::within("chat.max_bytes", self.max_bytes, 1..=Self::MOST_BYTES)?;
        for (key, text) in [
            ("chat.join_text", &self.join_text),
            ("chat.leave_text", &self.leave_text),
        ] {
            if text.len() > Self::LONGEST_TEXT {
                return Err(SettingsError::key(key, "is longer than 1024 bytes"));
            }
        }
        Ok(())
    }
}
