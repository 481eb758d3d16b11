//! A raw-frame WebSocket client: it says exactly what it is told and reports exactly what it gets, in order. Every wait
//! ends after [`DEADLINE`], and every failure shows the frames received so far.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::frame::Frame as WireFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::gate::Gate;
use crate::wait::{DEADLINE, within};

/// How many received frames a failure message shows.
const REMEMBERED: usize = 12;

/// How a client knocks: headers, subprotocols and query of the upgrade request.
#[derive(Clone, Debug, Default)]
pub struct Door {
    headers: Vec<(String, String)>,
    protocols: Vec<String>,
    query: Option<String>,
    receive_buffer: Option<u32>,
}

impl Door {
    /// A client of the plain contract: no header, no subprotocol, no query.
    #[must_use]
    pub fn plain() -> Self {
        Self::default()
    }

    /// A client that offers the subprotocol `helpline.v1`.
    #[must_use]
    pub fn v1() -> Self {
        Self::plain().protocols(&["helpline.v1"])
    }

    /// Adds a request header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Offers these subprotocols, in this order.
    #[must_use]
    pub fn protocols(mut self, offered: &[&str]) -> Self {
        self.protocols
            .extend(offered.iter().map(|offer| (*offer).to_owned()));
        self
    }

    /// Sets the query string.
    #[must_use]
    pub fn query(mut self, query: &str) -> Self {
        self.query = Some(query.to_owned());
        self
    }

    /// Keeps the kernel's receive buffer small, for a client that means to read slowly.
    #[must_use]
    pub fn small_receive_buffer(mut self) -> Self {
        self.receive_buffer = Some(4096);
        self
    }

    fn offers_v1(&self) -> bool {
        self.protocols.iter().any(|offer| offer == "helpline.v1")
    }
}

/// The HTTP answer of a refused upgrade.
#[derive(Debug)]
pub struct Refused {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
}

/// What a socket can bring.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A text frame, parsed as JSON.
    Text(Value),
    /// A close frame with its code, or `None` when the connection ended without one.
    Closed(Option<u16>),
}

/// An open WebSocket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<Gate>,
    mute: Arc<AtomicBool>,
    who: String,
    recent: VecDeque<String>,
    /// The subprotocol the server chose.
    pub protocol: Option<String>,
    /// Whether this client offered `helpline.v1`.
    pub v1: bool,
    /// How many pings have come.
    pub pings: usize,
}

