//! Who answers: claiming a chat, coming back to it, taking it over, vanishing from it.

use super::{Outcome, check_ids, held_for_another, is_between_sessions, leave_text, taken_by};
use crate::{
    actor::{Rank, Side},
    chat::{Chat, Phase, Support},
    decide::{Decision, Timer},
    event::{End, Event},
    id::{AgentId, SupportId, VisitorId},
    name::Name,
    policy::{AgentsAre, Policy, fill},
    refusal::Refusal,
    time::Timestamp,
};

/// Whoever comes to a chat to answer in it.
pub(super) struct Comer<'a> {
    pub(super) agent: &'a AgentId,
    pub(super) support: SupportId,
    pub(super) name: &'a Name,
    pub(super) rank: Rank,
}

pub(super) fn claim(
    chat: &Chat,
    visitor: VisitorId,
    comer: &Comer<'_>,
    policy: &Policy,
) -> Outcome {
    check_ids(chat, visitor, None)?;
    if is_between_sessions(chat) {
        return Err(Refusal::Over);
    }
    if is_barred(chat, comer) {
        return Err(Refusal::Forbidden);
    }
    let accounts = policy.agents_are == AgentsAre::Accounts;
    if let Some(winner) = &chat.support {
        return if (accounts || chat.kept) && winner.agent == *comer.agent {
            Ok(welcome_back(winner, policy))
        } else {
            Err(taken_by(winner))
        };
    }
    if chat.assigned.as_ref().is_some_and(|own| own != comer.agent) {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    if let Phase::Waiting(request) = &chat.phase
        && accounts
        && held_for_another(request, comer.agent)
    {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    let claimed = Event::Claimed {
        support: comer.support,
        name: comer.name.as_str().to_owned(),
        agent: comer.agent.clone(),
        rank: comer.rank,
        text: fill(&policy.join_text, comer.name.as_str(), &chat.visitor.name),
    };
    Ok(Decision::active(vec![claimed], policy)
        .clearing(Timer::Reservation)
        .attended())
}

pub(super) fn come_back(
    chat: &Chat,
    agent: &AgentId,
    visitor: VisitorId,
    support: SupportId,
    policy: &Policy,
) -> Outcome {
    check_ids(chat, visitor, Some(support))?;
    match &chat.support {
        Some(own) if policy.agents_are == AgentsAre::Sockets || own.agent == *agent => {
            Ok(welcome_back(own, policy))
        }
        _ => Err(Refusal::Forbidden),
    }
}

fn welcome_back(support: &Support, policy: &Policy) -> Decision {
    let events = if support.away {
        vec![Event::SupportReturned]
    } else {
        Vec::new()
    };
    Decision::active(events, policy).attended()
}

/// A supervisor has no business in another supervisor's conversation, unless it was given to it.
fn is_barred(chat: &Chat, comer: &Comer<'_>) -> bool {
    comer.rank == Rank::Supervisor
        && chat.assigned.as_ref() != Some(comer.agent)
        && !chat.may_be_watched_by(comer.rank, comer.agent)
}

/// Takes the chat from the agent who has it; for that one has to stand strictly higher.
pub(super) fn take_over(chat: &Chat, comer: &Comer<'_>, policy: &Policy) -> Outcome {
    if is_barred(chat, comer) {
        return Err(Refusal::Forbidden);
    }
    let Some(former) = &chat.support else {
        return Err(match chat.phase {
            Phase::Waiting(_) => Refusal::NotEngaged,
            _ => Refusal::Over,
        });
    };
    if !comer.rank.outranks(former.rank) {
        return Err(Refusal::Outranked {
            own: comer.rank,
            other: former.rank,
        });
    }
    let taken = Event::TakenOver {
        support: comer.support,
        name: comer.name.as_str().to_owned(),
        agent: comer.agent.clone(),
        rank: comer.rank,
        text: fill(&policy.join_text, comer.name.as_str(), &chat.visitor.name),
    };
    Ok(Decision::active(vec![taken], policy).attended())
}

/// Whether an agent who vanishes, or does not come, leaves the chat to others. A conversation that a supervisor has given to an
/// agent stays that agent's.
pub(super) fn falls_to_others(chat: &Chat) -> bool {
    chat.standing || !chat.kept
}

/// The agent counts as having left, and may still come back.
pub(super) fn left(chat: &Chat, policy: &Policy) -> Decision {
    let left = Event::SupportLeft {
        text: leave_text(chat, policy),
    };
    let decision = Decision::quiet(vec![left]);
    match falls_to_others(chat) {
        true => decision.setting(Timer::Vanished, policy.vanished),
        false => decision,
    }
}

/// The agent does not come back. A session of a standing chat is over by that; any other chat waits for the next agent.
pub(super) fn abandon(chat: &Chat, now: Timestamp, policy: &Policy) -> Outcome {
    let Some(support) = &chat.support else {
        return Err(Refusal::NotDue);
    };
    if chat.standing {
        let text = leave_text(chat, policy);
        return Ok(Decision::finish(chat, End::BySupport { text }, policy));
    }
    if !falls_to_others(chat) || !support.away {
        return Err(Refusal::NotDue);
    }
    let released = Event::Released {
        since: now,
        given_back: false,
    };
    let decision = Decision::quiet(vec![released]).clearing(Timer::Away(Side::Support));
    Ok(Decision {
        announce: !chat.visitor.away,
        ..decision
    })
}

/// The agent gives the chat back. What belongs to a supervisor or to the sessions of another dialect is given on or ended,
/// and never everybody's.
pub(super) fn release(chat: &Chat, now: Timestamp, policy: &Policy) -> Outcome {
    if chat.kept {
        return Err(Refusal::NotWaiting);
    }
    let mut events = Vec::new();
    if chat.support.as_ref().is_some_and(|support| !support.away) {
        events.push(Event::SupportLeft {
            text: leave_text(chat, policy),
        });
    }
    events.push(Event::Released {
        since: now,
        given_back: true,
    });
    Ok(Decision {
        announce: !chat.visitor.away,
        ..Decision::active(events, policy).attended()
    })
}
