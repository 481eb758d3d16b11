//! Every key and channel name, and nowhere else.
//!
//! A name is `<prefix>:{<partition>}:…`; the braces put everything of one partition into one hash slot, so
//! that one commit may touch all of it.

use helpline_desk::{
    actor::Side,
    decide::Timer,
    id::{AgentId, ChatId, VisitorId},
};

/// Makes the names of one deployment.
#[derive(Clone, Debug)]
pub struct Keys {
    prefix: String,
    partitions: u16,
}

impl Keys {
    /// Names that begin with `prefix`, over this many partitions.
    pub fn new(prefix: &str, partitions: u16) -> Self {
        Self {
            prefix: prefix.to_owned(),
            partitions: partitions.max(1),
        }
    }

    /// How many partitions there are.
    pub fn partitions(&self) -> u16 {
        self.partitions
    }

    /// The partition a chat lives in.
    pub fn partition(&self, chat: ChatId) -> u16 {
        self.spread(chat.bits())
    }

    /// An id is random bits already: its remainder is as good a hash as any.
    fn spread(&self, bits: u128) -> u16 {
        u16::try_from(bits % u128::from(self.partitions)).unwrap_or_default()
    }

    fn name(&self, partition: u16, rest: impl std::fmt::Display) -> String {
        format!("{}:{{{partition}}}:{rest}", self.prefix)
    }

    /// Hash: everything of one chat.
    pub(crate) fn chat(&self, chat: ChatId) -> String {
        self.name(self.partition(chat), format_args!("chat:{chat}"))
    }

    /// What every chat's key in this partition begins with.
    pub(crate) fn chats(&self, partition: u16) -> String {
        self.name(partition, "chat:")
    }

    /// Set: the sockets at one chat.
    pub(crate) fn here(&self, chat: ChatId) -> String {
        self.name(self.partition(chat), format_args!("here:{chat}"))
    }

    /// Sorted set: open chats by when to look whether they expired.
    pub(crate) fn expiry(&self, partition: u16) -> String {
        self.name(partition, "expiry")
    }

    /// Sorted set: timers by when they are due.
    pub(crate) fn timers(&self, partition: u16) -> String {
        self.name(partition, "timers")
    }

    /// Hash: waiting requests by chat, and the set's own revision.
    pub(crate) fn waiting(&self, partition: u16) -> String {
        self.name(partition, "waiting")
    }

    /// Hash: chats that an agent has, with the agent.
    pub(crate) fn engaged(&self, partition: u16) -> String {
        self.name(partition, "engaged")
    }

    /// Hash: flagged chats, with how they are flagged.
    pub(crate) fn flagged(&self, partition: u16) -> String {
        self.name(partition, "flagged")
    }

    /// Sorted set: processes by when their lease runs out.
    pub(crate) fn leases(&self, partition: u16) -> String {
        self.name(partition, "leases")
    }

    /// Stream: what happened, for the records.
    pub(crate) fn stream(&self, partition: u16) -> String {
        self.name(partition, "stream")
    }

    /// String: who gives the stream to the records.
    pub(crate) fn outbound(&self, partition: u16) -> String {
        self.name(partition, "outbound")
    }

    /// Set: the places where one process has sockets.
    pub(crate) fn process(&self, partition: u16, process: &str) -> String {
        self.name(partition, format_args!("process:{process}"))
    }

    /// The partition that somebody's presence lives in: the staff's is one, in the first.
    pub(crate) fn partition_of(&self, person: &Person) -> u16 {
        match person {
            Person::Staff(_) => 0,
            Person::Visitor(id) => self.spread(id.bits()),
        }
    }

    /// Hash: the staff who are online.
    pub(crate) fn staff(&self) -> String {
        self.name(0, "staff")
    }

    /// Hash: the visitors of a partition who are online.
    pub(crate) fn visitors(&self, partition: u16) -> String {
        self.name(partition, "visitors")
    }

    /// Hash: the sockets of somebody who is online, and whether each of them takes requests.
    pub(crate) fn sockets(&self, person: &Person) -> String {
        self.name(
            self.partition_of(person),
            format_args!("sockets:{}", person_timer(person)),
        )
    }

