//! The steps by which two people come to talk, as the wire contract names them.

use serde_json::{Value, json};

use crate::address::Address;
use crate::args::Target;
use crate::http;
use crate::problem::Problem;
use crate::socket::Socket;

/// A registered visitor and the chat it was given.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    pub(crate) user_id: String,
    pub(crate) chat_id: String,
    token: Option<String>,
}

/// A visitor registers.
pub(crate) async fn register(address: &Address, name: &str) -> Result<Visitor, Problem> {
    let answer = http::get_json(address, &format!("/user/join/{name}")).await?;
    let field = |name: &str| answer[name].as_str().map(str::to_owned);
    match (field("userId"), field("chatId")) {
        (Some(user_id), Some(chat_id)) => Ok(Visitor {
            user_id,
            chat_id,
            token: field("token"),
        }),
        _ => Err(Problem::Protocol(format!("registration: {answer}"))),
    }
}

impl Visitor {
    /// Opens the visitor's socket and sends its Join. What comes back is the caller's to read.
    pub(crate) async fn open(&self, address: &Address) -> Result<Socket, Problem> {
        let socket = Socket::open(address, &format!("/chat/{}", self.chat_id), &[]).await?;
        let mut args = json!({"userId": self.user_id, "username": "load", "from": "User"});
        if let Some(token) = &self.token {
            args["token"] = token.as_str().into();
        }
        socket.writer().send_text(&join(args))?;
        Ok(socket)
    }

    /// The visitor joins for the first time.
    pub(crate) async fn join(&self, address: &Address) -> Result<Socket, Problem> {
        let mut socket = self.open(address).await?;
        await_frame(&mut socket, "Joined").await?;
        Ok(socket)
    }

    /// An agent joins this visitor's chat; with the socket comes the id that the agent has in this chat.
    pub(crate) async fn join_agent(
        &self,
        address: &Address,
        token: Option<&str>,
    ) -> Result<(Socket, String), Problem> {
        let mut socket = Socket::open(address, &format!("/chat/{}", self.chat_id), &[]).await?;
        let mut args = json!({
            "userId": self.user_id,
            "username": "load",
            "from": "Support",
            "supportUserName": "load",
        });
        if let Some(token) = token {
            args["token"] = token.into();
        }
        socket.writer().send_text(&join(args))?;
        let joined = await_frame(&mut socket, "Joined").await?;
        match joined["supportId"].as_str() {
            Some(support_id) => Ok((socket, support_id.to_owned())),
            None => Err(Problem::Protocol(format!(
                "Joined without supportId: {joined}"
            ))),
        }
    }
}

/// The feed of an agent who accepts whatever it is told to.
#[derive(Debug)]
pub(crate) struct Feed(Socket);

impl Feed {
    pub(crate) async fn open(target: &Target) -> Result<Self, Problem> {
        let path = match &target.token {
            Some(token) => format!("/joins?token={token}"),
            None => "/joins".to_owned(),
        };
        Ok(Self(
            Socket::open(&target.feed, &path, &["helpline.v1"]).await?,
        ))
    }

    /// Waits for a visitor's request, accepts it and waits until it is reserved.
    pub(crate) async fn accept(&mut self, visitor: &Visitor) -> Result<(), Problem> {
        let is_ours = |args: &Value| args["userId"] == visitor.user_id.as_str();
        loop {
            let request = read(&mut self.0).await?;
            if request["type"].is_null() && is_ours(&request) {
                break;
            }
        }
        self.0.writer().send_text(&visitor.user_id)?;
        loop {
            let answer = read(&mut self.0).await?;
            if answer["type"] == "Reserved" && is_ours(&answer["args"]) {
                return Ok(());
            }
        }
    }
}

fn join(args: Value) -> String {
    json!({"type": "Join", "args": args}).to_string()
}

/// Reads until a frame of this type comes and gives its args.
async fn await_frame(socket: &mut Socket, kind: &str) -> Result<Value, Problem> {
    loop {
        let mut frame = read(socket).await?;
        if frame["type"] == kind {
            return Ok(frame["args"].take());
        }
        if frame["type"] == "ChatExpired" {
            return Err(Problem::Protocol("the chat has expired".into()));
        }
    }
}

/// The next frame; an `Error` ends the run.
async fn read(socket: &mut Socket) -> Result<Value, Problem> {
    let text = socket.next_text().await?;
    let frame: Value = serde_json::from_slice(&text).map_err(|error| {
        Problem::Protocol(format!("{error}: {}", String::from_utf8_lossy(&text)))
    })?;
    if frame["type"] == "Error" {
        let field = |name: &str| frame["args"][name].as_str().unwrap_or_default().to_owned();
        return Err(Problem::Refused {
            code: field("code"),
            message: field("message"),
        });
    }
    Ok(frame)
}
