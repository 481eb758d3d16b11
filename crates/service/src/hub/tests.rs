//! A room, told by hand what happens: who gets what, in which dialect, and how often it is written.

use std::{sync::Arc, time::Duration};

use helpline_desk::{
    actor::Side,
    audience::Audience,
    event::{End, Event, Recorded, Said},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    time::Timestamp,
};
use helpline_live::store::{Head, Loaded};
use helpline_protocol::{
    bus::Publication,
    close::Close,
    typed::{self, Level, Seen},
};

use super::{
    Delivery, Inbox, Outbox, Reader, message_id,
    room::{Repair, Room},
};
use crate::{handler::Held, metrics::Metrics, policy::PolicyNow, settings::Settings, wire::Frame};

mod order;

const CHAT: ChatId = ChatId::from_bits(7);
const AGENT: SupportId = SupportId::from_bits(8);
const FIRST: u64 = 99;

fn recorded(seq: u64, event: Event) -> Recorded {
    Recorded {
        seq,
        at: Timestamp(i64::try_from(seq).expect("small") * 1_000),
        event,
    }
}

fn said(from: Side, content: &str, id: MessageId) -> Event {
    Event::Said(Said {
        id,
        from,
        support: Some(AGENT),
        content: content.to_owned(),
        raw: None,
        client_id: None,
    })
}

fn anybody(content: &str) -> Event {
    said(Side::Visitor, content, MessageId::from_bits(1))
}

/// Registered, taken by an agent, and then this.
fn log(then: impl IntoIterator<Item = Event>) -> Vec<Recorded> {
    let registered = Event::Registered {
        visitor: VisitorId::from_bits(6),
        name: "Mina".to_owned(),
        platform: "web".to_owned(),
        topic: None,
        kept: false,
        supervisor: None,
        standing: false,
        since: None,
    };
    let claimed = Event::Claimed {
        support: AGENT,
        name: "Vika".to_owned(),
        agent: AgentId("vika".to_owned()),
        rank: helpline_desk::actor::Rank::Agent,
        text: String::new(),
    };
    (1..)
        .zip([registered, claimed].into_iter().chain(then))
        .map(|(seq, event)| recorded(seq, event))
        .collect()
}

fn loaded(epoch: &str, recorded: Vec<Recorded>) -> Loaded {
    Loaded {
        head: Head {
            epoch: epoch.into(),
            revision: 2,
            seq: recorded.last().map_or(0, |last| last.seq),
        },
        seen: Seen::default(),
        ttl: Duration::from_secs(60),
        recorded,
    }
}

struct Case {
    room: Room,
    metrics: Metrics,
}

impl Case {
    /// A room in which everyone has the log up to its second event.
    fn new() -> Self {
        let case = Self::unread();
        // Somebody has read it, and has gone.
        let _ = case.seat(FIRST, Reader::Event(Side::Visitor));
        case.room.dismiss(FIRST);
        case
    }

    /// A room in which nobody has read the log.
    fn unread() -> Self {
        Self {
            room: Room::new(CHAT, PolicyNow::new(&Settings::default())),
            metrics: Metrics::new(),
        }
    }

    fn seat(&self, member: u64, reader: Reader) -> Inbox {
        let inbox = self.coming(member, reader);
        assert_eq!(self.has_read(member, &log([])), None);
        inbox
    }

    /// Somebody has come, and reads the log.
    fn coming(&self, member: u64, reader: Reader) -> Inbox {
        let (outbox, inbox) = Outbox::new(4);
        self.room.admit(member, outbox, None);
        self.room.seat(member, reader, false);
        inbox
    }

    /// Has read this; says from where the log is to be read for it, if that has to be.
    fn has_read(&self, member: u64, log: &[Recorded]) -> Option<u64> {
        let loaded = loaded("e", log.to_vec());
        let held = Held {
            chat: loaded.chat(CHAT).map(Arc::new),
            head: loaded.head,
        };
        let last = loaded.recorded.last().expect("a log");
        self.room.take_place(member, &held, last.into())
    }

    /// What a resync from there reads of this log.
    fn reads(&self, from: u64, log: &[Recorded]) {
        let mut read = loaded("e", log.to_vec());
        read.recorded.retain(|recorded| recorded.seq > from);
        let repair = self.room.catch_up(read, &self.metrics);
        assert!(matches!(repair, Repair::Done));
        assert_eq!(self.room.end_resync(), None);
    }

    fn hears(&self, seq: u64, event: Event) -> bool {
        let publication = Publication::Happened {
            epoch: "e".to_owned(),
            revision: 2,
            recorded: recorded(seq, event),
        };
        self.room.take(publication, &self.metrics)
    }
}

fn typed(side: Side) -> Reader {
    Reader::Typed(typed::Reader {
        audience: Audience::Seat(side),
        level: Level::Plain,
        follows_request: false,
    })
}

fn next(inbox: &mut Inbox) -> Option<Arc<Delivery>> {
    inbox.try_recv().ok()
}