    /// String: the secret that open mode signs tokens with.
    pub(crate) fn secret(&self) -> String {
        self.name(0, "secret")
    }

    /// String: this visitor has registered lately.
    pub(crate) fn registered(&self, visitor: VisitorId) -> String {
        let partition = self.spread(visitor.bits());
        self.name(partition, format_args!("registered:{visitor}"))
    }

    /// Sorted set: accounts whose tokens have ended, by the second from which they are good again.
    pub(crate) fn revocations(&self) -> String {
        self.name(0, "revocations")
    }

    /// Hash: the texts that people have stored.
    pub(crate) fn texts(&self) -> String {
        self.name(0, "texts")
    }

    /// String: the number of partitions this deployment was started with.
    pub(crate) fn partition_count(&self) -> String {
        self.name(0, "partitions")
    }

    /// String, for a second: that a key of this deployment can be written was tried.
    pub(crate) fn trial(&self) -> String {
        self.name(0, "trial")
    }

    /// Channel: that a channel of this deployment can be used is tried. Nobody listens.
    pub(crate) fn trial_channel(&self) -> String {
        self.name(0, "trial-channel")
    }

    /// Channel: what happens at one chat.
    pub fn chat_channel(&self, chat: ChatId) -> String {
        self.name(self.partition(chat), format_args!("events:{chat}"))
    }

    /// The chat whose channel this is.
    pub fn chat_of_channel(&self, channel: &str) -> Option<ChatId> {
        let (rest, chat) = channel.rsplit_once(':')?;
        rest.ends_with(":events").then(|| ChatId::parse(chat))?
    }

    /// Channel: somebody of the staff came or went, or its status changed.
    pub fn desk_channel(&self) -> String {
        self.name(0, "desk")
    }

    /// Channel: everything that happens at a partition's chats.
    pub fn watch_channel(&self, partition: u16) -> String {
        self.name(partition, "watch")
    }

    /// Channel: the ids of a partition's chats whose end the records have.
    pub fn archived_channel(&self, partition: u16) -> String {
        self.name(partition, "archived")
    }

    /// Channel: changes of a partition's waiting set.
    pub fn queue_channel(&self, partition: u16) -> String {
        self.name(partition, "queue")
    }
}

/// A chat's timer, as the timers' sorted set names it.
pub(crate) fn timer(chat: ChatId, timer: Timer) -> String {
    let kind = match timer {
        Timer::Reservation => "reservation",
        Timer::Away(Side::Visitor) => "away-visitor",
        Timer::Away(Side::Support) => "away-support",
        Timer::Vanished => "vanished",
    };
    format!("{chat}/{kind}")
}

/// Somebody's timer, as the same set names it: due when its grace is over.
pub(crate) fn person_timer(person: &Person) -> String {
    match person {
        Person::Staff(id) => format!("staff/{id}"),
        Person::Visitor(id) => format!("visitor/{id}"),
    }
}

/// Whose timer it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimerName {
    /// A chat's.
    Chat(ChatId, Timer),
    /// Somebody's.
    Person(Person),
}

/// Reads what [`timer`] and [`person_timer`] wrote.
pub(crate) fn read_timer(name: &str) -> Option<TimerName> {
    let (first, rest) = name.split_once('/')?;
    let timer = match (first, rest) {
        ("staff", id) => return Some(TimerName::Person(Person::Staff(AgentId(id.to_owned())))),
        ("visitor", id) => {
            return VisitorId::parse(id).map(|id| TimerName::Person(Person::Visitor(id)));
        }
        (_, "reservation") => Timer::Reservation,
        (_, "away-visitor") => Timer::Away(Side::Visitor),
        (_, "away-support") => Timer::Away(Side::Support),
        (_, "vanished") => Timer::Vanished,
        _ => return None,
    };
    Some(TimerName::Chat(ChatId::parse(first)?, timer))
}

/// What the sockets of one side begin with, among those at a chat.
pub(crate) fn side(side: Side) -> &'static str {
    match side {
        Side::Visitor => "visitor/",
        Side::Support => "support/",
    }
}

