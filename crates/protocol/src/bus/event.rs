//! An event as the log keeps it: the desk's event with its serde form.

use std::borrow::Cow;

use helpline_desk::{
    actor::{Rank, Side},
    event::{End, Event, Said},
    id::{AgentId, MessageId, SupportId, VisitorId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

use super::Unreadable;

/// Every variant has braces, so that fields can be added to it later.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WireEvent<'a> {
    Registered {
        visitor: Cow<'a, str>,
        name: Cow<'a, str>,
        platform: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<Cow<'a, str>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        kept: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supervisor: Option<Cow<'a, str>>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        standing: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<i64>,
    },
    VisitorJoined {},
    Introduced {
        email: Cow<'a, str>,
        #[serde(default)]
        verified: bool,
    },
    Requested {
        since: i64,
    },
    VisitorLeft {},
    VisitorReturned {},
    Claimed {
        support: Cow<'a, str>,
        name: Cow<'a, str>,
        agent: Cow<'a, str>,
        #[serde(default = "agents_rank", with = "super::rank")]
        rank: Rank,
        text: Cow<'a, str>,
    },
    TakenOver {
        support: Cow<'a, str>,
        name: Cow<'a, str>,
        agent: Cow<'a, str>,
        #[serde(with = "super::rank")]
        rank: Rank,
        text: Cow<'a, str>,
    },
    Flagged {
        severity: u32,
        by: Cow<'a, str>,
        by_name: Cow<'a, str>,
        at: i64,
    },
    Whispered {
        id: Cow<'a, str>,
        by: Cow<'a, str>,
        by_name: Cow<'a, str>,
        content: Cow<'a, str>,
    },
    Released {
        since: i64,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        given_back: bool,
    },
    Assigned {
        agent: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<Cow<'a, str>>,
        by: Cow<'a, str>,
        by_name: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Cow<'a, str>>,
        since: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<i64>,
    },
    SupportLeft {
        text: Cow<'a, str>,
    },
    SupportReturned {},
    Said {
        id: Cow<'a, str>,
        #[serde(with = "super::side")]
        from: Side,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        support: Option<Cow<'a, str>>,
        content: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        raw: Option<Cow<'a, str>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        client: Option<Cow<'a, str>>,
    },
    Reserved {
        agent: Cow<'a, str>,
        until: i64,
    },
    ReservationEnded {},
    Declined {
        agent: Cow<'a, str>,
    },
    AllDeclined {},
    RestedByVisitor {},
    RestedBySupport {
        text: Cow<'a, str>,
    },
    RestedByStaff {
        by: Cow<'a, str>,
        text: Cow<'a, str>,
    },
    RestedBySilence {},
    EndedByVisitor {},
    EndedBySupport {
        text: Cow<'a, str>,
    },
    EndedByStaff {
        by: Cow<'a, str>,
        text: Cow<'a, str>,
    },
    EndedBySilence {},
}

/// What was claimed before ranks were kept was claimed by agents.
fn agents_rank() -> Rank {
    Rank::Agent
}

impl<'a> From<&'a Event> for WireEvent<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::Registered {
                visitor,
                name,
                platform,
                topic,
                kept,
                supervisor,
                standing,
                since,
            } => Self::Registered {
                visitor: visitor.to_string().into(),
                name: name.into(),
                platform: platform.into(),
                topic: topic.as_ref().map(Into::into),
                kept: *kept,
                supervisor: supervisor.as_ref().map(|id| (&id.0).into()),
                standing: *standing,
                since: since.map(|since| since.0),
            },
            Event::VisitorJoined => Self::VisitorJoined {},
            Event::Introduced { email, verified } => Self::Introduced {
                email: email.into(),
                verified: *verified,
            },
            Event::Requested { since } => Self::Requested { since: since.0 },
            Event::VisitorLeft => Self::VisitorLeft {},
            Event::VisitorReturned => Self::VisitorReturned {},
            Event::Claimed {
                support,
                name,
                agent,
                rank,
                text,
            } => Self::Claimed {
                support: support.to_string().into(),
                name: name.into(),
                agent: (&agent.0).into(),
                rank: *rank,
                text: text.into(),
            },
            Event::TakenOver {
                support,
                name,
                agent,
                rank,
                text,
            } => Self::TakenOver {
                support: support.to_string().into(),
                name: name.into(),
                agent: (&agent.0).into(),
                rank: *rank,
                text: text.into(),
            },
            Event::Flagged {
                severity,
                by,
                by_name,
                at,
            } => Self::Flagged {
                severity: *severity,
                by: (&by.0).into(),
                by_name: by_name.into(),
                at: at.0,
            },
            Event::Whispered {
                id,
                by,
                by_name,
                content,
            } => Self::Whispered {
                id: id.to_string().into(),
                by: (&by.0).into(),
                by_name: by_name.into(),
                content: content.into(),
            },
            Event::Released { since, given_back } => Self::Released {
                since: since.0,
                given_back: *given_back,
            },
            Event::Assigned {
                agent,
                name,
                by,
                by_name,
                note,
                since,
                until,
            } => Self::Assigned {
                agent: (&agent.0).into(),
                name: name.as_ref().map(Into::into),
                by: (&by.0).into(),
                by_name: by_name.into(),
                note: note.as_ref().map(Into::into),
                since: since.0,
                until: until.map(|until| until.0),
            },
            Event::SupportLeft { text } => Self::SupportLeft { text: text.into() },
            Event::SupportReturned => Self::SupportReturned {},
            Event::Said(said) => Self::Said {
                id: said.id.to_string().into(),
                from: said.from,
                support: said.support.map(|id| id.to_string().into()),
                content: (&said.content).into(),
                raw: said.raw.as_ref().map(Into::into),
                client: said.client_id.as_ref().map(Into::into),
            },
            Event::Reserved { agent, until } => Self::Reserved {
                agent: (&agent.0).into(),
                until: until.0,
            },
            Event::ReservationEnded => Self::ReservationEnded {},
            Event::Declined { agent } => Self::Declined {
                agent: (&agent.0).into(),
            },
            Event::AllDeclined => Self::AllDeclined {},
            Event::Rested(End::ByVisitor) => Self::RestedByVisitor {},
            Event::Rested(End::BySupport { text }) => Self::RestedBySupport { text: text.into() },
            Event::Rested(End::ByStaff { by, text }) => Self::RestedByStaff {
                by: (&by.0).into(),
                text: text.into(),
            },
            Event::Rested(End::BySilence) => Self::RestedBySilence {},
            Event::Ended(End::ByVisitor) => Self::EndedByVisitor {},
            Event::Ended(End::BySupport { text }) => Self::EndedBySupport { text: text.into() },
            Event::Ended(End::ByStaff { by, text }) => Self::EndedByStaff {
                by: (&by.0).into(),
                text: text.into(),
            },
            Event::Ended(End::BySilence) => Self::EndedBySilence {},
        }
    }
}

