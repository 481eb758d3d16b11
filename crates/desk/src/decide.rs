//! The rules.

use std::time::Duration;

use crate::{
    actor::{Actor, Side},
    chat::{Chat, Phase, Request, Support},
    command::{Command, Say},
    event::{End, Event, Said},
    id::{AgentId, SupportId, VisitorId},
    name::Name,
    policy::{AgentsAre, Policy, fill},
    refusal::Refusal,
    time::Timestamp,
};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens, in this order, all or nothing.
    pub events: Vec<Event>,
    /// What becomes of the chat's time to live.
    pub life: Life,
    /// Which timers start or stop.
    pub timers: Vec<TimerChange>,
    /// Whether the request is announced to everyone who listens for requests.
    pub announce: bool,
}

/// What becomes of a chat's time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs on as it is.
    Keep,
    /// It starts again: there was activity.
    Extend(Duration),
    /// The chat is over; it stays known for this long.
    End(Duration),
}

/// The timers a chat may have, besides its time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Ends a reservation.
    Reservation,
    /// A side without a socket counts as having left.
    Away(Side),
}

/// A timer to start or to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerChange {
    /// Due after this long.
    Set(Timer, Duration),
    /// Not any more.
    Clear(Timer),
}

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
        return without_chat(actor, command, policy);
    };
    if chat.is_over() {
        return Err(match command {
            Command::Expire => Refusal::NotDue,
            _ => Refusal::Over,
        });
    }
    match (command, actor) {
        (Command::Enter { support }, Actor::Visitor(visitor)) => {
            enter(chat, *visitor, *support, now, policy)
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
        (Command::Reserve, Actor::Agent(agent)) => reserve(chat, agent, now, policy),
        (Command::Decline, Actor::Agent(agent)) => decline(chat, agent),
        (Command::Lapse, _) => lapse(chat),
        (Command::Absent(side), _) => absent(chat, *side, policy),
        (Command::Review { online }, _) => {
            let request = waiting(chat)?;
            let all = !online.is_empty() && online.iter().all(|a| request.declined.contains(a));
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

fn without_chat(actor: &Actor, command: &Command, policy: &Policy) -> Outcome {
    match (command, actor) {
        (
            Command::Register {
                name,
                platform,
                topic,
            },
            Actor::Visitor(visitor),
        ) => {
            let registered = Event::Registered {
                visitor: *visitor,
                name: name.as_str().to_owned(),
                platform: platform.clone(),
                topic: topic.as_ref().map(|topic| topic.as_str().to_owned()),
            };
            Ok(Decision::active(vec![registered], policy))
        }
        (Command::Expire, _) => Ok(Decision::end(End::BySilence, policy)),
        _ => Err(Refusal::Over),
    }
}

fn enter(
    chat: &Chat,
    visitor: VisitorId,
    support: Option<SupportId>,
    now: Timestamp,
    policy: &Policy,
) -> Outcome {
    check_ids(chat, visitor, support)?;
    let mut events = Vec::new();
    let nothing_to_show = chat.messages == 0 && chat.support.is_none();
    if !chat.visitor.joined || nothing_to_show {
        events.push(Event::VisitorJoined);
    }
    let mut announce = false;
    if chat.phase == Phase::Registered {
        events.push(Event::Requested { since: now });
        announce = true;
    }
    if chat.visitor.away {
        events.push(Event::VisitorReturned);
        announce = matches!(chat.phase, Phase::Waiting(_));
    }
    Ok(Decision {
        announce,
        ..Decision::active(events, policy).clearing(Timer::Away(Side::Visitor))
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
        return if accounts && winner.agent == *agent {
            Ok(welcome_back(winner, policy))
        } else {
            Err(taken_by(winner))
        };
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
    check_ids(chat, say.visitor, say.support)?;
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
    if held_for_another(request, agent) {
        return Err(Refusal::AlreadyClaimed { winner: None });
    }
    if request.reserved.is_some() {
        return Ok(Decision::nothing());
    }
    let reserved = Event::Reserved {
        agent: agent.clone(),
        until: now.after(policy.reservation),
    };
    let mut decision = Decision::quiet(vec![reserved]);
    let timer = TimerChange::Set(Timer::Reservation, policy.reservation);
    decision.timers.push(timer);
    Ok(decision)
}

fn decline(chat: &Chat, agent: &AgentId) -> Outcome {
    let request = waiting(chat)?;
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
        Side::Visitor => chat.visitor.joined,
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

impl Decision {
    /// Accepted, and nothing changes.
    fn nothing() -> Self {
        Self::quiet(Vec::new())
    }

    /// Something happens that is not the chat's own activity.
    fn quiet(events: Vec<Event>) -> Self {
        Self {
            events,
            life: Life::Keep,
            timers: Vec::new(),
            announce: false,
        }
    }

    /// Registration, an accepted Join or a message: nothing else is activity.
    fn active(events: Vec<Event>, policy: &Policy) -> Self {
        Self {
            life: Life::Extend(policy.idle_timeout),
            ..Self::quiet(events)
        }
    }

    fn end(end: End, policy: &Policy) -> Self {
        Self {
            events: vec![Event::Ended(end)],
            life: Life::End(policy.tombstone),
            timers: [
                Timer::Reservation,
                Timer::Away(Side::Visitor),
                Timer::Away(Side::Support),
            ]
            .map(TimerChange::Clear)
            .to_vec(),
            announce: false,
        }
    }

    fn clearing(mut self, timer: Timer) -> Self {
        self.timers.push(TimerChange::Clear(timer));
        self
    }

    /// Whether there is nothing to write.
    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.life == Life::Keep && self.timers.is_empty()
    }
}
