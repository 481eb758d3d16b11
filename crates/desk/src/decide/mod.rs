//! The rules.

mod decision;
mod staff;

pub use self::decision::{Decision, Life, Timer, TimerChange};
use self::staff::{assign, close};
use crate::{
    actor::{Actor, Side},
    chat::{Chat, HandOver, Phase, Request, Support},
    command::{Command, Say},
    event::{End, Event, Said},
    id::{AgentId, SupportId, VisitorId},
    name::{Email, Name},
    policy::{AgentsAre, Policy, fill},
    refusal::Refusal,
    time::Timestamp,
};

type Outcome = Result<Decision, Refusal>;

/// Says what the command does to the chat (`None`: there is no such chat), or why it is refused.
///
/// `now` only dates what happens; no rule compares it: a reservation or a grace ends by its timer, and a chat
/// expires when its keys are gone.
pub fn decide(
    chat: Option<&Chat>,
    actor: &Actor,
    command: &Command,
    now: Timestamp,
    policy: &Policy,
) -> Outcome {
    if !actor.may(command) {
        return Err(Refusal::Forbidden);
    }
    let Some(chat) = chat else {
        return without_chat(actor, command, now, policy);
    };
    if chat.is_over() {
        return Err(match command {
            Command::Expire => Refusal::NotDue,
            _ => Refusal::Over,
        });
    }
    let decision = with_chat(chat, actor, command, now, policy)?;
    Ok(if chat.kept { decision.kept() } else { decision })
}

fn with_chat(
    chat: &Chat,
    actor: &Actor,
    command: &Command,
    now: Timestamp,
    policy: &Policy,
) -> Outcome {
    match (command, actor) {
        (Command::Enter { support, email }, Actor::Visitor(visitor)) => {
            check_visitor(chat, *visitor, *support)?;
            Ok(enter(chat, email.as_ref(), now, policy))
        }
        (
            Command::Claim {
                visitor,
                support,
                name,
            },
            Actor::Agent(agent),
        ) => claim(chat, agent, *visitor, *support, name, policy),
        (Command::Return { visitor, support }, Actor::Agent(agent)) => {
            come_back(chat, agent, *visitor, *support, policy)
        }
        (Command::Say(say), _) => speak(chat, actor, say, policy),
        (Command::Leave, _) => leave(chat, actor, policy),
        (
            Command::Assign {
                agent,
                by_name,
                note,
            },
            Actor::Staff(by) | Actor::Agent(by),
        ) => {
            if matches!(actor, Actor::Agent(_)) && !has(chat, by) {
                return Err(Refusal::Forbidden);
            }
            let hand_over = HandOver {
                by: by_name.as_str().to_owned(),
                note: note.clone(),
            };
            assign(chat, agent, by, hand_over, now, policy)
        }
        (Command::Close, Actor::Staff(by)) => Ok(close(chat, by, policy)),
        (Command::Close, Actor::Agent(by)) => match chat.was_engaged() {
            _ if !is_assigned_to(chat, by) => Err(Refusal::Forbidden),
            false => Err(Refusal::NotEngaged),
            true => Ok(close(chat, by, policy)),
        },
        (Command::Reserve, Actor::Agent(agent)) => reserve(chat, agent, now, policy),
        (Command::Decline, Actor::Agent(agent)) => decline(chat, agent),
        (Command::Lapse, _) => lapse(chat),
        (Command::Absent(side), _) => absent(chat, *side, policy),
        (Command::Review { online }, _) => {
            let request = waiting(chat)?;
            let all = chat.assigned.is_none()
                && !online.is_empty()
                && online.iter().all(|a| request.declined.contains(a));
            Ok(if all && !request.all_declined {
                Decision::quiet(vec![Event::AllDeclined])
            } else {
                Decision::nothing()
            })
        }
        // The chat is alive: its time-to-live did not run out after all, or the id is taken.
        _ => Err(Refusal::NotDue),
    }
}