/// Somebody who can be online.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    /// Somebody of the staff.
    Staff(AgentId),
    /// A visitor who has an identity of its own, whichever chat it is in.
    Visitor(VisitorId),
}

/// A place where a socket of some process is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// At a chat, on one side.
    Chat(ChatId, Side),
    /// Online, as this member of the staff.
    Staff(AgentId),
    /// Online, as this visitor.
    Visitor(VisitorId),
}

impl Place {
    /// Who is online by being there, if it is not a chat.
    pub fn person(&self) -> Option<Person> {
        match self {
            Self::Chat(..) => None,
            Self::Staff(id) => Some(Person::Staff(id.clone())),
            Self::Visitor(id) => Some(Person::Visitor(*id)),
        }
    }

    /// How the place's own set or hash names the socket.
    pub(crate) fn at_place(&self, process: &str, socket: u64) -> String {
        match self {
            Self::Chat(_, on) => format!("{}{process}/{socket}", side(*on)),
            Self::Staff(_) | Self::Visitor(_) => format!("{process}/{socket}"),
        }
    }

    /// How the process's set names the socket.
    pub(crate) fn at_process(&self, socket: u64) -> String {
        match self {
            Self::Chat(chat, on) => format!("chat/{socket}/{}{chat}", side(*on)),
            Self::Staff(id) => format!("staff/{socket}/{id}"),
            Self::Visitor(id) => format!("visitor/{socket}/{id}"),
        }
    }

    /// Reads what [`Self::at_process`] wrote.
    pub(crate) fn read_at_process(name: &str) -> Option<(Self, u64)> {
        let mut parts = name.splitn(3, '/');
        let (kind, socket, rest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let place = match kind {
            "staff" => Self::Staff(AgentId(rest.to_owned())),
            "visitor" => Self::Visitor(VisitorId::parse(rest)?),
            "chat" => [Side::Visitor, Side::Support].into_iter().find_map(|on| {
                let chat = ChatId::parse(rest.strip_prefix(side(on))?)?;
                Some(Self::Chat(chat, on))
            })?,
            _ => return None,
        };
        Some((place, socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let keys = Keys::new("shop:eu", 7);
        let chat = ChatId::from_bits(0xabc_def);
        assert_eq!(keys.chat_of_channel(&keys.chat_channel(chat)), Some(chat));
        assert_eq!(keys.chat_of_channel(&keys.queue_channel(3)), None);
        for kind in [
            Timer::Reservation,
            Timer::Away(Side::Visitor),
            Timer::Away(Side::Support),
            Timer::Vanished,
        ] {
            let name = TimerName::Chat(chat, kind);
            assert_eq!(read_timer(&timer(chat, kind)), Some(name));
        }
        let agent = AgentId("odd/agent/reservation".to_owned());
        let visitor = VisitorId::from_bits(0xfed);
        for person in [Person::Staff(agent.clone()), Person::Visitor(visitor)] {
            let name = person_timer(&person);
            assert_eq!(read_timer(&name), Some(TimerName::Person(person)));
        }
        for place in [
            Place::Chat(chat, Side::Visitor),
            Place::Chat(chat, Side::Support),
            Place::Staff(agent),
            Place::Visitor(visitor),
        ] {
            let name = place.at_process(42);
            assert_eq!(Place::read_at_process(&name), Some((place, 42)));
        }
    }

    #[test]
    fn everything_of_a_chat_shares_a_slot() {
        let keys = Keys::new("helpline", 16);
        let chat = ChatId::from_bits(0x1234_5678);
        let tag = format!("{{{}}}", keys.partition(chat));
        for name in [
            keys.chat(chat),
            keys.here(chat),
            keys.chat_channel(chat),
            keys.expiry(keys.partition(chat)),
            keys.waiting(keys.partition(chat)),
            keys.stream(keys.partition(chat)),
            keys.engaged(keys.partition(chat)),
            keys.flagged(keys.partition(chat)),
        ] {
            assert!(name.contains(&tag), "{name}");
        }
    }
}
