//! Socket.IO's packets, inside Engine.IO's messages: `<kind>[<count>-][<namespace>,][<ack id>][<JSON>]`.
//!
//! There is one namespace, the default one. We never ask a client for an acknowledgement and never send bytes.

use serde::Serialize;
use serde_json::value::RawValue;

use super::{Fault, Malformed, engine::Revision};
use crate::json;

/// How many messages of bytes an event may announce.
const MOST_ATTACHMENTS: usize = 16;

/// What a client may send.
#[derive(Clone, Debug)]
pub enum Packet {
    /// It asks to come into a namespace.
    Connect {
        /// Which one; `/` is the default.
        namespace: String,
    },
    /// It goes.
    Disconnect,
    /// An event.
    Event(Event),
    /// An answer to something that nobody asked.
    Ack,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What comes with it, if that is JSON.
    pub data: Option<Box<RawValue>>,
    /// By which number the client wants to hear what became of it.
    pub ack: Option<u64>,
    /// How many messages of bytes follow it, for which placeholders stand in the data.
    pub attachments: usize,
}

impl Packet {
    /// Reads the text of a message.
    ///
    /// # Errors
    /// It is no packet that a client may send.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let kind = *text.as_bytes().first().ok_or(Malformed)?;
        let rest = text.get(1..).ok_or(Malformed)?;
        match kind {
            b'0' => {
                let (namespace, _) = namespace(rest);
                Ok(Self::Connect {
                    namespace: namespace.to_owned(),
                })
            }
            b'1' => Ok(Self::Disconnect),
            b'2' => event(rest).map(Self::Event),
            b'3' => Ok(Self::Ack),
            b'5' => {
                let (count, rest) = rest.split_once('-').ok_or(Malformed)?;
                let attachments = count.parse().map_err(|_| Malformed)?;
                if attachments > MOST_ATTACHMENTS {
                    return Err(Malformed);
                }
                let event = event(rest)?;
                Ok(Self::Event(Event {
                    attachments,
                    ..event
                }))
            }
            _ => Err(Malformed),
        }
    }
}

/// The namespace, and what follows it. A query behind its name is no part of it.
fn namespace(text: &str) -> (&str, &str) {
    if !text.starts_with('/') {
        return ("/", text);
    }
    let (name, rest) = text.split_once(',').unwrap_or((text, ""));
    (name.split('?').next().unwrap_or(name), rest)
}

fn event(text: &str) -> Result<Event, Malformed> {
    let (namespace, text) = namespace(text);
    if namespace != "/" {
        return Err(Malformed);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (ack, array) = text.split_at(digits);
    let ack = match ack {
        "" => None,
        digits => Some(digits.parse().map_err(|_| Malformed)?),
    };
    let array: Vec<&RawValue> = serde_json::from_str(array).map_err(|_| Malformed)?;
    let mut array = array.into_iter();
    let name = array.next().ok_or(Malformed)?;
    Ok(Event {
        name: serde_json::from_str(name.get()).map_err(|_| Malformed)?,
        data: array.next().map(ToOwned::to_owned),
        ack,
        attachments: 0,
    })
}

/// An event to a client, as the whole packet that goes over the line.
#[must_use]
pub fn write_event(name: &'static str, data: &impl Serialize) -> String {
    format!("42{}", json(&(name, data)))
}

/// What became of an event that asked to hear of it.
#[must_use]
pub fn write_ack(id: u64, result: Result<(), &Fault>) -> String {
    let result = match result {
        Ok(()) => (true, None),
        Err(fault) => (false, Some(fault.text())),
    };
    format!("43{id}{}", json(&result))
}

/// The client is in. Those of revision 4 have asked, and are told their number.
#[must_use]
pub fn connected(revision: Revision, sid: &str) -> String {
    match revision {
        Revision::V3 => "40".to_owned(),
        Revision::V4 => format!("40{}", json(&serde_json::json!({ "sid": sid }))),
    }
}

/// There is no such namespace.
#[must_use]
pub fn no_namespace(revision: Revision, namespace: &str) -> String {
    let message = "Invalid namespace";
    let data = match revision {
        Revision::V3 => json(&message),
        Revision::V4 => json(&serde_json::json!({ "message": message })),
    };
    format!("44{namespace},{data}")
}

/// The client has to go, and not to come back by itself.
pub const DISCONNECT: &str = "41";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Event {
        match Packet::read(text) {
            Ok(Packet::Event(event)) => event,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_event_has_a_name_data_and_perhaps_a_number() {
        for (text, data, ack) in [
            (r#"2["a"]"#, None, None),
            (r#"2["a",{"b": 1},2]"#, Some(r#"{"b": 1}"#), None),
            (r#"217["a",null]"#, Some("null"), Some(17)),
            (r#"2/,17["a"]"#, None, Some(17)),
            (r#"2/?x=y,0["a"]"#, None, Some(0)),
            (r#"51-3["a",{"b":5}]"#, Some(r#"{"b":5}"#), Some(3)),
        ] {
            let event = read(text);
            assert_eq!(event.name, "a", "{text}");
            assert_eq!(event.data.as_deref().map(RawValue::get), data, "{text}");
            assert_eq!(event.ack, ack, "{text}");
        }
    }

    #[test]
    fn coming_and_going() {
        for (text, expected) in [
            ("0", "/"),
            ("0{\"token\":\"x\"}", "/"),
            ("0/,", "/"),
            ("0/?token=x", "/"),
            ("0/admin", "/admin"),
            ("0/admin,{}", "/admin"),
        ] {
            match Packet::read(text) {
                Ok(Packet::Connect { namespace }) => assert_eq!(namespace, expected, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert!(matches!(Packet::read("1"), Ok(Packet::Disconnect)));
        assert!(matches!(Packet::read("31[]"), Ok(Packet::Ack)));
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for text in [
            "",
            "2",
            "2[]",
            "2{}",
            "2[5]",
            "2[\"a\"",
            "2[\"a\"]]",
            "2abc[\"a\"]",
            "2/admin,[\"a\"]",
            "299999999999999999999[\"a\"]",
            "4",
            "5[\"a\"]",
            "5-[\"a\"]",
            "5x-[\"a\"]",
            "517-[\"a\"]",
            "61-1[]",
            "7",
            "é",
        ] {
            assert!(Packet::read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_sent() {
        assert_eq!(write_ack(3, Ok(())), "433[true,null]");
        assert_eq!(
            write_ack(3, Err(&Fault::UnknownEvent)),
            r#"433[false,"Unknown event."]"#
        );
        assert_eq!(write_event("a", &[1]), r#"42["a",[1]]"#);
        assert_eq!(connected(Revision::V3, "x"), "40");
        assert_eq!(connected(Revision::V4, "x"), r#"40{"sid":"x"}"#);
        assert_eq!(
            no_namespace(Revision::V4, "/a"),
            r#"44/a,{"message":"Invalid namespace"}"#
        );
        assert_eq!(
            no_namespace(Revision::V3, "/a"),
            r#"44/a,"Invalid namespace""#
        );
    }
}