fn without_chat(actor: &Actor, command: &Command, now: Timestamp, policy: &Policy) -> Outcome {
    match (command, actor) {
        (
            Command::Register {
                name,
                platform,
                topic,
                email,
            },
            Actor::Visitor(visitor),
        ) => {
            let registered = Event::Registered {
                visitor: *visitor,
                name: name.as_str().to_owned(),
                platform: platform.clone(),
                topic: topic.as_ref().map(|topic| topic.as_str().to_owned()),
                kept: false,
                supervisor: None,
            };
            let introduced = email.as_ref().map(|email| Event::Introduced {
                email: email.as_str().to_owned(),
                verified: true,
            });
            let events = [registered].into_iter().chain(introduced).collect();
            Ok(Decision::active(events, policy))
        }
        (Command::Open { name, supervisor }, Actor::Visitor(visitor)) => {
            let registered = Event::Registered {
                visitor: *visitor,
                name: name.as_str().to_owned(),
                platform: "web".to_owned(),
                topic: None,
                kept: true,
                supervisor: Some(supervisor.clone()),
            };
            Ok(Decision {
                life: Life::Kept,
                announce: true,
                ..Decision::quiet(vec![registered, Event::Requested { since: now }])
            })
        }
        (Command::Expire, _) => Ok(Decision::end(End::BySilence, policy)),
        _ => Err(Refusal::Over),
    }
}

fn enter(chat: &Chat, email: Option<&Email>, now: Timestamp, policy: &Policy) -> Decision {
    let mut events = Vec::new();
    let nothing_to_show = chat.messages == 0 && !chat.was_engaged();
    if !chat.visitor.joined || nothing_to_show {
        events.push(Event::VisitorJoined);
    }
    events.extend(email.and_then(|email| introduce(chat, email)));
    let mut announce = false;
    if chat.phase == Phase::Registered {
        events.push(Event::Requested { since: now });
        announce = true;
    }
    if chat.visitor.away {
        events.push(Event::VisitorReturned);
        announce = matches!(chat.phase, Phase::Waiting(_));
    }
    Decision {
        announce,
        ..Decision::active(events, policy).clearing(Timer::Away(Side::Visitor))
    }
}

/// What a visitor says of itself counts for less than what its account says, and is taken once.
fn introduce(chat: &Chat, email: &Email) -> Option<Event> {
    let known = chat.visitor.email.as_ref();
    let news = known.is_none_or(|known| !known.verified && known.address != email.as_str());
    news.then(|| Event::Introduced {
        email: email.as_str().to_owned(),
        verified: false,
    })
}

