//! Engine.IO by hand, for what no client library would do: packets as they stand on the wire, over HTTP or a WebSocket.

use std::io::{Read, Write};
use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use reqwest::Method;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::http::{self, Answer};
use crate::wait::{DEADLINE, within};

/// What stands between two packets of a payload in version 4.
const SEPARATOR: char = '\u{1e}';

/// The version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eio {
    /// What Socket.IO 1 and 2 speak.
    V3,
    /// What Socket.IO 3 and 4 speak.
    V4,
}

impl Eio {
    /// The value of `EIO` in the query.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::V3 => 3,
            Self::V4 => 4,
        }
    }

    /// The path of a handshake or a request over this transport.
    #[must_use]
    pub fn path(self, transport: &str) -> String {
        format!("/socket.io/?EIO={}&transport={transport}", self.number())
    }

    /// Packets as the body of a request.
    #[must_use]
    pub fn payload(self, packets: &[&str]) -> String {
        match self {
            Self::V3 => packets
                .iter()
                .map(|packet| format!("{}:{packet}", packet.encode_utf16().count()))
                .collect(),
            Self::V4 => packets.join(&SEPARATOR.to_string()),
        }
    }

    /// The packets of an answer's body, which has to be well-formed.
    #[must_use]
    pub fn packets(self, body: &str) -> Vec<String> {
        match self {
            Self::V3 => packets_by_length(body),
            Self::V4 => body.split(SEPARATOR).map(str::to_owned).collect(),
        }
    }
}

/// Lengths count UTF-16 units, as JavaScript does.
fn packets_by_length(body: &str) -> Vec<String> {
    let mut packets = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let (length, after) = rest
            .split_once(':')
            .unwrap_or_else(|| panic!("no length: {body}"));
        let length: usize = length
            .parse()
            .unwrap_or_else(|error| panic!("{error}: {body}"));
        let mut units = 0;
        let end = after
            .char_indices()
            .find(|(_, character)| {
                let full = units >= length;
                units += character.len_utf16();
                full
            })
            .map_or(after.len(), |(index, _)| index);
        packets.push(after[..end].to_owned());
        rest = &after[end..];
    }
    packets
}

/// A connection over HTTP requests.
#[derive(Debug)]
pub struct Polling {
    eio: Eio,
    address: SocketAddr,
    token: String,
    /// The open packet.
    pub open: Value,
    waiting: Vec<String>,
}

impl Polling {
    /// The handshake, which has to succeed.
    pub async fn open(address: SocketAddr, eio: Eio, token: &str) -> Self {
        let mut polling = Self {
            eio,
            address,
            token: token.to_owned(),
            open: Value::Null,
            waiting: Vec::new(),
        };
        let mut packets = polling.get().await;
        let open = packets.remove(0);
        let json = open
            .strip_prefix('0')
            .unwrap_or_else(|| panic!("no open packet: {open}"));
        polling.open = serde_json::from_str(json).expect("JSON");
        polling.waiting = packets;
        polling
    }

    fn path(&self) -> String {
        let sid = self.open.get("sid").and_then(Value::as_str);
        let sid = sid.map(|sid| format!("&sid={sid}")).unwrap_or_default();
        format!("{}{sid}", self.eio.path("polling"))
    }

    async fn request(&self, method: Method, body: Option<String>) -> Answer {
        let headers = [
            ("authorization", self.token.clone()),
            ("content-type", "text/plain;charset=UTF-8".to_owned()),
        ];
        http::send(self.address, method, &self.path(), &headers, body).await
    }

    async fn get(&self) -> Vec<String> {
        let answer = self.request(Method::GET, None).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.eio.packets(&answer.body)
    }

    /// The next packet.
    pub async fn next(&mut self) -> String {
        if self.waiting.is_empty() {
            self.waiting = self.get().await;
        }
        self.waiting.remove(0)
    }

    /// The answer to a request for packets, whatever it is.
    pub async fn poll(&self) -> Answer {
        self.request(Method::GET, None).await
    }

    /// Sends packets in one request.
    pub async fn send(&self, packets: &[&str]) -> Answer {
        self.post(self.eio.payload(packets)).await
    }

