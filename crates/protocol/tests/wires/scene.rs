//! The chat that the golden files tell of: Mina asks, Vika answers.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    audience::Audience,
    chat::Chat,
    event::{Event, Recorded, Said},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    queue::Entry,
    time::Timestamp,
};
use helpline_protocol::{
    iso,
    typed::{Level, Reader, Scene},
};

/// `2031-03-04T05:06:07.000089Z`
pub(crate) const MOMENT: Timestamp = Timestamp(1_930_367_167_000_089);
/// `2031-03-04T05:05:58.120400Z`
pub(crate) const REQUESTED: Timestamp = Timestamp(1_930_367_158_120_400);

pub(crate) const EPOCH: &str = "e";
pub(crate) const IDLE_TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn chat_id() -> ChatId {
    ChatId::claimed("b8a2619644f34f4aa8371401f42c6d5c")
}

pub(crate) fn mina() -> VisitorId {
    VisitorId::claimed("27ab0d0cfae34f68b41ed25150b5d9f6")
}

pub(crate) fn vika() -> SupportId {
    SupportId::claimed("5f0c3f4f1f6a4a0f9a3f0a9f3f7d2c11")
}

/// Events as the store gives them back: numbered from 1, all at one moment.
pub(crate) fn record(events: impl IntoIterator<Item = Event>) -> Vec<Recorded> {
    (1..)
        .zip(events)
        .map(|(seq, event)| Recorded {
            seq,
            at: MOMENT,
            event,
        })
        .collect()
}

pub(crate) fn registered() -> Event {
    Event::Registered {
        visitor: mina(),
        name: "Mina".to_owned(),
        platform: "web".to_owned(),
        topic: None,
        kept: false,
        supervisor: None,
        standing: false,
        since: None,
    }
}

pub(crate) fn claimed() -> Event {
    Event::Claimed {
        support: vika(),
        name: "Vika".to_owned(),
        agent: AgentId("an agent".to_owned()),
        rank: helpline_desk::actor::Rank::Agent,
        text: "Vika is now with you.".to_owned(),
    }
}

/// The chat that waits, with what happens next.
pub(crate) fn waiting(then: impl IntoIterator<Item = Event>) -> Chat {
    let before = [
        registered(),
        Event::VisitorJoined,
        Event::Requested { since: REQUESTED },
    ];
    let events = record(before.into_iter().chain(then));
    Chat::from_events(chat_id(), &events).expect("a chat")
}

/// The chat that Vika has, with what happens next.
pub(crate) fn engaged(then: impl IntoIterator<Item = Event>) -> Chat {
    waiting([claimed()].into_iter().chain(then))
}

pub(crate) fn entry() -> Entry {
    Entry::of(&waiting([])).expect("a chat that waits")
}

/// Mina's question.
pub(crate) fn question() -> Said {
    Said {
        id: MessageId::claimed("0d9a4c1be2f34a5b8c7d6e5f4a3b2c1d"),
        from: Side::Visitor,
        support: Some(vika()),
        content: "Is the shop open on Sunday?".to_owned(),
        raw: None,
        client_id: Some("a-1".to_owned()),
    }
}

/// Vika's answer.
pub(crate) fn answer() -> Said {
    Said {
        id: MessageId::from_bits(2),
        from: Side::Support,
        support: Some(vika()),
        content: "Yes, from ten to four.".to_owned(),
        raw: None,
        client_id: None,
    }
}

pub(crate) fn scene(chat: &Chat) -> Scene<'_> {
    Scene {
        id: chat.id,
        chat: Some(chat),
        epoch: EPOCH,
        idle_timeout: IDLE_TIMEOUT,
    }
}

pub(crate) fn seat(side: Side, level: Level) -> Reader {
    Reader {
        audience: Audience::Seat(side),
        level,
        follows_request: false,
    }
}

#[test]
fn moments_are_written_as_the_contract_writes_them() {
    assert_eq!(iso(MOMENT), "2031-03-04T05:06:07.000089Z");
    assert_eq!(iso(REQUESTED), "2031-03-04T05:05:58.120400Z");
}
