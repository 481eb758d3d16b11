//! What an event makes of its chat's row. Each column takes the earliest or the latest time it hears of, so the order in
//! which events arrive does not matter.

use helpline_desk::{
    actor::Side,
    event::{End, Event, Said},
    id::AgentId,
};

use super::{Archived, Status, clean, clean_option, fold};
use crate::entities::{chat, claim, message, whisper};

/// A row for a chat of which nothing but an event is known yet.
pub(super) fn unknown(event: &Archived) -> chat::Model {
    chat::Model {
        id: event.chat.to_string(),
        kept: false,
        erased: false,
        open_for: None,
        platform: String::new(),
        visitor: None,
        visitor_name: String::new(),
        topic: None,
        supervisor: None,
        assigned: None,
        agent: None,
        agent_name: None,
        status: Status::Registered.as_str().to_owned(),
        status_at: 0,
        created_at: event.at,
        requested_at: None,
        claimed_at: None,
        first_response_at: None,
        ended_at: None,
        end_reason: None,
        ended_by: None,
        messages: 0,
        last_epoch: String::new(),
        last_seq: 0,
        last_at: event.at,
        folded: String::new(),
        severity: 0,
        flagged_at: None,
        taken_at: None,
        email: None,
    }
}

/// A chat as the tables have it.
pub(crate) struct Projected {
    pub(crate) row: chat::Model,
    pub(crate) claims: Vec<claim::Model>,
    pub(crate) messages: Vec<message::Model>,
    pub(crate) whispers: Vec<whisper::Model>,
}

/// What a chat's events, oldest first, make of it.
pub(crate) fn project(events: &[Archived]) -> Option<Projected> {
    let mut row = unknown(events.first()?);
    let mut claims: Vec<claim::Model> = Vec::new();
    let mut messages = Vec::new();
    let mut whispers = Vec::new();
    for event in events {
        apply(&mut row, event);
        claims.extend(claim(event));
        whispers.extend(whisper(event));
        if let Some(Event::Said(said)) = &event.event {
            let support = said.support.map(|support| support.to_string());
            let taken = claims.iter().rev();
            let taken = taken.filter(|claim| Some(&claim.support) == support.as_ref());
            let agent = taken.map(|claim| claim.agent.clone()).next();
            messages.push(message(event, said, sender(&row, said.from, agent)));
        }
    }
    Some(Projected {
        row,
        claims,
        messages,
        whispers,
    })
}

/// Who said something: the visitor, or the agent behind the part, which `agent` is if that is known.
pub(super) fn sender(row: &chat::Model, from: Side, agent: Option<String>) -> Option<String> {
    match from {
        Side::Visitor => row.visitor.clone(),
        Side::Support => agent.or_else(|| row.agent.clone()),
    }
}

/// Takes in an event that was not stored before.
pub(super) fn apply(row: &mut chat::Model, archived: &Archived) {
    let at = archived.at;
    row.created_at = row.created_at.min(at);
    if at >= row.last_at {
        row.last_at = at;
        row.last_epoch.clone_from(&archived.epoch);
        row.last_seq = number(archived.seq);
    }
    let Some(event) = &archived.event else {
        return;
    };
    match event {
        Event::Registered {
            visitor,
            name,
            platform,
            topic,
            kept,
            supervisor,
            standing: _,
            since: _,
        } => {
            row.kept = *kept;
            row.supervisor = supervisor.as_ref().map(id);
            row.visitor = Some(visitor.to_string());
            row.visitor_name = clean(name);
            row.platform = clean(platform);
            row.topic = clean_option(topic.as_ref());
            row.folded = folded(row);
        }
        Event::Introduced { email, .. } => row.email = Some(clean(email)),
        Event::Requested { since } => {
            earliest(&mut row.requested_at, since.0);
            if is_news(row, at) {
                reopen(row, at);
                set_status(row, Status::Waiting);
            }
        }
        Event::Claimed { name, agent, .. } | Event::TakenOver { name, agent, .. } => {
            earliest(&mut row.claimed_at, at);
            if row.taken_at <= Some(at) {
                row.taken_at = Some(at);
                row.agent = Some(id(agent));
                row.agent_name = Some(clean(name));
                row.folded = folded(row);
            }
            if is_news(row, at) {
                row.assigned = Some(id(agent));
                set_status(row, Status::Engaged);
            }
        }
        Event::Assigned { agent, since, .. } => {
            earliest(&mut row.requested_at, since.0);
            if is_news(row, at) {
                row.assigned = Some(id(agent));
                set_status(row, Status::Waiting);
            }
        }
        Event::Released { .. } if is_news(row, at) => {
            row.assigned = None;
            set_status(row, Status::Waiting);
        }
        Event::Rested(end) if is_news(row, at) => {
            row.assigned = None;
            ended(row, end, at);
        }
        Event::ReservationEnded => {
            // A conversation stays with whom it was given to.
            let waits = row.status == Status::Waiting.as_str();
            let is_conversation = row.kept && row.supervisor.is_some();
            if waits && !is_conversation && at >= row.status_at {
                row.assigned = None;
            }
        }
        Event::Said(said) => {
            row.messages += 1;
            if said.from == Side::Support {
                earliest(&mut row.first_response_at, at);
            }
        }
        Event::Flagged { severity, .. } if row.flagged_at <= Some(at) => {
            row.severity = i64::from(*severity);
            row.flagged_at = Some(at);
        }
        Event::Ended(end) => ended(row, end, at),
        _ => {}
    }
}