fn claim(
    chat: &Chat,
    agent: &AgentId,
    visitor: VisitorId,
    support: SupportId,
    name: &Name,
    policy: &Policy,
) -> Outcome {
    check_ids(chat, visitor, None)?;
    let accounts = policy.agents_are == AgentsAre::Accounts;
    if let Some(winner) = &chat.support {
        return if (accounts || chat.kept) && winner.agent == *agent {
            Ok(welcome_back(winner, policy))
        } else {
            Err(taken_by(winner))
        };
    }
    if chat.assigned.as_ref().is_some_and(|own| own != agent) {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    if let Phase::Waiting(request) = &chat.phase
        && accounts
        && held_for_another(request, agent)
    {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    let claimed = Event::Claimed {
        support,
        name: name.as_str().to_owned(),
        agent: agent.clone(),
        text: fill(&policy.join_text, name.as_str(), &chat.visitor.name),
    };
    Ok(Decision::active(vec![claimed], policy)
        .clearing(Timer::Reservation)
        .clearing(Timer::Away(Side::Support)))
}

fn come_back(
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
    Decision::active(events, policy).clearing(Timer::Away(Side::Support))
}

fn speak(chat: &Chat, actor: &Actor, say: &Say, policy: &Policy) -> Outcome {
    if say.content.is_empty() || say.content.len() > policy.max_content_bytes {
        return Err(Refusal::Invalid { field: "content" });
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
        client_id: say.client_id.clone(),
    };
    Ok(Decision::active(vec![Event::Said(said)], policy))
}

fn leave(chat: &Chat, actor: &Actor, policy: &Policy) -> Outcome {
    let end = match side_of(chat, actor)? {
        Side::Visitor => End::ByVisitor,
        Side::Support => End::BySupport {
            text: leave_text(chat, policy),
        },
    };
    Ok(Decision::end(end, policy))
}

fn reserve(chat: &Chat, agent: &AgentId, now: Timestamp, policy: &Policy) -> Outcome {
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

fn decline(chat: &Chat, agent: &AgentId) -> Outcome {
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

fn lapse(chat: &Chat) -> Outcome {
    match &chat.phase {
        Phase::Waiting(request) if request.reserved.is_some() => {
            Ok(Decision::quiet(vec![Event::ReservationEnded]))
        }
        _ => Err(Refusal::NotDue),
    }
}

fn absent(chat: &Chat, side: Side, policy: &Policy) -> Outcome {
    let present = match side {
        // Of a kept chat the visitor comes and goes as it likes.
        Side::Visitor => chat.visitor.joined && !chat.kept,
        Side::Support => chat.support.is_some(),
    };
    if !present || chat.is_away(side) {
        return Err(Refusal::NotDue);
    }
    Ok(Decision::quiet(vec![match side {
        Side::Visitor => Event::VisitorLeft,
        Side::Support => Event::SupportLeft {
            text: leave_text(chat, policy),
        },
    }]))
}

/// The side an accepted participant is on.
fn side_of(chat: &Chat, actor: &Actor) -> Result<Side, Refusal> {
    match actor {
        Actor::Visitor(visitor) if chat.visitor.id == *visitor => Ok(Side::Visitor),
        Actor::Support(own) if is_support(chat, *own) => Ok(Side::Support),
        _ => Err(Refusal::Forbidden),
    }
}

/// The ids a frame names have to be this chat's.
fn check_ids(chat: &Chat, visitor: VisitorId, support: Option<SupportId>) -> Result<(), Refusal> {
    let support_fits = support.is_none_or(|id| is_support(chat, id));
    if chat.visitor.id == visitor && support_fits {
        Ok(())
    } else {
        Err(Refusal::Forbidden)
    }
}

/// A visitor may remember the part of an agent who has since handed the chat over.
fn check_visitor(
    chat: &Chat,
    visitor: VisitorId,
    support: Option<SupportId>,
) -> Result<(), Refusal> {
    let known = support.is_none_or(|id| chat.part(id).is_some());
    if chat.visitor.id == visitor && known {
        Ok(())
    } else {
        Err(Refusal::Forbidden)
    }
}

/// Whether this agent has the chat right now.
fn has(chat: &Chat, agent: &AgentId) -> bool {
    chat.support.as_ref().is_some_and(|own| own.agent == *agent)
}

/// Whether the chat is this agent's, come in or not.
fn is_assigned_to(chat: &Chat, agent: &AgentId) -> bool {
    has(chat, agent) || chat.assigned.as_ref() == Some(agent)
}

/// The request, if agents can still do something about it.
fn waiting(chat: &Chat) -> Result<&Request, Refusal> {
    match &chat.phase {
        Phase::Waiting(request) if !chat.visitor.away => Ok(request),
        _ => Err(chat.support.as_ref().map_or(Refusal::NotWaiting, taken_by)),
    }
}

fn is_support(chat: &Chat, id: SupportId) -> bool {
    chat.support
        .as_ref()
        .is_some_and(|support| support.id == id)
}

fn taken_by(winner: &Support) -> Refusal {
    Refusal::AlreadyClaimed {
        winner: Some(winner.name.clone()),
    }
}

fn held_for_another(request: &Request, agent: &AgentId) -> bool {
    request.reserved.as_ref().is_some_and(|r| r.agent != *agent)
}

fn leave_text(chat: &Chat, policy: &Policy) -> String {
    let agent = chat.support.as_ref().map_or("", |support| &support.name);
    fill(&policy.leave_text, agent, &chat.visitor.name)
}
