//! The people of contract 002 and what they do: an admin, supervisors with their agents, candidates; their requests
//! over HTTP and their sockets on `/ws`.

use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::people::ask_raw;
use crate::socket::{Door, Socket};
use crate::tokens;
use crate::wait::{DEADLINE, eventually};
use crate::world::World;

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct Person {
    /// The account's id.
    pub id: String,
    /// Its role.
    pub role: String,
    /// A token that is good for an hour.
    pub token: String,
}

/// A world with one admin, a supervisor with two agents, another supervisor with one, and two candidates. Whatever
/// conversations are begun in it are closed when it is dropped.
#[derive(Debug)]
pub struct Office {
    /// The world.
    pub world: World,
    /// The admin.
    pub admin: Person,
    /// The supervisor of `agent` and `colleague`.
    pub supervisor: Person,
    /// The supervisor of `stranger`.
    pub other_supervisor: Person,
    /// An agent of `supervisor`.
    pub agent: Person,
    /// Another agent of `supervisor`.
    pub colleague: Person,
    /// An agent of `other_supervisor`.
    pub stranger: Person,
    /// A candidate.
    pub candidate: Person,
    /// Another candidate.
    pub other_candidate: Person,
    begun: Mutex<Vec<String>>,
}

/// An id that is well-formed and nobody's.
pub const NOBODY: &str = "00000000000000000000000000000abc";

impl Office {
    /// An office in open mode.
    pub async fn new() -> Self {
        Self::in_world(World::builder().start()).await
    }

    /// An office in this world, which has to be in open mode.
    pub async fn in_world(world: World) -> Self {
        let secret = secret(&world).await;
        let sign_up = async |name: &str, role: &str, supervisor: Option<&Person>| {
            let supervisor = supervisor.map(|supervisor| supervisor.id.as_str());
            person(&world, &secret, name, role, supervisor).await
        };
        let admin = sign_up("Ada", "admin", None).await;
        let supervisor = sign_up("Sasha", "supervisor", None).await;
        let other_supervisor = sign_up("Sven", "supervisor", None).await;
        let agent = sign_up("Vika", "agent", Some(&supervisor)).await;
        let colleague = sign_up("Otto", "agent", Some(&supervisor)).await;
        let stranger = sign_up("Olga", "agent", Some(&other_supervisor)).await;
        let candidate = sign_up("Mina", "candidate", None).await;
        let other_candidate = sign_up("Max", "candidate", None).await;
        Self {
            world,
            admin,
            supervisor,
            other_supervisor,
            agent,
            colleague,
            stranger,
            candidate,
            other_candidate,
            begun: Mutex::default(),
        }
    }

    /// A further candidate.
    pub async fn newcomer(&self, name: &str) -> Person {
        let secret = secret(&self.world).await;
        person(&self.world, &secret, name, "candidate", None).await
    }

    /// The same person, with a token that is good for this long.
    pub async fn with_token_for(&self, person: &Person, seconds: i64) -> Person {
        let mut claims = tokens::claims(&person.id, &person.role);
        let now = claims["iat"].as_i64().expect("seconds");
        claims["exp"] = json!(now + seconds);
        self.bearer(&claims).await
    }

    /// Whoever bears a token with these claims.
    pub async fn bearer(&self, claims: &Value) -> Person {
        let text = |name: &str| claims[name].as_str().expect("a text").to_owned();
        Person {
            token: tokens::sign(claims, &secret(&self.world).await),
            id: text("userId"),
            role: text("role"),
        }
    }

