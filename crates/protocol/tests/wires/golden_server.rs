//! What servers send: the golden files' blocks, made again from what the desk says.

use helpline_desk::{
    actor::Side,
    event::{End, Event, Said},
};
use helpline_protocol::{
    bus::Passing,
    close::WireError,
    joins,
    typed::{self, Level},
};
use serde_json::Value;

use crate::{
    golden,
    scene::{self, seat},
    sent::{frames, history, of_type, said, without},
};

use Level::{OptedIn, Plain};
use Side::{Support, Visitor};

/// A block, what is sent, and which of the fields sent are ours and unknown to the reference.
type Block = (&'static str, Value, &'static [&'static str]);

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