/// What an inbox has for its client, as text.
fn contents(inbox: &mut Inbox) -> Vec<String> {
    std::iter::from_fn(|| next(inbox))
        .flat_map(|delivery| delivery.frames.clone())
        .map(|frame| {
            let text = format!("{frame:?}");
            let (_, after) = text.split_once(r#"content\":\""#).expect("a message");
            after.split('\\').next().expect("a text").to_owned()
        })
        .collect()
}

#[test]
fn an_event_is_written_once_for_each_kind_of_reader() {
    let case = Case::new();
    let readers = [
        Reader::Event(Side::Visitor),
        Reader::Event(Side::Support),
        typed(Side::Visitor),
        typed(Side::Support),
    ];
    let mut pairs = Vec::new();
    for (reader, number) in readers.into_iter().zip((1..).step_by(2)) {
        pairs.push((case.seat(number, reader), case.seat(number + 1, reader)));
    }
    assert!(case.hears(3, anybody("hello")));
    for (first, second) in &mut pairs {
        let (first, second) = (next(first).expect("one"), next(second).expect("one"));
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(first.chat, CHAT);
        assert_eq!(first.stands.map(|stands| stands.seq), Some(3));
    }
}

#[test]
fn only_the_sender_of_the_dialect_without_echo_hears_nothing_of_its_own() {
    let case = Case::new();
    let mut sender = case.seat(1, Reader::Event(Side::Visitor));
    let mut sibling = case.seat(2, Reader::Event(Side::Visitor));
    let mut agent = case.seat(3, typed(Side::Support));
    assert!(case.hears(3, said(Side::Visitor, "mine", message_id(1))));
    assert!(case.hears(4, said(Side::Support, "answer", message_id(3))));
    assert_eq!(contents(&mut sender), ["answer"]);
    assert_eq!(contents(&mut sibling), ["mine", "answer"]);
    assert_eq!(contents(&mut agent), ["mine", "answer"]);
}

#[test]
fn whoever_has_no_seat_in_that_dialect_hears_nothing_not_even_the_end() {
    let case = Case::new();
    let (outbox, mut early) = Outbox::new(4);
    case.room.admit(1, outbox, None);
    let (outbox, mut door) = Outbox::new(4);
    case.room.admit(2, outbox, Some(Reader::DOOR));
    let mut seated = case.seat(3, Reader::Event(Side::Visitor));
    let end = helpline_desk::event::End::ByVisitor;
    assert!(case.hears(3, Event::Ended(end)));
    assert!(next(&mut early).is_none());
    let expected = Frame::from(typed::chat_expired(CHAT));
    assert_eq!(next(&mut door).expect("the end").frames, [expected]);
    let expected = Frame::from(helpline_protocol::event::closed(CHAT));
    assert_eq!(next(&mut seated).expect("the end").frames, [expected]);
}

/// Nothing is left of the chat, not even its end.
#[test]
fn each_dialect_has_its_own_word_for_what_is_gone() {
    let case = Case::new();
    let mut candidate = case.seat(1, Reader::Event(Side::Visitor));
    let mut agent = case.seat(2, typed(Side::Support));
    case.room.expire();
    let expected = Frame::from(helpline_protocol::event::closed(CHAT));
    assert_eq!(next(&mut candidate).expect("the end").frames, [expected]);
    let expected = Frame::from(typed::chat_expired(CHAT));
    assert_eq!(next(&mut agent).expect("the end").frames, [expected]);
}

#[test]
fn whoever_had_a_chat_that_was_given_away_is_told_and_out() {
    let case = Case::new();
    let mut candidate = case.seat(1, Reader::Event(Side::Visitor));
    let mut former = case.seat(2, Reader::Event(Side::Support));
    let assigned = Event::Assigned {
        agent: AgentId("otto".to_owned()),
        name: None,
        by: AgentId("sasha".to_owned()),
        by_name: "Sasha".to_owned(),
        note: None,
        since: Timestamp(0),
        until: None,
    };
    assert!(case.hears(3, assigned));
    assert!(next(&mut candidate).is_none_or(|delivery| delivery.is_empty()));
    let told = next(&mut former).expect("something");
    assert_eq!(told.close, Some(Close::GivenAway));
    assert_eq!(told.frames.len(), 1);
}

#[test]
fn one_outbox_serves_several_rooms_and_says_when_it_was_too_small() {
    let (first, second) = (Case::new(), Case::new());
    let (outbox, mut inbox) = Outbox::new(2);
    for case in [&first, &second] {
        case.room.admit(1, outbox.clone(), None);
        case.room.seat(1, Reader::Event(Side::Support), false);
        assert_eq!(case.has_read(1, &log([])), None);
    }
    assert!(first.hears(3, anybody("one")));
    assert!(second.hears(3, anybody("two")));
    assert!(!outbox.has_overflowed());
    assert!(first.hears(4, anybody("three")));
    assert!(outbox.has_overflowed());
    assert!(first.hears(5, anybody("nobody is told any more")));
    assert_eq!(contents(&mut inbox), ["one", "two"]);
}

/// A socket that comes in has read the log itself; those before it have not.
#[test]
fn a_hole_is_seen_although_somebody_has_come_in_behind_it() {
    let case = Case::new();
    let _before = case.seat(1, Reader::Event(Side::Visitor));
    let _late = case.coming(2, Reader::Event(Side::Visitor));
    assert_eq!(case.has_read(2, &log([anybody("missed")])), None);
    assert!(!case.hears(4, anybody("after the hole")));
}

/// The store was emptied and the chat put back: its numbers go on in another epoch.
#[test]
fn after_a_loss_nobody_is_told_twice_and_nothing_is_left_out() {
    let case = Case::new();
    let mut sender = case.seat(1, Reader::Event(Side::Visitor));
    let mut agent = case.seat(2, Reader::Event(Side::Support));
    let mut typed = case.seat(3, typed(Side::Support));
    assert!(case.hears(3, anybody("before")));
    for inbox in [&mut sender, &mut agent, &mut typed] {
        assert_eq!(contents(inbox), ["before"]);
    }
    let whole = log([
        anybody("before"),
        said(Side::Visitor, "mine", message_id(1)),
        anybody("after"),
    ]);
    case.room.start_over(&loaded("f", whole), &case.metrics);
    assert_eq!(contents(&mut sender), ["after"]);
    assert_eq!(contents(&mut agent), ["mine", "after"]);
    let history = next(&mut typed).expect("a history");
    assert!(history.resets);
    assert_eq!(history.stands.map(|stands| stands.seq), Some(5));
}
