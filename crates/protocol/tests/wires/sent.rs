//! What the wires make of the desk's words, as JSON.

use std::time::Duration;

use helpline_desk::{
    chat::Chat,
    event::{Event, Recorded, Said},
};
use helpline_protocol::typed::{self, Reader, Resumed, Seen};
use serde_json::Value;

use crate::{golden, scene};

/// What one reader gets of an event of the chat: its frames.
pub(crate) fn frames(
    reader: Reader,
    seq: u64,
    event: Event,
    chat: impl FnOnce([Event; 1]) -> Chat,
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
pub(crate) fn of_type(kind: &str, frames: Vec<Value>) -> Value {
    let mut found = frames.into_iter().filter(|frame| frame["type"] == kind);
    let frame = found.next().expect("a frame of this type");
    assert_eq!(found.next(), None, "one frame of this type");
    frame
}

pub(crate) fn said(reader: Reader, said: Said) -> Value {
    let frames = frames(reader, 5, Event::Said(said), scene::engaged);
    of_type("ChatMessage", frames)
}

pub(crate) fn history(reader: Reader, said: impl IntoIterator<Item = Said>) -> Value {
    history_of(&scene::engaged([]), reader, said)
}

pub(crate) fn history_of(
    chat: &Chat,
    reader: Reader,
    said: impl IntoIterator<Item = Said>,
) -> Value {
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
        more: false,
        seen: Seen {
            visitor: 0,
            support: 5,
        },
        idle_timeout: scene::IDLE_TIMEOUT,
        expires_in: Duration::from_secs(119),
    };
    golden::json(&typed::history(chat, &recorded, &resumed, reader))
}

/// What is sent without some of its args, which have to be there.
pub(crate) fn without(mut sent: Value, ours: &[&str]) -> Value {
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
