//! Contract 001, section 3: two minutes of silence, here made short.

use std::time::Instant;

use e2e::{Door, Party, World, eventually, ms, secs};
use serde_json::json;

#[tokio::test]
async fn silence_ends_a_chat_for_every_socket_joined_or_not() {
    let world = World::with(|settings| settings.chat.idle_timeout = ms(900));
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut outside = world.open(0, &chat, &Door::plain(), "not joined").await;
    let last = Instant::now();
    visitor.says("the last words").await;
    support.hears("the last words").await;
    visitor.chat_is_over(&chat).await;
    assert!(last.elapsed() >= ms(900), "too early: {:?}", last.elapsed());
    assert!(last.elapsed() < ms(2400), "too late: {:?}", last.elapsed());
    support.chat_is_over(&chat).await;
    outside.chat_is_over(&chat).await;
    let mut late = world.open(1, &chat, &Door::plain(), "late").await;
    late.send("Join", visitor.rejoin_args()).await;
    late.chat_is_over(&chat).await;
}

#[tokio::test]
async fn a_registration_that_nobody_uses_expires() {
    let world = World::with(|settings| settings.chat.idle_timeout = ms(400));
    let guest = world.register("Mina").await;
    let mut socket = world.open(1, &guest.chat_id, &Door::plain(), "Mina").await;
    socket.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn a_waiting_visitor_who_expires_is_taken_off_the_feed() {
    let world = World::with(|settings| settings.chat.idle_timeout = ms(600));
    let mut agents = [world.agent("Vika").await, world.agent("Otto").await];
    let mut visitor = world.visitor("Mina").await;
    for agent in &mut agents {
        agent.sees(&visitor.guest).await;
    }
    let chat = visitor.guest.chat_id.clone();
    visitor.chat_is_over(&chat).await;
    for agent in &mut agents {
        agent.loses(&visitor.guest).await;
    }
}

#[tokio::test]
async fn a_message_and_a_join_extend_a_chat() {
    let world = World::with(|settings| settings.chat.idle_timeout = secs(2));
    let (mut talking, mut rejoining, mut silent) = (
        world.visitor("Mina").await,
        world.visitor("Otto").await,
        world.visitor("Ines").await,
    );
    half_of(&world, &silent).await;
    talking.says("still here").await;
    let join = rejoining.guest.join();
    rejoining.send("Join", join).await;
    rejoining.expect("Joined").await;
    let chat = silent.guest.chat_id.clone();
    silent.chat_is_over(&chat).await;
    talking.says("and still").await;
    rejoining.says("me too").await;
}

#[tokio::test]
async fn nothing_else_extends_a_chat() {
    let world = World::with(|settings| settings.chat.idle_timeout = secs(2));
    let mut visitor = world.visitor_v1("Mina").await;
    let seq = visitor.says("hello").await["seq"].clone();
    half_of(&world, &visitor).await;
    let before = time_to_live(&world, &visitor).await;
    visitor.send("Typing", json!({"on": true})).await;
    visitor.send("Seen", json!({"seq": seq})).await;
    visitor.expect("Seen").await;
    visitor.send_text("nonsense").await;
    visitor.expect_error("malformed").await;
    visitor.sends("").await;
    visitor.expect_invalid("content").await;
    let mut refused = world
        .open(1, &visitor.guest.chat_id, &Door::plain(), "a stranger")
        .await;
    let mut wrong = visitor.guest.join();
    wrong["userId"] = json!("0123456789abcdef0123456789abcdef");
    refused.send("Join", wrong).await;
    refused.expect_error("forbidden").await;
    let after = time_to_live(&world, &visitor).await;
    assert!(
        after <= before,
        "something extended the chat: from {before} to {after} ms"
    );
    let chat = visitor.guest.chat_id.clone();
    visitor.room("closed").await;
    visitor.chat_is_over(&chat).await;
    refused.chat_is_over(&chat).await;
}

#[tokio::test]
async fn a_silent_socket_in_a_living_chat_stays_open() {
    let world = World::with(|settings| {
        settings.sockets.ping = ms(100);
        settings.sockets.silence = ms(500);
    });
    let (mut visitor, mut support) = world.engaged().await;
    let start = Instant::now();
    while start.elapsed() < ms(900) {
        visitor.pinged().await;
        support.pinged().await;
    }
    visitor.says("I was thinking").await;
    support.hears("I was thinking").await;
}

/// Waits until half of this chat's two seconds have gone.
async fn half_of(world: &World, party: &Party) {
    eventually("half of the time to live", secs(5), async || {
        (time_to_live(world, party).await <= 1000).then_some(())
    })
    .await;
}

/// What is left of this chat, in milliseconds: it is Redis that counts it, and all keys of a chat go together.
async fn time_to_live(world: &World, party: &Party) -> i64 {
    let mut redis = world.redis().await;
    let pattern = format!("{}:*{}*", world.prefix, party.guest.chat_id);
    let mut keys = redis::cmd("KEYS");
    let keys: Vec<String> = keys
        .arg(pattern)
        .query_async(&mut redis)
        .await
        .expect("keys");
    let mut longest = -1;
    for key in keys {
        let left = redis::cmd("PTTL").arg(key).query_async(&mut redis).await;
        longest = longest.max(left.expect("a time to live"));
    }
    longest
}
