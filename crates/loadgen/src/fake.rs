//! A small server that speaks enough of the contract to be talked to, and that can be told to misbehave: what the
//! generator promises to notice is tested against it. Its WebSockets are a library's, so our own are tested too.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::address::Address;

/// What goes wrong with the tenth message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fault {
    None,
    /// It is sent to nobody.
    Lose,
    /// Everybody gets it twice.
    Double,
    /// Its sender gets it after the next one.
    Swap,
    /// It is answered with an error.
    Refuse,
    /// It is passed on, and is not in the history.
    Forget,
}

/// What goes to one socket; a close ends it.
type Outbox = mpsc::UnboundedSender<Message>;

const TENTH: u64 = 10;

#[derive(Default)]
struct Chat {
    log: Vec<Value>,
    /// Each socket with its side.
    sockets: Vec<(Value, Outbox)>,
}

struct Server {
    fault: Fault,
    chats: RefCell<BTreeMap<String, Chat>>,
    feeds: RefCell<Vec<Outbox>>,
    visitors: Cell<u32>,
    messages: Cell<u64>,
    held_back: RefCell<Option<(Outbox, Message)>>,
}

/// Starts it on a free port; it ends with the test. Chats and the feed are on the same address.
pub(crate) async fn start(fault: Fault) -> Address {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let server = Rc::new(Server {
        fault,
        chats: RefCell::default(),
        feeds: RefCell::default(),
        visitors: Cell::new(0),
        messages: Cell::new(0),
        held_back: RefCell::default(),
    });
    tokio::task::spawn_local(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::task::spawn_local(serve(server.clone(), stream));
        }
    });
    address.parse().unwrap()
}

async fn serve(server: Rc<Server>, mut stream: TcpStream) {
    let mut start = [0; 256];
    let length = stream.peek(&mut start).await.unwrap();
    let start = String::from_utf8_lossy(&start[..length]).into_owned();
    let path = start.split(' ').nth(1).unwrap();
    if path.starts_with("/user/join/") {
        let _ = stream.read(&mut [0; 1024]).await.unwrap();
        let body = server.register().to_string();
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        return;
    }
    // With Nagle's algorithm every other answer would take 40 ms.
    stream.set_nodelay(true).unwrap();
    let chat_id = path.strip_prefix("/chat/").map(str::to_owned);
    // The feed's client offers a subprotocol and takes an answer without one.
    let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
    let (outbox, mut outgoing) = mpsc::unbounded_channel();
    if chat_id.is_none() {
        server.feeds.borrow_mut().push(outbox.clone());
    }
    loop {
        tokio::select! {
            message = outgoing.recv() => {
                let message = message.unwrap();
                let last = message.is_close();
                if socket.send(message).await.is_err() || last {
                    return;
                }
            }
            message = socket.next() => match (message, &chat_id) {
                (Some(Ok(Message::Text(text))), Some(chat_id)) => server.hear(chat_id, &text, &outbox),
                (Some(Ok(Message::Text(user_id))), None) => {
                    outbox.send(frame("Reserved", json!({"userId": user_id.as_str()}))).unwrap();
                }
                (Some(Ok(_)), _) => {}
                _ => return,
            },
        }
    }
}

/// A frame, its type first as real servers have it.
fn frame(kind: &str, args: Value) -> Message {
    Message::text(format!(r#"{{"type":"{kind}","args":{args}}}"#))
}

impl Server {
    fn register(&self) -> Value {
        self.visitors.set(self.visitors.get() + 1);
        let id = format!("{:032x}", self.visitors.get());
        self.chats.borrow_mut().insert(id.clone(), Chat::default());
        let request = json!({"participant": "User", "userId": id, "chatId": id}).to_string();
        for feed in self.feeds.borrow().iter() {
            feed.send(Message::text(request.as_str())).unwrap();
        }
        json!({"userId": id, "username": "load", "chatId": id, "token": "t"})
    }

    fn hear(&self, chat_id: &str, text: &str, outbox: &Outbox) {
        let mut incoming: Value = serde_json::from_str(text).unwrap();
        let args = incoming["args"].take();
        let mut chats = self.chats.borrow_mut();
        let chat = chats.get_mut(chat_id).unwrap();
        match incoming["type"].as_str().unwrap() {
            "Join" if !chat.log.is_empty() => {
                let history = frame("ChatHistory", json!({"messages": chat.log}));
                outbox.send(history).unwrap();
            }
            "Join" => {
                let side = args["from"].clone();
                let joined =
                    json!({"participant": side, "userId": chat_id, "supportId": "s".repeat(32)});
                chat.sockets.push((side, outbox.clone()));
                chat.tell(&frame("Joined", joined));
            }
            "ChatMessage" => self.pass_on(chat, args, outbox),
            "Leave" => chat.tell(&Message::Close(None)),
            other => panic!("unknown frame {other}"),
        }
    }

    fn pass_on(&self, chat: &mut Chat, args: Value, sender: &Outbox) {
        self.messages.set(self.messages.get() + 1);
        let tenth = self.messages.get() == TENTH;
        let fault = if tenth { self.fault } else { Fault::None };
        let message = frame("ChatMessage", args.clone());
        match fault {
            Fault::None | Fault::Forget => chat.tell(&message),
            Fault::Lose => {}
            Fault::Double => {
                chat.tell(&message);
                chat.tell(&message);
            }
            Fault::Swap => {
                let others = |(side, _): &&(Value, Outbox)| *side != args["from"];
                for (_, socket) in chat.sockets.iter().filter(others) {
                    socket.send(message.clone()).unwrap();
                }
                *self.held_back.borrow_mut() = Some((sender.clone(), message));
            }
            Fault::Refuse => {
                let error = json!({"code": "unavailable", "message": "no"});
                sender.send(frame("Error", error)).unwrap();
            }
        }
        if !tenth && let Some((socket, late)) = self.held_back.borrow_mut().take() {
            socket.send(late).unwrap();
        }
        if fault != Fault::Forget {
            chat.log.push(args);
        }
    }
}

impl Chat {
    fn tell(&self, message: &Message) {
        for (_, socket) in &self.sockets {
            // A socket that has gone is no business of the others.
            let _ = socket.send(message.clone());
        }
    }
}
