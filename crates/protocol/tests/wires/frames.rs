//! What holds for every event, whoever reads it.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    audience::Audience,
    chat::Chat,
    event::{Event, Recorded, Said},
    id::MessageId,
};
use helpline_protocol::typed::{self, Level, Reader, Resumed, Seen};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{
    golden,
    scene::{self, seat},
    strategies::{a_log, a_reader, a_side},
};

/// Each step of a chat's life: the chat after it, and what happened.
fn steps(log: &[Recorded]) -> impl Iterator<Item = (Chat, &Recorded)> {
    (1..=log.len()).filter_map(|count| {
        let chat = Chat::from_events(scene::chat_id(), &log[..count])?;
        Some((chat, &log[count - 1]))
    })
}

/// What one reader gets of one step, taken apart.
fn told(chat: &Chat, recorded: &Recorded, reader: Reader) -> Vec<(String, Map<String, Value>)> {
    typed::event_frames(scene::scene(chat), recorded, reader)
        .iter()
        .map(|frame| open(frame))
        .collect()
}

/// Takes a frame apart; there is nothing in it but a type and an object of args.
fn open(frame: &str) -> (String, Map<String, Value>) {
    let Value::Object(mut frame) = golden::json(frame) else {
        panic!("no object: {frame}");
    };
    let (kind, args) = (frame.remove("type"), frame.remove("args"));
    assert!(frame.is_empty(), "more than type and args: {frame:?}");
    match (kind, args) {
        (Some(Value::String(kind)), Some(Value::Object(args))) => (kind, args),
        other => panic!("no type or no args: {other:?}"),
    }
}

/// The fields that the reference and the contract give to a plain frame.
fn plain_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "Joined" => &[
            "participant",
            "userId",
            "supportId",
            "supportUserName",
            "text",
        ],
        "ChatMessage" => &["userId", "supportId", "content", "timestamp", "from"],
        "ChatHistory" => &["messages"],
        "ChatExpired" => &["chatId"],
        "UserLeft" => &["chatId", "userId"],
        "SupportLeft" => &["chatId", "supportId", "supportUserName", "text"],
        "Error" => &["code", "message"],
        other => panic!("{other} is no plain frame"),
    }
}

fn assert_plain(kind: &str, args: &Map<String, Value>) {
    let known = plain_fields(kind);
    for field in args.keys() {
        assert!(known.contains(&field.as_str()), "{kind} shows {field}");
    }
}

fn resumed() -> Resumed<'static> {
    Resumed {
        epoch: scene::EPOCH,
        last_seq: 12,
        partial: false,
        more: false,
        seen: Seen::default(),
        idle_timeout: scene::IDLE_TIMEOUT,
        expires_in: Duration::from_secs(1),
    }
}

fn messages(chat: &Chat, log: &[Recorded], reader: Reader) -> Vec<Map<String, Value>> {
    let (kind, mut args) = open(&typed::history(chat, log, &resumed(), reader));
    assert_eq!(kind, "ChatHistory");
    if reader.level == Level::Plain {
        assert_plain(&kind, &args);
    }
    let Some(Value::Array(messages)) = args.remove("messages") else {
        panic!("no messages: {args:?}");
    };
    messages
        .into_iter()
        .map(|message| match message {
            Value::Object(message) => message,
            other => panic!("no object: {other}"),
        })
        .collect()
}

/// Whatever the pages hold together is what the whole history holds, in its order, and each says truly where it ends.
#[test]
fn a_history_in_pages_is_the_same_history() {
    let registered = scene::waiting([]);
    let said = |seq: u64| Recorded {
        seq,
        at: scene::MOMENT,
        event: Event::Said(Said {
            id: MessageId::from_bits(u128::from(seq)),
            from: Side::Visitor,
            support: None,
            content: format!("{seq} {}", "x".repeat(1000)),
            raw: None,
            client_id: None,
        }),
    };
    let log: Vec<Recorded> = (5..1005).map(said).collect();
    let reader = seat(Side::Visitor, Level::OptedIn);
    let resumed = Resumed {
        last_seq: 1004,
        ..resumed()
    };
    let whole = messages(&registered, &log, reader);
    let pages = typed::history_in_pages(&registered, &log, &resumed, reader);
    assert!(pages.len() > 5, "{} pages", pages.len());
    let mut together = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        assert!(page.len() < 200_000, "{} bytes", page.len());
        let (_, args) = open(page);
        let is_last = number == pages.len() - 1;
        assert_eq!(args.contains_key("more"), !is_last);
        assert_eq!(args["partial"], Value::Bool(number > 0));
        let messages = args["messages"].as_array().unwrap();
        let last = messages.last().unwrap()["seq"].clone();
        assert_eq!(args["lastSeq"], last);
        together.extend(
            messages
                .iter()
                .map(|message| message.as_object().unwrap().clone()),
        );
    }
    assert_eq!(together, whole);
    let nothing = typed::history_in_pages(&registered, &[], &resumed, reader);
    assert_eq!(nothing.len(), 1);
}

