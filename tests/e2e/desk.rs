//! Somebody at the staff desk (docs/desk.md), for the tests of it.

use std::collections::VecDeque;

use e2e::{Agent, Door, Party, Side, Socket, World, tokens};
use serde_json::{Value, json};

/// A desk socket that was shown how things are. Frames that nobody has waited for yet are kept.
pub(crate) struct Seat {
    pub(crate) socket: Socket,
    /// What it was shown at first.
    pub(crate) desk: Value,
    kept: VecDeque<Value>,
    asked: u64,
}

impl Seat {
    /// Somebody of this name and role, at this subscriber.
    pub(crate) async fn take(world: &World, server: usize, name: &str, role: &str) -> Self {
        Self::with(world, server, &tokens::token(name, role)).await
    }

    /// The bearer of a token.
    pub(crate) async fn with(world: &World, server: usize, token: &str) -> Self {
        let door = Door::v1().bearer(token);
        let mut socket = Socket::open(world.feed(server), "/desk", &door, "the desk")
            .await
            .expect("an upgrade");
        let desk = socket.expect("Desk").await;
        Self {
            socket,
            desk,
            kept: VecDeque::new(),
            asked: 0,
        }
    }

    /// A supervisor at the first subscriber.
    pub(crate) async fn supervisor(world: &World) -> Self {
        Self::take(world, 0, "Rosa", "supervisor").await
    }

    /// Asks, and gives the answer with its type; whatever else comes before it is kept.
    pub(crate) async fn asks(&mut self, kind: &str, mut args: Value) -> (String, Value) {
        self.asked += 1;
        let reference = json!(format!("{kind} {}", self.asked));
        args["ref"] = reference.clone();
        self.socket.send(kind, args).await;
        loop {
            let mut frame = self.socket.json().await;
            if frame["args"]["ref"] == reference {
                let kind = frame["type"].as_str().expect("a type").to_owned();
                return (kind, frame["args"].take());
            }
            assert!(
                !["Done", "Error"].contains(&frame["type"].as_str().expect("a type")),
                "an answer to nothing: {frame}"
            );
            self.kept.push_back(frame);
        }
    }

    /// Asks for something that is done; gives what the answer says.
    pub(crate) async fn does(&mut self, kind: &str, args: Value) -> Value {
        let (answer, args) = self.asks(kind, args).await;
        assert_eq!(answer, "Done", "{kind}: {args}");
        args
    }

    /// Asks for something that is refused with this code.
    pub(crate) async fn fails(&mut self, kind: &str, args: Value, code: &str) -> Value {
        let (answer, args) = self.asks(kind, args).await;
        assert_eq!(answer, "Error", "{kind}: {args}");
        assert_eq!(args["code"], code, "{kind}: {args}");
        assert!(args["message"].is_string(), "{args}");
        args
    }

    /// The first frame of this type that is like that, and what was kept until it is let go.
    pub(crate) async fn until(&mut self, kind: &str, is: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut frame = match self.kept.pop_front() {
                Some(frame) => frame,
                None => self.socket.json().await,
            };
            if frame["type"] == kind && is(&frame["args"]) {
                return frame["args"].take();
            }
        }
    }

    /// The next frame of this type about this chat.
    pub(crate) async fn of(&mut self, kind: &str, chat: &str) -> Value {
        self.until(kind, |args| args["chatId"] == chat).await
    }

    /// Waits until a chat is shown with this status.
    pub(crate) async fn sees(&mut self, chat: &str, status: &str) -> Value {
        let is = |args: &Value| args["chatId"] == chat && args["status"] == status;
        self.until("Chat", is).await
    }

    /// The next frame has to be of this type.
    pub(crate) async fn next(&mut self, kind: &str) -> Value {
        match self.kept.pop_front() {
            Some(mut frame) if frame["type"] == kind => frame["args"].take(),
            Some(frame) => panic!("wanted {kind}, got {frame}"),
            None => self.socket.expect(kind).await,
        }
    }

    /// Begins to watch a chat; gives its history.
    pub(crate) async fn watches(&mut self, chat: &str) -> Vec<Value> {
        self.does("Watch", json!({ "chatId": chat })).await;
        let watched = self.of("Watched", chat).await;
        watched["history"].as_array().expect("lines").clone()
    }
}

/// A world of people with tokens.
pub(crate) fn world() -> World {
    World::builder().tokens().start()
}

/// An agent's feed, at this subscriber.
pub(crate) async fn feed(world: &World, server: usize, name: &str, role: &str) -> Agent {
    let door = Door::v1().bearer(&tokens::token(name, role));
    let feed = Socket::open(world.feed(server), "/joins", &door, name).await;
    Agent {
        name: name.to_owned(),
        feed: feed.expect("an upgrade"),
    }
}

/// Whoever has taken a chat over comes to it, with the part it was given.
pub(crate) async fn comes(
    world: &World,
    former: &Party,
    name: &str,
    part: &Value,
) -> (Party, Value) {
    let door = Door::v1().bearer(&tokens::token(name, "supervisor"));
    let guest = former.guest.clone();
    let mut taker = Party {
        socket: world.open(0, &guest.chat_id, &door, name).await,
        guest,
        side: Side::Support,
        support_id: Some(part.as_str().expect("a part").to_owned()),
        support_name: Some(name.to_owned()),
        door,
    };
    let args = taker.rejoin_args();
    taker.send("Join", args).await;
    let history = taker.expect("ChatHistory").await;
    (taker, history)
}

/// Kind and words of each line.
pub(crate) fn told(lines: &[Value]) -> Vec<String> {
    let words = |line: &Value| {
        let kind = line["kind"].as_str().expect("a kind");
        let words = match kind {
            "note" => &line["text"],
            _ => &line["content"],
        };
        format!("{kind} {}", words.as_str().expect("words"))
    };
    lines.iter().map(words).collect()
}
