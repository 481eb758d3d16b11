//! Client frames: read in the order in which the contract names what may be wrong.

use helpline_desk::id::ChatId;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Fault;

/// A client frame, read as far as it can be without knowing who sends it: what is wrong with the rest of it is
/// said only after that (contract 002, section 5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientEvent {
    /// Come in.
    Join {
        /// Where.
        conversation: ChatId,
    },
    /// Say something.
    Send {
        /// Where; `None` if that is no id.
        conversation: Option<ChatId>,
        /// What, trimmed; `None` if it is no string.
        content: Option<String>,
    },
    /// Go.
    Leave {
        /// From where; `None` if that is no id.
        conversation: Option<ChatId>,
    },
    /// End it.
    Close {
        /// What; `None` if that is no id.
        conversation: Option<ChatId>,
    },
}

/// Reads a text frame.
///
/// # Errors
/// What is wrong with it, whoever sends it.
pub fn decode(text: &str) -> Result<ClientEvent, Fault> {
    let frame: Value = serde_json::from_str(text).map_err(|_| Fault::Schema)?;
    let (event, data) = open(frame)?;
    match event.as_str() {
        "JOIN_CONVERSATION" => {
            let conversation = data.conversation()?.ok_or(Fault::JoinFailed)?;
            Ok(ClientEvent::Join { conversation })
        }
        "SEND_MESSAGE" => Ok(ClientEvent::Send {
            conversation: data.conversation()?,
            content: data.content()?,
        }),
        "LEAVE_CONVERSATION" => Ok(ClientEvent::Leave {
            conversation: data.conversation()?,
        }),
        "CLOSE_CONVERSATION" => Ok(ClientEvent::Close {
            conversation: data.conversation()?,
        }),
        _ => Err(Fault::UnknownEvent),
    }
}

/// Takes a frame apart. Data that is no object has no fields.
fn open(frame: Value) -> Result<(String, Data), Fault> {
    #[derive(Deserialize)]
    struct Envelope {
        event: String,
        #[serde(default)]
        data: Value,
    }
    // serde would take an array for a struct.
    if !frame.is_object() {
        return Err(Fault::Format);
    }
    let frame = Envelope::deserialize(frame).map_err(|_| Fault::Format)?;
    let data = match frame.data {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    Ok((frame.event, Data(data)))
}

struct Data(Map<String, Value>);

impl Data {
    /// The conversation meant; `None` if what is there is no id.
    fn conversation(&self) -> Result<Option<ChatId>, Fault> {
        match self.0.get("conversationId") {
            None | Some(Value::Null) => Err(Fault::IdRequired),
            Some(Value::String(id)) if id.is_empty() => Err(Fault::IdRequired),
            Some(Value::String(id)) => Ok(ChatId::parse(id)),
            Some(_) => Ok(None),
        }
    }

    /// What is said, trimmed; `None` if it is no string.
    fn content(&self) -> Result<Option<String>, Fault> {
        match self.0.get("content") {
            None | Some(Value::Null) => Err(Fault::ContentRequired),
            Some(Value::String(content)) => match content.trim() {
                "" => Err(Fault::ContentRequired),
                content => Ok(Some(content.to_owned())),
            },
            Some(_) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "a7bbc9e295c74df490e0b35a2201c3c2";

    /// Each frame of the contract's table with each fault that needs no knowledge of the sender, in the table's order.
    #[test]
    fn what_is_wrong_is_said_in_the_contracts_order() {
        let cases = [
            ("", Fault::Schema),
            ("nonsense", Fault::Schema),
            ("{", Fault::Schema),
            ("5", Fault::Format),
            ("null", Fault::Format),
            (r#"["JOIN_CONVERSATION",{}]"#, Fault::Format),
            ("{}", Fault::Format),
            (r#"{"event":5,"data":{}}"#, Fault::Format),
            (r#"{"event":null,"data":{}}"#, Fault::Format),
            (r#"{"event":"","data":{}}"#, Fault::UnknownEvent),
            (r#"{"event":"join_conversation"}"#, Fault::UnknownEvent),
            (r#"{"event":"NEW_MESSAGE","data":{}}"#, Fault::UnknownEvent),
            (r#"{"event":"JOIN_CONVERSATION"}"#, Fault::IdRequired),
            (
                r#"{"event":"JOIN_CONVERSATION","data":[]}"#,
                Fault::IdRequired,
            ),
            (
                r#"{"event":"JOIN_CONVERSATION","data":{"conversationId":""}}"#,
                Fault::IdRequired,
            ),
            (
                r#"{"event":"JOIN_CONVERSATION","data":{"conversationId":null}}"#,
                Fault::IdRequired,
            ),
            (
                r#"{"event":"JOIN_CONVERSATION","data":{"conversationId":"abc"}}"#,
                Fault::JoinFailed,
            ),
            (
                r#"{"event":"JOIN_CONVERSATION","data":{"conversationId":7}}"#,
                Fault::JoinFailed,
            ),
            (r#"{"event":"SEND_MESSAGE","data":{}}"#, Fault::IdRequired),
            (
                r#"{"event":"SEND_MESSAGE","data":{"conversationId":"abc"}}"#,
                Fault::ContentRequired,
            ),
            (
                r#"{"event":"SEND_MESSAGE","data":{"conversationId":"abc","content":null}}"#,
                Fault::ContentRequired,
            ),
            (
                r#"{"event":"SEND_MESSAGE","data":{"conversationId":"abc","content":" \n\t "}}"#,
                Fault::ContentRequired,
            ),
            (r#"{"event":"LEAVE_CONVERSATION"}"#, Fault::IdRequired),
            (
                r#"{"event":"CLOSE_CONVERSATION","data":null}"#,
                Fault::IdRequired,
            ),
        ];
        for (text, fault) in cases {
            assert_eq!(decode(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn what_only_the_room_can_judge_is_passed_on() {
        let conversation = ChatId::parse(ID);
        let content = || Some("Which month?".to_owned());
        for (data, conversation, content) in [
            (
                format!(r#"{{"conversationId":"{ID}","content":"  Which month? "}}"#),
                conversation,
                content(),
            ),
            (
                format!(r#"{{"conversationId":"{ID}","content":5}}"#),
                conversation,
                None,
            ),
            (
                format!(r#"{{"conversationId":"{ID}","content":false}}"#),
                conversation,
                None,
            ),
            (
                r#"{"conversationId":{},"content":"Which month?"}"#.to_owned(),
                None,
                content(),
            ),
        ] {
            let text = format!(r#"{{"event":"SEND_MESSAGE","data":{data}}}"#);
            let send = ClientEvent::Send {
                conversation,
                content,
            };
            assert_eq!(decode(&text), Ok(send), "{text}");
        }
        let leave = r#"{"event":"LEAVE_CONVERSATION","data":{"conversationId":"abc"}}"#;
        assert_eq!(decode(leave), Ok(ClientEvent::Leave { conversation: None }));
        let close = r#"{"event":"CLOSE_CONVERSATION","data":{"conversationId":[]}}"#;
        assert_eq!(decode(close), Ok(ClientEvent::Close { conversation: None }));
    }
}
