//! A deployment with people, for the tests of what staff read.

use e2e::http::Answer;
use e2e::people::{Account, ask};
use e2e::{Door, Guest, Party, Side, World, eventually, secs};
use helpline_records::Records;
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) async fn get(world: &World, path: &str, token: &str) -> Answer {
    ask(world.chat(0), Method::GET, path, Some(token), None).await
}

pub(crate) async fn post(world: &World, path: &str, token: Option<&str>, body: &Value) -> Answer {
    ask(world.chat(1), Method::POST, path, token, Some(body)).await
}

pub(crate) fn fails(what: &str, answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let expected = json!({"success": false, "error": text, "message": text});
    assert_eq!(answer.json(), expected, "{what}");
}

pub(crate) async fn records_of(world: &World) -> Records {
    let url = format!("sqlite:{}/helpline.db", world.folder.path().display());
    Records::open(&url).await.expect("a good address")
}

/// A deployment with people.
pub(crate) struct House {
    pub(crate) world: World,
    pub(crate) admin: String,
    pub(crate) boss: Account,
    pub(crate) otto: Account,
    pub(crate) vika: Account,
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut e2e::Settings) + 'static) -> Self {
        let world = World::builder().tokens().settings(change).start();
        let admin = world.admin().await;
        let boss = world.account("Boss", "supervisor", None).await;
        let otto = world.account("Otto", "agent", Some(&boss.id)).await;
        let vika = world.account("Vika", "agent", Some(&boss.id)).await;
        Self {
            world,
            admin,
            boss,
            otto,
            vika,
        }
    }

    /// A chat that waits.
    pub(crate) async fn waiting(&self, name: &str) -> Party {
        let guest = self.world.register(name).await;
        let door = Door::plain().bearer(&guest.token);
        self.world.joins(&guest, 0, &door).await
    }

    pub(crate) async fn claims(&self, guest: &Guest, agent: &Account, name: &str) -> Party {
        let door = Door::plain().bearer(&agent.token);
        let mut socket = self.world.open(1, &guest.chat_id, &door, name).await;
        socket.send("Join", guest.claim(name)).await;
        let mut party = Party {
            guest: guest.clone(),
            side: Side::Support,
            support_id: None,
            support_name: None,
            door,
            socket,
        };
        party.meets(name).await;
        party
    }

    /// A chat that the agent Otto has.
    pub(crate) async fn engaged(&self, name: &str) -> (Party, Party) {
        let mut visitor = self.waiting(name).await;
        let agent = self
            .claims(&visitor.guest.clone(), &self.otto, "Otto")
            .await;
        visitor.meets("Otto").await;
        (visitor, agent)
    }

    /// Waits until a list shows so many chats.
    pub(crate) async fn listed(&self, query: &str, count: usize) -> Vec<Value> {
        let path = format!("/staff/chats?{query}");
        eventually("the list", secs(15), async || {
            let answer = get(&self.world, &path, &self.admin).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let chats = answer.json()["chats"].as_array().expect("chats").clone();
            (chats.len() == count).then_some(chats)
        })
        .await
    }
}