/// The end of a chat; for an erased one nothing else is taken in.
pub(super) fn ended(row: &mut chat::Model, end: &End, at: i64) {
    row.ended_at = Some(at);
    row.open_for = None;
    row.end_reason = Some(reason(end).to_owned());
    if let End::ByStaff { by, .. } = end {
        row.ended_by = Some(id(by));
    }
    set_status(row, Status::Closed);
}

/// A standing chat begins another session. No other chat does anything after its end.
fn reopen(row: &mut chat::Model, at: i64) {
    if row.ended_at.is_some_and(|ended| ended < at) {
        row.ended_at = None;
        row.end_reason = None;
        row.ended_by = None;
    }
}

/// The row's names, ready for searching: made anew where one of them changes, and not for each message.
fn folded(row: &chat::Model) -> String {
    let parts = [
        Some(row.visitor_name.as_str()),
        row.agent_name.as_deref(),
        row.topic.as_deref(),
    ];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    fold(&parts.join("\n"))
}

/// The message that an event is, if it is one. `sender` is the agent's or the visitor's id.
pub(super) fn message(archived: &Archived, said: &Said, sender: Option<String>) -> message::Model {
    message::Model {
        chat: archived.chat.to_string(),
        epoch: archived.epoch.clone(),
        seq: number(archived.seq),
        at: archived.at,
        id: said.id.to_string(),
        side: side(said.from).to_owned(),
        sender,
        content: clean(&said.content),
        folded: fold(&said.content),
    }
}

/// The claim that an event is, if it is one.
pub(super) fn claim(archived: &Archived) -> Option<claim::Model> {
    let Some(
        Event::Claimed {
            support,
            name,
            agent,
            ..
        }
        | Event::TakenOver {
            support,
            name,
            agent,
            ..
        },
    ) = &archived.event
    else {
        return None;
    };
    Some(claim::Model {
        chat: archived.chat.to_string(),
        support: support.to_string(),
        agent: id(agent),
        name: clean(name),
        at: archived.at,
    })
}

/// The whisper that an event is, if it is one.
pub(super) fn whisper(archived: &Archived) -> Option<whisper::Model> {
    let Some(Event::Whispered {
        id: own,
        by,
        by_name,
        content,
    }) = &archived.event
    else {
        return None;
    };
    Some(whisper::Model {
        chat: archived.chat.to_string(),
        epoch: archived.epoch.clone(),
        seq: number(archived.seq),
        at: archived.at,
        id: own.to_string(),
        sender: id(by),
        sender_name: clean(by_name),
        content: clean(content),
    })
}

/// What kind of event it is, for whoever looks at the table.
pub(super) fn kind(event: Option<&Event>) -> &'static str {
    match event {
        None => "unreadable",
        Some(Event::Registered { .. }) => "registered",
        Some(Event::VisitorJoined) => "visitor_joined",
        Some(Event::Introduced { .. }) => "introduced",
        Some(Event::Requested { .. }) => "requested",
        Some(Event::VisitorLeft) => "visitor_left",
        Some(Event::VisitorReturned) => "visitor_returned",
        Some(Event::Claimed { .. }) => "claimed",
        Some(Event::TakenOver { .. }) => "taken_over",
        Some(Event::Flagged { .. }) => "flagged",
        Some(Event::Whispered { .. }) => "whispered",
        Some(Event::Released { .. }) => "released",
        Some(Event::Rested(_)) => "rested",
        Some(Event::Assigned { .. }) => "assigned",
        Some(Event::SupportLeft { .. }) => "support_left",
        Some(Event::SupportReturned) => "support_returned",
        Some(Event::Said(_)) => "said",
        Some(Event::Reserved { .. }) => "reserved",
        Some(Event::ReservationEnded) => "reservation_ended",
        Some(Event::Declined { .. }) => "declined",
        Some(Event::AllDeclined) => "all_declined",
        Some(Event::Ended(_)) => "ended",
    }
}

/// How a side is written.
pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::Visitor => "visitor",
        Side::Support => "support",
    }
}

pub(super) fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// An agent's id, which a platform may have made; an index bounds how long it can be.
fn id(agent: &AgentId) -> String {
    clean(&agent.0).chars().take(255).collect()
}

fn reason(end: &End) -> &'static str {
    match end {
        End::ByVisitor => "visitor",
        End::BySupport { .. } => "agent",
        End::ByStaff { .. } => "staff",
        End::BySilence => "silence",
    }
}

/// Whether an event of this time says who has the chat now; if so, it is the last that did.
fn is_news(row: &mut chat::Model, at: i64) -> bool {
    let news = at >= row.status_at;
    if news {
        row.status_at = at;
    }
    news
}

/// Nothing follows an end, whatever arrives after it.
fn set_status(row: &mut chat::Model, status: Status) {
    let status = match row.ended_at {
        Some(_) => Status::Closed,
        None => status,
    };
    row.status = status.as_str().to_owned();
}

fn earliest(known: &mut Option<i64>, at: i64) {
    *known = Some(known.map_or(at, |known| known.min(at)));
}
