//! Requests: read strictly, refused with the name of the field that is wrong.

use helpline_desk::{
    id::{AgentId, ChatId},
    name::Name,
};

use crate::{
    close::WireError,
    typed::{Args, open},
};

/// The longest reference, in characters.
const MAX_REFERENCE: usize = 64;
/// The longest note that goes with a chat, in characters.
const MAX_NOTE: usize = 500;

/// What somebody asks, and about which chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The chat; an id that cannot be one is nobody's.
    pub chat: ChatId,
    /// What is asked.
    pub ask: Ask,
}

/// What somebody asks of a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To be shown it and what happens there.
    Watch,
    /// Not to be shown it any more.
    Unwatch,
    /// To say something to its agent that the visitor does not see.
    Whisper {
        /// The words.
        content: String,
    },
    /// To have it, in place of its agent.
    TakeOver {
        /// The name the visitor will see.
        name: Name,
    },
    /// To say how urgent it is.
    Flag {
        /// The higher, the more urgent; 0: not at all.
        severity: u32,
    },
    /// To give it to somebody.
    Reassign {
        /// To whom.
        to: AgentId,
        /// What whoever gets it should know.
        note: Option<String>,
    },
}

/// Reads a text frame: the reference of its answer, if it has one that can be read, and what is asked.
pub fn decode(text: &str) -> (Option<String>, Result<Request, WireError>) {
    let (kind, mut args) = match open(text) {
        Ok(frame) => frame,
        Err(error) => return (None, Err(error)),
    };
    match reference(&mut args) {
        Ok(reference) => (reference, request(&kind, args)),
        Err(error) => (None, Err(error)),
    }
}

fn reference(args: &mut Args) -> Result<Option<String>, WireError> {
    const FIELD: &str = "ref";
    let reference = args.optional::<String>(FIELD)?;
    let fits = |text: &String| (1..=MAX_REFERENCE).contains(&text.chars().count());
    match reference.as_ref().is_none_or(fits) {
        true => Ok(reference),
        false => Err(WireError::InvalidField(FIELD)),
    }
}

fn request(kind: &str, mut args: Args) -> Result<Request, WireError> {
    type Read = fn(&mut Args) -> Result<Ask, WireError>;
    let read: Read = match kind {
        "Watch" => |_| Ok(Ask::Watch),
        "Unwatch" => |_| Ok(Ask::Unwatch),
        "Whisper" => |args| {
            let content = args.text("content")?;
            Ok(Ask::Whisper { content })
        },
        "TakeOver" => |args| {
            let name = args.name("name")?;
            Ok(Ask::TakeOver { name })
        },
        "Flag" => |args| {
            let severity = args.read("severity")?;
            Ok(Ask::Flag { severity })
        },
        "Reassign" => |args| {
            let to = AgentId(args.text("to")?);
            let note = note(args)?;
            Ok(Ask::Reassign { to, note })
        },
        _ => return Err(WireError::UnknownType),
    };
    let chat = ChatId::claimed(&args.text("chatId")?);
    read(&mut args).map(|ask| Request { chat, ask })
}

/// A note of blanks is none.
fn note(args: &mut Args) -> Result<Option<String>, WireError> {
    const FIELD: &str = "note";
    let Some(note) = args.optional::<String>(FIELD)? else {
        return Ok(None);
    };
    let note = note.trim();
    match note.chars().count() {
        0 => Ok(None),
        1..=MAX_NOTE => Ok(Some(note.to_owned())),
        _ => Err(WireError::InvalidField(FIELD)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const CHAT: &str = "000000000000000000000000000000c1";

    fn read(kind: &str, mut args: Value) -> Result<Ask, WireError> {
        args["chatId"] = json!(CHAT);
        args["ref"] = json!("7");
        let text = json!({"type": kind, "args": args}).to_string();
        let (reference, request) = decode(&text);
        assert_eq!(reference.as_deref(), Some("7"), "{text}");
        request.map(|request| {
            assert_eq!(request.chat.to_string(), CHAT);
            request.ask
        })
    }

    #[test]
    fn every_request_is_read() {
        let name = Name::parse("Rosa").unwrap();
        let to = AgentId("otto".to_owned());
        let whisper = Ask::Whisper {
            content: "calm".to_owned(),
        };
        let cases = [
            ("Watch", json!({}), Ask::Watch),
            ("Unwatch", json!({"more": 1}), Ask::Unwatch),
            ("Whisper", json!({"content": "calm"}), whisper),
            (
                "TakeOver",
                json!({"name": " Rosa "}),
                Ask::TakeOver { name },
            ),
            ("Flag", json!({"severity": 0}), Ask::Flag { severity: 0 }),
            (
                "Reassign",
                json!({"to": "otto", "note": "  "}),
                Ask::Reassign { to, note: None },
            ),
        ];
        for (kind, args, ask) in cases {
            assert_eq!(read(kind, args), Ok(ask), "{kind}");
        }
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        let long = "x".repeat(501);
        let cases = [
            ("Whisper", json!({}), "content"),
            ("Whisper", json!({"content": 7}), "content"),
            ("TakeOver", json!({}), "name"),
            ("TakeOver", json!({"name": " "}), "name"),
            ("TakeOver", json!({"name": "x".repeat(65)}), "name"),
            ("Flag", json!({}), "severity"),
            ("Flag", json!({"severity": -1}), "severity"),
            ("Flag", json!({"severity": 1.5}), "severity"),
            ("Flag", json!({"severity": "1"}), "severity"),
            ("Flag", json!({"severity": 4_294_967_296_u64}), "severity"),
            ("Reassign", json!({}), "to"),
            ("Reassign", json!({"to": null}), "to"),
            ("Reassign", json!({"to": "otto", "note": null}), "note"),
            ("Reassign", json!({"to": "otto", "note": long}), "note"),
        ];
        for (kind, args, field) in cases {
            let error = Err(WireError::InvalidField(field));
            assert_eq!(read(kind, args), error, "{kind} {field}");
        }
        for chat in [json!({}), json!({"chatId": null}), json!({"chatId": 7})] {
            let text = json!({"type": "Watch", "args": chat}).to_string();
            let error = Err(WireError::InvalidField("chatId"));
            assert_eq!(decode(&text), (None, error), "{text}");
        }
    }

    #[test]
    fn a_reference_has_its_limits() {
        for (reference, fits) in [
            (json!("x".repeat(64)), true),
            (json!("é".repeat(64)), true),
            (json!("x".repeat(65)), false),
            (json!(""), false),
            (json!(7), false),
            (json!(null), false),
        ] {
            let args = json!({"chatId": CHAT, "ref": reference});
            let text = json!({"type": "Watch", "args": args}).to_string();
            let (read, request) = decode(&text);
            assert_eq!((read.is_some(), request.is_ok()), (fits, fits), "{text}");
        }
    }

    #[test]
    fn what_is_no_request_is_told_so() {
        for text in ["", "hello", "[]", r#"{"type":"Watch"}"#] {
            assert_eq!(decode(text), (None, Err(WireError::Malformed)), "{text}");
        }
        assert_eq!(read("Dance", json!({})), Err(WireError::UnknownType));
    }

    #[test]
    fn an_id_that_cannot_be_one_is_nobodys() {
        let (_, request) = decode(r#"{"type":"Watch","args":{"chatId":"x"}}"#);
        assert_eq!(request.unwrap().chat, ChatId::NOBODY);
    }
}
