//! What clients send, as it stands in the golden files, read at both levels.

use helpline_desk::{actor::Side, name::Name};
use helpline_protocol::{
    close::WireError,
    joins::{self, AgentFrame},
    typed::{self, ClientFrame, Join, Level, Message, Resume},
};

use crate::{golden, scene};

type Read = Result<ClientFrame, WireError>;

/// The chat socket's blocks: what a client without the opt-in has said, and what one with it.
fn on_chats() -> Vec<(&'static str, Read, Read)> {
    let both = |name, frame: ClientFrame| (name, Ok(frame.clone()), Ok(frame));
    let asked = Message {
        support: None,
        ..message()
    };
    let resumed = Join {
        support: Some(scene::vika()),
        ..visitor()
    };
    let resume = Resume {
        epoch: scene::EPOCH.to_owned(),
        after: 0,
    };
    let numbered = Message {
        client_id: Some("a-1".to_owned()),
        ..asked.clone()
    };
    let unknown = || Err(WireError::UnknownType);
    vec![
        both(
            "reference-02-join-user.client",
            ClientFrame::Join(visitor()),
        ),
        both(
            "reference-05-join-support.client",
            ClientFrame::Join(support()),
        ),
        both(
            "reference-07-message-user.client",
            ClientFrame::Message(message()),
        ),
        both(
            "reference-09-message-support.client",
            ClientFrame::Message(Message {
                from: Side::Support,
                content: "Yes, from ten to four.".to_owned(),
                ..message()
            }),
        ),
        both(
            "reference-11-rejoin-user.client",
            ClientFrame::Join(resumed.clone()),
        ),
        both(
            "reference-13-rejoin-support.client",
            ClientFrame::Join(Join {
                support: Some(scene::vika()),
                ..support()
            }),
        ),
        both(
            "contract-early-message.client",
            ClientFrame::Message(asked.clone()),
        ),
        both("contract-leave.client", ClientFrame::Leave),
        (
            "v1-resume.client",
            Ok(ClientFrame::Join(resumed.clone())),
            Ok(ClientFrame::Join(Join {
                resume: Some(resume),
                ..resumed
            })),
        ),
        (
            "v1-message.client",
            Ok(ClientFrame::Message(asked)),
            Ok(ClientFrame::Message(numbered)),
        ),
        (
            "v1-typing.client",
            unknown(),
            Ok(ClientFrame::Typing { on: true }),
        ),
        (
            "v1-seen.client",
            unknown(),
            Ok(ClientFrame::Seen { seq: 5 }),
        ),
    ]
}

/// The feed's blocks: there an agent's words are the same at both levels.
fn on_the_feed() -> [(&'static str, AgentFrame); 2] {
    [
        ("contract-accept.client", AgentFrame::Accept(scene::mina())),
        (
            "contract-decline.client",
            AgentFrame::Decline(scene::mina()),
        ),
    ]
}

fn visitor() -> Join {
    Join {
        visitor: scene::mina(),
        side: Side::Visitor,
        support: None,
        support_name: None,
        token: None,
        client_id: None,
        resume: None,
        queue: false,
        keep_alive: None,
        pages: false,
        email: None,
    }
}

fn support() -> Join {
    Join {
        side: Side::Support,
        support_name: Name::parse("Vika"),
        ..visitor()
    }
}

fn message() -> Message {
    Message {
        visitor: scene::mina(),
        support: Some(scene::vika()),
        content: "Is the shop open on Sunday?".to_owned(),
        from: Side::Visitor,
        client_id: None,
    }
}

/// The files this module looks at.
pub(crate) fn names() -> Vec<&'static str> {
    let on_chats = on_chats().into_iter().map(|(name, ..)| name);
    let on_the_feed = on_the_feed().into_iter().map(|(name, _)| name);
    on_chats.chain(on_the_feed).collect()
}

#[test]
fn what_clients_send_is_read_as_it_is_meant() {
    for (name, plain, opted_in) in on_chats() {
        let text = golden::text(name);
        assert_eq!(typed::decode(&text, Level::Plain), plain, "{name}");
        assert_eq!(typed::decode(&text, Level::OptedIn), opted_in, "{name}");
    }
}

#[test]
fn what_agents_send_on_the_feed_is_read_as_it_is_meant() {
    for (name, frame) in on_the_feed() {
        for level in [Level::Plain, Level::OptedIn] {
            assert_eq!(
                joins::decode(&golden::text(name), level),
                Ok(frame),
                "{name}"
            );
        }
    }
}

#[test]
fn stepping_away_is_a_word_of_the_opt_in() {
    let text = r#"{"type":"Availability","args":{"available":false}}"#;
    assert_eq!(
        joins::decode(text, Level::OptedIn),
        Ok(AgentFrame::Available(false))
    );
    assert_eq!(
        joins::decode(text, Level::Plain),
        Err(WireError::UnknownType)
    );
}

/// What no block of the contract shows yet: a Join that carries a token, an id of its own and a wish.
#[test]
fn a_join_may_say_more() {
    let mut frame = golden::value("reference-02-join-user.client");
    let args = frame["args"].as_object_mut().expect("args");
    args.insert("token".to_owned(), "header.claims.signature".into());
    args.insert("clientId".to_owned(), "j-1".into());
    args.insert("queue".to_owned(), true.into());
    args.insert("keepAlive".to_owned(), true.into());
    let token = Some("header.claims.signature".to_owned());
    let plain = Join { token, ..visitor() };
    let opted_in = Join {
        client_id: Some("j-1".to_owned()),
        queue: true,
        keep_alive: Some(true),
        ..plain.clone()
    };
    let text = frame.to_string();
    assert_eq!(
        typed::decode(&text, Level::Plain),
        Ok(ClientFrame::Join(plain))
    );
    assert_eq!(
        typed::decode(&text, Level::OptedIn),
        Ok(ClientFrame::Join(opted_in))
    );
}

/// What a client may leave out or add does not change what the rest of its frame says.
#[test]
fn unknown_fields_are_ignored_wherever_they_stand() {
    for name in names() {
        let mut frame = golden::value(name);
        for object in ["/args", ""] {
            frame
                .pointer_mut(object)
                .and_then(|object| object.as_object_mut())
                .expect("an object")
                .insert("mood".to_owned(), golden::json(r#"{"type":[null,{}]}"#));
        }
        let (known, added) = (golden::text(name), frame.to_string());
        for level in [Level::Plain, Level::OptedIn] {
            assert_eq!(typed::decode(&added, level), typed::decode(&known, level));
            assert_eq!(joins::decode(&added, level), joins::decode(&known, level));
        }
    }
}