proptest! {
    /// Absent fields are left out: only a room says that it has no agent yet.
    #[test]
    fn every_frame_has_a_type_and_args_and_no_null((_, log) in a_log(), reader in a_reader()) {
        for (chat, recorded) in steps(&log) {
            for (kind, args) in told(&chat, recorded, reader) {
                for (field, value) in args {
                    let may_be_null = kind == "Room" && field == "agent";
                    prop_assert!(may_be_null || !value.is_null(), "{} {}", kind, field);
                }
            }
        }
    }

    #[test]
    fn without_the_opt_in_nothing_of_it_is_seen((chat, log) in a_log(), side in a_side()) {
        let reader = seat(side, Level::Plain);
        for (chat, recorded) in steps(&log) {
            for (kind, args) in told(&chat, recorded, reader) {
                assert_plain(&kind, &args);
            }
        }
        for message in messages(&chat, &log, reader) {
            assert_plain("ChatMessage", &message);
        }
    }

    /// The opt-in adds: every plain frame is among its frames, in its order, with all its fields as they were.
    #[test]
    fn the_opt_in_only_adds((_, log) in a_log(), side in a_side()) {
        for (chat, recorded) in steps(&log) {
            let mut opted_in = told(&chat, recorded, seat(side, Level::OptedIn)).into_iter();
            for (kind, plain) in told(&chat, recorded, seat(side, Level::Plain)) {
                let more = opted_in.find(|(other, _)| *other == kind).map(|(_, args)| args);
                let more = more.expect("the same frame");
                for (field, value) in plain {
                    prop_assert_eq!(more.get(&field), Some(&value), "{} {}", &kind, &field);
                }
            }
        }
    }

    /// A reload shows what was said just as it was told when it was said.
    #[test]
    fn history_is_what_was_told((chat, log) in a_log(), reader in a_reader()) {
        let live: Vec<_> = log
            .iter()
            .filter(|recorded| recorded.event.is_message())
            .flat_map(|recorded| told(&chat, recorded, reader))
            .map(|(_, message)| message)
            .collect();
        prop_assert_eq!(messages(&chat, &log, reader), live);
    }

    #[test]
    fn a_clients_own_id_is_its_own_sides_business((chat, log) in a_log(), side in a_side()) {
        let shown = messages(&chat, &log, seat(side, Level::OptedIn));
        let said = log.iter().filter_map(|recorded| match &recorded.event {
            Event::Said(said) => Some(said),
            _ => None,
        });
        for (message, said) in shown.iter().zip(said) {
            let own = said.client_id.as_deref().filter(|_| said.from == side);
            prop_assert_eq!(message.get("clientId").and_then(Value::as_str), own);
        }
    }

    /// Whoever has not been let in learns one thing: that it is over.
    #[test]
    fn at_the_door_only_the_end_is_told((_, log) in a_log()) {
        for level in [Level::Plain, Level::OptedIn] {
            let door = Reader { audience: Audience::Door, level, follows_request: false };
            for (chat, recorded) in steps(&log) {
                let told = told(&chat, recorded, door);
                prop_assert_eq!(told.len(), usize::from(recorded.event.is_terminal()));
                for (kind, args) in told {
                    prop_assert_eq!(&kind, "ChatExpired");
                    assert_plain(&kind, &args);
                }
            }
        }
    }

    /// What agents do at the desk is told on the feed, and to no socket of the chat.
    #[test]
    fn no_frame_names_an_agents_account((_, log) in a_log(), reader in a_reader()) {
        const AT_THE_DESK: &str = "nobody else's business";
        for (mut chat, recorded) in steps(&log) {
            let mut recorded = recorded.clone();
            match &mut recorded.event {
                Event::Claimed { agent, .. }
                | Event::Reserved { agent, .. }
                | Event::Declined { agent } => agent.0 = AT_THE_DESK.to_owned(),
                _ => {}
            }
            if let Some(support) = &mut chat.support {
                support.agent.0 = AT_THE_DESK.to_owned();
            }
            for frame in typed::event_frames(scene::scene(&chat), &recorded, reader) {
                prop_assert!(!frame.contains(AT_THE_DESK), "{}", frame);
            }
        }
    }
}

/// Everyone's echo is the same: a message is told to the side that said it as to the other.
#[test]
fn a_message_is_told_to_both_sides() {
    let chat = scene::engaged([]);
    for said in [scene::question(), scene::answer()] {
        let recorded = &scene::record([Event::Said(said)])[0];
        let [visitor, support] = [Side::Visitor, Side::Support]
            .map(|side| told(&chat, recorded, seat(side, Level::Plain)));
        assert_eq!(visitor.len(), 1);
        assert_eq!(visitor, support);
    }
}
