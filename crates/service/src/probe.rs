//! A socket that is for nothing: somebody who looks after the installation opens it to see whether sockets get through the
//! proxies in front, and how long they stay open there. It joins no chat, makes nobody online and does not touch the store.
//!
//! `GET /chat/{any}?probe`, `GET /joins?probe` and `GET /desk?probe` open one, without a token. It says one frame about the request that came,
//! is pinged like any other socket, counts among those of its address, and ends after [`LIFE`] or at a frame.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpRequest, http::header::X_FORWARDED_FOR};
use helpline_protocol::close::Close;
use serde::{Deserialize, Serialize};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    application::Commons,
    door::{came_by_https, comes_from_proxy},
    presence::Departure,
    socket::{Reply, Session},
};

/// The query that asks for a probe.
pub const QUERY: &str = "probe";
/// How long it stays open at most.
pub const LIFE: Duration = Duration::from_secs(300);

/// What became of `X-Forwarded-For`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Forwarded {
    /// It came from a proxy that `http.trusted_proxies` names.
    Believed,
    /// It came from somebody else.
    Ignored,
    /// It did not come.
    Absent,
}

/// How the request looked as it arrived. It says no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// What became of `X-Forwarded-For`.
    pub forwarded: Forwarded,
    /// Whether a trusted proxy says that the client came by https.
    pub https: bool,
}

/// The one frame of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "args")]
pub enum ProbeFrame {
    /// How the request looked.
    Probe(Seen),
}

/// Whether this request asks for a probe.
pub fn is_wanted(request: &HttpRequest) -> bool {
    let mut pairs = request.query_string().split('&');
    pairs.any(|pair| pair == QUERY)
}

/// The socket.
pub struct Probe {
    seen: Seen,
    until: Instant,
    /// Nothing is ever delivered, and as long as this lives nothing looks like a slow reader.
    _outbox: mpsc::Sender<Infallible>,
}

impl Probe {
    /// The session of a probe that came by this request.
    pub fn open(commons: &Commons, request: &HttpRequest) -> (Self, mpsc::Receiver<Infallible>) {
        let (outbox, inbox) = mpsc::channel(1);
        let forwarded = match request.headers().contains_key(X_FORWARDED_FOR) {
            false => Forwarded::Absent,
            true if comes_from_proxy(commons, request) => Forwarded::Believed,
            true => Forwarded::Ignored,
        };
        let session = Self {
            seen: Seen {
                forwarded,
                https: came_by_https(commons, request),
            },
            until: Instant::now() + LIFE,
            _outbox: outbox,
        };
        (session, inbox)
    }
}

impl Session for Probe {
    type Delivery = Infallible;

    async fn opened(&mut self) -> Reply {
        match serde_json::to_string(&ProbeFrame::Probe(self.seen)) {
            Ok(frame) => Reply::frame(frame),
            Err(_) => Reply::nothing(),
        }
    }

    async fn text(&mut self, _: &str) -> Reply {
        Reply::close(Close::Rule)
    }

    fn binary(&mut self) -> Reply {
        Reply::close(Close::Rule)
    }

    fn deliver(&mut self, nothing: Infallible) -> Reply {
        match nothing {}
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.until)
    }

    fn due(&mut self) -> Reply {
        Reply::close(Close::Silent)
    }

    fn ended(&self) -> CancellationToken {
        CancellationToken::new()
    }

    fn end(&mut self) -> Reply {
        Reply::nothing()
    }

    fn silent(&self) -> Close {
        Close::Silent
    }

    fn too_slow(&mut self) {}

    async fn closed(&mut self, _: Departure) {}
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_the_query_asks_for_one() {
        for (uri, wanted) in [
            ("/chat/doctor?probe", true),
            ("/joins?token=x&probe", true),
            ("/joins?probe=", false),
            ("/joins?probes", false),
            ("/chat/probe", false),
        ] {
            let request = TestRequest::with_uri(uri).to_http_request();
            assert_eq!(is_wanted(&request), wanted, "{uri}");
        }
    }

    #[test]
    fn the_frame_is_the_documented_one() {
        let frame = ProbeFrame::Probe(Seen {
            forwarded: Forwarded::Believed,
            https: true,
        });
        let text = r#"{"type":"Probe","args":{"forwarded":"believed","https":true}}"#;
        assert_eq!(serde_json::to_string(&frame).unwrap(), text);
        assert_eq!(serde_json::from_str::<ProbeFrame>(text).unwrap(), frame);
    }
}
