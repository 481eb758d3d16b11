//! What a request's query says.

use actix_web::web::Query;
use helpline_protocol::socketio::engine::Revision;

/// The query of a request.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    /// Which revision the client speaks.
    pub(crate) revision: Revision,
    /// Whether the request is for a WebSocket.
    pub(super) websocket: bool,
    /// Which line it is about, if there is one already.
    pub(super) sid: Option<String>,
    /// Which dialect the client asks for, if not the usual one.
    pub(crate) dialect: Option<String>,
}

/// Why a request is none of Engine.IO.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadRequest {
    /// The transport is none.
    Transport,
    /// No such line.
    Session,
    /// A line begins with a GET.
    Method,
    /// It does not fit to what the line is.
    Mismatch,
    /// It comes from where nobody is let in.
    Forbidden,
    /// A revision that we do not speak.
    Revision,
}

impl BadRequest {
    /// The body that clients of Engine.IO know.
    pub(super) fn body(self) -> &'static str {
        match self {
            Self::Transport => r#"{"code":0,"message":"Transport unknown"}"#,
            Self::Session => r#"{"code":1,"message":"Session ID unknown"}"#,
            Self::Method => r#"{"code":2,"message":"Bad handshake method"}"#,
            Self::Mismatch => r#"{"code":3,"message":"Bad request"}"#,
            Self::Forbidden => r#"{"code":4,"message":"Forbidden"}"#,
            Self::Revision => r#"{"code":5,"message":"Unsupported protocol version"}"#,
        }
    }
}

impl Handshake {
    /// Reads the query.
    pub(super) fn read(query: &str) -> Result<Self, BadRequest> {
        let pairs = Query::<Vec<(String, String)>>::from_query(query);
        let pairs = pairs.map(Query::into_inner).unwrap_or_default();
        let get = |name: &str| {
            let mut found = pairs.iter().filter(|(key, _)| key == name);
            found.next().map(|(_, value)| value.as_str())
        };
        let websocket = match get("transport") {
            Some("polling") => false,
            Some("websocket") => true,
            _ => return Err(BadRequest::Transport),
        };
        let revision = get("EIO").and_then(Revision::parse);
        Ok(Self {
            revision: revision.ok_or(BadRequest::Revision)?,
            websocket,
            sid: get("sid").map(str::to_owned),
            dialect: get("dialect").map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_says_how_the_client_speaks() {
        let query = Handshake::read("EIO=4&transport=websocket&t=x&sid=abc").expect("a handshake");
        assert_eq!(query.revision, Revision::V4);
        assert!(query.websocket);
        assert_eq!(query.sid.as_deref(), Some("abc"));
        let query = Handshake::read("transport=polling&EIO=3&dialect=messages").expect("one");
        assert_eq!(query.revision, Revision::V3);
        assert!(!query.websocket);
        assert_eq!(
            (query.sid, query.dialect.as_deref()),
            (None, Some("messages"))
        );
    }

    #[test]
    fn what_nobody_speaks_is_refused() {
        for (query, refused) in [
            ("", BadRequest::Transport),
            ("EIO=4&transport=flashsocket", BadRequest::Transport),
            ("transport=polling", BadRequest::Revision),
            ("EIO=2&transport=polling", BadRequest::Revision),
            ("EIO=5&transport=polling", BadRequest::Revision),
        ] {
            assert_eq!(Handshake::read(query).err(), Some(refused), "{query}");
        }
    }
}
