//! What happens at a chat, as the records are given it: for tests that need chats that nobody had to live through.

use helpline_desk::actor::Side;
use helpline_desk::event::{End, Event, Said};
use helpline_desk::id::{AgentId, ChatId, MessageId, SupportId, VisitorId};
use helpline_desk::time::Timestamp;
use helpline_protocol::bus;
use helpline_records::Archived;

/// A second, in the records' microseconds.
pub(crate) const SECOND: i64 = 1_000_000;

/// A chat that is being made up; each event happens a second after the one before.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// The chat.
    pub(crate) chat: ChatId,
    /// Its visitor.
    pub(crate) visitor: VisitorId,
    /// What happened so far.
    pub(crate) events: Vec<Archived>,
    epoch: String,
    now: i64,
    messages: u64,
    support: SupportId,
}

impl Story {
    /// A chat that is registered at this time by a visitor of this name, and waits.
    #[must_use]
    pub(crate) fn begin(name: &str, at: i64) -> Self {
        let visitor = VisitorId::from_bits(random());
        Self::of(visitor, name, at, false)
    }

    /// The same for a certain visitor, kept or not.
    #[must_use]
    pub(crate) fn of(visitor: VisitorId, name: &str, at: i64, kept: bool) -> Self {
        let story = Self {
            chat: ChatId::from_bits(random()),
            visitor,
            events: Vec::new(),
            epoch: format!("{:016x}", random()),
            now: at,
            messages: 0,
            support: SupportId::from_bits(random()),
        };
        let registered = Event::Registered {
            visitor,
            name: name.to_owned(),
            platform: "web".to_owned(),
            topic: None,
            kept,
            supervisor: None,
            standing: false,
            since: None,
        };
        let since = Timestamp(at + SECOND);
        story.then(registered).then(Event::Requested { since })
    }

    /// Something happens.
    #[must_use]
    pub(crate) fn then(mut self, event: Event) -> Self {
        let msg_no = match event.is_numbered() {
            true => {
                self.messages += 1;
                self.messages
            }
            false => 0,
        };
        self.events.push(Archived {
            chat: self.chat,
            epoch: self.epoch.clone(),
            seq: self.events.len() as u64 + 1,
            at: self.now,
            msg_no,
            body: bus::write_event(&event),
            event: Some(event),
        });
        self.now += SECOND;
        self
    }

    /// Time goes by.
    #[must_use]
    pub(crate) fn after(mut self, seconds: i64) -> Self {
        self.now += seconds * SECOND;
        self
    }

    /// An agent takes it.
    #[must_use]
    pub(crate) fn claimed(mut self, agent: &str, name: &str) -> Self {
        self.support = SupportId::from_bits(random());
        let claimed = Event::Claimed {
            support: self.support,
            name: name.to_owned(),
            agent: AgentId(agent.to_owned()),
            rank: helpline_desk::actor::Rank::Agent,
            text: String::new(),
        };
        self.then(claimed)
    }

    /// It is given to an agent, for a while or for good.
    #[must_use]
    pub(crate) fn assigned(self, agent: &str) -> Self {
        let assigned = Event::Assigned {
            agent: AgentId(agent.to_owned()),
            name: None,
            by: AgentId("boss".to_owned()),
            by_name: "Boss".to_owned(),
            note: None,
            since: Timestamp(self.now),
            until: None,
        };
        self.then(assigned)
    }

    /// Somebody who stands higher takes it over.
    #[must_use]
    pub(crate) fn taken_over(mut self, agent: &str, name: &str) -> Self {
        self.support = SupportId::from_bits(random());
        let taken_over = Event::TakenOver {
            support: self.support,
            name: name.to_owned(),
            agent: AgentId(agent.to_owned()),
            rank: helpline_desk::actor::Rank::Supervisor,
            text: String::new(),
        };
        self.then(taken_over)
    }

    /// Its agent vanishes, and it waits again.
    #[must_use]
    pub(crate) fn released(self) -> Self {
        let since = Timestamp(self.now);
        self.then(Event::Released {
            since,
            given_back: false,
        })
    }

    /// Somebody whispers to its agent.
    #[must_use]
    pub(crate) fn whispered(self, name: &str, content: &str) -> Self {
        self.then(Event::Whispered {
            id: MessageId::from_bits(random()),
            by: AgentId(name.to_lowercase()),
            by_name: name.to_owned(),
            content: content.to_owned(),
        })
    }

    /// Somebody says how urgent it is.
    #[must_use]
    pub(crate) fn flagged(self, severity: u32) -> Self {
        let at = Timestamp(self.now);
        self.then(Event::Flagged {
            severity,
            by: AgentId("boss".to_owned()),
            by_name: "Boss".to_owned(),
            at,
        })
    }

    /// A session of it is over, and the visitor asks again.
    #[must_use]
    pub(crate) fn rested_and_requested(self) -> Self {
        let rested = self.then(Event::Rested(End::ByVisitor)).after(60);
        let since = Timestamp(rested.now);
        rested.then(Event::Requested { since })
    }

    /// The visitor says something.
    #[must_use]
    pub(crate) fn asks(self, content: &str) -> Self {
        self.says(Side::Visitor, content)
    }

    /// The agent says something.
    #[must_use]
    pub(crate) fn answers(self, content: &str) -> Self {
        self.says(Side::Support, content)
    }

    fn says(self, from: Side, content: &str) -> Self {
        let said = Event::Said(Said {
            id: MessageId::from_bits(random()),
            from,
            support: (from == Side::Support).then_some(self.support),
            content: content.to_owned(),
            raw: None,
            client_id: None,
        });
        self.then(said)
    }

    /// The visitor ends it.
    #[must_use]
    pub(crate) fn ended(self) -> Self {
        self.then(Event::Ended(End::ByVisitor))
    }

    /// The chat's id as text.
    #[must_use]
    pub(crate) fn id(&self) -> String {
        self.chat.to_string()
    }

    /// What was said, in order.
    #[must_use]
    pub(crate) fn contents(&self) -> Vec<String> {
        let said = |event: &Archived| match &event.event {
            Some(Event::Said(said)) => Some(said.content.clone()),
            _ => None,
        };
        self.events.iter().filter_map(said).collect()
    }
}

/// 128 bits that no other call gives.
fn random() -> u128 {
    use std::hash::{BuildHasher, RandomState};
    let bits = || u128::from(RandomState::new().hash_one(0_u8));
    bits() << 64 | bits()
}
