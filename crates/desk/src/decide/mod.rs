//! The rules.

mod decision;
mod requests;
mod staff;
mod standing;
mod support;
mod talk;

pub use self::decision::{Decision, Life, Timer, TimerChange};
use self::{
    requests::{decline, lapse, reserve},
    staff::{assign, close, flag, whisper},
    standing::{Asker, begin, begin_session},
    support::{Comer, abandon, claim, come_back, left, release, take_over},
    talk::{check_room, keep_alive, speak},
};
use crate::{
    actor::{Actor, Side},
    chat::{Chat, HandOver, Phase, Request, Support},
    command::Command,
    event::{End, Event},
    id::{AgentId, SupportId, VisitorId},
    name::Email,
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
        (Command::Ask { say, .. }, Actor::Visitor(visitor)) => {
            check_visitor(chat, *visitor, None)?;
            begin_session(chat, say, now, policy)
        }
        (Command::Enter { support, email }, Actor::Visitor(visitor)) => {
            check_visitor(chat, *visitor, *support)?;
            if chat.standing {
                return Err(Refusal::Forbidden);
            }
            Ok(enter(chat, email.as_ref(), now, policy))
        }
        (
            Command::Claim {
                visitor,
                support,
                name,
                rank,
            },
            Actor::Agent(agent),
        ) => {
            let comer = Comer {
                agent,
                support: *support,
                name,
                rank: *rank,
            };
            claim(chat, *visitor, &comer, policy)
        }
        (
            Command::TakeOver {
                support,
                name,
                rank,
            },
            Actor::Agent(agent),
        ) => {
            let comer = Comer {
                agent,
                support: *support,
                name,
                rank: *rank,
            };
            take_over(chat, &comer, policy)
        }
        (Command::Flag { severity, by_name }, Actor::Agent(by)) => {
            check_room(chat, 0, policy)?;
            Ok(flag(*severity, by, by_name, now))
        }
        (
            Command::Whisper {
                id,
                by_name,
                content,
            },
            Actor::Staff(by),
        ) => whisper(chat, *id, by, by_name, content, policy),
        (Command::Return { visitor, support }, Actor::Agent(agent)) => {
            come_back(chat, agent, *visitor, *support, policy)
        }
        (Command::Say(say), _) => speak(chat, actor, say, policy),
        (Command::KeepAlive, _) => keep_alive(chat, actor, policy),
        (Command::Release, _) => {
            side_of(chat, actor)?;
            release(chat, now, policy)
        }
        (Command::Leave, _) => leave(chat, actor, policy),
        (
            Command::Assign {
                agent,
                name,
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
                to: Some(name.as_str().to_owned()),
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
        (Command::Abandon, _) => abandon(chat, now, policy),
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
                since,
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
                standing: false,
                since: Some(*since),
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
                standing: false,
                since: None,
            };
            Ok(Decision {
                life: Life::Kept,
                announce: true,
                ..Decision::quiet(vec![registered, Event::Requested { since: now }])
            })
        }
        (
            Command::Ask {
                name,
                email,
                since,
                say,
            },
            Actor::Visitor(visitor),
        ) => {
            let asks = Asker {
                visitor: *visitor,
                name,
                email: email.as_ref(),
                since: *since,
            };
            begin(&asks, say, now, policy)
        }
        (Command::Expire, _) => Ok(Decision::end(End::BySilence, policy)),
        _ => Err(Refusal::Over),
    }
}

fn enter(chat: &Chat, email: Option<&Email>, now: Timestamp, policy: &Policy) -> Decision {
    let mut events = Vec::new();
    let has_room = check_room(chat, 0, policy).is_ok();
    let nothing_to_show = chat.messages == 0 && !chat.was_engaged();
    if !chat.visitor.joined || (nothing_to_show && has_room) {
        events.push(Event::VisitorJoined);
    }
    let introduced = email.filter(|_| has_room);
    events.extend(introduced.and_then(|email| introduce(chat, email)));
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
        ..Decision::active_in(chat, events, policy).clearing(Timer::Away(Side::Visitor))
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

fn leave(chat: &Chat, actor: &Actor, policy: &Policy) -> Outcome {
    if is_between_sessions(chat) {
        return Err(Refusal::Over);
    }
    let end = match side_of(chat, actor)? {
        Side::Visitor => End::ByVisitor,
        Side::Support => End::BySupport {
            text: leave_text(chat, policy),
        },
    };
    Ok(Decision::finish(chat, end, policy))
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
    Ok(match side {
        Side::Visitor => Decision::quiet(vec![Event::VisitorLeft]),
        Side::Support => left(chat, policy),
    })
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

/// Whether whoever asks is the chat's visitor, or the agent who has it or had it when it ended: somebody to whom all of it
/// may be told, over or not. `support`: the part it says it has, if it says so.
pub fn was_in(
    chat: &Chat,
    actor: &Actor,
    visitor: VisitorId,
    support: Option<SupportId>,
    policy: &Policy,
) -> bool {
    match actor {
        Actor::Visitor(id) => *id == visitor && check_visitor(chat, visitor, support).is_ok(),
        Actor::Agent(agent) => {
            let accounts = policy.agents_are == AgentsAre::Accounts;
            check_ids(chat, visitor, support).is_ok()
                && match support {
                    Some(_) => has(chat, agent) || !accounts,
                    None => has(chat, agent) && (accounts || chat.kept),
                }
        }
        Actor::Support(_) | Actor::Staff(_) | Actor::Desk => false,
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

/// Whether this is a standing chat in which nobody has asked anything yet, or again.
fn is_between_sessions(chat: &Chat) -> bool {
    chat.standing && chat.phase == Phase::Registered
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
