//! Contract 004's clients: the real libraries, in both versions of the protocol, driven from a test. Every wait ends after
//! [`DEADLINE`], and every failure shows what the client heard so far.

mod driver;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use self::driver::Driver;
use crate::wait::{DEADLINE, within};

/// How many things a failure message shows.
const REMEMBERED: usize = 16;

/// A client library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Client {
    /// python-socketio 5: Engine.IO 4.
    Python5,
    /// python-socketio 4: Engine.IO 3.
    Python4,
    /// socket.io-client 4: Engine.IO 4.
    Node4,
    /// socket.io-client 2: Engine.IO 3.
    Node2,
}

/// Every client library.
pub const CLIENTS: [Client; 4] = [
    Client::Python5,
    Client::Node2,
    Client::Node4,
    Client::Python4,
];

/// How a client talks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// HTTP requests only.
    Polling,
    /// A WebSocket from the beginning.
    WebSocket,
    /// HTTP requests first, then the upgrade.
    Both,
}

/// Every way to talk.
pub const TRANSPORTS: [Transport; 3] = [Transport::WebSocket, Transport::Both, Transport::Polling];

impl Transport {
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Polling => &["polling"],
            Self::WebSocket => &["websocket"],
            Self::Both => &["polling", "websocket"],
        }
    }
}

/// Every client library with every transport.
pub fn every() -> impl Iterator<Item = (Client, Transport)> {
    let with = |client| TRANSPORTS.map(|transport| (client, transport));
    CLIENTS.into_iter().flat_map(with)
}

/// Why a connection was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The HTTP status, where the library tells it.
    pub status: Option<u16>,
    /// What the library says.
    pub message: String,
}

/// An open connection.
#[derive(Debug)]
pub struct SocketIo {
    driver: &'static Driver,
    id: u64,
    who: String,
    told: UnboundedReceiver<Value>,
    events: VecDeque<Value>,
    acks: HashMap<u64, Value>,
    disconnected: bool,
    asked: u64,
    recent: VecDeque<String>,
}

impl SocketIo {
    /// Connects with this value of the `Authorization` header; `who` names the client in failure messages.
    ///
    /// # Errors
    /// What the library says when the server does not accept the connection.
    pub async fn connect(
        address: SocketAddr,
        client: Client,
        transport: Transport,
        authorization: Option<&str>,
        who: &str,
    ) -> Result<Self, Refused> {
        let driver = Driver::of(client);
        let (id, told) = driver.register();
        let mut socket = Self {
            driver,
            id,
            who: format!("{who} ({client:?}, {transport:?})"),
            told,
            events: VecDeque::new(),
            acks: HashMap::new(),
            disconnected: false,
            asked: 0,
            recent: VecDeque::new(),
        };
        let headers =
            authorization.map_or_else(|| json!({}), |token| json!({"Authorization": token}));
        let command = json!({"url": format!("http://{address}"), "headers": headers, "transports": transport.names()});
        driver.tell(id, "connect", command);
        loop {
            let told = socket.next("an answer to connect").await;
            if let Some(refused) = told.get("refused") {
                let status = refused["status"].as_u64();
                return Err(Refused {
                    status: status.map(|status| u16::try_from(status).expect("an HTTP status")),
                    message: refused["message"].as_str().expect("a text").to_owned(),
                });
            }
            if let Some(name) = told.get("connected") {
                let last = transport.names().last().copied();
                assert_eq!(name.as_str(), last, "{}: another transport", socket.who);
                return Ok(socket);
            }
            socket.keep(told);
        }
    }

    /// Sends an event, with its data if it has any, and gives what the server acknowledges it with.
    pub async fn emit(
        &mut self,
        event: &str,
        data: impl Into<Option<Value>>,
    ) -> (bool, Option<String>) {
        let ack = self.sends_for_ack(event, data);
        self.acknowledged(ack).await
    }

    /// Sends an event and does not wait; [`Self::acknowledged`] does, given what this gives.
    pub fn sends_for_ack(&mut self, event: &str, data: impl Into<Option<Value>>) -> u64 {
        self.asked += 1;
        let args: Vec<Value> = data.into().into_iter().collect();
        let command = json!({"event": event, "args": args, "ack": self.asked});
        self.driver.tell(self.id, "emit", command);
        self.asked
    }

    /// Sends an event that asks for no acknowledgement.
    pub fn sends(&mut self, event: &str, data: impl Into<Option<Value>>) {
        let args: Vec<Value> = data.into().into_iter().collect();
        let command = json!({"event": event, "args": args, "ack": null});
        self.driver.tell(self.id, "emit", command);
    }

