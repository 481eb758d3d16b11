//! Client events: read in the order in which the contract names what may be wrong.

use helpline_desk::{actor::Side, id::ChatId};
use serde_json::value::RawValue;

use super::{Content, Fault, packet::Event};

/// A client's event, as far as it can be judged without knowing the chat. A room that is no id is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// `visitor_first_msg`: open a session with this.
    FirstMessage(Content),
    /// `visitor_msg` and `visitor_msg_unclaimed`, which mean the same: say this, whether the chat was claimed meanwhile or not.
    Message(Content),
    /// `visitor_leave_room`: end the session.
    VisitorLeave,
    /// `staff_join`: claim it.
    Join {
        /// Which chat.
        room: Option<ChatId>,
    },
    /// `staff_msg`: say something.
    StaffMessage {
        /// Where.
        room: Option<ChatId>,
        /// What.
        content: Content,
    },
    /// `staff_leave_room`: end the session.
    StaffLeave {
        /// Of which chat.
        room: Option<ChatId>,
    },
    /// `take_over_chat`: take it from a colleague.
    TakeOver {
        /// Which chat.
        room: Option<ChatId>,
    },
    /// `change_chat_priority`: flag it.
    ChangePriority {
        /// Which chat.
        room: Option<ChatId>,
        /// How urgent it is; 0 takes the flag away.
        severity: u32,
    },
}

/// Reads an event that somebody on this side sent.
///
/// # Errors
/// What is wrong with it, whatever the chat is like.
pub fn decode(side: Side, event: &Event) -> Result<ClientEvent, Fault> {
    let data = event.data.as_deref();
    // Nothing here is made of bytes: a content with some in it is none.
    let content = |data: Option<&RawValue>| {
        let plain = data.filter(|_| event.attachments == 0);
        plain.and_then(Content::read)
    };
    let words = || content(data).ok_or(Fault::MissingData);
    match (event.name.as_str(), side) {
        ("visitor_first_msg", Side::Visitor) => words().map(ClientEvent::FirstMessage),
        ("visitor_msg" | "visitor_msg_unclaimed", Side::Visitor) => {
            words().map(ClientEvent::Message)
        }
        ("visitor_leave_room", Side::Visitor) => Ok(ClientEvent::VisitorLeave),
        ("staff_join", Side::Support) => {
            let room = Fields::of(data).room()?;
            Ok(ClientEvent::Join { room })
        }
        ("staff_msg", Side::Support) => {
            let fields = Fields::of(data);
            let room = fields.room()?;
            let content = content(fields.get("content")).ok_or(Fault::InvalidContent)?;
            Ok(ClientEvent::StaffMessage { room, content })
        }
        ("staff_leave_room", Side::Support) => {
            let room = Fields::of(data).room()?;
            Ok(ClientEvent::StaffLeave { room })
        }
        ("take_over_chat", Side::Support) => {
            let room = Fields::of(data).room()?;
            Ok(ClientEvent::TakeOver { room })
        }
        ("change_chat_priority", Side::Support) => {
            let fields = Fields::of(data);
            let room = fields.room()?;
            let severity = fields.get("severity_level");
            let severity = severity.and_then(|level| serde_json::from_str(level.get()).ok());
            let severity = severity.ok_or(Fault::InvalidSeverity)?;
            Ok(ClientEvent::ChangePriority { room, severity })
        }
        (
            "visitor_first_msg" | "visitor_msg" | "visitor_msg_unclaimed" | "visitor_leave_room",
            Side::Support,
        ) => Err(Fault::VisitorsOnly),
        (
            "staff_join"
            | "staff_msg"
            | "staff_leave_room"
            | "take_over_chat"
            | "change_chat_priority",
            Side::Visitor,
        ) => Err(Fault::StaffOnly),
        _ => Err(Fault::UnknownEvent),
    }
}

