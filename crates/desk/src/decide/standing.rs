//! Standing chats: a visitor has one, and it outlives its sessions (contract 004).

use super::{
    Outcome, is_between_sessions, taken_by,
    talk::{check_content, check_room},
};
use crate::{
    actor::Side,
    chat::{Chat, Phase},
    command::Say,
    decide::{Decision, Life},
    event::{Event, Said},
    id::VisitorId,
    name::{Email, Name},
    policy::Policy,
    refusal::Refusal,
    time::Timestamp,
};

/// Whoever asks for the first time.
pub(super) struct Asker<'a> {
    pub(super) visitor: VisitorId,
    pub(super) name: &'a Name,
    pub(super) email: Option<&'a Email>,
    pub(super) since: Timestamp,
}

/// The first words of the first session, with which the chat begins.
pub(super) fn begin(asker: &Asker<'_>, say: &Say, now: Timestamp, policy: &Policy) -> Outcome {
    check_content(say, policy)?;
    let registered = Event::Registered {
        visitor: asker.visitor,
        name: asker.name.as_str().to_owned(),
        platform: "web".to_owned(),
        topic: None,
        kept: true,
        supervisor: None,
        standing: true,
        since: Some(asker.since),
    };
    let introduced = asker.email.map(|email| Event::Introduced {
        email: email.as_str().to_owned(),
        verified: true,
    });
    let events = [registered].into_iter().chain(introduced);
    Ok(ask(events.collect(), say, now))
}

/// The first words of a session. While the one before still waits they take the place of what it said, not its place in
/// the queue.
pub(super) fn begin_session(chat: &Chat, say: &Say, now: Timestamp, policy: &Policy) -> Outcome {
    check_content(say, policy)?;
    if !chat.standing {
        return Err(Refusal::Forbidden);
    }
    let since = match &chat.phase {
        Phase::Waiting(request) => request.since,
        _ if is_between_sessions(chat) => now,
        _ => return Err(chat.support.as_ref().map_or(Refusal::Over, taken_by)),
    };
    let decision = ask(Vec::new(), say, since);
    let more = decision.events.iter().map(Event::weight).sum();
    check_room(chat, more, policy)?;
    Ok(decision)
}

fn ask(mut events: Vec<Event>, say: &Say, since: Timestamp) -> Decision {
    events.push(Event::Requested { since });
    events.push(Event::Said(Said {
        id: say.id,
        from: Side::Visitor,
        support: None,
        content: say.content.clone(),
        raw: say.raw.clone(),
        client_id: say.client_id.clone(),
    }));
    Decision {
        life: Life::Kept,
        announce: true,
        ..Decision::quiet(events)
    }
}
