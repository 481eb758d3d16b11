//! The request feed (contract 001, section 4).

use helpline_desk::{id::VisitorId, queue::Entry, time::Timestamp};
use serde::Serialize;

use crate::{
    close::WireError,
    frame, iso, json,
    typed::{Level, Participant, open},
};

/// What an agent sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentFrame {
    /// Hide this visitor's request from the others: it will be taken.
    Accept(VisitorId),
    /// Hide this visitor's request from this agent.
    Decline(VisitorId),
    /// Opt-in: whether this agent takes requests at the moment.
    Available(bool),
}

/// Reads an agent's frame: a bare user id, or an object of type and args.
///
/// # Errors
/// `malformed`, `unknown_type` or `invalid_field` (contract 001, section 2.3).
pub fn decode(text: &str, level: Level) -> Result<AgentFrame, WireError> {
    if let Some(visitor) = VisitorId::parse(text.trim()) {
        return Ok(AgentFrame::Accept(visitor));
    }
    let (kind, mut args) = open(text)?;
    let accept = match kind.as_str() {
        "Accept" => true,
        "Decline" => false,
        "Availability" if level == Level::OptedIn => {
            return args.read("available").map(AgentFrame::Available);
        }
        _ => return Err(WireError::UnknownType),
    };
    let visitor = VisitorId::claimed(&args.text("userId")?);
    Ok(match accept {
        true => AgentFrame::Accept(visitor),
        false => AgentFrame::Decline(visitor),
    })
}

/// A request as agents and everyone on the `Join` channel get it: a bare object.
pub fn request(entry: &Entry) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Request<'a> {
        participant: Participant,
        user_id: String,
        chat_id: String,
        username: &'a str,
        requested_at: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        waiting_since: Option<String>,
        platform: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        topic: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        first_words: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        handed_over_by: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        severity: Option<u32>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        returned: bool,
    }
    let handed_over = entry.handed_over.as_ref();
    json(&Request {
        participant: Participant::User,
        user_id: entry.visitor.to_string(),
        chat_id: entry.chat.to_string(),
        username: &entry.name,
        requested_at: iso(entry.since),
        waiting_since: (entry.open_since != entry.since).then(|| iso(entry.open_since)),
        platform: &entry.platform,
        topic: entry.topic.as_deref(),
        first_words: entry.first_words.as_deref(),
        handed_over_by: handed_over.map(|over| over.by.as_str()),
        note: handed_over.and_then(|over| over.note.as_deref()),
        severity: Some(entry.severity).filter(|severity| *severity > 0),
        returned: entry.returned,
    })
}

/// The request as whoever listens to the channel hears of it: what one agent said to another stays at the desk.
pub fn announcement(entry: &Entry) -> String {
    request(&Entry {
        handed_over: None,
        ..entry.clone()
    })
}

/// The request is gone for whoever gets this.
pub fn remove_user(entry: &Entry) -> String {
    frame("RemoveUser", UserAndChat::of(entry))
}

/// Opt-in: the request is held back for whoever gets this.
pub fn reserved(entry: &Entry, until: Timestamp) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Reserved {
        #[serde(flatten)]
        ids: UserAndChat,
        expires_at: String,
    }
    let reserved = Reserved {
        ids: UserAndChat::of(entry),
        expires_at: iso(until),
    };
    frame("Reserved", reserved)
}

/// Opt-in: how many agents are at the desk.
pub fn presence(agents_online: usize) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Presence {
        agents_online: usize,
    }
    frame("Presence", Presence { agents_online })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserAndChat {
    user_id: String,
    chat_id: String,
}

impl UserAndChat {
    fn of(entry: &Entry) -> Self {
        Self {
            user_id: entry.visitor.to_string(),
            chat_id: entry.chat.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &str = "27ab0d0cfae34f68b41ed25150b5d9f6";

    #[test]
    fn a_bare_id_is_an_accept() {
        let accept = AgentFrame::Accept(VisitorId::claimed(USER));
        assert_eq!(decode(USER, Level::Plain), Ok(accept));
        let text = format!(r#"{{"type":"Accept","args":{{"userId":"{USER}"}}}}"#);
        assert_eq!(decode(&text, Level::Plain), Ok(accept));
    }

    #[test]
    fn anything_else_is_named_for_what_it_is() {
        let cases = [
            ("hello", WireError::Malformed),
            (r#"{"type":"Dance","args":{}}"#, WireError::UnknownType),
            (
                r#"{"type":"Decline","args":{}}"#,
                WireError::InvalidField("userId"),
            ),
        ];
        for (text, error) in cases {
            assert_eq!(decode(text, Level::Plain), Err(error), "{text}");
        }
    }
}
