//! Contract 001, section 4: bad input on the feed, and sockets that have gone silent.

use e2e::{World, ms};
use serde_json::json;

#[tokio::test]
async fn bad_frames_are_answered_and_the_feed_goes_on() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    for text in [
        "{",
        "{}",
        r#"{"type":"Accept"}"#,
        r#"{"type":1,"args":{}}"#,
        "[]",
    ] {
        agent.send_text(text).await;
        agent.expect_error("malformed").await;
    }
    agent.send_binary(b"0123456789abcdef0123456789abcdef").await;
    agent.expect_error("malformed").await;
    for kind in ["Dance", "Join", "ChatMessage"] {
        agent.send(kind, json!({})).await;
        agent.expect_error("unknown_type").await;
    }
    for kind in ["Accept", "Decline"] {
        for args in [json!({}), json!({"userId": 12}), json!({"userId": null})] {
            agent.send(kind, args).await;
            agent.expect_invalid("userId").await;
        }
    }
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
}

#[tokio::test]
async fn a_user_who_is_not_waiting_is_not_found() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let registered_only = world.register("Mina").await;
    agent.send_text("0123456789abcdef0123456789abcdef").await;
    agent.expect_error("not_found").await;
    agent
        .send(
            "Accept",
            json!({"userId": "0123456789abcdef0123456789abcdef"}),
        )
        .await;
    agent.expect_error("not_found").await;
    agent.accepts(&registered_only).await;
    agent.expect_error("not_found").await;
}

#[tokio::test]
async fn twenty_bad_frames_close_the_feed_too() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    for _ in 0..20 {
        agent.send_text("{").await;
    }
    let mut last = json!(null);
    let mut count = 0;
    while last != "too_many_errors" {
        last = agent.expect("Error").await["code"].clone();
        count += 1;
    }
    assert!((20..=21).contains(&count), "{count}");
    agent.closed_with(1008).await;
}

#[tokio::test]
async fn a_feed_socket_that_goes_silent_is_closed() {
    let world = World::with(|settings| {
        settings.sockets.ping = ms(100);
        settings.sockets.silence = ms(1500);
    });
    let (mut silent, mut listening) = (world.agent("Vika").await, world.agent("Otto").await);
    silent.falls_silent();
    // Only who listens answers pings, so the other goes on listening meanwhile.
    let closed = async {
        silent.pinged().await;
        silent.closed_with(1000).await;
    };
    let goes_on = async {
        loop {
            listening.pinged().await;
        }
    };
    tokio::select! {
        () = closed => {}
        () = goes_on => {}
    }
    let visitor = world.visitor("Mina").await;
    listening.sees(&visitor.guest).await;
}
