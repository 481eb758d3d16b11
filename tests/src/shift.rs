//! The people of contract 004: staff with accounts, of every rank, and visitors, at the Socket.IO listeners of a world.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};

use crate::builder::Builder;
use crate::people::{PASSWORD, ask};
use crate::shape::is_id;
use crate::socketio::{CLIENTS, SocketIo, TRANSPORTS};
use crate::tokens;
use crate::world::World;

/// Somebody who works here.
#[derive(Clone, Debug)]
pub struct Employee {
    /// The account's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its e-mail.
    pub email: String,
    /// 1 admin, 2 supervisor, 3 agent.
    pub role_id: u8,
    /// A token that is good for an hour.
    pub token: String,
}

/// Somebody who asks for help.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The visitor's id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The e-mail: a candidate's account has one.
    pub email: Option<String>,
    /// Since when it is known, in milliseconds: since its token was issued, without an account.
    pub since: Option<i64>,
    /// A token that is good for an hour.
    pub token: String,
}

/// A world in token mode with staff that has accounts.
#[derive(Debug)]
pub struct Shift {
    /// The world.
    pub world: World,
    /// The admin.
    pub ada: Employee,
    /// A supervisor.
    pub sasha: Employee,
    /// Another supervisor.
    pub sven: Employee,
    /// An agent.
    pub vika: Employee,
    /// Another agent.
    pub otto: Employee,
    admin: String,
    turns: AtomicUsize,
}

impl Shift {
    /// A shift with the settings tests use as a matter of course.
    pub async fn new() -> Self {
        Self::of(World::builder()).await
    }

    /// A shift in this world, which becomes one in token mode.
    pub async fn of(world: Builder) -> Self {
        let world = world.tokens().start();
        let admin = world.admin().await;
        let hire = async |name, role_id, boss: Option<&Employee>| {
            let role = role_name(role_id);
            let id = sign_up(
                &world,
                &admin,
                name,
                role,
                boss.map(|boss| boss.id.as_str()),
            )
            .await;
            let email = email_of(name);
            Employee {
                token: token_of(&id, role, &email),
                id,
                name: name.to_owned(),
                email,
                role_id,
            }
        };
        let ada = hire("Ada", 1, None).await;
        let sasha = hire("Sasha", 2, None).await;
        let sven = hire("Sven", 2, None).await;
        let vika = hire("Vika", 3, Some(&sasha)).await;
        let otto = hire("Otto", 3, Some(&sasha)).await;
        // Each test begins with another library, and the same one each time.
        let test = std::thread::current().name().map_or(0, str::len);
        Self {
            world,
            ada,
            sasha,
            sven,
            vika,
            otto,
            admin,
            turns: AtomicUsize::new(test),
        }
    }

    /// A visitor without an account.
    #[must_use]
    pub fn visitor(&self, name: &str) -> Caller {
        static COUNT: AtomicUsize = AtomicUsize::new(1);
        let id = format!("{:032x}", COUNT.fetch_add(1, Ordering::Relaxed));
        let mut claims = tokens::claims(&id, "visitor");
        claims["username"] = json!(name);
        Caller {
            token: tokens::sign(&claims, tokens::SECRET),
            since: claims["iat"].as_i64().map(|seconds| seconds * 1000),
            id,
            name: name.to_owned(),
            email: None,
        }
    }

    /// A visitor with an account.
    pub async fn candidate(&self, name: &str) -> Caller {
        let id = sign_up(&self.world, &self.admin, name, "candidate", None).await;
        let email = email_of(name);
        Caller {
            token: token_of(&id, "candidate", &email),
            id,
            name: name.to_owned(),
            email: Some(email),
            since: None,
        }
    }

    /// Connects to this chat-server, with each library and each transport in its turn.
    pub async fn connects(&self, server: usize, token: &str, who: &str) -> SocketIo {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let client = CLIENTS[turn % CLIENTS.len()];
        let transport = TRANSPORTS[turn % TRANSPORTS.len()];
        let address = self.world.socketio(server);
        SocketIo::connect(address, client, transport, Some(token), who)
            .await
            .unwrap_or_else(|refused| panic!("{who} is refused: {refused:?}"))
    }

    /// A member of staff comes to work at this chat-server; gives what it is told first.
    pub async fn begins(&self, server: usize, employee: &Employee) -> (SocketIo, Value) {
        let mut socket = self.connects(server, &employee.token, &employee.name).await;
        let init = socket.hears("staff_init").await;
        (socket, init)
    }

    /// As [`Self::begins`], without what it is told.
    pub async fn works(&self, server: usize, employee: &Employee) -> SocketIo {
        self.begins(server, employee).await.0
    }

    /// These come to work one after the other, at the two chat-servers in turns; whoever is there already hears of each.
    pub async fn all_work<const N: usize>(&self, employees: [&Employee; N]) -> [SocketIo; N] {
        let mut here: Vec<SocketIo> = Vec::with_capacity(N);
        for (number, employee) in employees.into_iter().enumerate() {
            let socket = self.works(number % 2, employee).await;
            for colleague in &mut here {
                let told = colleague.hears("staff_goes_online").await;
                employee.is(&told["user"]);
            }
            here.push(socket);
        }
        here.try_into().expect("as many as came")
    }

    /// A visitor comes to this chat-server.
    pub async fn calls(&self, server: usize, caller: &Caller) -> SocketIo {
        self.connects(server, &caller.token, &caller.name).await
    }

