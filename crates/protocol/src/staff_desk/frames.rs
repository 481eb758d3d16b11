//! What the server says of chats and staff. Rows are made once, whoever gets them.

use helpline_desk::{
    actor::Side,
    chat::{Chat, Phase},
    event::End,
    id::{AgentId, ChatId, SupportId},
    time::Timestamp,
};
use serde::Serialize;

use crate::{
    bus::{Flagged, StaffMember},
    frame, iso,
    typed::Participant,
};

/// How many characters of the last message are shown.
const LAST_WORDS: usize = 120;

/// Somebody of the staff, as everybody at the desk sees it.
#[derive(Clone, Debug, Serialize)]
pub struct MemberRow {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    role: &'static str,
    status: &'static str,
    since: String,
}

impl From<&StaffMember> for MemberRow {
    fn from(member: &StaffMember) -> Self {
        Self {
            id: member.id.0.clone(),
            name: member.name.clone(),
            email: member.email.clone(),
            role: member.rank.as_str(),
            status: match member.available {
                true => "available",
                false => "away",
            },
            since: iso(member.since),
        }
    }
}

/// An open chat, as those see it who look after it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatRow {
    chat_id: String,
    user_id: String,
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    platform: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    status: &'static str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<String>,
    since: String,
    severity: u32,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    returned: bool,
    #[serde(flatten)]
    agent: Option<AgentPart>,
    #[serde(flatten)]
    given: Option<Given>,
    messages: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentPart {
    agent_id: String,
    agent_name: String,
    agent_role: &'static str,
    agent_away: bool,
}

/// To whom a chat was given that waits for that one.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Given {
    #[serde(skip_serializing_if = "Option::is_none")]
    given_to_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_to: Option<String>,
    given_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_until: Option<String>,
}

impl Given {
    fn of(chat: &Chat) -> Option<Self> {
        let Phase::Waiting(request) = &chat.phase else {
            return None;
        };
        let over = request.handed_over.as_ref()?;
        let held = request.reserved.as_ref();
        let agent = held.map(|held| &held.agent).or(chat.assigned.as_ref());
        Some(Self {
            given_to_id: agent.map(|agent| agent.0.clone()),
            given_to: over.to.clone(),
            given_by: over.by.clone(),
            given_until: held.map(|held| iso(held.until)),
        })
    }
}

#[derive(Clone, Debug, Serialize)]
struct LastRow {
    from: Participant,
    content: String,
    at: String,
}

/// What was said last.
#[derive(Clone, Copy, Debug)]
pub struct Last<'a> {
    /// By which side.
    pub from: Side,
    /// What.
    pub content: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Since when things are as they are with a chat.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// When its visitor asked, the first time.
    pub asked: Option<Timestamp>,
    /// When an agent took it, the first time.
    pub claimed: Option<Timestamp>,
    /// Since when its visitor waits, for an agent or for an answer.
    pub waiting: Option<Timestamp>,
    /// Since when it is in this status.
    pub status: Timestamp,
}

impl ChatRow {
    /// A chat with which it has stood like this since then.
    pub fn new(chat: &Chat, times: Times, last: Option<Last<'_>>) -> Self {
        let (status, returned) = match &chat.phase {
            Phase::Waiting(request) => ("waiting", request.returned),
            _ => ("engaged", false),
        };
        Self {
            chat_id: chat.id.to_string(),
            user_id: chat.visitor.id.to_string(),
            username: chat.visitor.name.clone(),
            email: chat.visitor.email.as_ref().map(|it| it.address.clone()),
            platform: chat.platform.clone(),
            topic: chat.topic.clone(),
            status,
            created_at: iso(chat.created_at),
            asked_at: times.asked.map(iso),
            claimed_at: times.claimed.map(iso),
            // One that has waited since it waits says so already.
            waiting_since: times
                .waiting
                .filter(|since| *since != times.status)
                .map(iso),
            since: iso(times.status),
            severity: chat.severity,
            returned,
            agent: chat.support.as_ref().map(|support| AgentPart {
                agent_id: support.agent.0.clone(),
                agent_name: support.name.clone(),
                agent_role: support.rank.as_str(),
                agent_away: support.away,
            }),
            given: Given::of(chat),
            messages: chat.messages,
            last: last.map(|last| LastRow {
                from: last.from.into(),
                content: last.content.chars().take(LAST_WORDS).collect(),
                at: iso(last.at),
            }),
        }
    }
}

