//! A registration: somebody who has a name, a chat and a token, and no socket yet.

use serde_json::{Value, json};

/// What registration gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// The visitor's id.
    pub user_id: String,
    /// The name as the server keeps it.
    pub username: String,
    /// The chat's id.
    pub chat_id: String,
    /// The visitor's token.
    pub token: String,
    /// Whether Joins carry the token: token mode.
    pub sends_token: bool,
}

impl Guest {
    /// Reads the body of a registration.
    #[must_use]
    pub fn from_body(body: &Value, sends_token: bool) -> Self {
        let text = |field: &str| {
            body[field]
                .as_str()
                .unwrap_or_else(|| panic!("no {field} in {body}"))
                .to_owned()
        };
        Self {
            user_id: text("userId"),
            username: text("username"),
            chat_id: text("chatId"),
            token: text("token"),
            sends_token,
        }
    }

    /// The visitor's Join, first time or later.
    #[must_use]
    pub fn join(&self) -> Value {
        let mut args = json!({"userId": self.user_id, "username": self.username, "from": "User"});
        if self.sends_token {
            args["token"] = json!(self.token);
        }
        args
    }

    /// An agent's Join without `supportId`: the claim.
    #[must_use]
    pub fn claim(&self, agent: &str) -> Value {
        json!({"userId": self.user_id, "username": self.username, "supportUserName": agent, "from": "Support"})
    }

    /// The request as the feed has to show it, apart from `requestedAt`.
    #[must_use]
    pub fn request(&self) -> Value {
        json!({
            "participant": "User", "userId": self.user_id, "chatId": self.chat_id,
            "username": self.username, "platform": "web",
        })
    }
}
