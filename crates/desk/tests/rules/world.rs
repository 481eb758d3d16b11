//! A chat in a test: commands go in, events are applied, nothing else exists.

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::Chat,
    command::{Command, Say},
    decide::{Decision, decide},
    event::Event,
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    name::Name,
    policy::{AgentsAre, Policy},
    refusal::Refusal,
    time::Timestamp,
};

pub(crate) const CHAT: ChatId = ChatId::from_bits(0xc);
pub(crate) const MINA: VisitorId = VisitorId::from_bits(0xa);
/// Since when Mina is known.
pub(crate) const SINCE: Timestamp = Timestamp(999_000);
pub(crate) const STRANGER: VisitorId = VisitorId::from_bits(0xb);

/// One chat and its policy.
pub(crate) struct Desk {
    pub(crate) chat: Option<Chat>,
    pub(crate) policy: Policy,
    pub(crate) log: Vec<Event>,
    pub(crate) now: Timestamp,
}

impl Desk {
    pub(crate) fn new(agents_are: AgentsAre) -> Self {
        Self {
            chat: None,
            policy: Policy {
                agents_are,
                ..Policy::default()
            },
            log: Vec::new(),
            now: Timestamp(1_000_000),
        }
    }

    /// A registered chat whose visitor has asked for an agent.
    pub(crate) fn waiting(agents_are: AgentsAre) -> Self {
        let mut desk = Self::new(agents_are);
        desk.accepts(visitor(), register());
        desk.accepts(visitor(), enter());
        desk
    }

    /// The same, taken by Vika.
    pub(crate) fn engaged(agents_are: AgentsAre) -> Self {
        let mut desk = Self::waiting(agents_are);
        desk.accepts(agent("vika"), claim("Vika", 1));
        desk
    }

    /// A kept chat of Mina's, which belongs to the supervisor Rosa.
    pub(crate) fn kept(agents_are: AgentsAre) -> Self {
        let mut desk = Self::new(agents_are);
        desk.accepts(visitor(), open());
        desk
    }

    /// Mina's standing chat, in which she has asked something.
    pub(crate) fn standing(agents_are: AgentsAre) -> Self {
        let mut desk = Self::new(agents_are);
        desk.accepts(visitor(), first_words("hello"));
        desk
    }

    pub(crate) fn ask(&mut self, actor: Actor, command: Command) -> Result<Decision, Refusal> {
        let now = self.now;
        let decision = decide(self.chat.as_ref(), &actor, &command, now, &self.policy)?;
        for event in &decision.events {
            match &mut self.chat {
                Some(chat) => chat.apply(event),
                None => self.chat = Chat::begin(CHAT, event, now),
            }
            self.log.push(event.clone());
        }
        Ok(decision)
    }

    pub(crate) fn accepts(&mut self, actor: Actor, command: Command) -> Decision {
        self.ask(actor, command).expect("accepted")
    }

    pub(crate) fn refuses(&mut self, actor: Actor, command: Command) -> Refusal {
        let before = self.chat.clone();
        let refusal = self.ask(actor, command).expect_err("refused");
        assert_eq!(self.chat, before, "a refusal changes nothing");
        refusal
    }
}

pub(crate) fn visitor() -> Actor {
    Actor::Visitor(MINA)
}

pub(crate) fn agent(id: &str) -> Actor {
    Actor::Agent(AgentId(id.to_owned()))
}

pub(crate) fn register() -> Command {
    Command::Register {
        name: Name::parse("Mina").expect("a name"),
        platform: "web".to_owned(),
        topic: None,
        email: None,
        since: SINCE,
    }
}

pub(crate) fn first_words(content: &str) -> Command {
    Command::Ask {
        name: Name::parse("Mina").expect("a name"),
        email: None,
        since: SINCE,
        say: words(Side::Visitor, None, content),
    }
}

pub(crate) fn take_over(rank: Rank, support: u128) -> Command {
    Command::TakeOver {
        support: SupportId::from_bits(support),
        name: Name::parse("Rosa").expect("a name"),
        rank,
    }
}

pub(crate) fn open() -> Command {
    Command::Open {
        name: Name::parse("Mina").expect("a name"),
        supervisor: AgentId("rosa".to_owned()),
    }
}

pub(crate) fn staff(id: &str) -> Actor {
    Actor::Staff(AgentId(id.to_owned()))
}

pub(crate) fn assign(agent: &str) -> Command {
    Command::Assign {
        agent: AgentId(agent.to_owned()),
        name: Name::parse("Otto").expect("a name"),
        by_name: Name::parse("Rosa").expect("a name"),
        note: Some("speaks French".to_owned()),
    }
}

pub(crate) fn enter() -> Command {
    Command::Enter {
        support: None,
        email: None,
    }
}

pub(crate) fn claim(name: &str, support: u128) -> Command {
    Command::Claim {
        visitor: MINA,
        support: SupportId::from_bits(support),
        name: Name::parse(name).expect("a name"),
        rank: Rank::Agent,
    }
}

pub(crate) fn say(from: Side, support: Option<u128>, content: &str) -> Command {
    Command::Say(words(from, support, content))
}

fn words(from: Side, support: Option<u128>, content: &str) -> Say {
    Say {
        id: MessageId::from_bits(7),
        from,
        visitor: MINA,
        support: support.map(SupportId::from_bits),
        content: content.to_owned(),
        raw: None,
        client_id: None,
    }
}
