//! Whoever may not go on is out everywhere within five seconds: HTTP, chats and the feed, on every process.

use std::time::Duration;

use e2e::people::{Account, ask};
use e2e::{Door, Socket, World, eventually, secs};
use reqwest::Method;
use serde_json::{Value, json};

/// How long it may take.
const SOON: Duration = secs(5);

async fn staff(world: &World) -> Account {
    let sasha = world.account("Sasha", "supervisor", None).await;
    world.account("Vika", "agent", Some(&sasha.id)).await
}

/// An agent's sockets on every process.
async fn sockets(world: &World, agent: &Account) -> Vec<Socket> {
    let mut sockets = Vec::new();
    for server in 0..2 {
        let door = Door::plain().bearer(&agent.token);
        let feed = Socket::open(world.feed(server), "/joins", &door, "the feed").await;
        sockets.push(feed.expect("an upgrade"));
        let visitor = world.visitor("Mina").await;
        let mut chat = world
            .open(server, &visitor.guest.chat_id, &door, "the agent")
            .await;
        let mut claim = visitor.guest.claim("Vika");
        claim["token"] = json!(agent.token);
        chat.send("Join", claim).await;
        chat.expect("Joined").await;
        sockets.push(chat);
    }
    sockets
}

/// All of them are told and closed in time.
async fn all_end(sockets: Vec<Socket>) {
    let end = tokio::time::Instant::now() + SOON;
    for mut socket in sockets {
        let closed = async {
            loop {
                match socket.next().await {
                    e2e::socket::Frame::Text(_) => {}
                    e2e::socket::Frame::Closed(close) => break close,
                }
            }
        };
        let close = tokio::time::timeout_at(end, closed).await.expect("in time");
        assert_eq!(close, Some(4401));
    }
}

async fn change(world: &World, agent: &Account, body: Value) {
    let admin = world.admin().await;
    let path = format!("/staff/accounts/{}", agent.id);
    let changed = ask(
        world.chat(0),
        Method::PATCH,
        &path,
        Some(&admin),
        Some(&body),
    )
    .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[tokio::test]
async fn a_disabled_account_is_out_everywhere() {
    let world = World::builder().tokens().start();
    let agent = staff(&world).await;
    let open = sockets(&world, &agent).await;
    change(&world, &agent, json!({"active": false})).await;
    for server in 0..2 {
        let path = "/staff/agents";
        let answer = ask(
            world.chat(server),
            Method::GET,
            path,
            Some(&agent.token),
            None,
        )
        .await;
        assert_eq!(answer.status, 401, "at once over HTTP");
    }
    all_end(open).await;
    let door = Door::plain().bearer(&agent.token);
    for server in 0..2 {
        let refused = Socket::open(world.feed(server), "/joins", &door, "the feed").await;
        assert_eq!(refused.expect_err("refused").status, 401);
    }
    change(&world, &agent, json!({"active": true})).await;
    let refused = Socket::open(world.feed(0), "/joins", &door, "the feed").await;
    assert_eq!(refused.expect_err("the token stays ended").status, 401);
}

#[tokio::test]
async fn another_role_or_password_ends_what_was_begun_with_the_old_one() {
    let world = World::builder().tokens().start();
    let agent = staff(&world).await;
    let open = sockets(&world, &agent).await;
    change(&world, &agent, json!({"role": "supervisor"})).await;
    all_end(open).await;
    let token = e2e::people::sign_in(world.chat(0), &agent.email, e2e::people::PASSWORD).await;
    let agent = Account { token, ..agent };
    let open = sockets(&world, &agent).await;
    let admin = world.admin().await;
    let path = format!("/staff/accounts/{}/reset-password", agent.id);
    let reset = ask(world.chat(1), Method::POST, &path, Some(&admin), None).await;
    assert_eq!(reset.status, 200, "{}", reset.body);
    all_end(open).await;
}

#[tokio::test]
async fn another_name_ends_nothing() {
    let world = World::builder().tokens().start();
    let agent = staff(&world).await;
    change(&world, &agent, json!({"name": "Vika R."})).await;
    let answer = ask(
        world.chat(1),
        Method::GET,
        "/auth/me",
        Some(&agent.token),
        None,
    )
    .await;
    assert_eq!(answer.json()["data"]["name"], "Vika R.");
}

#[tokio::test]
async fn in_open_mode_a_token_makes_an_agent_its_account_and_ends_with_it() {
    let world = World::new();
    let agent = staff(&world).await;
    let open = sockets(&world, &agent).await;
    eventually("the account at the desk", secs(5), async || {
        let listed = ask(
            world.chat(0),
            Method::GET,
            "/staff/agents",
            Some(&agent.token),
            None,
        )
        .await;
        let listed = listed.json()["agents"].as_array().expect("agents").clone();
        let here = |one: &Value| one["id"] == json!(agent.id) && one["online"] == true;
        listed.iter().any(here).then_some(())
    })
    .await;
    change(&world, &agent, json!({"active": false})).await;
    all_end(open).await;
}

#[tokio::test]
async fn a_store_that_forgot_whose_tokens_ended_is_told_again() {
    let world = World::builder().tokens().start();
    let agent = staff(&world).await;
    change(&world, &agent, json!({"active": false})).await;
    let key = format!("{}:{{0}}:revocations", world.prefix);
    let mut redis = world.redis().await;
    for _ in 0..2 {
        eventually("the entry", secs(5), async || {
            let score: Option<f64> = redis::cmd("ZSCORE")
                .arg(&key)
                .arg(&agent.id)
                .query_async(&mut redis)
                .await
                .expect("redis answers");
            score
        })
        .await;
        let _: () = redis::cmd("DEL")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .expect("deleted");
    }
}
