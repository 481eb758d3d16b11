//! Contract 002: its JSON blocks, and what holds for every text and every event of its dialect.

use helpline_desk::{
    actor::Side,
    chat::Chat,
    event::{Event, Recorded, Said},
    id::{AgentId, ChatId, SupportId, VisitorId},
};
use helpline_protocol::event::{self, ClientEvent, Fault, Status};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

use crate::{
    golden,
    mutations::a_mutation,
    scene,
    strategies::{a_log, a_side, a_text},
};

fn text(name: &str) -> String {
    golden::text_of("002", name)
}

fn value(name: &str) -> Value {
    golden::json(&text(name))
}

fn id() -> ChatId {
    ChatId::claimed("a7bbc9e295c74df490e0b35a2201c3c2")
}

/// What clients send, and what it is read as.
fn frames() -> [(&'static str, ClientEvent); 4] {
    let conversation = Some(id());
    let content = Some("Which month?".to_owned());
    [
        (
            "contract-join.client",
            ClientEvent::Join { conversation: id() },
        ),
        (
            "contract-send.client",
            ClientEvent::Send {
                conversation,
                content,
            },
        ),
        ("contract-leave.client", ClientEvent::Leave { conversation }),
        ("contract-close.client", ClientEvent::Close { conversation }),
    ]
}

/// What is sent to clients.
fn sent() -> Vec<(&'static str, String)> {
    let (chat, log) = talk();
    let last = |said| {
        let recorded = record(Event::Said(said));
        event::event_frame(id(), Some(&chat), &recorded, Side::Visitor).expect("a frame")
    };
    let conversation = event::conversation(&chat, &log);
    let conversation = json!({"success": true, "data": conversation});
    vec![
        ("contract-conversation.server", conversation.to_string()),
        (
            "contract-joined.server",
            event::joined(id(), Status::Assigned),
        ),
        ("contract-new-message.server", last(asked())),
        ("contract-answer.server", last(answered())),
        ("contract-left.server", event::left(id())),
        ("contract-closed.server", event::closed(id())),
        ("contract-error.server", event::error(Fault::NotJoined)),
    ]
}

/// Bodies of HTTP answers: they are no frames, and the whole-system tests hold them.
const ANSWERS: &[&str] = &[
    "contract-analytics.server",
    "contract-assigned.server",
    "contract-closed-answer.server",
    "contract-created.server",
    "contract-failure.server",
];

/// The files this module looks at.
pub(crate) fn names() -> Vec<&'static str> {
    let frames = frames().into_iter().map(|(name, _)| name);
    let sent = sent().into_iter().map(|(name, _)| name);
    frames.chain(sent).chain(ANSWERS.iter().copied()).collect()
}

fn part() -> SupportId {
    SupportId::from_bits(9)
}

fn asked() -> Said {
    Said {
        support: None,
        content: "My invoice is missing".to_owned(),
        raw: None,
        ..scene::question()
    }
}

fn answered() -> Said {
    Said {
        support: Some(part()),
        content: "Which month?".to_owned(),
        raw: None,
        ..scene::answer()
    }
}

fn record(event: Event) -> Recorded {
    Recorded {
        seq: 4,
        at: helpline_desk::time::Timestamp(scene::MOMENT.0 + 89_000),
        event,
    }
}

/// The contract's example: a candidate has asked, and the agent has come in.
fn talk() -> (Chat, Vec<Recorded>) {
    let registered = Event::Registered {
        visitor: VisitorId::claimed("b8f97bb26386412cab205c982be3214c"),
        name: "Mina".to_owned(),
        platform: "web".to_owned(),
        topic: None,
        kept: true,
        supervisor: Some(AgentId("5e0c9d9f5028454cbcce65d8a35c5a53".to_owned())),
        standing: false,
        since: None,
    };
    let claimed = Event::Claimed {
        support: part(),
        name: "Vika".to_owned(),
        agent: AgentId("4e1611b63636480db07f3b2cc1f573be".to_owned()),
        rank: helpline_desk::actor::Rank::Agent,
        text: String::new(),
    };
    let log: Vec<Recorded> = [registered, claimed, Event::Said(asked())]
        .into_iter()
        .map(record)
        .collect();
    let chat = Chat::from_events(id(), &log).expect("a chat");
    (chat, log)
}

#[test]
fn what_clients_send_is_read_as_it_is_meant() {
    for (name, frame) in frames() {
        assert_eq!(event::decode(&text(name)), Ok(frame), "{name}");
    }
}

#[test]
fn what_is_sent_is_what_the_contract_shows() {
    for (name, frame) in sent() {
        assert_eq!(golden::json(&frame), value(name), "{name}");
    }
}

#[test]
fn fields_that_nobody_knows_are_ignored() {
    for (name, frame) in frames() {
        let mut added = value(name);
        added["mood"] = json!(["good"]);
        added["data"]["mood"] = json!({"event": "SEND_MESSAGE"});
        assert_eq!(event::decode(&added.to_string()), Ok(frame), "{name}");
    }
}

