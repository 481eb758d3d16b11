//! Everything the wires may have to carry.

use helpline_desk::{
    actor::{Rank, Side},
    chat::{Chat, HandOver, Reservation},
    event::{End, Event, Recorded, Said},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    queue::Entry,
    time::Timestamp,
};
use helpline_protocol::{
    bus::Passing,
    typed::{Level, Reader},
};
use proptest::{collection::vec, option, prelude::*};

use crate::scene::{self, seat};

/// Any text: also quotes, backslashes, controls, line ends, spaces (which part the bus's fields) and none at all.
pub(crate) fn a_text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => any::<String>(),
        1 => "[ \"\\\\\n\r\t\u{0}\u{7f}~{}\\[\\]:,/\u{2028}é𝄞-]{0,24}",
        1 => "[a-z ]{0,12}",
    ]
}

pub(crate) fn a_side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Visitor), Just(Side::Support)]
}

pub(crate) fn a_level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Plain), Just(Level::OptedIn)]
}

/// Somebody in the chat.
pub(crate) fn a_reader() -> impl Strategy<Value = Reader> {
    (a_side(), a_level()).prop_map(|(side, level)| seat(side, level))
}

fn an_agent() -> impl Strategy<Value = AgentId> {
    a_text().prop_map(AgentId)
}

fn a_support() -> impl Strategy<Value = SupportId> {
    any::<u128>().prop_map(SupportId::from_bits)
}

fn a_time() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp)
}

fn registered() -> impl Strategy<Value = Event> {
    (
        (any::<u128>(), a_text(), a_text(), option::of(a_text())),
        (any::<bool>(), option::of(an_agent()), any::<bool>()),
        option::of(a_time()),
    )
        .prop_map(
            |((visitor, name, platform, topic), (kept, supervisor, standing), since)| {
                Event::Registered {
                    visitor: VisitorId::from_bits(visitor),
                    name,
                    platform,
                    topic,
                    kept,
                    supervisor,
                    standing,
                    since,
                }
            },
        )
}

fn claimed() -> impl Strategy<Value = Event> {
    (
        (a_support(), a_text(), an_agent(), a_rank(), a_text()),
        any::<bool>(),
    )
        .prop_map(|((support, name, agent, rank, text), first)| match first {
            true => Event::Claimed {
                support,
                name,
                agent,
                rank,
                text,
            },
            false => Event::TakenOver {
                support,
                name,
                agent,
                rank,
                text,
            },
        })
}

fn a_rank() -> impl Strategy<Value = Rank> {
    prop_oneof![Just(Rank::Admin), Just(Rank::Supervisor), Just(Rank::Agent)]
}

fn flagged() -> impl Strategy<Value = Event> {
    (any::<u32>(), an_agent(), a_text(), a_time()).prop_map(|(severity, by, by_name, at)| {
        Event::Flagged {
            severity,
            by,
            by_name,
            at,
        }
    })
}

fn whispered() -> impl Strategy<Value = Event> {
    (any::<u128>(), an_agent(), a_text(), a_text()).prop_map(|(id, by, by_name, content)| {
        Event::Whispered {
            id: MessageId::from_bits(id),
            by,
            by_name,
            content,
        }
    })
}

fn assigned() -> impl Strategy<Value = Event> {
    (
        (an_agent(), option::of(a_text())),
        (an_agent(), a_text(), option::of(a_text())),
        (a_time(), option::of(a_time())),
    )
        .prop_map(
            |((agent, name), (by, by_name, note), (since, until))| Event::Assigned {
                agent,
                name,
                by,
                by_name,
                note,
                since,
                until,
            },
        )
}

fn said() -> impl Strategy<Value = Event> {
    (
        any::<u128>(),
        a_side(),
        option::of(a_support()),
        a_text(),
        option::of(a_text()),
        option::of(a_text()),
    )
        .prop_map(|(id, from, support, content, raw, client_id)| {
            Event::Said(Said {
                id: MessageId::from_bits(id),
                from,
                support,
                content,
                raw,
                client_id,
            })
        })
}

fn ended() -> impl Strategy<Value = Event> {
    prop_oneof![
        Just(End::ByVisitor),
        a_text().prop_map(|text| End::BySupport { text }),
        (an_agent(), a_text()).prop_map(|(by, text)| End::ByStaff { by, text }),
        Just(End::BySilence),
    ]
    .prop_flat_map(|end| prop_oneof![Just(Event::Rested(end.clone())), Just(Event::Ended(end))])
}

/// Any event at all.
pub(crate) fn an_event() -> impl Strategy<Value = Event> {
    prop_oneof![1 => said(), 3 => a_happening()]
}

fn a_happening() -> impl Strategy<Value = Event> {
    prop_oneof![
        registered(),
        Just(Event::VisitorJoined),
        (a_text(), any::<bool>())
            .prop_map(|(email, verified)| Event::Introduced { email, verified }),
        a_time().prop_map(|since| Event::Requested { since }),
        Just(Event::VisitorLeft),
        Just(Event::VisitorReturned),
        claimed(),
        assigned(),
        flagged(),
        whispered(),
        (a_time(), any::<bool>())
            .prop_map(|(since, given_back)| Event::Released { since, given_back }),
        a_text().prop_map(|text| Event::SupportLeft { text }),
        Just(Event::SupportReturned),
        (an_agent(), a_time()).prop_map(|(agent, until)| Event::Reserved { agent, until }),
        Just(Event::ReservationEnded),
        an_agent().prop_map(|agent| Event::Declined { agent }),
        Just(Event::AllDeclined),
        ended(),
    ]
}

/// A chat's log, from its registration on, and the chat it makes.
pub(crate) fn a_log() -> impl Strategy<Value = (Chat, Vec<Recorded>)> {
    (registered(), vec(an_event(), 0..12)).prop_map(|(first, then)| {
        let log = scene::record([first].into_iter().chain(then));
        let chat = Chat::from_events(scene::chat_id(), &log).expect("a chat");
        (chat, log)
    })
}

pub(crate) fn an_entry() -> impl Strategy<Value = Entry> {
    let handed_over = (a_text(), option::of(a_text()), option::of(a_text()))
        .prop_map(|(by, to, note)| HandOver { by, to, note });
    let held = (an_agent(), a_time()).prop_map(|(agent, until)| Reservation { agent, until });
    (
        (any::<u128>(), any::<u128>(), a_text(), a_text()),
        (
            option::of(a_text()),
            option::of(a_text()),
            (a_time(), a_time()),
        ),
        (option::of(held), vec(an_agent(), 0..4), any::<bool>()),
        (option::of(an_agent()), option::of(handed_over)),
        (any::<u32>(), any::<bool>()),
    )
        .prop_map(
            |(
                (chat, visitor, name, platform),
                (topic, first_words, (since, open_since)),
                (reserved, declined, all_declined),
                (assigned, handed_over),
                (severity, returned),
            )| Entry {
                chat: ChatId::from_bits(chat),
                visitor: VisitorId::from_bits(visitor),
                name,
                platform,
                topic,
                first_words,
                since,
                open_since,
                reserved,
                assigned,
                handed_over,
                declined,
                all_declined,
                severity,
                returned,
            },
        )
}

pub(crate) fn a_passing() -> impl Strategy<Value = Passing> {
    prop_oneof![
        (a_side(), any::<bool>(), any::<u64>()).prop_map(|(side, on, origin)| Passing::Typing {
            side,
            on,
            origin
        }),
        (a_side(), any::<u64>()).prop_map(|(side, seq)| Passing::Seen { side, seq }),
    ]
}
