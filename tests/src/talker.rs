//! A socket of contract 002, and what its bearer says and hears.

use std::ops::{Deref, DerefMut};

use serde_json::{Value, json};

use crate::socket::Socket;

/// Somebody's socket on `/ws`. Everything a [`Socket`] can do it can do too.
#[derive(Debug)]
pub struct Talker {
    /// The socket.
    pub socket: Socket,
}

impl Deref for Talker {
    type Target = Socket;

    fn deref(&self) -> &Socket {
        &self.socket
    }
}

impl DerefMut for Talker {
    fn deref_mut(&mut self) -> &mut Socket {
        &mut self.socket
    }
}

impl Talker {
    /// Sends `{"event": event, "data": data}`.
    pub async fn does(&mut self, event: &str, data: Value) {
        let frame = json!({"event": event, "data": data});
        self.send_text(frame.to_string()).await;
    }

    /// Sends an event about a conversation and nothing else.
    pub async fn does_at(&mut self, event: &str, conversation: &str) {
        self.does(event, json!({"conversationId": conversation}))
            .await;
    }

    /// The next frame has to be this event, with nothing but `event` and `data`; gives its data.
    pub async fn gets(&mut self, event: &str) -> Value {
        let frame = self.json().await;
        assert_eq!(frame["event"], event, "{frame}");
        let names = frame.as_object().expect("an object").len();
        assert!(names == 2 && frame["data"].is_object(), "{frame}");
        frame["data"].clone()
    }

    /// The next frame has to be this `ERROR`.
    pub async fn is_told(&mut self, what: &str, message: &str) {
        let frame = self.json().await;
        let expected = json!({"event": "ERROR", "data": {"message": message}});
        assert_eq!(frame, expected, "{what}");
    }

    /// Nothing was on its way to this socket. Frames are answered in order: the answer to nonsense is the next thing.
    pub async fn has_heard_nothing(&mut self) {
        self.does("NONSENSE", json!({})).await;
        self.is_told("nothing but the answer", "Unknown event")
            .await;
    }

    /// Comes in; gives the status.
    pub async fn joins(&mut self, conversation: &str) -> String {
        self.does_at("JOIN_CONVERSATION", conversation).await;
        let joined = self.gets("JOINED_CONVERSATION").await;
        assert_eq!(joined["conversationId"], conversation);
        joined["status"].as_str().expect("a status").to_owned()
    }

    /// Says something.
    pub async fn says(&mut self, conversation: &str, content: &str) {
        let data = json!({"conversationId": conversation, "content": content});
        self.does("SEND_MESSAGE", data).await;
    }

    /// The next frame has to bring this message; gives its data.
    pub async fn hears(&mut self, content: &str) -> Value {
        let message = self.gets("NEW_MESSAGE").await;
        assert_eq!(message["content"], content, "{message}");
        message
    }

    /// The next frame has to say that the conversation is over.
    pub async fn hears_the_end(&mut self, conversation: &str) {
        let closed = self.gets("CONVERSATION_CLOSED").await;
        assert_eq!(closed, json!({"conversationId": conversation}));
    }

    /// Closes from this side, and waits until the server has answered.
    pub async fn goes(self) {
        self.socket.close().await;
    }
}