    /// Sends this body.
    pub async fn post(&self, body: String) -> Answer {
        self.request(Method::POST, Some(body)).await
    }
}

/// Nobody hears of a client that asks for nothing any more, so it says that it goes.
impl Drop for Polling {
    fn drop(&mut self) {
        hang_up(self.address, self.eio, &self.path());
    }
}

/// Ends the connection that a handshake by hand has opened, if this is one's answer.
pub fn hang_up_on(address: SocketAddr, eio: Eio, answer: &str) {
    let packet = eio.packets(answer).into_iter().next().unwrap_or_default();
    let open: Value = serde_json::from_str(packet.get(1..).unwrap_or_default()).unwrap_or_default();
    if let Some(sid) = open["sid"].as_str() {
        hang_up(address, eio, &format!("{}&sid={sid}", eio.path("polling")));
    }
}

fn hang_up(address: SocketAddr, eio: Eio, path: &str) {
    let body = eio.payload(&["1"]);
    let said = std::net::TcpStream::connect(address).and_then(|mut stream| {
        stream.set_read_timeout(Some(DEADLINE))?;
        let length = body.len();
        write!(
            stream,
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}",
        )?;
        stream.read_to_end(&mut Vec::new())
    });
    // The server may be gone by now.
    drop(said);
}

/// A connection over a WebSocket. Dropping it drops the TCP connection without a word.
#[derive(Debug)]
pub struct Wire {
    stream: WebSocketStream<TcpStream>,
}

impl Wire {
    /// The upgrade of this path with these headers.
    ///
    /// # Errors
    /// The status, the `content-type` and the body, when it is refused.
    pub async fn open(
        address: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, (u16, String, String)> {
        let mut request = format!("ws://{address}{path}")
            .into_client_request()
            .expect("a request");
        for (name, value) in headers {
            let name = HeaderName::try_from(*name).expect("a name");
            let value = HeaderValue::try_from(*value).expect("a value");
            request.headers_mut().insert(name, value);
        }
        let tcp = within("connect", TcpStream::connect(address))
            .await
            .expect("a connection");
        tcp.set_nodelay(true).expect("TCP_NODELAY");
        match within("upgrade", tokio_tungstenite::client_async(request, tcp)).await {
            Ok((stream, _)) => Ok(Self { stream }),
            Err(Error::Http(answer)) => {
                let kind = answer.headers().get("content-type");
                let kind = kind
                    .map_or("", |value| value.to_str().expect("ascii"))
                    .to_owned();
                let body = answer.body().clone().unwrap_or_default();
                Err((
                    answer.status().as_u16(),
                    kind,
                    String::from_utf8(body).expect("text"),
                ))
            }
            Err(error) => panic!("upgrade of {path}: {error}"),
        }
    }

    /// A connection with this token, as far as Socket.IO's `40`. What comes before that is the open packet alone.
    pub async fn connected(address: SocketAddr, eio: Eio, token: &str) -> Self {
        let mut wire = Self::open(address, &eio.path("websocket"), &[("authorization", token)])
            .await
            .unwrap_or_else(|refused| panic!("refused: {refused:?}"));
        let open = wire.next().await;
        assert!(open.starts_with("0{"), "no open packet: {open}");
        if eio == Eio::V4 {
            wire.send("40").await;
        }
        let welcome = wire.next().await;
        assert!(welcome.starts_with("40"), "no welcome: {welcome}");
        wire
    }

    /// Sends a packet.
    pub async fn send(&mut self, packet: &str) {
        let message = Message::text(packet.to_owned());
        within("send", self.stream.send(message))
            .await
            .expect("an open connection");
    }

    /// The next packet; `None` when the connection is gone.
    pub async fn try_next(&mut self) -> Option<String> {
        match self.stream.next().await {
            Some(Ok(Message::Text(packet))) => Some(packet.to_string()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => None,
            Some(Ok(other)) => panic!("the server sent {other:?}"),
        }
    }

    /// The next packet, which has to come.
    pub async fn next(&mut self) -> String {
        within("a packet", self.try_next())
            .await
            .expect("an open connection")
    }
}
