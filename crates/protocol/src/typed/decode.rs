//! Client frames: read strictly, refused with the name of the field that is wrong.

use helpline_desk::{
    actor::Side,
    id::{SupportId, VisitorId},
    name::{Email, Name},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{Level, Participant};
use crate::close::WireError;

/// A client frame, read.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientFrame {
    /// Open the chat.
    Join(Join),
    /// Say something.
    Message(Message),
    /// End the chat.
    Leave,
    /// Opt-in: writing, or not any more.
    Typing {
        /// Whether this side is writing.
        on: bool,
    },
    /// Opt-in: still here, with nothing to say.
    KeepAlive,
    /// Opt-in: the agent gives the chat back.
    Release,
    /// Opt-in: how long does the chat live if nothing happens?
    Life,
    /// Opt-in: everything up to `seq` was seen.
    Seen {
        /// Up to where.
        seq: u64,
    },
}

/// `Join`: who wants to come in, by its own word.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// The visitor of the chat.
    pub visitor: VisitorId,
    /// The side that wants to come in.
    pub side: Side,
    /// The agent's part in the chat, for a re-join.
    pub support: Option<SupportId>,
    /// The agent's name; there whenever the side is Support.
    pub support_name: Option<Name>,
    /// A token, if it is not in one of the other places.
    pub token: Option<String>,
    /// Opt-in: the client's own id for a claim, with which one whose answer was lost can be repeated.
    pub client_id: Option<String>,
    /// Opt-in: what the client has already.
    pub resume: Option<Resume>,
    /// Opt-in: whether a waiting visitor wants to be told its place in the line, and to whom it is given.
    pub queue: bool,
    /// Opt-in: whether somebody who has this socket open is not silent: a visitor keeps its place while it waits, and
    /// writing counts as activity. If it does not say, whoever follows the queue is meant to keep its place.
    pub keep_alive: Option<bool>,
    /// Opt-in: whether the history may come in pages.
    pub pages: bool,
    /// Opt-in: the e-mail address that the visitor says to have.
    pub email: Option<Email>,
}

/// What a client that comes back has already (contract 001, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Resume {
    /// The epoch it knows.
    pub epoch: String,
    /// The last `seq` it has.
    pub after: u64,
}

/// `ChatMessage`, as its sender claims it.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// The visitor of the chat.
    pub visitor: VisitorId,
    /// The agent's part in the chat.
    pub support: Option<SupportId>,
    /// What is said.
    pub content: String,
    /// Which side says it.
    pub from: Side,
    /// Opt-in: the client's own id for it.
    pub client_id: Option<String>,
}

/// Reads a text frame.
///
/// # Errors
/// `malformed`, `unknown_type` or `invalid_field` (contract 001, section 2.3).
pub fn decode(text: &str, level: Level) -> Result<ClientFrame, WireError> {
    let (kind, mut args) = open(text)?;
    match (kind.as_str(), level) {
        ("Join", _) => join(args, level).map(ClientFrame::Join),
        ("ChatMessage", _) => message(args, level).map(ClientFrame::Message),
        ("Leave", _) => Ok(ClientFrame::Leave),
        ("Typing", Level::OptedIn) => args.read("on").map(|on| ClientFrame::Typing { on }),
        ("KeepAlive", Level::OptedIn) => Ok(ClientFrame::KeepAlive),
        ("Release", Level::OptedIn) => Ok(ClientFrame::Release),
        ("Life", Level::OptedIn) => Ok(ClientFrame::Life),
        ("Seen", Level::OptedIn) => args.read("seq").map(|seq| ClientFrame::Seen { seq }),
        _ => Err(WireError::UnknownType),
    }
}

fn join(mut args: Args, level: Level) -> Result<Join, WireError> {
    let visitor = args.text("userId")?;
    args.name("username")?;
    let side = args.side("from")?;
    let support_name = match side {
        Side::Support => Some(args.name("supportUserName")?),
        Side::Visitor => None,
    };
    let support = args.optional::<String>("supportId")?;
    let token = args.optional("token")?;
    let client_id = args.client_id(level)?;
    let (resume, queue, keep_alive, pages, email) = match level {
        Level::OptedIn => (
            args.optional("resume")?,
            args.optional("queue")?,
            args.optional("keepAlive")?,
            args.optional("pages")?,
            args.email()?,
        ),
        Level::Plain => (None, None, None, None, None),
    };
    Ok(Join {
        visitor: VisitorId::claimed(&visitor),
        side,
        support: support.map(|id| SupportId::claimed(&id)),
        support_name,
        token,
        client_id,
        resume,
        queue: queue.unwrap_or(false),
        keep_alive,
        pages: pages.unwrap_or(false),
        email,
    })
}

fn message(mut args: Args, level: Level) -> Result<Message, WireError> {
    let visitor = args.text("userId")?;
    let from = args.side("from")?;
    let support = match from {
        Side::Support => Some(args.text("supportId")?),
        Side::Visitor => args.optional("supportId")?,
    };
    let content = args.text("content")?;
    let client_id = args.client_id(level)?;
    Ok(Message {
        visitor: VisitorId::claimed(&visitor),
        support: support.map(|id| SupportId::claimed(&id)),
        content,
        from,
        client_id,
    })
}

fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// Takes a frame apart into its type and its args.
pub(crate) fn open(text: &str) -> Result<(String, Args), WireError> {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "type")]
        kind: String,
        args: Map<String, Value>,
    }
    // serde would take an array for a struct.
    if !text.trim_start().starts_with('{') {
        return Err(WireError::Malformed);
    }
    let frame: Envelope = serde_json::from_str(text).map_err(|_| WireError::Malformed)?;
    Ok((frame.kind, Args(frame.args)))
}

/// The args of a frame. Each reader takes a field out, or names it in the error.
pub(crate) struct Args(Map<String, Value>);

impl Args {
    /// A field that has to be there.
    pub(crate) fn read<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<T, WireError> {
        self.optional(field)?.ok_or(WireError::InvalidField(field))
    }

    /// A field that may be absent. `null` is not absent: on this wire it is a value of the wrong type.
    pub(crate) fn optional<T: DeserializeOwned>(
        &mut self,
        field: &'static str,
    ) -> Result<Option<T>, WireError> {
        match self.0.remove(field) {
            None => Ok(None),
            Some(Value::Null) => Err(WireError::InvalidField(field)),
            Some(value) => T::deserialize(value)
                .map(Some)
                .map_err(|_| WireError::InvalidField(field)),
        }
    }

    /// A string that has to be there.
    pub(crate) fn text(&mut self, field: &'static str) -> Result<String, WireError> {
        match self.0.remove(field) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(WireError::InvalidField(field)),
        }
    }

    fn client_id(&mut self, level: Level) -> Result<Option<String>, WireError> {
        if level == Level::Plain {
            return Ok(None);
        }
        let client_id = self.optional::<String>("clientId")?;
        match client_id.as_deref().is_none_or(is_client_id) {
            true => Ok(client_id),
            false => Err(WireError::InvalidField("clientId")),
        }
    }

    fn email(&mut self) -> Result<Option<Email>, WireError> {
        const FIELD: &str = "email";
        let text = self.optional::<String>(FIELD)?;
        text.map(|text| Email::parse(&text).ok_or(WireError::InvalidField(FIELD)))
            .transpose()
    }

    /// A name that has to be there.
    pub(crate) fn name(&mut self, field: &'static str) -> Result<Name, WireError> {
        Name::parse(&self.text(field)?).ok_or(WireError::InvalidField(field))
    }

    fn side(&mut self, field: &'static str) -> Result<Side, WireError> {
        self.read::<Participant>(field).map(Side::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "27ab0d0cfae34f68b41ed25150b5d9f6";

    fn refused(text: &str) -> WireError {
        decode(text, Level::OptedIn).expect_err(text)
    }

    #[test]
    fn what_is_no_frame_is_malformed() {
        for text in [
            "",
            "hello",
            "[]",
            r#"["Leave",{}]"#,
            r#"{"type":"Leave"}"#,
            r#"{"type":"Leave","args":[]}"#,
            r#"{"type":1,"args":{}}"#,
            r#"{"type":"Leave","args":{}} x"#,
        ] {
            assert_eq!(refused(text), WireError::Malformed, "{text}");
        }
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        let cases = [
            (
                r#"{"type":"Join","args":{"username":"Mina","from":"User"}}"#.to_owned(),
                "userId",
            ),
            (
                format!(
                    r#"{{"type":"Join","args":{{"userId":"{USER}","username":" ","from":"User"}}}}"#
                ),
                "username",
            ),
            (
                format!(
                    r#"{{"type":"Join","args":{{"userId":"{USER}","username":"Mina","from":"user"}}}}"#
                ),
                "from",
            ),
            (
                format!(
                    r#"{{"type":"Join","args":{{"userId":"{USER}","username":"Mina","from":"Support"}}}}"#
                ),
                "supportUserName",
            ),
            (
                format!(
                    r#"{{"type":"Join","args":{{"userId":"{USER}","username":"Mina","from":"User","supportId":null}}}}"#
                ),
                "supportId",
            ),
            (
                format!(
                    r#"{{"type":"Join","args":{{"userId":"{USER}","username":"Mina","from":"User","resume":{{"epoch":"e"}}}}}}"#
                ),
                "resume",
            ),
            (
                format!(
                    r#"{{"type":"ChatMessage","args":{{"userId":"{USER}","content":7,"from":"User"}}}}"#
                ),
                "content",
            ),
            (
                format!(
                    r#"{{"type":"ChatMessage","args":{{"userId":"{USER}","content":"x","from":"Support"}}}}"#
                ),
                "supportId",
            ),
            (
                format!(
                    r#"{{"type":"ChatMessage","args":{{"userId":"{USER}","content":"x","from":"User","clientId":"a b"}}}}"#
                ),
                "clientId",
            ),
            (r#"{"type":"Typing","args":{"on":1}}"#.to_owned(), "on"),
            (r#"{"type":"Seen","args":{"seq":-1}}"#.to_owned(), "seq"),
        ];
        for (text, field) in cases {
            assert_eq!(refused(&text), WireError::InvalidField(field), "{text}");
        }
    }

    #[test]
    fn without_the_opt_in_its_frames_and_fields_do_not_exist() {
        let typing = r#"{"type":"Typing","args":{"on":true}}"#;
        assert_eq!(decode(typing, Level::Plain), Err(WireError::UnknownType));
        let text = format!(
            r#"{{"type":"ChatMessage","args":{{"userId":"{USER}","content":"x","from":"User","clientId":"a b"}}}}"#
        );
        let Ok(ClientFrame::Message(message)) = decode(&text, Level::Plain) else {
            panic!("read");
        };
        assert_eq!(message.client_id, None);
    }
}
