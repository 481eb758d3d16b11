//! An event as the log keeps it: the desk's event with its serde form.

use std::borrow::Cow;

use helpline_desk::{
    actor::Side,
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
        text: Cow<'a, str>,
    },
    Assigned {
        agent: Cow<'a, str>,
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
            } => Self::Registered {
                visitor: visitor.to_string().into(),
                name: name.into(),
                platform: platform.into(),
                topic: topic.as_ref().map(Into::into),
                kept: *kept,
                supervisor: supervisor.as_ref().map(|id| (&id.0).into()),
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
                text,
            } => Self::Claimed {
                support: support.to_string().into(),
                name: name.into(),
                agent: (&agent.0).into(),
                text: text.into(),
            },
            Event::Assigned {
                agent,
                by,
                by_name,
                note,
                since,
                until,
            } => Self::Assigned {
                agent: (&agent.0).into(),
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
            } => Event::Registered {
                visitor: VisitorId::parse(&visitor).ok_or(Unreadable)?,
                name: name.into_owned(),
                platform: platform.into_owned(),
                topic: topic.map(Cow::into_owned),
                kept,
                supervisor: supervisor.map(|id| AgentId(id.into_owned())),
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
                text,
            } => Event::Claimed {
                support: SupportId::parse(&support).ok_or(Unreadable)?,
                name: name.into_owned(),
                agent: AgentId(agent.into_owned()),
                text: text.into_owned(),
            },
            Self::Assigned {
                agent,
                by,
                by_name,
                note,
                since,
                until,
            } => Event::Assigned {
                agent: AgentId(agent.into_owned()),
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
                client,
            } => Event::Said(Said {
                id: MessageId::parse(&id).ok_or(Unreadable)?,
                from,
                support: match support {
                    Some(support) => Some(SupportId::parse(&support).ok_or(Unreadable)?),
                    None => None,
                },
                content: content.into_owned(),
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
