//! docs/helpline-v1.md, `keepAlive`: whoever is there is not silent; and contract 001, section 3, for everybody else.

use std::time::Instant;

use e2e::people::ask;
use e2e::{Door, Party, Side, World, eventually, ms, secs};
use reqwest::Method;
use serde_json::{Value, json};

const IDLE: u64 = 900;

fn world() -> World {
    World::with(|settings| settings.chat.idle_timeout = ms(IDLE))
}

/// A visitor whose page says that it is there.
async fn present(world: &World, server: usize, name: &str) -> Party {
    let guest = world.register(name).await;
    comes(world, server, guest, json!({"keepAlive": true})).await
}

async fn comes(world: &World, server: usize, guest: e2e::Guest, more: Value) -> Party {
    let socket = world
        .open(server, &guest.chat_id, &Door::v1(), &guest.username)
        .await;
    let mut party = Party {
        side: Side::User,
        support_id: None,
        support_name: None,
        door: Door::v1(),
        socket,
        guest,
    };
    let mut join = party.guest.join();
    for (name, value) in more.as_object().expect("an object") {
        join[name] = value.clone();
    }
    party.send("Join", join).await;
    party.expect("Joined").await;
    party.room("waiting").await;
    party
}

async fn passes(time: std::time::Duration) {
    let start = Instant::now();
    eventually("some time", secs(30), async || {
        (start.elapsed() >= time).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_visitor_who_waits_with_an_open_page_keeps_its_place() {
    let world = world();
    let mut visitor = present(&world, 0, "Mina").await;
    // A page that follows the queue need not say it.
    let guest = world.register("Max").await;
    let mut other = comes(&world, 1, guest, json!({"queue": true})).await;
    passes(ms(3 * IDLE)).await;
    let _otto = world.support(&other.guest.clone(), "Otto").await;
    other.until("Joined").await;
    let mut vika = world.support(&visitor.guest.clone(), "Vika").await;
    visitor.meets("Vika").await;
    vika.says("thank you for waiting").await;
    visitor.hears("thank you for waiting").await;
    // Once it is answered, silence is silence again.
    let chat = visitor.guest.chat_id.clone();
    visitor.room("closed").await;
    visitor.chat_is_over(&chat).await;
}

#[tokio::test]
async fn who_did_not_ask_for_it_falls_silent_as_the_contract_says() {
    let world = world();
    let guest = world.register("Mina").await;
    let mut other = comes(&world, 1, guest, json!({"queue": true, "keepAlive": false})).await;
    let mut plain = world.visitor("Otto").await;
    let start = Instant::now();
    for visitor in [&mut plain, &mut other] {
        let chat = visitor.guest.chat_id.clone();
        visitor.until("ChatExpired").await;
        visitor.closed_with(1000).await;
        assert!(start.elapsed() < ms(3 * IDLE), "{chat}");
    }
}

#[tokio::test]
async fn a_page_that_is_closed_keeps_nothing() {
    let world = world();
    let visitor = present(&world, 0, "Mina").await;
    let guest = visitor.guest.clone();
    passes(ms(2 * IDLE)).await;
    let mut outside = world
        .open(1, &guest.chat_id, &Door::plain(), "outside")
        .await;
    drop(visitor);
    outside.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn writing_is_activity_for_those_who_say_so_and_for_nobody_else() {
    // A sign of typing is passed on once a second.
    const IDLE: u64 = 2_500;
    let world = World::with(|settings| settings.chat.idle_timeout = ms(IDLE));
    let mut visitor = present(&world, 0, "Mina").await;
    let guest = visitor.guest.clone();
    let _vika = world.support(&guest, "Vika").await;
    visitor.meets("Vika").await;
    let start = Instant::now();
    while start.elapsed() < ms(2 * IDLE) {
        visitor.send("Typing", json!({"on": true})).await;
        passes(ms(150)).await;
    }
    visitor.says("it took me a while").await;
    let (mut silent, mut support) = world.engaged_v1().await;
    let start = Instant::now();
    while start.elapsed() < ms(2 * IDLE) {
        silent.send("Typing", json!({"on": true})).await;
        if let Some(e2e::Frame::Text(frame)) = silent.next_within(ms(100)).await
            && frame["type"] == "ChatExpired"
        {
            support.until("ChatExpired").await;
            return;
        }
    }
    panic!("plain typing has kept a chat alive");
}

#[tokio::test]
async fn either_side_may_say_that_it_is_still_here_and_ask_how_long_that_is_good_for() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    for party in [&mut visitor, &mut support] {
        party.send("Life", json!({})).await;
        let life = party.expect("Life").await;
        let left = life["expiresInMs"].as_u64().expect("a time");
        assert_eq!(life["idleTimeoutMs"], 120_000);
        eventually("some silence", secs(5), async || {
            party.send("Life", json!({})).await;
            let now = party.expect("Life").await;
            (now["expiresInMs"].as_u64() < Some(left - 300)).then_some(())
        })
        .await;
        party.send("KeepAlive", json!({})).await;
        let life = party.expect("Life").await;
        assert!(life["expiresInMs"].as_u64() > Some(left - 300), "{life}");
    }
    // A plain client knows neither.
    let mut plain = world.visitor("Otto").await;
    for frame in ["KeepAlive", "Life"] {
        plain.send(frame, json!({})).await;
        plain.expect_error("unknown_type").await;
    }
}

#[tokio::test]
async fn the_idle_time_is_a_setting_that_an_admin_changes() {
    let world = World::new();
    let admin = world.admin().await;
    let put = async |value: Value| {
        let body = json!({ "idleTimeoutSeconds": value });
        ask(
            world.chat(0),
            Method::PUT,
            "/staff/settings",
            Some(&admin),
            Some(&body),
        )
        .await
    };
    for bad in [
        json!(0),
        json!(-1),
        json!(1.5),
        json!("60"),
        json!(31_536_001),
    ] {
        let refused = put(bad).await;
        assert_eq!(refused.status, 400, "{}", refused.body);
        assert_eq!(refused.json()["error"], "Invalid idleTimeoutSeconds");
    }
    let stored = put(json!(1)).await.json();
    assert_eq!(stored["idleTimeoutSeconds"], 1);
    assert_eq!(stored["defaults"]["idleTimeoutSeconds"], 120);
    for server in 0..2 {
        let joined = eventually("the stored time", secs(10), async || {
            let guest = world.register_at(server, "Mina").await;
            let mut visitor = world.joins(&guest, server, &Door::v1()).await;
            visitor.room("waiting").await;
            visitor.send("Life", json!({})).await;
            let life = visitor.expect("Life").await;
            (life["idleTimeoutMs"] == 1000).then_some(visitor)
        });
        let mut visitor = joined.await;
        let chat = visitor.guest.chat_id.clone();
        visitor.room("closed").await;
        visitor.chat_is_over(&chat).await;
    }
    let back = put(json!(null)).await.json();
    assert_eq!(back["idleTimeoutSeconds"], json!(null));
}
