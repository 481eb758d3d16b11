//! A flagged chat, as the list of flagged chats keeps it: it may be asked for long after the chat itself is unloaded.

use std::borrow::Cow;

use helpline_desk::{
    chat::{Chat, VisitorEmail},
    id::{ChatId, VisitorId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::{Unreadable, read};
use crate::json;

/// A chat that somebody at the desk has flagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flagged {
    /// The chat.
    pub chat: ChatId,
    /// Its visitor.
    pub visitor: VisitorId,
    /// The visitor's name.
    pub name: String,
    /// Where the visitor can be written to.
    pub email: Option<VisitorEmail>,
    /// Since when the visitor is known.
    pub since: Timestamp,
    /// When the chat began.
    pub created_at: Timestamp,
    /// How urgent it is; never 0.
    pub severity: u32,
    /// When that was last said.
    pub flagged_at: Timestamp,
}

impl Flagged {
    /// The chat, if it is flagged.
    pub fn of(chat: &Chat) -> Option<Self> {
        let flagged_at = chat.flagged_at.filter(|_| chat.severity > 0)?;
        Some(Self {
            chat: chat.id,
            visitor: chat.visitor.id,
            name: chat.visitor.name.clone(),
            email: chat.visitor.email.clone(),
            since: chat.visitor.since,
            created_at: chat.created_at,
            severity: chat.severity,
            flagged_at,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct WireFlagged<'a> {
    chat: Cow<'a, str>,
    visitor: Cow<'a, str>,
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<Cow<'a, str>>,
    #[serde(default)]
    verified: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    created_at: i64,
    severity: u32,
    flagged_at: i64,
}

/// A flagged chat as the list keeps it.
pub fn write_flagged(flagged: &Flagged) -> String {
    let email = flagged.email.as_ref();
    json(&WireFlagged {
        chat: flagged.chat.to_string().into(),
        visitor: flagged.visitor.to_string().into(),
        name: (&flagged.name).into(),
        email: email.map(|email| (&email.address).into()),
        verified: email.is_some_and(|email| email.verified),
        since: Some(flagged.since.0),
        created_at: flagged.created_at.0,
        severity: flagged.severity,
        flagged_at: flagged.flagged_at.0,
    })
}

/// Reads what [`write_flagged`] wrote.
///
/// # Errors
/// When a newer process wrote it, or a broken one.
pub fn read_flagged(text: &str) -> Result<Flagged, Unreadable> {
    let wire: WireFlagged<'_> = read(Some(text))?;
    let verified = wire.verified;
    Ok(Flagged {
        chat: ChatId::parse(&wire.chat).ok_or(Unreadable)?,
        visitor: VisitorId::parse(&wire.visitor).ok_or(Unreadable)?,
        name: wire.name.into_owned(),
        email: wire.email.map(|address| VisitorEmail {
            address: address.into_owned(),
            verified,
        }),
        since: Timestamp(wire.since.unwrap_or(wire.created_at)),
        created_at: Timestamp(wire.created_at),
        severity: wire.severity,
        flagged_at: Timestamp(wire.flagged_at),
    })
}
