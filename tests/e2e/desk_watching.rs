//! Watching a chat from the staff desk: everything, once, and nobody at the chat can tell.

use e2e::{Door, ms};
use serde_json::{Value, json};

use crate::desk::{Seat, told, world};

#[tokio::test]
async fn a_watcher_sees_what_was_and_what_comes_and_nobody_is_told() {
    let world = world();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("one").await;
    support.hears("one").await;
    support.says("two").await;
    visitor.hears("two").await;
    let mut rosa = Seat::supervisor(&world).await;
    let mut ines = Seat::take(&world, 1, "Ines", "admin").await;
    for seat in [&mut rosa, &mut ines] {
        let lines = seat.watches(&chat).await;
        let expected = [
            "note requested",
            "note claimed",
            "message one",
            "message two",
        ];
        assert_eq!(told(&lines), expected);
        assert_eq!(lines[2]["from"], "User");
        assert_eq!(lines[2]["name"], "Mina");
        assert_eq!(lines[3]["from"], "Support");
        assert_eq!(lines[3]["name"], "Vika");
        assert!(lines.iter().all(|line| line["seq"].is_u64()), "{lines:?}");
        assert!(
            lines
                .iter()
                .all(|line| e2e::shape::is_timestamp(&line["at"]))
        );
    }
    // The next frame of each side is the other's message.
    visitor.says("three").await;
    support.hears("three").await;
    for seat in [&mut rosa, &mut ines] {
        let mut line = seat.of("Line", &chat).await;
        assert!(line["at"].take().is_string() && line["seq"].take().is_u64());
        let expected = json!({"chatId": chat, "kind": "message", "seq": null, "at": null,
            "from": "User", "name": "Mina", "content": "three"});
        assert_eq!(line, expected);
    }
    rosa.does("Unwatch", json!({"chatId": chat})).await;
    support.says("four").await;
    visitor.hears("four").await;
    assert_eq!(ines.of("Line", &chat).await["content"], "four");
    // What it is shown again has what it missed, and is the next that it is told of the chat's words.
    let lines = rosa.watches(&chat).await;
    assert_eq!(told(&lines)[4..], ["message three", "message four"]);
    support.leaves().await;
    for seat in [&mut rosa, &mut ines] {
        let line = seat.of("Line", &chat).await;
        assert_eq!(
            (&line["text"], &line["name"]),
            (&json!("ended"), &json!("Vika"))
        );
        assert_eq!(seat.of("ChatGone", &chat).await["reason"], "left");
    }
}

#[tokio::test]
async fn what_is_over_or_unknown_is_not_watched() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut visitor = world.visitor("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    visitor.leaves().await;
    visitor.chat_is_over(&chat).await;
    let nobodys = "0123456789abcdef0123456789abcdef".to_owned();
    // One that has not asked for anybody is not open yet.
    let registered = world.register("Vera").await.chat_id;
    for chat in [chat, nobodys, registered, "x".to_owned(), String::new()] {
        rosa.fails("Watch", json!({"chatId": chat}), "chat_expired")
            .await;
        rosa.does("Unwatch", json!({"chatId": chat})).await;
    }
}

#[tokio::test]
async fn sixteen_are_watched_at_once() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut visitors = Vec::new();
    for number in 0..18 {
        let visitor = world.visitor(&format!("Visitor{number}")).await;
        visitors.push(visitor);
    }
    let chat = |number: usize| json!({"chatId": visitors[number].guest.chat_id});
    for number in 0..16 {
        rosa.does("Watch", chat(number)).await;
    }
    rosa.fails("Watch", chat(16), "slow_down").await;
    // Once more is not one more.
    rosa.does("Watch", chat(3)).await;
    rosa.does("Unwatch", chat(3)).await;
    rosa.does("Watch", chat(16)).await;
    rosa.fails("Watch", chat(17), "slow_down").await;
    let over = chat(5);
    let id = over["chatId"].as_str().expect("an id");
    visitors[5].leaves().await;
    rosa.of("ChatGone", id).await;
    rosa.does("Watch", json!({"chatId": visitors[17].guest.chat_id}))
        .await;
}

/// The numbers of all messages that were shown, after the last history.
fn numbers(lines: &[Value]) -> Vec<u64> {
    let messages = lines.iter().filter(|line| line["kind"] == "message");
    messages
        .map(|line| line["seq"].as_u64().expect("a number"))
        .collect()
}

#[tokio::test]
async fn whoever_begins_to_watch_while_they_talk_misses_nothing_and_sees_nothing_twice() {
    let world = world();
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut rosa = Seat::supervisor(&world).await;
    let talk = async {
        for number in 0..150 {
            let content = format!("{number}");
            visitor.says(&content).await;
            support.hears(&content).await;
        }
        visitor.says("the end").await;
    };
    let watch = async {
        for _ in 0..30 {
            let mut shown = rosa.watches(&chat).await;
            for _ in 0..3 {
                shown.push(rosa.of("Line", &chat).await);
            }
            rosa.does("Unwatch", json!({"chatId": chat})).await;
            let seqs = numbers(&shown);
            let first = *seqs.first().expect("messages");
            assert_eq!(seqs, (first..first + seqs.len() as u64).collect::<Vec<_>>());
        }
        let mut shown = rosa.watches(&chat).await;
        while told(&shown).last().expect("a line") != "message the end" {
            shown.push(rosa.of("Line", &chat).await);
        }
        assert_eq!(numbers(&shown).len(), 151);
    };
    tokio::join!(talk, watch);
}

#[tokio::test]
async fn who_comes_and_goes_is_in_the_lines() {
    let world = e2e::World::builder()
        .tokens()
        .settings(|settings| {
            settings.chat.leave_grace = ms(100);
            settings.queue.vanished = ms(300);
        })
        .start();
    let (mut visitor, support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut rosa = Seat::supervisor(&world).await;
    rosa.watches(&chat).await;
    support.socket.close().await;
    visitor.expect("SupportLeft").await;
    let mut lines = vec![rosa.of("Line", &chat).await, rosa.of("Line", &chat).await];
    let guest = visitor.guest.clone();
    let mut second = world.claims(&guest, "Otto", 1, &Door::v1()).await;
    lines.push(rosa.of("Line", &chat).await);
    visitor.meets("Otto").await;
    visitor.socket.close().await;
    second.expect("UserLeft").await;
    lines.push(rosa.of("Line", &chat).await);
    let names: Vec<_> = lines.iter().map(|line| line["name"].clone()).collect();
    let notes = ["note left", "note released", "note claimed", "note left"];
    assert_eq!(told(&lines), notes);
    assert_eq!(names, ["Vika", "Vika", "Otto", "Mina"]);
    // A visitor who comes back is no line; and what was said before is what the next one is shown.
    let lines = rosa.watches(&chat).await;
    assert_eq!(told(&lines)[2..], notes);
}