/// The fields of an object; of two with one name the last. Data that is no object has none.
struct Fields<'a>(std::collections::BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    fn of(data: Option<&'a RawValue>) -> Self {
        let fields = data.and_then(|data| serde_json::from_str(data.get()).ok());
        Self(fields.unwrap_or_default())
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.get(name).copied()
    }

    /// The chat meant; `None` if its id cannot be one.
    fn room(&self) -> Result<Option<ChatId>, Fault> {
        let room = self.get("room").ok_or(Fault::InvalidRoom)?;
        let room: String = serde_json::from_str(room.get()).map_err(|_| Fault::InvalidRoom)?;
        match room.is_empty() {
            true => Err(Fault::InvalidRoom),
            false => Ok(ChatId::parse(&room)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "285495465e8c49dfb9f7c21e14623ee3";

    fn event(name: &str, data: &str) -> Event {
        Event {
            name: name.to_owned(),
            data: (!data.is_empty()).then(|| serde_json::from_str(data).expect("JSON")),
            ack: None,
            attachments: 0,
        }
    }

    fn read(side: Side, name: &str, data: &str) -> Result<ClientEvent, Fault> {
        decode(side, &event(name, data))
    }

    const VISITORS: [&str; 4] = [
        "visitor_first_msg",
        "visitor_msg",
        "visitor_msg_unclaimed",
        "visitor_leave_room",
    ];
    const STAFFS: [&str; 5] = [
        "staff_join",
        "staff_msg",
        "staff_leave_room",
        "take_over_chat",
        "change_chat_priority",
    ];

    #[test]
    fn the_wrong_kind_of_user_is_told_so_before_anything_else() {
        for data in ["", "null", r#"{"room":5}"#] {
            for name in VISITORS {
                let read = read(Side::Support, name, data);
                assert_eq!(read, Err(Fault::VisitorsOnly), "{name}");
            }
            for name in STAFFS {
                let read = read(Side::Visitor, name, data);
                assert_eq!(read, Err(Fault::StaffOnly), "{name}");
            }
            for name in ["", "connect", "disconnect", "staff_init", "Staff_join"] {
                for side in [Side::Visitor, Side::Support] {
                    assert_eq!(read(side, name, data), Err(Fault::UnknownEvent), "{name}");
                }
            }
        }
    }

    #[test]
    fn a_visitor_says_an_object_with_something_in_it() {
        for name in &VISITORS[..3] {
            for data in ["", "null", "{}", "[]", "5", "\"Hello\"", r#"[{"a":1}]"#] {
                let read = read(Side::Visitor, name, data);
                assert_eq!(read, Err(Fault::MissingData), "{name} {data}");
            }
            assert!(read(Side::Visitor, name, r#"{"content":""}"#).is_ok());
        }
        for data in ["", "null", "{}", "5"] {
            let read = read(Side::Visitor, "visitor_leave_room", data);
            assert_eq!(read, Ok(ClientEvent::VisitorLeave));
        }
    }

    #[test]
    fn a_room_is_named_by_its_id() {
        for name in STAFFS {
            for data in [
                "",
                "null",
                "[]",
                "{}",
                "5",
                r#"{"room":null}"#,
                r#"{"room":5}"#,
                r#"{"room":""}"#,
                r#"{"room":{"id":"285495465e8c49dfb9f7c21e14623ee3"}}"#,
                r#"{"content":{"a":1},"severity_level":1}"#,
            ] {
                let read = read(Side::Support, name, data);
                assert_eq!(read, Err(Fault::InvalidRoom), "{name} {data}");
            }
        }
        let join = |room: &str| {
            read(
                Side::Support,
                "staff_join",
                &format!(r#"{{"room":"{room}"}}"#),
            )
        };
        let known = ClientEvent::Join {
            room: ChatId::parse(ID),
        };
        assert_eq!(join(ID), Ok(known));
        assert_eq!(join("abc"), Ok(ClientEvent::Join { room: None }));
    }

    #[test]
    fn what_comes_with_the_room_is_looked_at_after_it() {
        for content in [
            "",
            r#","content":null"#,
            r#","content":"Hello""#,
            r#","content":{}"#,
        ] {
            let data = format!(r#"{{"room":"{ID}"{content}}}"#);
            let read = read(Side::Support, "staff_msg", &data);
            assert_eq!(read, Err(Fault::InvalidContent), "{data}");
        }
        for level in ["", "null", "-1", "1.5", "\"1\"", "true", "4294967296"] {
            let level = match level {
                "" => String::new(),
                level => format!(r#","severity_level":{level}"#),
            };
            let data = format!(r#"{{"room":"{ID}"{level}}}"#);
            let read = read(Side::Support, "change_chat_priority", &data);
            assert_eq!(read, Err(Fault::InvalidSeverity), "{data}");
        }
        let data = format!(r#"{{"room":"{ID}","severity_level":2}}"#);
        let flagged = ClientEvent::ChangePriority {
            room: ChatId::parse(ID),
            severity: 2,
        };
        assert_eq!(
            read(Side::Support, "change_chat_priority", &data),
            Ok(flagged)
        );
    }

    #[test]
    fn a_content_with_bytes_in_it_is_none() {
        let content = r#"{"file":{"_placeholder":true,"num":0},"name":"a"}"#;
        let data = format!(r#"{{"room":"{ID}","content":{content}}}"#);
        for (side, name, data, fault) in [
            (Side::Visitor, "visitor_msg", content, Fault::MissingData),
            (Side::Support, "staff_msg", &data, Fault::InvalidContent),
            (Side::Support, "staff_msg", content, Fault::InvalidRoom),
        ] {
            let event = Event {
                attachments: 1,
                ..event(name, data)
            };
            assert_eq!(decode(side, &event), Err(fault), "{name}");
        }
    }
}