    /// A request to the first chat-server, by somebody or by nobody.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        by: Option<&Person>,
        body: Option<&Value>,
    ) -> Answer {
        self.ask_at(0, method, path, by, body).await
    }

    /// A request to this chat-server.
    pub async fn ask_at(
        &self,
        server: usize,
        method: Method,
        path: &str,
        by: Option<&Person>,
        body: Option<&Value>,
    ) -> Answer {
        let token = by.map(|person| person.token.as_str());
        let body = body.map(Value::to_string);
        let begins = method == Method::POST && path == "/conversations";
        let address = self.world.chat(server);
        let answer = ask_raw(address, method, path, token, body).await;
        if begins && answer.status == 201 {
            let id = data(&answer)["_id"].as_str().expect("an id").to_owned();
            self.begun.lock().expect("not poisoned").push(id);
        }
        answer
    }

    /// What a request gave, which has to have succeeded with this status.
    pub async fn gets(
        &self,
        status: u16,
        method: Method,
        path: &str,
        by: &Person,
        body: Option<&Value>,
    ) -> Value {
        let answer = self.ask(method.clone(), path, Some(by), body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        data(&answer)
    }

    /// Opens a conversation of this candidate with this supervisor; gives its id.
    pub async fn begins(&self, candidate: &Person, supervisor: &Person) -> String {
        let body = json!({"supervisorId": supervisor.id});
        let begun = self
            .gets(201, Method::POST, "/conversations", candidate, Some(&body))
            .await;
        begun["_id"].as_str().expect("an id").to_owned()
    }

    /// Assigns a conversation to an agent.
    pub async fn assigns(&self, by: &Person, conversation: &str, agent: &Person) {
        let path = format!("/conversations/{conversation}/assign");
        let body = json!({"agentId": agent.id});
        self.gets(200, Method::POST, &path, by, Some(&body)).await;
    }

    /// The conversation as somebody sees it who may.
    pub async fn sees(&self, by: &Person, conversation: &str) -> Value {
        let path = format!("/conversations/{conversation}");
        self.gets(200, Method::GET, &path, by, None).await
    }

    /// What was said in a conversation, oldest first.
    pub async fn history(&self, conversation: &str) -> Vec<String> {
        let seen = self.sees(&self.admin, conversation).await;
        let messages = seen["messages"].as_array().expect("messages").iter();
        messages
            .map(|message| message["content"].as_str().expect("content").to_owned())
            .collect()
    }

    /// Closes a conversation over HTTP.
    pub async fn closes(&self, by: &Person, conversation: &str) {
        let path = format!("/conversations/{conversation}/close");
        self.gets(200, Method::POST, &path, by, None).await;
    }

    /// Somebody's socket on this chat-server.
    pub async fn socket(&self, server: usize, person: &Person) -> Talker {
        let door = Door::plain().query(&format!("token={}", person.token));
        let who = format!("{} {}", person.role, person.id);
        let socket = Socket::open(self.world.chat(server), "/ws", &door, &who)
            .await
            .unwrap_or_else(|refused| panic!("{who}: the upgrade was refused: {refused:?}"));
        Talker { socket }
    }

    /// Somebody's socket, in this conversation's room.
    pub async fn inside(&self, server: usize, person: &Person, conversation: &str) -> Talker {
        let mut talker = self.socket(server, person).await;
        talker.joins(conversation).await;
        talker
    }

    /// A conversation that the agent has come into: its id, the candidate's socket on the first chat-server and the
    /// agent's on the second.
    pub async fn talk(&self) -> (String, Talker, Talker) {
        let id = self.begins(&self.candidate, &self.supervisor).await;
        self.assigns(&self.supervisor, &id, &self.agent).await;
        let candidate = self.inside(0, &self.candidate, &id).await;
        let agent = self.inside(1, &self.agent, &id).await;
        (id, candidate, agent)
    }
}

impl Deref for Office {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let address = self.world.chat(0);
        let token = self.admin.token.clone();
        let begun = std::mem::take(&mut *self.begun.lock().expect("not poisoned"));
        // On a thread of its own, because an office is dropped inside a runtime.
        let closing = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            for id in begun {
                runtime.block_on(close(address, &token, &id));
            }
        });
        assert!(closing.join().is_ok(), "a conversation cannot be closed");
    }
}

/// Closes a conversation that may be closed already.
async fn close(address: SocketAddr, admin: &str, id: &str) {
    let path = format!("/conversations/{id}/close");
    eventually("the end of a conversation", DEADLINE, async || {
        let answer = ask_raw(address, Method::POST, &path, Some(admin), None).await;
        matches!(answer.status, 200 | 400).then_some(())
    })
    .await;
}

/// The data of a success, which has nothing else in it.
#[must_use]
pub fn data(answer: &Answer) -> Value {
    let body = answer.json();
    assert_eq!(body["success"], true, "{body}");
    body["data"].clone()
}

/// A failure has this status and this text.
pub fn assert_failure(what: &str, answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let body = answer.json();
    assert_eq!(body["success"], false, "{what}: {body}");
    assert_eq!(body["error"], text, "{what}: {body}");
}

/// What open mode signs tokens with.
async fn secret(world: &World) -> String {
    let mut redis = world.redis().await;
    redis::cmd("GET")
        .arg(format!("{}:{{0}}:secret", world.prefix))
        .query_async(&mut redis)
        .await
        .expect("a secret")
}

async fn person(
    world: &World,
    secret: &str,
    name: &str,
    role: &str,
    supervisor: Option<&str>,
) -> Person {
    let mut body = json!({
        "name": name, "email": format!("{name}@example.org"), "password": "correct horse", "role": role,
    });
    if let Some(supervisor) = supervisor {
        body["supervisorId"] = json!(supervisor);
    }
    let body = Some(body.to_string());
    let answer = ask_raw(world.chat(0), Method::POST, "/auth/signup", None, body).await;
    assert_eq!(answer.status, 201, "sign-up of {name}: {}", answer.body);
    let id = data(&answer)["_id"].as_str().expect("an id").to_owned();
    let mut claims = tokens::claims(&id, role);
    claims["email"] = json!(format!("{name}@example.org"));
    Person {
        token: tokens::sign(&claims, secret),
        role: role.to_owned(),
        id,
    }
}

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
