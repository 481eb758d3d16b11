//! What the two sides say to each other, that they are still here, and how much of it a chat holds.

use super::{Outcome, check_ids, check_visitor, is_between_sessions, side_of};
use crate::{
    actor::{Actor, Side},
    chat::{Chat, Phase},
    command::Say,
    decide::Decision,
    event::{Event, Said},
    policy::Policy,
    refusal::Refusal,
};

pub(super) fn speak(chat: &Chat, actor: &Actor, say: &Say, policy: &Policy) -> Outcome {
    check_content(say, policy)?;
    if is_between_sessions(chat) {
        return Err(Refusal::Over);
    }
    let side = side_of(chat, actor)?;
    if say.from != side || (side == Side::Support && say.support.is_none()) {
        return Err(Refusal::Forbidden);
    }
    match side {
        Side::Visitor => check_visitor(chat, say.visitor, say.support)?,
        Side::Support => check_ids(chat, say.visitor, say.support)?,
    }
    let said = Said {
        id: say.id,
        from: side,
        support: chat.support.as_ref().map(|support| support.id),
        content: say.content.clone(),
        raw: say.raw.clone(),
        client_id: say.client_id.clone(),
    };
    check_room(chat, said.weight(), policy)?;
    Ok(Decision::active_in(chat, vec![Event::Said(said)], policy))
}

/// Whoever says to be here is not silent. The service says it of visitors who wait for somebody: of nobody else.
pub(super) fn keep_alive(chat: &Chat, actor: &Actor, policy: &Policy) -> Outcome {
    if *actor == Actor::Desk {
        let waits = match chat.phase {
            Phase::Waiting(_) => true,
            Phase::Engaged => chat.is_away(Side::Support),
            Phase::Registered | Phase::Ended(_) => false,
        };
        if !waits || chat.visitor.away {
            return Err(Refusal::NotDue);
        }
    } else {
        side_of(chat, actor)?;
    }
    if is_between_sessions(chat) {
        return Err(Refusal::Over);
    }
    Ok(Decision::active_in(chat, Vec::new(), policy))
}

/// What is said has its limits, in whichever form it is longest.
pub(super) fn check_content(say: &Say, policy: &Policy) -> Result<(), Refusal> {
    let length = say.raw.as_ref().unwrap_or(&say.content).len();
    match say.content.is_empty() || length > policy.max_content_bytes {
        true => Err(Refusal::Invalid { field: "content" }),
        false => Ok(()),
    }
}

/// A chat has its limits too. Of one that is kept the records have what was said long ago, and the rest goes on.
pub(super) fn check_room(chat: &Chat, more: u64, policy: &Policy) -> Result<(), Refusal> {
    let lives_on = chat.kept && policy.has_records;
    let full = chat.messages >= policy.max_messages || chat.bytes + more > policy.max_bytes;
    match full && !lives_on {
        true => Err(Refusal::Full),
        false => Ok(()),
    }
}