/// A flagged chat; of severity 0 one that is not flagged any more.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlaggedRow {
    chat_id: String,
    user_id: String,
    username: String,
    severity: u32,
    flagged_at: String,
}

impl FlaggedRow {
    /// The chat, which was flagged like this at that time.
    pub fn new(chat: &Chat, severity: u32, at: Timestamp) -> Self {
        Self {
            chat_id: chat.id.to_string(),
            user_id: chat.visitor.id.to_string(),
            username: chat.visitor.name.clone(),
            severity,
            flagged_at: iso(at),
        }
    }
}

impl From<&Flagged> for FlaggedRow {
    fn from(flagged: &Flagged) -> Self {
        Self {
            chat_id: flagged.chat.to_string(),
            user_id: flagged.visitor.to_string(),
            username: flagged.name.clone(),
            severity: flagged.severity,
            flagged_at: iso(flagged.flagged_at),
        }
    }
}

/// The first frame: how things are. `chats` is for those who see everybody's, `mine` for the others.
pub fn desk(
    staff: &[MemberRow],
    chats: Option<&[ChatRow]>,
    mine: &[ChatRow],
    flagged: &[FlaggedRow],
) -> String {
    #[derive(Serialize)]
    struct Desk<'a> {
        staff: &'a [MemberRow],
        #[serde(skip_serializing_if = "Option::is_none")]
        chats: Option<&'a [ChatRow]>,
        #[serde(skip_serializing_if = "<[ChatRow]>::is_empty")]
        mine: &'a [ChatRow],
        flagged: &'a [FlaggedRow],
    }
    let desk = Desk {
        staff,
        chats,
        mine,
        flagged,
    };
    frame("Desk", desk)
}

/// Somebody of the staff came, or changed.
pub fn staff(member: &MemberRow) -> String {
    frame("Staff", member)
}

/// Somebody of the staff went.
pub fn staff_gone(id: &AgentId) -> String {
    #[derive(Serialize)]
    struct StaffGone<'a> {
        id: &'a str,
    }
    frame("StaffGone", StaffGone { id: &id.0 })
}

/// A chat is new or changed.
pub fn chat(row: &ChatRow) -> String {
    frame("Chat", row)
}

/// How a chat went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// Somebody ended it.
    Left,
    /// Nobody said anything for too long.
    Silence,
    /// Nobody knows.
    Lost,
}

impl From<&End> for Gone {
    fn from(end: &End) -> Self {
        match end {
            End::BySilence => Self::Silence,
            End::ByVisitor | End::BySupport { .. } | End::ByStaff { .. } => Self::Left,
        }
    }
}

/// A chat is open no more.
pub fn chat_gone(chat: ChatId, gone: Gone) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ChatGone {
        chat_id: String,
        reason: &'static str,
    }
    let reason = match gone {
        Gone::Left => "left",
        Gone::Silence => "silence",
        Gone::Lost => "lost",
    };
    let chat_id = chat.to_string();
    frame("ChatGone", ChatGone { chat_id, reason })
}

/// A chat is flagged, or not any more.
pub fn flagged(row: &FlaggedRow) -> String {
    frame("Flagged", row)
}

/// What was asked is done; of a take-over also the part of whoever has the chat now.
pub fn done(reference: Option<&str>, support: Option<SupportId>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Done<'a> {
        #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
        reference: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        support_id: Option<String>,
    }
    let support_id = support.map(|id| id.to_string());
    let done = Done {
        reference,
        support_id,
    };
    frame("Done", done)
}
