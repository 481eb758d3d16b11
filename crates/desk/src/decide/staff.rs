//! What the desk does to a chat from outside: give it to an agent, close it, flag it, whisper to its agent.

use super::{Outcome, is_assigned_to, leave_text, support::falls_to_others, talk::check_room};
use crate::{
    chat::{Chat, HandOver, Phase},
    decide::{Decision, Timer},
    event::{End, Event},
    id::{AgentId, MessageId},
    name::Name,
    policy::Policy,
    refusal::Refusal,
    time::Timestamp,
};

/// Gives the chat to an agent. A conversation is that agent's until somebody gives it to another; any other chat waits for the
/// agent a while, and is everybody's again then.
pub(super) fn assign(
    chat: &Chat,
    agent: &AgentId,
    by: &AgentId,
    hand_over: HandOver,
    now: Timestamp,
    policy: &Policy,
) -> Outcome {
    let held = match &chat.phase {
        Phase::Registered => return Err(Refusal::NotWaiting),
        // Nobody could be there when the agent comes.
        Phase::Waiting(_) if chat.visitor.away && !chat.kept => return Err(Refusal::NotWaiting),
        Phase::Waiting(request) if request.handed_over.is_some() => request.reserved.as_ref(),
        _ => None,
    };
    if is_assigned_to(chat, agent) || held.is_some_and(|held| held.agent == *agent) {
        return Ok(Decision::nothing());
    }
    let mut events = Vec::new();
    if chat.support.as_ref().is_some_and(|support| !support.away) {
        events.push(Event::SupportLeft {
            text: leave_text(chat, policy),
        });
    }
    events.push(Event::Assigned {
        agent: agent.clone(),
        name: hand_over.to,
        by: by.clone(),
        by_name: hand_over.by,
        note: hand_over.note,
        since: now,
        until: falls_to_others(chat).then(|| now.after(policy.transfer)),
    });
    // However silent it was: it may not die in the hands of the two who pass it on.
    let decision = Decision::given(events, policy).attended();
    Ok(match falls_to_others(chat) {
        true => decision.setting(Timer::Reservation, policy.transfer),
        false => decision.clearing(Timer::Reservation),
    })
}

pub(super) fn close(chat: &Chat, by: &AgentId, policy: &Policy) -> Decision {
    let end = End::ByStaff {
        by: by.clone(),
        text: leave_text(chat, policy),
    };
    Decision::finish(chat, end, policy)
}

/// Marks the chat as urgent, or not any more. Whoever says again what it is already says it now: it is the latest word.
pub(super) fn flag(severity: u32, by: &AgentId, by_name: &Name, now: Timestamp) -> Decision {
    Decision::quiet(vec![Event::Flagged {
        severity,
        by: by.clone(),
        by_name: by_name.as_str().to_owned(),
        at: now,
    }])
}

/// Says something to the agent who has the chat.
pub(super) fn whisper(
    chat: &Chat,
    id: MessageId,
    by: &AgentId,
    by_name: &Name,
    content: &str,
    policy: &Policy,
) -> Outcome {
    if content.is_empty() || content.len() > policy.max_content_bytes {
        return Err(Refusal::Invalid { field: "content" });
    }
    if chat.support.is_none() {
        return Err(Refusal::NotEngaged);
    }
    check_room(chat, content.len() as u64, policy)?;
    Ok(Decision::quiet(vec![Event::Whispered {
        id,
        by: by.clone(),
        by_name: by_name.as_str().to_owned(),
        content: content.to_owned(),
    }]))
}
