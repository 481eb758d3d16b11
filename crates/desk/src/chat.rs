//! The aggregate: what a chat's events have made of it.

use crate::{
    actor::{Rank, Side},
    audience::may_look,
    event::{End, Event, Recorded},
    id::{AgentId, ChatId, SupportId, VisitorId},
    time::Timestamp,
};

/// The most declines a request remembers; beyond it the oldest are forgotten (that agent sees it again).
const MAX_DECLINES: usize = 1_000;

/// How many characters of a visitor's first message an agent sees before taking the request.
const FIRST_WORDS: usize = 120;

/// One chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat {
    /// Its id.
    pub id: ChatId,
    /// Its visitor.
    pub visitor: Visitor,
    /// Where the visitor comes from: `web` or a channel's name.
    pub platform: String,
    /// What it is about, if that is known.
    pub topic: Option<String>,
    /// What the visitor said first, cut short.
    pub first_words: Option<String>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When the visitor asked: of a chat that goes from agent to agent, the first time.
    pub asked_at: Option<Timestamp>,
    /// How far it has come.
    pub phase: Phase,
    /// Whether it stays until somebody ends it, however silent it is.
    pub kept: bool,
    /// Whether it outlives its sessions: what ends is a session, and the visitor may ask again.
    pub standing: bool,
    /// How urgent it is; 0: not flagged.
    pub severity: u32,
    /// When that was last said.
    pub flagged_at: Option<Timestamp>,
    /// The supervisor it belongs to, if it belongs to one.
    pub supervisor: Option<AgentId>,
    /// Of a kept chat, the agent it was given to, or who took it.
    pub assigned: Option<AgentId>,
    /// The agent who has it, or had it when it ended.
    pub support: Option<Support>,
    /// The parts of all agents who ever had it, oldest first.
    pub parts: Vec<Part>,
    /// How many messages were said.
    pub messages: u64,
    /// How much all that happened in it takes up, in bytes.
    pub bytes: u64,
}

/// The visitor of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// Its id.
    pub id: VisitorId,
    /// The name it registered with.
    pub name: String,
    /// Its e-mail address, if that is known.
    pub email: Option<VisitorEmail>,
    /// Since when it is known: since the chat began, where nobody said otherwise.
    pub since: Timestamp,
    /// Whether it has ever opened the chat.
    pub joined: bool,
    /// Whether it has been away for the whole grace and not come back.
    pub away: bool,
}

/// Where a visitor can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorEmail {
    /// The address.
    pub address: String,
    /// Whether it is known from the visitor's account, and not only what it says.
    pub verified: bool,
}

/// The part of an agent in a chat that it has or once had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The part's id.
    pub id: SupportId,
    /// Who played it.
    pub agent: AgentId,
    /// The name the visitor saw.
    pub name: String,
}

/// How far a chat has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Registered; the visitor has not asked yet, or is between two sessions.
    Registered,
    /// The visitor asks for an agent.
    Waiting(Request),
    /// One agent has it.
    Engaged,
    /// It is over.
    Ended(End),
}

/// An open request for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Since when the visitor asks, whoever had the chat meanwhile: by that it stands in the queue.
    pub since: Timestamp,
    /// Since when nobody has it: later than that if it had an agent before.
    pub open_since: Timestamp,
    /// For whom it is held back, if for anyone.
    pub reserved: Option<Reservation>,
    /// Who does not want to see it.
    pub declined: Vec<AgentId>,
    /// Whether the visitor was told that everyone at the desk declined.
    pub all_declined: bool,
    /// Who handed the chat over, and with which words.
    pub handed_over: Option<HandOver>,
    /// Whether it had an agent, who has vanished or given it back.
    pub returned: bool,
    /// Whether that agent has given it back.
    pub given_back: bool,
}

/// How a chat came to be given to an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The name of who gave it.
    pub by: String,
    /// The name of the agent it was given to, if that is known.
    pub to: Option<String>,
    /// What the agent should know.
    pub note: Option<String>,
}

