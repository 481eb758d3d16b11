//! The people of contract 002 and their requests over HTTP: an admin, supervisors with their agents, candidates.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Mutex;

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::Answer;
use crate::people::ask_raw;
use crate::socket::{Door, Socket};
pub use crate::talker::Talker;
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

/// What somebody asks for over HTTP, and what is wrong with it.
#[derive(Debug)]
pub struct HttpRow<'a> {
    /// What the row is about.
    pub what: &'a str,
    /// Who asks.
    pub by: Option<&'a Person>,
    /// For what.
    pub path: String,
    /// With which body.
    pub body: Option<Value>,
    /// The status of the answer.
    pub status: u16,
    /// Its text.
    pub error: &'a str,
}

/// Each row is refused as it says.
pub async fn all_refused(office: &Office, method: Method, rows: Vec<HttpRow<'_>>) {
    for row in rows {
        let body = row.body.as_ref();
        let answer = office.ask(method.clone(), &row.path, row.by, body).await;
        assert_failure(row.what, &answer, row.status, row.error);
    }
}

/// A block of `tests/golden/002`.
#[must_use]
pub fn golden(name: &str) -> Value {
    let path = format!("{}/golden/002/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a golden file");
    serde_json::from_str(&text).expect("JSON")
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
