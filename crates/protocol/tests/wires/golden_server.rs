//! What servers send: the golden files' blocks, made again from what the desk says.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    audience::Audience,
    event::{End, Event, Recorded, Said},
};
use helpline_protocol::{
    bus::Passing,
    close::WireError,
    joins,
    typed::{self, Level, Queue, Reader, Resumed, Scene, Seen},
};
use serde_json::{Value, json};

use crate::{
    golden,
    scene::{self, seat},
};

use Level::{OptedIn, Plain};
use Side::{Support, Visitor};

/// A block, what is sent, and which of the fields sent are ours and unknown to the reference.
type Block = (&'static str, Value, &'static [&'static str]);

/// What one reader gets of an event of the chat: its frames.
fn frames(
    reader: Reader,
    seq: u64,
    event: Event,
    chat: impl FnOnce([Event; 1]) -> helpline_desk::chat::Chat,
) -> Vec<Value> {
    let chat = chat([event.clone()]);
    let recorded = Recorded {
        seq,
        at: scene::MOMENT,
        event,
    };
    typed::event_frames(scene::scene(&chat), &recorded, reader)
        .iter()
        .map(|frame| golden::json(frame))
        .collect()
}

/// The one of them that is of this type.
fn of_type(kind: &str, frames: Vec<Value>) -> Value {
    let mut found = frames.into_iter().filter(|frame| frame["type"] == kind);
    let frame = found.next().expect("a frame of this type");
    assert_eq!(found.next(), None, "one frame of this type");
    frame
}

fn said(reader: Reader, said: Said) -> Value {
    let frames = frames(reader, 5, Event::Said(said), scene::engaged);
    of_type("ChatMessage", frames)
}

fn history(reader: Reader, said: impl IntoIterator<Item = Said>) -> Value {
    let chat = scene::engaged([]);
    let recorded: Vec<Recorded> = (5..)
        .zip(said)
        .map(|(seq, said)| Recorded {
            seq,
            at: scene::MOMENT,
            event: Event::Said(said),
        })
        .collect();
    let resumed = Resumed {
        epoch: scene::EPOCH,
        last_seq: 5,
        partial: false,
        seen: Seen {
            visitor: 0,
            support: 5,
        },
        idle_timeout: scene::IDLE_TIMEOUT,
        expires_in: Duration::from_secs(119),
    };
    golden::json(&typed::history(&chat, &recorded, &resumed, reader))
}

fn error(error: &WireError) -> Value {
    golden::json(&error.frame())
}

fn of_chats() -> Vec<Block> {
    let joined = |reader| {
        let frames = frames(reader, 2, Event::VisitorJoined, scene::waiting);
        of_type("Joined", frames)
    };
    let claimed = || {
        let frames = frames(seat(Visitor, Plain), 4, scene::claimed(), scene::waiting);
        of_type("Joined", frames)
    };
    let end = |reader, end| frames(reader, 7, Event::Ended(end), scene::engaged);
    let early = Said {
        support: None,
        ..scene::question()
    };
    let by_support = End::BySupport {
        text: "Vika has left the chat.".to_owned(),
    };
    let requested = Event::Requested {
        since: scene::REQUESTED,
    };
    let all_declined = frames(
        seat(Visitor, OptedIn),
        5,
        Event::AllDeclined,
        scene::waiting,
    );
    let typing = Passing::Typing {
        side: Visitor,
        on: true,
        origin: 7,
    };
    let seen = Passing::Seen {
        side: Support,
        seq: 5,
    };
    vec![
        (
            "reference-03-joined-user.server",
            joined(seat(Visitor, Plain)),
            &[],
        ),
        ("reference-06-joined-support.server", claimed(), &["text"]),
        (
            "reference-08-message-user.server",
            said(seat(Support, Plain), scene::question()),
            &[],
        ),
        (
            "reference-10-message-support.server",
            said(seat(Visitor, Plain), scene::answer()),
            &[],
        ),
        (
            "reference-12-history.server",
            history(seat(Visitor, Plain), [scene::question(), scene::answer()]),
            &[],
        ),
        ("contract-joined-support.server", claimed(), &[]),
        (
            "contract-early-message.server",
            said(seat(Visitor, Plain), early),
            &[],
        ),
        (
            "contract-user-left.server",
            of_type("UserLeft", end(seat(Support, Plain), End::ByVisitor)),
            &[],
        ),
        (
            "contract-support-left.server",
            of_type("SupportLeft", end(seat(Visitor, Plain), by_support)),
            &[],
        ),
        (
            "contract-chat-expired.server",
            of_type("ChatExpired", end(seat(Visitor, Plain), End::BySilence)),
            &[],
        ),
        (
            "contract-request-declined.server",
            of_type("RequestDeclined", all_declined),
            &[],
        ),
        ("v1-joined-user.server", joined(seat(Visitor, OptedIn)), &[]),
        (
            "v1-room.server",
            {
                let waiting = |_| scene::waiting([]);
                let reader = seat(Visitor, OptedIn);
                of_type("Room", frames(reader, 3, requested, waiting))
            },
            &[],
        ),
        (
            "v1-message-own.server",
            said(seat(Visitor, OptedIn), scene::question()),
            &[],
        ),
        (
            "v1-message-other.server",
            said(seat(Support, OptedIn), scene::question()),
            &[],
        ),
        (
            "v1-history.server",
            history(seat(Visitor, OptedIn), [scene::question()]),
            &[],
        ),
        (
            "v1-typing.server",
            golden::json(&typed::passing(&typing)),
            &[],
        ),
        ("v1-seen.server", golden::json(&typed::passing(&seen)), &[]),
    ]
}

fn of_the_feed() -> Vec<Block> {
    let entry = scene::entry();
    let request = golden::json(&joins::request(&entry));
    vec![
        (
            "reference-04-request.server",
            request.clone(),
            &["username", "requestedAt", "platform"],
        ),
        ("contract-request.server", request, &[]),
        (
            "contract-remove-user.server",
            golden::json(&joins::remove_user(&entry)),
            &[],
        ),
        (
            "contract-reserved.server",
            golden::json(&joins::reserved(&entry, scene::MOMENT)),
            &[],
        ),
    ]
}

fn of_errors() -> Vec<Block> {
    let claimed = WireError::AlreadyClaimed {
        winner: Some("Vika".to_owned()),
    };
    vec![
        ("contract-error.server", error(&WireError::Forbidden), &[]),
        (
            "contract-error-field.server",
            error(&WireError::InvalidField("content")),
            &[],
        ),
        ("contract-error-claimed.server", error(&claimed), &[]),
    ]
}

/// The files this module looks at.
pub(crate) fn names() -> Vec<&'static str> {
    [of_chats(), of_the_feed(), of_errors()]
        .concat()
        .into_iter()
        .map(|(name, ..)| name)
        .collect()
}

fn without(mut sent: Value, ours: &[&str]) -> Value {
    let args = match sent.get("args") {
        Some(_) => &mut sent["args"],
        None => &mut sent,
    };
    for field in ours {
        let fields = args.as_object_mut().expect("an object");
        assert!(fields.remove(*field).is_some(), "{field} is sent");
    }
    sent
}

#[test]
fn what_servers_send_is_what_the_contract_shows() {
    for (name, sent, ours) in [of_chats(), of_the_feed()].concat() {
        assert_eq!(without(sent, ours), golden::value(name), "{name}");
    }
}

/// The sentence is for people and may be any; all else is for programs.
#[test]
fn errors_are_what_the_contract_shows_but_for_the_sentence() {
    for (name, mut sent, _) in of_errors() {
        let mut golden = golden::value(name);
        for error in [&mut sent, &mut golden] {
            let message = error["args"]["message"].take();
            assert!(message.as_str().is_some_and(|text| !text.is_empty()));
        }
        assert_eq!(sent, golden, "{name}");
    }
}

#[test]
fn an_unknown_winner_is_left_out() {
    let sent = error(&WireError::AlreadyClaimed { winner: None });
    assert_eq!(sent["args"].as_object().map(|args| args.len()), Some(2));
}

/// What the opt-in adds to frames of which the contract shows the plain form only.
#[test]
fn the_opt_in_says_more_of_an_end_of_the_line_and_of_the_desk() {
    let expired = |end| {
        let frames = frames(seat(Support, OptedIn), 7, Event::Ended(end), scene::engaged);
        of_type("ChatExpired", frames)["args"].take()
    };
    let chat = scene::chat_id().to_string();
    assert_eq!(
        expired(End::ByVisitor),
        json!({"chatId": chat, "reason": "left", "by": "User"})
    );
    assert_eq!(
        expired(End::BySilence),
        json!({"chatId": chat, "reason": "silence"})
    );
    let mut queue = Queue {
        position: 2,
        waiting: 3,
        estimate_seconds: Some(40),
        agents_online: 1,
    };
    let place = json!({"position": 2, "waiting": 3, "estimateSeconds": 40, "agentsOnline": 1});
    assert_eq!(
        golden::json(&typed::queue(&queue)),
        json!({"type": "Queue", "args": place})
    );
    queue.estimate_seconds = None;
    let place = json!({"position": 2, "waiting": 3, "agentsOnline": 1});
    assert_eq!(golden::json(&typed::queue(&queue))["args"], place);
    assert_eq!(
        golden::json(&joins::presence(4)),
        json!({"type": "Presence", "args": {"agentsOnline": 4}})
    );
}

/// A request may say what it is about; without that it has the contract's fields and no more.
#[test]
fn a_request_says_what_it_is_about_if_that_is_known() {
    let mut entry = scene::entry();
    entry.topic = Some("Opening hours".to_owned());
    entry.first_words = Some("Hello?".to_owned());
    let request = golden::json(&joins::request(&entry));
    assert_eq!(request["topic"], "Opening hours");
    assert_eq!(request["firstWords"], "Hello?");
    let bare = without(request, &["topic", "firstWords"]);
    assert_eq!(bare, golden::value("contract-request.server"));
}

/// Whoever was not let in learns the end and nothing else, and so does whoever comes when the log is gone.
#[test]
fn at_the_door_and_without_a_log_only_the_end_is_told() {
    let expired = golden::value("contract-chat-expired.server");
    let ended = Event::Ended(End::BySilence);
    for level in [Plain, OptedIn] {
        let door = Reader {
            audience: Audience::Door,
            level,
        };
        let told = frames(door, 7, ended.clone(), scene::engaged);
        assert_eq!(told, [expired.clone()]);
        let recorded = Recorded {
            seq: 1,
            at: scene::MOMENT,
            event: ended.clone(),
        };
        let tombstone = Scene {
            id: scene::chat_id(),
            chat: None,
            epoch: scene::EPOCH,
            idle_timeout: scene::IDLE_TIMEOUT,
        };
        let told = typed::event_frames(tombstone, &recorded, seat(Visitor, level));
        assert_eq!(told.len(), 1);
        assert_eq!(golden::json(&told[0]), expired);
        assert_eq!(history(door, [scene::question()]), expired);
    }
    let expired_id = typed::chat_expired(scene::chat_id());
    assert_eq!(golden::json(&expired_id), expired);
}
