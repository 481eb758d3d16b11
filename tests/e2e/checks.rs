//! Contract 001, section 2.3: every check, its error, and that the socket stays usable.

use std::time::Instant;

use e2e::{Door, Frame, World, ms};
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_no_frame_is_malformed() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let texts = [
        "",
        "hello",
        "{",
        "[]",
        "17",
        "null",
        "\"Join\"",
        "{}",
        r#"{"type":"ChatMessage"}"#,
        r#"{"args":{}}"#,
        r#"{"type":7,"args":{}}"#,
        r#"{"type":"ChatMessage","args":[]}"#,
        r#"{"type":"ChatMessage","args":"x"}"#,
        r#"{"type":"ChatMessage","args":null}"#,
    ];
    for text in texts {
        visitor.send_text(text).await;
        let error = visitor.expect_error("malformed").await;
        assert_eq!(error.get("field"), None, "{text}: {error}");
    }
    visitor.send_binary(br#"{"type":"Leave","args":{}}"#).await;
    visitor.expect_error("malformed").await;
    visitor.says("still here").await;
}

#[tokio::test]
async fn a_type_nobody_knows_is_unknown() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    for kind in [
        "Dance",
        "chatmessage",
        "",
        "Joined",
        "ChatHistory",
        "Accept",
    ] {
        visitor.send(kind, json!({})).await;
        visitor.expect_error("unknown_type").await;
    }
    visitor.says("still here").await;
}

#[tokio::test]
async fn a_bad_field_of_a_join_is_named() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
    let (user, support) = (guest.join(), guest.claim("Vika"));
    let cases = [
        (&user, "userId", None),
        (&user, "userId", Some(json!(12))),
        (&user, "userId", Some(json!(null))),
        (&user, "username", None),
        (&user, "username", Some(json!(["Mina"]))),
        (&user, "username", Some(json!("  "))),
        (&user, "username", Some(json!("x".repeat(65)))),
        (&user, "username", Some(json!("Mi\u{7}na"))),
        (&user, "from", None),
        (&user, "from", Some(json!("user"))),
        (&user, "from", Some(json!(true))),
        (&user, "supportId", Some(json!(5))),
        (&support, "supportUserName", None),
        (&support, "supportUserName", Some(json!(""))),
        (&support, "supportUserName", Some(json!("x".repeat(65)))),
        (&user, "token", Some(json!(5))),
    ];
    for (args, field, value) in cases {
        socket.send("Join", changed(args, field, value)).await;
        socket.expect_invalid(field).await;
    }
    socket.send("Join", user).await;
    socket.expect("Joined").await;
}

#[tokio::test]
async fn a_bad_field_of_a_message_is_named() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let good = visitor.message("hello");
    let cases = [
        ("userId", None),
        ("userId", Some(json!(12))),
        ("content", None),
        ("content", Some(json!(12))),
        ("content", Some(json!({}))),
        ("content", Some(json!(""))),
        ("content", Some(json!("x".repeat(4097)))),
        ("content", Some(json!("😀".repeat(1024) + "x"))),
        ("from", None),
        ("from", Some(json!("Admin"))),
        ("supportId", Some(json!(12))),
    ];
    for (field, value) in cases {
        visitor
            .send("ChatMessage", changed(&good, field, value))
            .await;
        visitor.expect_invalid(field).await;
    }
    let anonymous = changed(&support.message("hello"), "supportId", None);
    support.send("ChatMessage", anonymous).await;
    support.expect_invalid("supportId").await;
    visitor.says("nothing of that was stored").await;
    support.hears("nothing of that was stored").await;
}

fn changed(args: &Value, field: &str, value: Option<Value>) -> Value {
    let mut args = args.clone();
    match value {
        Some(value) => args[field] = value,
        None => drop(args.as_object_mut().expect("an object").remove(field)),
    }
    args
}

#[tokio::test]
async fn the_content_limit_is_a_setting() {
    let world = World::with(|settings| settings.chat.max_content_bytes = 100);
    let mut visitor = world.visitor("Mina").await;
    visitor.says(&"x".repeat(100)).await;
    visitor.sends(&"x".repeat(101)).await;
    visitor.expect_invalid("content").await;
}

#[tokio::test]
async fn errors_go_to_the_sender_alone() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.send_text("nonsense").await;
    visitor.expect_error("malformed").await;
    visitor.says("sorry").await;
    support.hears("sorry").await;
}

#[tokio::test]
async fn twenty_bad_frames_close_the_socket() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let bad = [
        "nonsense",
        r#"{"type":"Dance","args":{}}"#,
        r#"{"type":"ChatMessage","args":{}}"#,
    ];
    for number in 0..20 {
        visitor.send_text(bad[number % bad.len()]).await;
    }
    let mut codes = Vec::new();
    while codes.last().is_none_or(|code| code != "too_many_errors") {
        codes.push(
            visitor.expect("Error").await["code"]
                .as_str()
                .expect("a code")
                .to_owned(),
        );
    }
    assert!(
        (20..=21).contains(&codes.len()),
        "closed by the twentieth: {codes:?}"
    );
    visitor.closed_with(1008).await;
    let (mut back, _) = visitor.another_at(&world, 1).await;
    back.says("a new socket starts afresh").await;
    support.hears("a new socket starts afresh").await;
}

#[tokio::test]
async fn bad_frames_are_forgiven_after_a_while() {
    let world = World::with(|settings| {
        settings.sockets.error_window = ms(300);
        settings.limits.message_burst = 100_000;
    });
    let mut visitor = world.visitor("Mina").await;
    for _ in 0..3 {
        for _ in 0..15 {
            visitor.send_text("nonsense").await;
            visitor.expect_error("malformed").await;
        }
        let start = Instant::now();
        while start.elapsed() < ms(320) {
            visitor.says("time passes").await;
        }
    }
}

#[tokio::test]
async fn a_frame_of_more_than_64_kib_closes_the_socket() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    visitor.sends(&"x".repeat(60_000)).await;
    visitor.expect_invalid("content").await;
    visitor.send_text("x".repeat(65_537)).await;
    visitor.closed_with(1009).await;
}

#[tokio::test]
async fn a_message_in_pieces_of_more_than_64_kib_closes_the_socket() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    visitor.send_in_pieces(&"x".repeat(100_000)).await;
    assert!(matches!(visitor.next().await, Frame::Closed(Some(1009))));
}

#[tokio::test]
async fn the_feed_has_the_same_frame_limit() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    agent.send_text("x".repeat(65_537)).await;
    agent.closed_with(1009).await;
}
