//! What processes keep in the store and say through it.
//!
//! Lines of text, put together by the store's commit because it alone knows number and time:
//!
//! - an *entry* of a chat's log: `<seq> <message number, 0 for none> <microseconds> <event>`;
//! - a *publication* to a chat's channel: `1 <epoch> <revision> <entry>`, or `1 <epoch> ~ <passing>` for what
//!   is passed on and not kept.
//!
//! - the same on the channel of everything that happens in a partition: `1 <chat> <epoch> <revision> <entry>`.
//!
//! The leading `1` is the version. Fields are only ever added; a new kind of event is written one release
//! after it can be read. What cannot be read is an [`Unreadable`], never a guess.

mod event;
mod flagged;
mod queue;
mod staff;
mod watched;

use std::fmt;

use helpline_desk::{
    actor::Side,
    event::{Event, Recorded},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use self::event::WireEvent;
pub use self::flagged::{Flagged, read_flagged, write_flagged};
pub use self::queue::{
    CLAIMED, GONE, QueueChange, read_queue_change, read_queue_entry, write_queue_entry,
};
pub use self::staff::{
    StaffChange, StaffMember, StaffProfile, read_staff_change, read_staff_member,
    write_staff_change, write_staff_profile,
};
pub use self::watched::{Watched, read_watched};
use crate::json;

/// The version that every publication begins with.
pub const VERSION: &str = "1";

/// Something another process said that this one cannot read: an unknown version or kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("said by a newer or broken process")
    }
}

impl std::error::Error for Unreadable {}

/// What arrives on a chat's channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publication {
    /// Something that happened and is in the log.
    Happened {
        /// The chat's epoch.
        epoch: String,
        /// The chat's revision after it.
        revision: u64,
        /// What happened.
        recorded: Recorded,
    },
    /// Something that is passed on and not kept.
    Passing(Passing),
}

/// Something that is passed on and not kept in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Passing {
    /// A side is writing, or has stopped.
    Typing {
        /// The side that writes.
        #[serde(with = "side")]
        side: Side,
        /// Whether it is.
        on: bool,
        /// The socket it came from, which does not get it back.
        origin: u64,
    },
    /// A side has seen everything up to `seq`.
    Seen {
        /// The side that has seen it.
        #[serde(with = "side")]
        side: Side,
        /// Up to where.
        seq: u64,
    },
}

/// An event as the log keeps it.
pub fn write_event(event: &Event) -> String {
    json(&WireEvent::from(event))
}

/// Something passing, as it is published.
pub fn write_passing(passing: &Passing) -> String {
    json(passing)
}

/// An entry of a chat's log, with what only the records want of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<'a> {
    /// What happened.
    pub recorded: Recorded,
    /// Its number among the chat's messages; 0 for what is no message.
    pub msg_no: u64,
    /// The event, as [`write_event`] wrote it.
    pub body: &'a str,
}

/// Reads an entry of a chat's log.
pub fn read_entry(entry: &str) -> Result<Recorded, Unreadable> {
    read_numbered(entry).map(|numbered| numbered.recorded)
}

/// Reads an entry of a chat's log, with its number and its text.
pub fn read_numbered(entry: &str) -> Result<Numbered<'_>, Unreadable> {
    let mut parts = entry.splitn(4, ' ');
    let seq = number(parts.next())?;
    let msg_no = number(parts.next())?;
    let at = Timestamp(number(parts.next())?);
    let body = parts.next().ok_or(Unreadable)?;
    let event: WireEvent<'_> = read(Some(body))?;
    let event = event.into_event()?;
    Ok(Numbered {
        recorded: Recorded { seq, at, event },
        msg_no,
        body,
    })
}

/// Reads what arrived on a chat's channel.
pub fn read_publication(text: &str) -> Result<Publication, Unreadable> {
    let mut parts = text.splitn(4, ' ');
    if parts.next() != Some(VERSION) {
        return Err(Unreadable);
    }
    let epoch = parts.next().ok_or(Unreadable)?;
    let revision = parts.next();
    let rest = parts.next();
    if revision == Some("~") {
        return read(rest).map(Publication::Passing);
    }
    Ok(Publication::Happened {
        epoch: epoch.to_owned(),
        revision: number(revision)?,
        recorded: read_entry(rest.ok_or(Unreadable)?)?,
    })
}

mod rank {
    use std::borrow::Cow;

    use helpline_desk::actor::Rank;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(rank: &Rank, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(rank.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Rank, D::Error> {
        let text = Cow::<'_, str>::deserialize(input)?;
        Rank::parse(&text).ok_or_else(|| D::Error::custom("no such rank"))
    }
}

mod side {
    use helpline_desk::actor::Side;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(side: &Side, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(match side {
            Side::Visitor => "visitor",
            Side::Support => "support",
        })
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Side, D::Error> {
        match <&str>::deserialize(input)? {
            "visitor" => Ok(Side::Visitor),
            "support" => Ok(Side::Support),
            _ => Err(D::Error::custom("no such side")),
        }
    }
}

fn read<'a, T: Deserialize<'a>>(text: Option<&'a str>) -> Result<T, Unreadable> {
    serde_json::from_str(text.ok_or(Unreadable)?).map_err(|_| Unreadable)
}

fn number<T: std::str::FromStr>(text: Option<&str>) -> Result<T, Unreadable> {
    text.and_then(|text| text.parse().ok()).ok_or(Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_newer_process_says_is_not_guessed_at() {
        for text in [
            "",
            "2 epoch 3 1 0 5 {\"visitorJoined\":{}}",
            "1 epoch 3 1 0 5 {\"danced\":{}}",
            "1 epoch 3 1 0",
            "1 epoch ~ {\"danced\":{}}",
        ] {
            assert_eq!(read_publication(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn fields_may_be_added() {
        let text = "1 epoch 3 1 0 5 {\"visitorJoined\":{\"mood\":\"good\"}}";
        let Ok(Publication::Happened { recorded, .. }) = read_publication(text) else {
            panic!("readable");
        };
        assert_eq!(recorded.event, Event::VisitorJoined);
    }
}
