//! An agent at the request feed.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::guest::Guest;
use crate::socket::Socket;

/// An agent with an open feed socket. Everything a [`Socket`] can do it can do too.
#[derive(Debug)]
pub struct Agent {
    /// The agent's name, which is the account in token mode.
    pub name: String,
    /// The feed socket.
    pub feed: Socket,
}

impl Deref for Agent {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.feed
    }
}

impl DerefMut for Agent {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.feed
    }
}

impl Agent {
    /// The next frame has to be this visitor's request, bare and whole; gives it.
    pub async fn sees(&mut self, guest: &Guest) -> Value {
        let request = self.json().await;
        let mut known = request.clone();
        let requested_at = known
            .as_object_mut()
            .and_then(|fields| fields.remove("requestedAt"));
        // What the visitor has said so far is nobody's expectation here.
        known
            .as_object_mut()
            .map(|fields| fields.remove("firstWords"));
        assert!(
            requested_at.is_some_and(|at| at.is_string()),
            "{}: no requestedAt in {request}",
            self.name
        );
        assert_eq!(known, guest.request(), "{}: another request", self.name);
        request
    }

    /// The next frame has to be a bare request; gives it.
    pub async fn expect_request(&mut self) -> Value {
        let request = self.json().await;
        assert_eq!(request["participant"], "User", "{}: {request}", self.name);
        request
    }

    /// The next frame has to take this visitor's request away.
    pub async fn loses(&mut self, guest: &Guest) {
        let args = self.expect("RemoveUser").await;
        assert_eq!(
            args,
            json!({"userId": guest.user_id, "chatId": guest.chat_id}),
            "{}: another request",
            self.name
        );
    }

    /// Takes a request in the short form: the bare user id.
    pub async fn accepts(&mut self, guest: &Guest) {
        self.send_text(guest.user_id.clone()).await;
    }

    /// Takes a request in the long form.
    pub async fn accepts_by_object(&mut self, guest: &Guest) {
        self.send("Accept", json!({"userId": guest.user_id})).await;
    }

    /// Hides a request for this agent.
    pub async fn declines(&mut self, guest: &Guest) {
        self.send("Decline", json!({"userId": guest.user_id})).await;
    }
}