    /// Waits for an acknowledgement, which always has two arguments.
    pub async fn acknowledged(&mut self, ack: u64) -> (bool, Option<String>) {
        while !self.acks.contains_key(&ack) {
            let told = self.next("an acknowledgement").await;
            self.keep(told);
        }
        let args = self.acks.remove(&ack).expect("there is one");
        match args.as_array().map(Vec::as_slice) {
            Some([Value::Bool(true), Value::Null]) => (true, None),
            Some([Value::Bool(false), Value::String(text)]) => (false, Some(text.clone())),
            _ => panic!("{}: acknowledged with {args}{}", self.who, self.story()),
        }
    }

    /// Sends an event that the server has to accept.
    pub async fn does(&mut self, event: &str, data: impl Into<Option<Value>>) {
        let answer = self.emit(event, data).await;
        assert_eq!(
            answer,
            (true, None),
            "{}: {event}{}",
            self.who,
            self.story()
        );
    }

    /// Sends an event that the server has to refuse with this text.
    pub async fn is_refused(&mut self, event: &str, data: impl Into<Option<Value>>, text: &str) {
        let data = data.into();
        let shown = data.as_ref().map_or_else(|| "nothing".to_owned(), abridged);
        let answer = self.emit(event, data).await;
        let expected = (false, Some(text.to_owned()));
        assert_eq!(
            answer,
            expected,
            "{}: {event} with {shown}{}",
            self.who,
            self.story()
        );
    }

    /// The next event has to be this one, with one argument; gives that.
    pub async fn hears(&mut self, event: &str) -> Value {
        let (name, data) = self.next_event(event).await;
        assert_eq!(
            name,
            event,
            "{}: another event: {data}{}",
            self.who,
            self.story()
        );
        data
    }

    /// The next event, whichever it is, with its one argument. `wanted` names it in failure messages.
    pub async fn next_event(&mut self, wanted: &str) -> (String, Value) {
        while self.events.is_empty() {
            assert!(
                !self.disconnected,
                "{} wanted {wanted}{}",
                self.who,
                self.story()
            );
            let told = self.next(wanted).await;
            self.keep(told);
        }
        let told = self.events.pop_front().expect("there is one");
        let args = told["args"].as_array().expect("arguments");
        assert_eq!(args.len(), 1, "{}: not one argument: {told}", self.who);
        (
            told["event"].as_str().expect("a name").to_owned(),
            args[0].clone(),
        )
    }

    /// The names of the events that have come and that nobody has asked for.
    #[must_use]
    pub fn unheard(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|told| told["event"].as_str())
            .collect()
    }

    /// Whatever was on its way to this socket from the process it is at, before this question was answered, is none.
    ///
    /// What another process has to tell may still come: where that matters, let something else be told after it.
    pub async fn has_heard_nothing(&mut self) {
        self.is_refused("nonsense", json!({}), "Unknown event.")
            .await;
        assert_eq!(self.unheard(), [""; 0], "{}{}", self.who, self.story());
    }

    /// Waits until the connection is gone.
    pub async fn is_disconnected(&mut self) {
        while !self.disconnected {
            let told = self.next("the end of the connection").await;
            self.keep(told);
        }
    }

    /// Closes the connection and waits until it is gone.
    pub async fn goes(mut self) {
        self.driver.tell(self.id, "disconnect", json!({}));
        self.is_disconnected().await;
    }

    async fn next(&mut self, wanted: &str) -> Value {
        match tokio::time::timeout(DEADLINE, self.told.recv()).await {
            Ok(Some(told)) => {
                if self.recent.len() == REMEMBERED {
                    self.recent.pop_front();
                }
                self.recent.push_back(abridged(&told));
                told
            }
            Ok(None) => panic!(
                "{} wanted {wanted}: the driver is gone{}",
                self.who,
                self.story()
            ),
            Err(_) => panic!(
                "{} waited {DEADLINE:?} for {wanted}{}",
                self.who,
                self.story()
            ),
        }
    }

    fn keep(&mut self, told: Value) {
        if told.get("event").is_some() {
            self.events.push_back(told);
        } else if let Some(ack) = told.get("ack").and_then(Value::as_u64) {
            let earlier = self.acks.insert(ack, told["args"].clone());
            assert_eq!(earlier, None, "{}: acknowledged twice", self.who);
        } else if told.get("disconnected").is_some() {
            self.disconnected = true;
        } else {
            panic!("{}: {told}{}", self.who, self.story());
        }
    }

    fn story(&self) -> String {
        let lines: Vec<&str> = self.recent.iter().map(String::as_str).collect();
        format!("\n  what came last:\n    {}", lines.join("\n    "))
    }
}

impl Drop for SocketIo {
    fn drop(&mut self) {
        self.driver.forget(self.id);
    }
}

/// As text that a person can read: a test of limits sends more than that.
fn abridged(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(600) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Waits for all of these at once.
pub async fn all<T>(
    what: &str,
    futures: impl IntoIterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    within(what, futures_util::future::join_all(futures)).await
}