impl WireEvent<'_> {
    pub(super) fn into_event(self) -> Result<Event, Unreadable> {
        Ok(match self {
            Self::Registered {
                visitor,
                name,
                platform,
                topic,
                kept,
                supervisor,
                standing,
                since,
            } => Event::Registered {
                visitor: VisitorId::parse(&visitor).ok_or(Unreadable)?,
                name: name.into_owned(),
                platform: platform.into_owned(),
                topic: topic.map(Cow::into_owned),
                kept,
                supervisor: supervisor.map(|id| AgentId(id.into_owned())),
                standing,
                since: since.map(Timestamp),
            },
            Self::VisitorJoined {} => Event::VisitorJoined,
            Self::Introduced { email, verified } => Event::Introduced {
                email: email.into_owned(),
                verified,
            },
            Self::Requested { since } => Event::Requested {
                since: Timestamp(since),
            },
            Self::VisitorLeft {} => Event::VisitorLeft,
            Self::VisitorReturned {} => Event::VisitorReturned,
            Self::Claimed {
                support,
                name,
                agent,
                rank,
                text,
            } => Event::Claimed {
                support: SupportId::parse(&support).ok_or(Unreadable)?,
                name: name.into_owned(),
                agent: AgentId(agent.into_owned()),
                rank,
                text: text.into_owned(),
            },
            Self::TakenOver {
                support,
                name,
                agent,
                rank,
                text,
            } => Event::TakenOver {
                support: SupportId::parse(&support).ok_or(Unreadable)?,
                name: name.into_owned(),
                agent: AgentId(agent.into_owned()),
                rank,
                text: text.into_owned(),
            },
            Self::Flagged {
                severity,
                by,
                by_name,
                at,
            } => Event::Flagged {
                severity,
                by: AgentId(by.into_owned()),
                by_name: by_name.into_owned(),
                at: Timestamp(at),
            },
            Self::Whispered {
                id,
                by,
                by_name,
                content,
            } => Event::Whispered {
                id: MessageId::parse(&id).ok_or(Unreadable)?,
                by: AgentId(by.into_owned()),
                by_name: by_name.into_owned(),
                content: content.into_owned(),
            },
            Self::Released { since, given_back } => Event::Released {
                since: Timestamp(since),
                given_back,
            },
            Self::Assigned {
                agent,
                name,
                by,
                by_name,
                note,
                since,
                until,
            } => Event::Assigned {
                agent: AgentId(agent.into_owned()),
                name: name.map(Cow::into_owned),
                by: AgentId(by.into_owned()),
                by_name: by_name.into_owned(),
                note: note.map(Cow::into_owned),
                since: Timestamp(since),
                until: until.map(Timestamp),
            },
            Self::SupportLeft { text } => Event::SupportLeft {
                text: text.into_owned(),
            },
            Self::SupportReturned {} => Event::SupportReturned,
            Self::Said {
                id,
                from,
                support,
                content,
                raw,
                client,
            } => Event::Said(Said {
                id: MessageId::parse(&id).ok_or(Unreadable)?,
                from,
                support: match support {
                    Some(support) => Some(SupportId::parse(&support).ok_or(Unreadable)?),
                    None => None,
                },
                content: content.into_owned(),
                raw: raw.map(Cow::into_owned),
                client_id: client.map(Cow::into_owned),
            }),
            Self::Reserved { agent, until } => Event::Reserved {
                agent: AgentId(agent.into_owned()),
                until: Timestamp(until),
            },
            Self::ReservationEnded {} => Event::ReservationEnded,
            Self::Declined { agent } => Event::Declined {
                agent: AgentId(agent.into_owned()),
            },
            Self::AllDeclined {} => Event::AllDeclined,
            Self::RestedByVisitor {} => Event::Rested(End::ByVisitor),
            Self::RestedBySupport { text } => Event::Rested(End::BySupport {
                text: text.into_owned(),
            }),
            Self::RestedByStaff { by, text } => Event::Rested(End::ByStaff {
                by: AgentId(by.into_owned()),
                text: text.into_owned(),
            }),
            Self::RestedBySilence {} => Event::Rested(End::BySilence),
            Self::EndedByVisitor {} => Event::Ended(End::ByVisitor),
            Self::EndedBySupport { text } => Event::Ended(End::BySupport {
                text: text.into_owned(),
            }),
            Self::EndedByStaff { by, text } => Event::Ended(End::ByStaff {
                by: AgentId(by.into_owned()),
                text: text.into_owned(),
            }),
            Self::EndedBySilence {} => Event::Ended(End::BySilence),
        })
    }
}