/// A request held back for one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// For whom.
    pub agent: AgentId,
    /// Until when; the end itself is an event.
    pub until: Timestamp,
}

/// The agent of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The agent's part in this chat.
    pub id: SupportId,
    /// The name the visitor sees.
    pub name: String,
    /// The agent.
    pub agent: AgentId,
    /// How high the agent stands.
    pub rank: Rank,
    /// Whether it has been away for the whole grace and not come back.
    pub away: bool,
}

impl Chat {
    /// Whether somebody of this rank may look into it from outside.
    pub fn may_be_watched_by(&self, rank: Rank, who: &AgentId) -> bool {
        let supervisor = self
            .supervisor
            .as_ref()
            .map(|supervisor| supervisor.0.as_str());
        may_look(rank, &who.0, supervisor)
    }

    /// The chat that these events, oldest first, have made; `None` if they do not begin with a registration
    /// (all that is left of an expired chat is its end).
    pub fn from_events<'a>(
        id: ChatId,
        events: impl IntoIterator<Item = &'a Recorded>,
    ) -> Option<Self> {
        let mut events = events.into_iter();
        let first = events.next()?;
        let mut chat = Self::begin(id, &first.event, first.at)?;
        events.for_each(|recorded| chat.apply(&recorded.event));
        Some(chat)
    }

    /// The chat that a first event makes, if it is one that makes a chat.
    pub fn begin(id: ChatId, event: &Event, at: Timestamp) -> Option<Self> {
        let Event::Registered {
            visitor,
            name,
            platform,
            topic,
            kept,
            supervisor,
            standing,
            since,
        } = event
        else {
            return None;
        };
        Some(Self {
            id,
            visitor: Visitor {
                id: *visitor,
                name: name.clone(),
                email: None,
                since: since.unwrap_or(at),
                joined: false,
                away: false,
            },
            platform: platform.clone(),
            topic: topic.clone(),
            first_words: None,
            created_at: at,
            asked_at: None,
            phase: Phase::Registered,
            kept: *kept,
            standing: *standing,
            severity: 0,
            flagged_at: None,
            supervisor: supervisor.clone(),
            assigned: None,
            support: None,
            parts: Vec::new(),
            messages: 0,
            bytes: event.weight(),
        })
    }

    /// Takes in what happened. Events are facts: nothing is checked here, and one that makes no sense for the
    /// chat leaves it as it is.
    pub fn apply(&mut self, event: &Event) {
        if self.is_over() {
            return;
        }
        self.bytes += event.weight();
        match event {
            Event::Registered { .. } => {}
            Event::VisitorJoined => self.visitor.joined = true,
            Event::Introduced { email, verified } => {
                self.visitor.email = Some(VisitorEmail {
                    address: email.clone(),
                    verified: *verified,
                });
            }
            Event::Requested { since } => {
                self.first_words = None;
                self.asked_at = Some(*since);
                self.phase = Phase::Waiting(Request::new(*since));
            }
            Event::VisitorLeft => self.visitor.away = true,
            Event::VisitorReturned => self.visitor.away = false,
            Event::Claimed {
                support,
                name,
                agent,
                rank,
                ..
            }
            | Event::TakenOver {
                support,
                name,
                agent,
                rank,
                ..
            } => self.take(*support, name, agent, *rank),
            Event::Flagged { severity, at, .. } => {
                self.severity = *severity;
                self.flagged_at = Some(*at);
            }
            Event::Whispered { .. } => {}
            Event::Released { since, given_back } => {
                self.support = None;
                self.phase = Phase::Waiting(Request {
                    returned: true,
                    given_back: *given_back,
                    ..self.again(*since)
                });
            }
            Event::Rested(_) => {
                self.support = None;
                self.assigned = None;
                self.phase = Phase::Registered;
            }
            Event::Assigned {
                agent,
                name,
                by_name,
                note,
                since,
                until,
                ..
            } => {
                self.support = None;
                // What waits for an agent only for a while is not given to it for good.
                self.assigned = (self.kept && until.is_none()).then(|| agent.clone());
                let reserved = until.map(|until| Reservation {
                    agent: agent.clone(),
                    until,
                });
                self.phase = Phase::Waiting(Request {
                    reserved,
                    handed_over: Some(HandOver {
                        by: by_name.clone(),
                        to: name.clone(),
                        note: note.clone(),
                    }),
                    ..self.again(*since)
                });
            }
            Event::SupportLeft { .. } => self.set_support_away(true),
            Event::SupportReturned => self.set_support_away(false),
            Event::Said(said) => {
                self.messages += 1;
                if said.from == Side::Visitor && self.first_words.is_none() {
                    let words = said.content.chars().take(FIRST_WORDS);
                    self.first_words = Some(words.collect());
                }
            }
            Event::Ended(end) => self.phase = Phase::Ended(end.clone()),
            Event::Reserved { .. }
            | Event::ReservationEnded
            | Event::Declined { .. }
            | Event::AllDeclined => {
                if let Phase::Waiting(request) = &mut self.phase {
                    request.apply(event);
                }
            }
        }
    }

    /// Whether the chat has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Ended(_))
    }

    /// Whether somebody has asked, and it is not over.
    pub fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Waiting(_) | Phase::Engaged)
    }

    /// Whether an agent has ever come in.
    pub fn was_engaged(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Who played this part.
    pub fn part(&self, id: SupportId) -> Option<&Part> {
        self.parts.iter().find(|part| part.id == id)
    }

    /// Whether a side has been away for the whole grace and not come back.
    pub fn is_away(&self, side: Side) -> bool {
        match side {
            Side::Visitor => self.visitor.away,
            Side::Support => self.support.as_ref().is_some_and(|s| s.away),
        }
    }

    /// The request as it stands again, of a visitor who keeps its place.
    fn again(&self, since: Timestamp) -> Request {
        Request {
            since: self.asked_at.unwrap_or(since),
            ..Request::new(since)
        }
    }

    fn take(&mut self, support: SupportId, name: &str, agent: &AgentId, rank: Rank) {
        self.phase = Phase::Engaged;
        if self.kept {
            self.assigned = Some(agent.clone());
        }
        self.parts.push(Part {
            id: support,
            agent: agent.clone(),
            name: name.to_owned(),
        });
        self.support = Some(Support {
            id: support,
            name: name.to_owned(),
            agent: agent.clone(),
            rank,
            away: false,
        });
    }

    fn set_support_away(&mut self, away: bool) {
        if let Some(support) = &mut self.support {
            support.away = away;
        }
    }
}

impl Request {
    fn new(since: Timestamp) -> Self {
        Self {
            since,
            open_since: since,
            reserved: None,
            declined: Vec::new(),
            all_declined: false,
            handed_over: None,
            returned: false,
            given_back: false,
        }
    }

    /// Whether it waits for the agent to whom it was given.
    pub fn is_given(&self) -> bool {
        self.reserved.is_some() && self.handed_over.is_some()
    }

    fn apply(&mut self, event: &Event) {
        match event {
            Event::Reserved { agent, until } => {
                self.reserved = Some(Reservation {
                    agent: agent.clone(),
                    until: *until,
                });
            }
            Event::ReservationEnded => {
                self.reserved = None;
                // Whom it was meant for did not come; what was said to it is nobody else's business.
                self.handed_over = None;
            }
            Event::Declined { agent } => {
                if self.declined.len() == MAX_DECLINES {
                    self.declined.remove(0);
                }
                self.declined.push(agent.clone());
                // Someone new at the desk looked at it: the question is open again.
                self.all_declined = false;
            }
            Event::AllDeclined => self.all_declined = true,
            _ => {}
        }
    }
}
