//! One side of a chat with its socket: the visitor or the agent who talks to it.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::socket::{Door, Socket};
use crate::world::World;

/// Which side of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The visitor.
    User,
    /// The agent.
    Support,
}

impl Side {
    /// The word in `from` and `participant`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Support => "Support",
        }
    }
}

/// A socket whose Join was accepted, and what its owner knows. Everything a [`Socket`] can do it can do too.
#[derive(Debug)]
pub struct Party {
    /// The chat and its visitor.
    pub guest: Guest,
    /// Which side this is.
    pub side: Side,
    /// The agent's id, as far as this side knows it.
    pub support_id: Option<String>,
    /// The agent's name, as far as this side knows it.
    pub support_name: Option<String>,
    /// How this side opens sockets.
    pub door: Door,
    /// The open socket.
    pub socket: Socket,
}

impl Deref for Party {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl DerefMut for Party {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

impl Party {
    /// The `args` of a message from this side.
    #[must_use]
    pub fn message(&self, content: &str) -> Value {
        let mut args =
            json!({"userId": self.guest.user_id, "content": content, "from": self.side.word()});
        if self.side == Side::Support {
            args["supportId"] = json!(self.support_id);
        }
        args
    }

    /// The `args` of this side's re-join after a reload.
    #[must_use]
    pub fn rejoin_args(&self) -> Value {
        let mut args = match self.side {
            Side::User => self.guest.join(),
            Side::Support => self
                .guest
                .claim(self.support_name.as_deref().unwrap_or("Agent")),
        };
        if let Some(support_id) = &self.support_id {
            args["supportId"] = json!(support_id);
        }
        args
    }

    /// Sends a message without waiting for anything.
    pub async fn sends(&mut self, content: &str) {
        let args = self.message(content);
        self.send("ChatMessage", args).await;
    }

    /// Sends a message and waits for its echo, which it gives.
    pub async fn says(&mut self, content: &str) -> Value {
        self.sends(content).await;
        self.hears(content).await
    }

    /// Sends a message with a `clientId`, without waiting for anything.
    pub async fn sends_as(&mut self, content: &str, client_id: &str) {
        let mut args = self.message(content);
        args["clientId"] = json!(client_id);
        self.send("ChatMessage", args).await;
    }

    /// The next frame has to be this message; gives its `args`.
    pub async fn hears(&mut self, content: &str) -> Value {
        let args = self.expect("ChatMessage").await;
        assert_eq!(args["content"], content, "another message: {args}");
        args
    }

    /// The next frame has to be the agent's arrival; learns the agent's id and name from it.
    pub async fn meets(&mut self, agent: &str) -> Value {
        let args = self.expect("Joined").await;
        assert_eq!(args["participant"], "Support", "{args}");
        assert_eq!(args["supportUserName"], agent, "{args}");
        self.support_id = Some(args["supportId"].as_str().expect("a supportId").to_owned());
        self.support_name = Some(agent.to_owned());
        if self.v1 {
            self.room("engaged").await;
        }
        args
    }

    /// The next frame has to be the chat's `Room`, with this status: opt-in sockets get one at each change.
    pub async fn room(&mut self, status: &str) -> Value {
        let room = self.expect("Room").await;
        assert_eq!(room["roomId"], json!(self.guest.chat_id), "{room}");
        assert_eq!(room["status"], status, "{room}");
        room
    }

    /// Opens a new socket on this chat-server and re-joins; gives the `args` of the history. The old socket is dropped.
    pub async fn rejoins_at(&mut self, world: &World, server: usize) -> Value {
        let args = self.rejoin_args();
        self.rejoins_with(world, server, args).await
    }

    /// As [`Self::rejoins_at`], with these `args` in the Join.
    pub async fn rejoins_with(&mut self, world: &World, server: usize, args: Value) -> Value {
        self.socket = world
            .open(server, &self.guest.chat_id, &self.door, self.side.word())
            .await;
        self.send("Join", args).await;
        self.expect("ChatHistory").await
    }

    /// A second socket of the same side, joined: it and its history.
    pub async fn another_at(&self, world: &World, server: usize) -> (Self, Value) {
        let socket = world
            .open(server, &self.guest.chat_id, &self.door, self.side.word())
            .await;
        let mut other = Self {
            guest: self.guest.clone(),
            side: self.side,
            support_id: self.support_id.clone(),
            support_name: self.support_name.clone(),
            door: self.door.clone(),
            socket,
        };
        let args = other.rejoin_args();
        other.send("Join", args).await;
        let history = other.expect("ChatHistory").await;
        (other, history)
    }

    /// Ends the chat.
    pub async fn leaves(&mut self) {
        self.send("Leave", json!({})).await;
    }
}

/// The contents of a `ChatHistory`, oldest first.
#[must_use]
pub fn contents(history: &Value) -> Vec<String> {
    messages(history)
        .iter()
        .map(|message| message["content"].as_str().expect("a content").to_owned())
        .collect()
}

/// The messages of a `ChatHistory`.
#[must_use]
pub fn messages(history: &Value) -> &[Value] {
    history["messages"]
        .as_array()
        .unwrap_or_else(|| panic!("no messages in {history}"))
}
