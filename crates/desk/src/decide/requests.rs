//! What agents do with a request before one of them has it: hold it back, or not want to see it.

use super::{Outcome, held_for_another, waiting};
use crate::{
    chat::{Chat, Phase},
    decide::{Decision, Timer},
    event::Event,
    id::AgentId,
    policy::Policy,
    refusal::Refusal,
    time::Timestamp,
};

pub(super) fn reserve(chat: &Chat, agent: &AgentId, now: Timestamp, policy: &Policy) -> Outcome {
    let request = waiting(chat)?;
    let anothers = chat.assigned.as_ref().is_some_and(|own| own != agent);
    if anothers || held_for_another(request, agent) {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    if request.reserved.is_some() {
        return Ok(Decision::nothing());
    }
    let reserved = Event::Reserved {
        agent: agent.clone(),
        until: now.after(policy.reservation),
    };
    Ok(Decision::quiet(vec![reserved]).setting(Timer::Reservation, policy.reservation))
}

pub(super) fn decline(chat: &Chat, agent: &AgentId) -> Outcome {
    let request = waiting(chat)?;
    // What was given to one agent is nobody else's to decline, and it is the desk that gives it to another.
    match &chat.assigned {
        Some(own) if own == agent => return Err(Refusal::Forbidden),
        Some(_) => return Err(Refusal::AlreadyClaimed { winner: None }),
        None => {}
    }
    if request.declined.contains(agent) {
        return Ok(Decision::nothing());
    }
    let mut decision = Decision::quiet(vec![Event::Declined {
        agent: agent.clone(),
    }]);
    let held_for_this_one = request.reserved.as_ref().is_some_and(|r| r.agent == *agent);
    if held_for_this_one {
        // Whoever changes their mind lets the others have it at once.
        decision.events.push(Event::ReservationEnded);
        decision = decision.clearing(Timer::Reservation);
    }
    Ok(decision)
}

pub(super) fn lapse(chat: &Chat) -> Outcome {
    match &chat.phase {
        Phase::Waiting(request) if request.reserved.is_some() => {
            Ok(Decision::quiet(vec![Event::ReservationEnded]))
        }
        _ => Err(Refusal::NotDue),
    }
}