    /// Nothing else was on its way to these members of staff: a new visitor's question is the next thing they hear.
    pub async fn nothing_else<const N: usize>(&self, staff: [&mut SocketIo; N]) {
        let witness = self.visitor("Walter");
        let mut socket = self.calls(0, &witness).await;
        socket
            .does("visitor_first_msg", content("is anybody there?"))
            .await;
        socket.does("visitor_leave_room", None).await;
        for member in staff {
            let told = member.hears("append_unclaimed_chats").await;
            witness.is(&told["user"]);
            let told = member.hears("visitor_leave_queue").await;
            witness.is(&told["user"]);
        }
    }
}

impl Deref for Shift {
    type Target = World;

    fn deref(&self) -> &World {
        &self.world
    }
}

impl Employee {
    /// This is the whole of this member of staff, as contract 004 shows it.
    pub fn is(&self, shown: &Value) {
        let expected = json!({
            "id": self.id, "email": self.email, "full_name": self.name, "display_name": null,
            "organisation_id": shown["organisation_id"], "role_id": self.role_id, "disabled": false,
            "created_at": shown["created_at"], "updated_at": shown["updated_at"],
        });
        assert_eq!(shown, &expected, "{}", self.name);
        assert!(shown["organisation_id"].is_string(), "{shown}");
        assert_times(shown);
    }

    /// Exactly `{user}`, and the user is this member of staff.
    pub fn alone_in(&self, data: &Value) {
        self.is(&data["user"]);
        assert_eq!(data, &json!({"user": data["user"]}));
    }

    /// Exactly `{user, content}`, and this member of staff has said this.
    pub fn says_in(&self, data: &Value, content: &Value) {
        self.is(&data["user"]);
        assert_eq!(data, &json!({"user": data["user"], "content": content}));
    }
}

impl Caller {
    /// This is the whole of this visitor, as contract 004 shows it.
    pub fn is(&self, shown: &Value) {
        let expected = json!({
            "id": self.id, "name": self.name, "email": self.email, "is_anonymous": self.email.is_none(),
            "disabled": false, "created_at": shown["created_at"], "updated_at": shown["updated_at"],
        });
        assert_eq!(shown, &expected, "{}", self.name);
        assert_times(shown);
        let since = self.since.map(Value::from);
        let is_so = since.is_none_or(|since| shown["created_at"] == since);
        assert!(
            is_so,
            "{} is known since {:?}: {shown}",
            self.name, self.since
        );
    }

    /// Exactly `{user}`, and the user is this visitor.
    pub fn alone_in(&self, data: &Value) {
        self.is(&data["user"]);
        assert_eq!(data, &json!({"user": data["user"]}));
    }

    /// Exactly `{user, content}`, and this visitor has said this.
    pub fn says_in(&self, data: &Value, content: &Value) {
        self.is(&data["user"]);
        assert_eq!(data, &json!({"user": data["user"], "content": content}));
    }

    /// This is the whole of this visitor's chat, flagged so; gives its id.
    pub fn has_room(&self, shown: &Value, severity: u32) -> String {
        let expected = json!({
            "id": shown["id"], "visitor_id": self.id, "tags": [], "severity_level": severity,
            "created_at": shown["created_at"], "updated_at": shown["updated_at"],
        });
        assert_eq!(shown, &expected, "the chat of {}", self.name);
        assert!(is_id(&shown["id"]), "{shown}");
        assert_times(shown);
        shown["id"].as_str().expect("a text").to_owned()
    }

    /// Exactly a new entry of the queue with these contents; gives the chat's id.
    pub fn waits_in(&self, data: &Value, contents: &[Value]) -> String {
        self.is(&data["user"]);
        let expected = json!({"user": data["user"], "room": data["room"], "contents": contents});
        assert_eq!(data, &expected);
        self.has_room(&data["room"], 0)
    }
}

/// A content as clients write it.
#[must_use]
pub fn content(text: &str) -> Value {
    json!({"content": text, "timestamp": 1_930_367_167_089_i64})
}

/// Integer milliseconds: no seconds, no microseconds, no fractions. What never changed says so with null.
pub fn assert_times(shown: &Value) {
    let is_time = |value: &Value| {
        value
            .as_i64()
            .is_some_and(|time| (1_500_000_000_000..10_000_000_000_000).contains(&time))
    };
    assert!(is_time(&shown["created_at"]), "created_at: {shown}");
    let updated = &shown["updated_at"];
    assert!(updated.is_null() || is_time(updated), "updated_at: {shown}");
}

fn role_name(role_id: u8) -> &'static str {
    match role_id {
        1 => "admin",
        2 => "supervisor",
        _ => "agent",
    }
}

fn email_of(name: &str) -> String {
    format!("{name}@example.org").to_lowercase()
}

fn token_of(id: &str, role: &str, email: &str) -> String {
    let mut claims = tokens::claims(id, role);
    claims["email"] = json!(email);
    tokens::sign(&claims, tokens::SECRET)
}

async fn sign_up(world: &World, admin: &str, name: &str, role: &str, boss: Option<&str>) -> String {
    let mut body =
        json!({"name": name, "email": email_of(name), "password": PASSWORD, "role": role});
    if let Some(boss) = boss {
        body["supervisorId"] = json!(boss);
    }
    let path = "/auth/signup";
    let answer = ask(world.chat(0), Method::POST, path, Some(admin), Some(&body)).await;
    assert_eq!(answer.status, 201, "{name} signs up: {}", answer.body);
    let id = &answer.json()["data"]["_id"];
    id.as_str().expect("an id").to_owned()
}