impl Socket {
    /// Opens `path` at `address`; `who` names the client in failure messages.
    ///
    /// # Errors
    /// The HTTP answer, when the server refuses the upgrade.
    pub async fn open(
        address: SocketAddr,
        path: &str,
        door: &Door,
        who: &str,
    ) -> Result<Self, Refused> {
        let query = door
            .query
            .as_ref()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let mut request = format!("ws://{address}{path}{query}")
            .into_client_request()
            .expect("a valid request");
        for (name, value) in &door.headers {
            let name = HeaderName::try_from(name.as_str()).expect("a header name");
            request.headers_mut().insert(
                name,
                HeaderValue::try_from(value.as_str()).expect("a header value"),
            );
        }
        if !door.protocols.is_empty() {
            let offered = HeaderValue::try_from(door.protocols.join(", ")).expect("protocol names");
            request
                .headers_mut()
                .insert("sec-websocket-protocol", offered);
        }
        let tcp = TcpSocket::new_v4().expect("a socket");
        if let Some(size) = door.receive_buffer {
            tcp.set_recv_buffer_size(size)
                .expect("a receive buffer size");
        }
        let stream = within("connect", tcp.connect(address))
            .await
            .unwrap_or_else(|error| panic!("{who} cannot connect to {address}: {error}"));
        stream.set_nodelay(true).expect("TCP_NODELAY");
        let (gate, mute) = Gate::new(stream);
        match within("upgrade", tokio_tungstenite::client_async(request, gate)).await {
            Ok((stream, response)) => Ok(Self {
                stream,
                mute,
                who: who.to_owned(),
                recent: VecDeque::new(),
                protocol: response
                    .headers()
                    .get("sec-websocket-protocol")
                    .map(|value| value.to_str().expect("ascii").to_owned()),
                v1: door.offers_v1(),
                pings: 0,
            }),
            Err(Error::Http(answer)) => Err(Refused {
                status: answer.status().as_u16(),
                body: String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default())
                    .into_owned(),
            }),
            Err(error) => panic!("{who}: upgrade of {path} failed: {error}"),
        }
    }

    /// Sends a text frame as it is.
    pub async fn send_text(&mut self, text: impl Into<String>) {
        self.send_message(Message::text(text.into())).await;
    }

    /// Sends a binary frame.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send_message(Message::binary(bytes.to_vec())).await;
    }

    /// Sends one text message in two frames.
    pub async fn send_in_pieces(&mut self, text: &str) {
        let (first, rest) = text.split_at(text.len() / 2);
        let pieces = [
            WireFrame::message(first.to_owned(), OpCode::Data(Data::Text), false),
            WireFrame::message(rest.to_owned(), OpCode::Data(Data::Continue), true),
        ];
        for piece in pieces {
            self.send_message(Message::Frame(piece)).await;
        }
    }

    /// Sends `{"type": kind, "args": args}`.
    pub async fn send(&mut self, kind: &str, args: Value) {
        self.send_text(json!({"type": kind, "args": args}).to_string())
            .await;
    }

    /// Sends a text frame and says whether the connection took it: for a connection that may be gone.
    pub async fn try_send(&mut self, kind: &str, args: Value) -> bool {
        let text = json!({"type": kind, "args": args}).to_string();
        within("send", self.stream.send(Message::text(text)))
            .await
            .is_ok()
    }

    async fn send_message(&mut self, message: Message) {
        let sent = within("send", self.stream.send(message)).await;
        if let Err(error) = sent {
            panic!("{}: cannot send: {error}{}", self.who, self.story());
        }
    }

    /// From now on the server hears nothing from this socket, pongs included.
    pub fn falls_silent(&mut self) {
        self.mute.store(true, Ordering::Relaxed);
    }

    /// The next frame.
    pub async fn next(&mut self) -> Frame {
        match tokio::time::timeout(DEADLINE, self.read()).await {
            Ok(frame) => frame,
            Err(_) => panic!(
                "{}: no frame came in {DEADLINE:?}{}",
                self.who,
                self.story()
            ),
        }
    }

    /// The next frame if it comes within `limit`: only for loops that look at something else in between.
    pub async fn next_within(&mut self, limit: std::time::Duration) -> Option<Frame> {
        tokio::time::timeout(limit, self.read()).await.ok()
    }

    /// Waits for a ping.
    pub async fn pinged(&mut self) {
        let before = self.pings;
        let waiting = async {
            while self.pings == before {
                match self.stream.next().await {
                    Some(Ok(Message::Ping(_))) => self.pings += 1,
                    Some(Ok(Message::Pong(_))) => {}
                    other => panic!("{} wanted a ping, got {other:?}{}", self.who, self.story()),
                }
            }
        };
        tokio::time::timeout(DEADLINE, waiting)
            .await
            .expect("a ping in time");
    }

    async fn read(&mut self) -> Frame {
        loop {
            let frame = match self.stream.next().await {
                Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                    Ok(value) => Frame::Text(value),
                    Err(_) => panic!(
                        "{}: the server sent text that is no JSON: {text}{}",
                        self.who,
                        self.story()
                    ),
                },
                Some(Ok(Message::Close(frame))) => {
                    Frame::Closed(Some(frame.map_or(1005, |frame| frame.code.into())))
                }
                Some(Ok(Message::Ping(_))) => {
                    self.pings += 1;
                    continue;
                }
                Some(Ok(Message::Pong(_))) => continue,
                Some(Ok(other)) => {
                    panic!("{}: the server sent {other:?}{}", self.who, self.story())
                }
                Some(Err(_)) | None => Frame::Closed(None),
            };
            if self.recent.len() == REMEMBERED {
                self.recent.pop_front();
            }
            self.recent.push_back(match &frame {
                Frame::Text(value) => value.to_string(),
                Frame::Closed(code) => format!("closed {code:?}"),
            });
            return frame;
        }
    }

    /// The next frame has to be JSON text.
    pub async fn json(&mut self) -> Value {
        match self.next().await {
            Frame::Text(value) => value,
            Frame::Closed(code) => panic!(
                "{} wanted a frame, was closed with {code:?}{}",
                self.who,
                self.story()
            ),
        }
    }

    /// The first frame of this type; whatever comes before it is passed over. Gives its `args`.
    ///
    /// # Panics
    /// When none comes in time.
    pub async fn until(&mut self, kind: &str) -> Value {
        loop {
            let mut frame = self.json().await;
            if frame["type"] == kind {
                return frame["args"].take();
            }
        }
    }

    /// The next frame has to be of this type, with nothing but `type` and `args`; gives its `args`.
    pub async fn expect(&mut self, kind: &str) -> Value {
        let frame = self.json().await;
        if frame["type"] != kind {
            panic!("{} wanted {kind}, got {frame}{}", self.who, self.story());
        }
        let names: Vec<&String> = frame.as_object().expect("an object").keys().collect();
        assert!(
            names.len() == 2 && frame["args"].is_object(),
            "{}: not a frame of type and args: {frame}",
            self.who
        );
        frame["args"].clone()
    }

    /// The next frame has to be an `Error` with this code; gives its `args`.
    pub async fn expect_error(&mut self, code: &str) -> Value {
        let args = self.expect("Error").await;
        assert_eq!(
            args["code"],
            code,
            "{}: another error: {args}{}",
            self.who,
            self.story()
        );
        assert!(
            args["message"].is_string(),
            "{}: an error without a message: {args}",
            self.who
        );
        args
    }

    /// The next frame has to be an `Error` `invalid_field` about this field.
    pub async fn expect_invalid(&mut self, field: &str) {
        let args = self.expect_error("invalid_field").await;
        assert_eq!(
            args["field"],
            field,
            "{}: another field: {args}{}",
            self.who,
            self.story()
        );
    }

    /// The next thing has to be a close frame with this code, and nothing may follow it.
    pub async fn closed_with(&mut self, code: u16) {
        match self.next().await {
            Frame::Closed(Some(given)) if given == code => {}
            other => panic!(
                "{} wanted a close with {code}, got {other:?}{}",
                self.who,
                self.story()
            ),
        }
        assert_eq!(
            self.next().await,
            Frame::Closed(None),
            "{}: a frame after the close",
            self.who
        );
    }

    /// The chat is over: `ChatExpired` naming it, then close 1000.
    pub async fn chat_is_over(&mut self, chat_id: &str) {
        let mut args = self.expect("ChatExpired").await;
        if self.v1
            && let Some(args) = args.as_object_mut()
        {
            // Why, and by whom: for those who opted in.
            args.remove("reason");
            args.remove("by");
        }
        assert_eq!(args, json!({ "chatId": chat_id }), "{}", self.who);
        self.closed_with(1000).await;
    }

    /// Closes from this side, and waits until the server has answered.
    pub async fn close(mut self) {
        let _ = within("close", self.stream.close(None)).await;
        while !matches!(self.next().await, Frame::Closed(_)) {}
    }

    fn story(&self) -> String {
        let lines: Vec<&str> = self.recent.iter().map(String::as_str).collect();
        format!(
            "\n  the last frames received:\n    {}",
            lines.join("\n    ")
        )
    }
}