/// Whoever takes over answers for itself: what its predecessor said stays the predecessor's.
#[test]
fn what_was_said_stays_the_word_of_whoever_said_it() {
    let (_, mut log) = talk();
    let next = SupportId::from_bits(10);
    log.push(record(Event::Said(answered())));
    log.push(record(Event::Claimed {
        support: next,
        name: "Otto".to_owned(),
        agent: AgentId("otto".to_owned()),
        rank: helpline_desk::actor::Rank::Agent,
        text: String::new(),
    }));
    log.push(record(Event::Said(Said {
        support: Some(next),
        ..answered()
    })));
    let chat = Chat::from_events(id(), &log).expect("a chat");
    let conversation = event::conversation(&chat, &log);
    let senders: Vec<&str> = conversation
        .messages
        .iter()
        .map(|message| message.sender_id.as_str())
        .collect();
    let candidate = "b8f97bb26386412cab205c982be3214c";
    let first = "4e1611b63636480db07f3b2cc1f573be";
    assert_eq!(senders, [candidate, first, "otto"]);
}

#[test]
fn each_fault_has_a_text_of_its_own() {
    let texts: std::collections::BTreeSet<_> =
        Fault::ALL.iter().map(|fault| fault.text()).collect();
    assert_eq!(texts.len(), Fault::ALL.len());
    for fault in Fault::ALL {
        let frame = golden::json(&event::error(fault));
        assert_eq!(frame["data"]["message"], fault.text());
    }
}

fn a_frame() -> impl Strategy<Value = String> {
    select(frames().map(|(name, _)| name).to_vec()).prop_map(text)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_or_refused(text in a_text()) {
        let _ = event::decode(&text);
    }

    #[test]
    fn any_data_is_read_or_refused(
        kind in select(vec!["JOIN_CONVERSATION", "SEND_MESSAGE", "LEAVE_CONVERSATION", "CLOSE_CONVERSATION"]),
        field in select(vec!["conversationId", "content"]),
        value in select(vec!["null", "true", "-1", "1e99", "\"\"", "[]", "{}", "\"a7bbc9e295c74df490e0b35a2201c3c2\""]),
    ) {
        let _ = event::decode(&format!(r#"{{"event":"{kind}","data":{{"{field}":{value}}}}}"#));
    }

    #[test]
    fn a_spoiled_frame_is_read_or_refused(
        frame in a_frame(),
        mutations in prop::collection::vec(a_mutation(), 1..4),
    ) {
        let mut text = frame;
        for mutation in &mutations {
            if !text.is_empty() {
                text = mutation.of(&text);
            }
        }
        let _ = event::decode(&text);
    }

    /// Half a frame is never taken for a whole one.
    #[test]
    fn half_a_frame_is_no_frame(frame in a_frame(), at in any::<prop::sample::Index>()) {
        let frame = frame.trim_end();
        let half = &frame[..at.index(frame.len())];
        prop_assert_eq!(event::decode(half), Err(Fault::Schema));
    }

    /// What was told when it was said is what a later look shows, and in the same order.
    #[test]
    fn history_is_what_was_told((chat, log) in a_log(), side in a_side()) {
        let shown = golden::json(&json!(event::conversation(&chat, &log)).to_string());
        let mut told = Vec::new();
        for count in 1..=log.len() {
            let recorded = &log[count - 1];
            let Some(then) = Chat::from_events(scene::chat_id(), &log[..count]) else {
                continue;
            };
            let frame = event::event_frame(then.id, Some(&then), recorded, side);
            let Some(mut frame) = frame.as_deref().map(golden::json) else {
                prop_assert!(!matches!(recorded.event, Event::Said(_) | Event::Ended(_)));
                continue;
            };
            let lost = matches!(
                recorded.event,
                Event::Assigned { .. } | Event::TakenOver { .. } | Event::Released { .. }
            );
            if lost {
                prop_assert_eq!((&frame["event"], side), (&json!("ERROR"), Side::Support));
                continue;
            }
            let data = frame["data"].as_object_mut().expect("data");
            prop_assert_eq!(data.remove("conversationId"), Some(json!(then.id.to_string())));
            match &recorded.event {
                Event::Ended(_) | Event::Rested(_) => {
                    prop_assert_eq!(&frame["event"], "CONVERSATION_CLOSED");
                }
                _ => told.push(frame["data"].take()),
            }
        }
        // In a log of any events, an agent may speak in a part that is not its own; only content and time are sure.
        let plain = |message: &Value| (message["content"].clone(), message["createdAt"].clone());
        let shown = shown["messages"].as_array().expect("messages").iter().map(plain);
        prop_assert_eq!(shown.collect::<Vec<_>>(), told.iter().map(plain).collect::<Vec<_>>());
    }
}
