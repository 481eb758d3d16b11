//! Limits per socket and per address.

use e2e::party::contents;
use e2e::{Door, Socket, World, eventually, http, secs};

#[tokio::test]
async fn too_many_messages_are_told_to_slow_down_and_are_not_stored() {
    let world = World::with(|settings| {
        settings.limits.messages_per_second = 1;
        settings.limits.message_burst = 3;
    });
    let (mut visitor, mut support) = world.engaged().await;
    for number in 0..8 {
        visitor.sends(&format!("message {number}")).await;
    }
    let mut heard = Vec::new();
    let mut slowed = 0;
    for _ in 0..8 {
        let frame = visitor.json().await;
        if frame["type"] == "ChatMessage" {
            heard.push(
                frame["args"]["content"]
                    .as_str()
                    .expect("a content")
                    .to_owned(),
            );
        } else {
            assert_eq!(frame["args"]["code"], "slow_down", "{frame}");
            slowed += 1;
        }
    }
    assert!(
        heard.len() >= 3 && slowed >= 3,
        "{heard:?}, slowed {slowed} times"
    );
    for content in &heard {
        support.hears(content).await;
    }
    support.says("the limit is each socket's own").await;
    visitor.hears("the limit is each socket's own").await;
    heard.push("the limit is each socket's own".to_owned());
    assert_eq!(contents(&visitor.rejoins_at(&world, 1).await), heard);
}

#[tokio::test]
async fn who_slows_down_may_go_on() {
    let world = World::with(|settings| {
        settings.limits.messages_per_second = 5;
        settings.limits.message_burst = 1;
    });
    let mut visitor = world.visitor("Mina").await;
    visitor.says("first").await;
    visitor.sends("too fast").await;
    visitor.expect_error("slow_down").await;
    eventually("a message that is not too fast", secs(5), async || {
        visitor.sends("patient").await;
        (visitor.json().await["type"] == "ChatMessage").then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_is_slowed_down_may_still_come_back_and_leave() {
    let world = World::with(|settings| {
        settings.limits.messages_per_second = 1;
        settings.limits.message_burst = 2;
    });
    let mut visitor = world.visitor("Mina").await;
    let mut slowed = 0;
    for _ in 0..6 {
        visitor.sends("too fast").await;
        slowed += u32::from(visitor.json().await["type"] == "Error");
    }
    assert!(slowed >= 1);
    let join = visitor.guest.join();
    visitor.send("Join", join).await;
    visitor.expect("ChatHistory").await;
    visitor.leaves().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.chat_is_over(&chat).await;
}

#[tokio::test]
async fn registrations_per_address_are_limited() {
    let world = World::with(|settings| settings.limits.registrations_per_minute = Some(3));
    for _ in 0..3 {
        world.register("Mina").await;
    }
    let answer = http::get(world.chat(0), "/user/join/Mina").await;
    assert_eq!(answer.status, 429, "{}", answer.body);
    assert_eq!(answer.json()["success"], false);
    assert_eq!(http::status(world.chat(0), "/health").await, Some(200));
}

#[tokio::test]
async fn chat_sockets_per_address_are_limited() {
    let world = World::with(|settings| settings.limits.sockets_per_address = Some(2));
    let mut visitor = world.visitor("Mina").await;
    let second = world
        .open(0, &visitor.guest.chat_id, &Door::plain(), "second")
        .await;
    let mut third = world
        .open(0, &visitor.guest.chat_id, &Door::plain(), "third")
        .await;
    third.closed_with(1013).await;
    second.close().await;
    eventually("room for another socket", secs(5), async || {
        let mut next = world
            .open(0, &visitor.guest.chat_id, &Door::plain(), "next")
            .await;
        next.send_text("who is there?").await;
        matches!(next.next().await, e2e::Frame::Text(_)).then_some(())
    })
    .await;
    visitor.says("I was never disturbed").await;
}

#[tokio::test]
async fn feed_sockets_per_address_are_limited() {
    let world = World::with(|settings| settings.limits.sockets_per_address = Some(1));
    let _first = Socket::open(world.feed(0), "/joins", &Door::plain(), "first")
        .await
        .expect("an upgrade");
    let mut second = Socket::open(world.feed(0), "/joins", &Door::plain(), "second")
        .await
        .expect("an upgrade");
    second.closed_with(1013).await;
}
