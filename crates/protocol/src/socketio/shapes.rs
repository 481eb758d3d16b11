//! The objects in events. Whoever reads finds every field, with `null` where there is nothing.

use serde::{Deserialize, Serialize};

use super::Content;

/// Where everybody works: there is one organisation to a deployment.
pub const ORGANISATION: &str = "00000000000000000000000000000001";

/// Somebody of the staff. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Staff {
    /// The account's id.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
    /// What others see.
    pub full_name: String,
    /// What others are to see instead.
    pub display_name: Option<String>,
    /// Where it works.
    pub organisation_id: &'static str,
    /// What it is: 1 admin, 2 supervisor, 3 agent.
    pub role_id: u8,
    /// Whether it may not sign in.
    pub disabled: bool,
    /// Since when there is the account.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: Option<i64>,
}

/// Somebody who asks. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visitor {
    /// The visitor's id, or its account's.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its e-mail address, if that is known.
    pub email: Option<String>,
    /// Whether it has no account.
    pub is_anonymous: bool,
    /// Whether it may not come in.
    pub disabled: bool,
    /// Since when it is known.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: Option<i64>,
}

/// A chat. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Room {
    /// The chat's id.
    pub id: String,
    /// Whose chat it is.
    pub visitor_id: String,
    /// What it is labelled with.
    pub tags: Vec<String>,
    /// How urgent it is; 0 if nobody has flagged it.
    pub severity_level: u32,
    /// Since when there is the chat.
    pub created_at: i64,
    /// When its urgency last changed.
    pub updated_at: Option<i64>,
}

/// A whole message. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// Its chat.
    pub chat_id: String,
    /// Its number in the chat, from 1.
    pub sequence_num: u64,
    /// 1: somebody said it; 0: it says what happened.
    pub type_id: u8,
    /// Whose account said it; the visitor has none.
    pub sender: Option<String>,
    /// What was said.
    pub content: Content,
    /// When.
    pub created_at: i64,
    /// When it last changed.
    pub updated_at: Option<i64>,
}

/// A chat that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unclaimed {
    /// Who asks.
    pub user: Visitor,
    /// Where.
    pub room: Room,
    /// What was said so far.
    pub contents: Vec<Content>,
}

/// A chat that somebody has flagged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flagged {
    /// Where.
    pub room: Room,
    /// Whose chat it is.
    pub user: Visitor,
}
