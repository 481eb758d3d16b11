//! What the staff desk shows: everybody's chats to those who look after them, and all staff to all staff.

use std::sync::Arc;

use e2e::shape::assert_fields;
use e2e::{Door, RedisServer, World, eventually, ms, secs};
use serde_json::{Value, json};

use crate::desk::{Seat, feed, world};

/// The names in a list of staff.
fn names(desk: &Value) -> Vec<String> {
    let staff = desk["staff"].as_array().expect("a list").iter();
    let mut names: Vec<String> = staff
        .map(|member| member["name"].as_str().expect("a name").to_owned())
        .collect();
    names.sort();
    names
}

fn chats(desk: &Value) -> Vec<&str> {
    let chats = desk["chats"].as_array().expect("a list").iter();
    chats
        .map(|chat| chat["chatId"].as_str().expect("an id"))
        .collect()
}

#[tokio::test]
async fn all_staff_see_who_is_here() {
    let world = world();
    let vika = feed(&world, 1, "Vika", "agent").await;
    let mut otto = Seat::take(&world, 0, "Otto", "agent").await;
    assert_fields(&otto.desk, &["staff", "flagged"]);
    let mut rosa = Seat::supervisor(&world).await;
    assert_fields(&rosa.desk, &["staff", "flagged", "chats"]);
    // It is heard of a moment after it came.
    if names(&otto.desk).is_empty() {
        otto.until("Staff", |member| member["name"] == "Vika").await;
    }
    let mut boss = feed(&world, 1, "Boss", "admin").await;
    for seat in [&mut otto, &mut rosa] {
        let mut member = seat.until("Staff", |member| member["id"] == "Boss").await;
        assert!(e2e::shape::is_timestamp(&member["since"].take()));
        assert_eq!(
            member,
            json!({"id": "Boss", "name": "Boss", "role": "admin", "status": "available", "since": null})
        );
    }
    boss.send("Availability", json!({"available": false})).await;
    vika.feed.close().await;
    for seat in [&mut otto, &mut rosa] {
        let member = seat.until("Staff", |member| member["id"] == "Boss").await;
        assert_eq!(member["status"], "away");
        let gone = seat.until("StaffGone", |_| true).await;
        assert_eq!(gone, json!({"id": "Vika"}));
    }
    // Whoever only looks at the desk is not here.
    let late = Seat::take(&world, 1, "Late", "agent").await;
    assert_eq!(names(&late.desk), ["Boss"]);
}

#[tokio::test]
async fn a_supervisor_follows_a_chat_from_its_request_to_its_end() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut ines = Seat::take(&world, 1, "Ines", "admin").await;
    assert!(chats(&rosa.desk).is_empty());
    let mut visitor = world.visitor("Mina").await;
    let guest = visitor.guest.clone();
    let chat = guest.chat_id.clone();
    for seat in [&mut rosa, &mut ines] {
        let mut row = seat.next("Chat").await;
        for time in ["createdAt", "askedAt", "since"] {
            assert!(e2e::shape::is_timestamp(&row[time].take()), "{row}");
        }
        let expected = json!({
            "chatId": chat, "userId": guest.user_id, "username": "Mina", "platform": "web", "status": "waiting",
            "createdAt": null, "askedAt": null, "since": null, "severity": 0, "messages": 0,
        });
        assert_eq!(row, expected);
    }
    let long = "é".repeat(200);
    visitor.says(&long).await;
    for seat in [&mut rosa, &mut ines] {
        let row = seat.next("Chat").await;
        assert_eq!(row["messages"], 1);
        assert_eq!(row["last"]["from"], "User");
        assert_eq!(row["last"]["content"], "é".repeat(120));
        assert!(e2e::shape::is_timestamp(&row["last"]["at"]));
    }
    let mut support = world.support(&guest, "Vika").await;
    visitor.meets("Vika").await;
    for seat in [&mut rosa, &mut ines] {
        let row = seat.next("Chat").await;
        assert_eq!(row["status"], "engaged");
        assert_eq!(row["agentId"], "Vika");
        assert_eq!(row["agentName"], "Vika");
        assert_eq!(row["agentRole"], "agent");
        assert_eq!(row["agentAway"], false);
        assert!(row["since"].as_str() > row["askedAt"].as_str(), "{row}");
    }
    // Whoever comes now is shown the same.
    let late = Seat::take(&world, 0, "Late", "supervisor").await;
    let row = &late.desk["chats"][0];
    assert_eq!(
        (&row["chatId"], &row["messages"]),
        (&json!(chat), &json!(1))
    );
    support.leaves().await;
    for seat in [&mut rosa, &mut ines] {
        let gone = seat.next("ChatGone").await;
        assert_eq!(gone, json!({"chatId": chat, "reason": "left"}));
    }
    let late = Seat::take(&world, 1, "Late", "supervisor").await;
    assert!(chats(&late.desk).is_empty());
}

#[tokio::test]
async fn chats_are_listed_by_when_they_were_asked_for() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut asked = Vec::new();
    let first = world.register("First").await;
    for name in ["Mina", "Vera", "Max"] {
        let visitor = world.visitor(name).await;
        asked.push(visitor.guest.chat_id.clone());
    }
    let late = world.joins(&first, 0, &Door::plain()).await;
    asked.push(late.guest.chat_id.clone());
    for chat in &asked {
        rosa.sees(chat, "waiting").await;
    }
    let ines = Seat::take(&world, 0, "Ines", "supervisor").await;
    assert_eq!(chats(&ines.desk), asked);
}

#[tokio::test]
async fn an_agent_is_shown_its_own_chats_only() {
    let world = world();
    let mut vika = Seat::take(&world, 0, "Vika", "agent").await;
    let mut otto = Seat::take(&world, 0, "Otto", "agent").await;
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, _support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("hello").await;
    let row = vika.next("Chat").await;
    assert_eq!(
        (&row["chatId"], &row["status"]),
        (&json!(chat), &json!("engaged"))
    );
    assert_eq!(vika.next("Chat").await["messages"], 1);
    rosa.does("TakeOver", json!({"chatId": chat, "name": "Rosa"}))
        .await;
    // Once more, so that it knows who has the chat now.
    assert_eq!(vika.next("Chat").await["agentName"], "Rosa");
    visitor.meets("Rosa").await;
    visitor.says("thank you").await;
    rosa.does("Flag", json!({"chatId": chat, "severity": 1}))
        .await;
    // Neither hears of what is another's, but of the flag.
    vika.next("Flagged").await;
    otto.next("Flagged").await;
}

#[tokio::test]
async fn a_chat_that_falls_silent_is_gone() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.chat.idle_timeout = ms(800))
        .start();
    let mut rosa = Seat::supervisor(&world).await;
    let visitor = world.visitor("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    rosa.sees(&chat, "waiting").await;
    let lines = rosa.watches(&chat).await;
    assert_eq!(crate::desk::told(&lines), ["note requested"]);
    let gone = rosa.of("Line", &chat).await;
    assert_eq!(
        (&gone["kind"], &gone["text"]),
        (&json!("note"), &json!("ended"))
    );
    let gone = rosa.of("ChatGone", &chat).await;
    assert_eq!(gone["reason"], "silence");
}

#[tokio::test]
async fn the_fifteen_that_were_flagged_last_are_shown() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut flagged = Vec::new();
    let mut guests = Vec::new();
    for number in 0..17 {
        let visitor = world.visitor(&format!("Visitor{number}")).await;
        let chat = visitor.guest.chat_id.clone();
        let severity = number % 3 + 1;
        rosa.does("Flag", json!({"chatId": chat, "severity": severity}))
            .await;
        let frame = rosa.of("Flagged", &chat).await;
        assert_fields(
            &frame,
            &["chatId", "userId", "username", "severity", "flaggedAt"],
        );
        assert_eq!(frame["severity"], severity);
        flagged.insert(0, chat);
        guests.push(visitor);
    }
    let shown = |desk: &Value| -> Vec<String> {
        let flagged = desk["flagged"].as_array().expect("a list").iter();
        flagged
            .map(|it| it["chatId"].as_str().expect("an id").to_owned())
            .collect()
    };
    let otto = Seat::take(&world, 1, "Otto", "agent").await;
    assert_eq!(shown(&otto.desk), flagged[..15]);
    // Not any more; again; and one that is over.
    let mut otto = otto;
    rosa.does("Flag", json!({"chatId": flagged[0], "severity": 0}))
        .await;
    assert_eq!(otto.next("Flagged").await["severity"], 0);
    rosa.does("Flag", json!({"chatId": flagged[16], "severity": 9}))
        .await;
    assert_eq!(otto.next("Flagged").await["severity"], 9);
    guests[15].leaves().await;
    let over = otto.next("Flagged").await;
    assert_eq!(
        (&over["chatId"], &over["severity"]),
        (&json!(flagged[1]), &json!(0))
    );
    let mut left = vec![flagged[16].clone()];
    left.extend_from_slice(&flagged[2..16]);
    let late = Seat::take(&world, 0, "Late", "agent").await;
    assert_eq!(shown(&late.desk), left);
}

/// A chat that begins, one that is claimed, and one that ends, while nobody tells the first subscriber.
#[tokio::test]
async fn what_a_subscriber_missed_is_told_when_it_hears_again() {
    let world = World::builder().tokens().proxied().start();
    let mut rosa = Seat::supervisor(&world).await;
    let (mut waits, mut ends) = (world.visitor("Mina").await, world.visitor("Vera").await);
    for visitor in [&waits, &ends] {
        rosa.sees(&visitor.guest.chat_id, "waiting").await;
    }
    let chat = waits.guest.chat_id.clone();
    rosa.watches(&chat).await;
    // The links: two chat-servers, two subscribers.
    world.links[2].refuse();
    world.links[2].cut();
    waits.says("anybody?").await;
    let _support = world.support(&waits.guest.clone(), "Vika").await;
    ends.leaves().await;
    let over = ends.guest.chat_id.clone();
    ends.chat_is_over(&over).await;
    let begins = world.visitor("Max").await;
    let _vika = feed(&world, 1, "Vika", "agent").await;
    world.links[2].heal();
    let (mut gone, mut found, mut here, mut lines) = (None, None, None, Vec::new());
    while gone.is_none() || found.is_none() || here.is_none() || lines.len() < 2 {
        let frame = rosa.socket.json().await;
        let args = &frame["args"];
        match frame["type"].as_str().expect("a type") {
            "ChatGone" => gone = Some(args.clone()),
            "Chat" if args["username"] == "Max" => found = Some(args.clone()),
            "Staff" => here = Some(args["id"].clone()),
            "Line" => lines.push(args.clone()),
            _ => {}
        }
    }
    assert_eq!(gone, Some(json!({"chatId": over, "reason": "left"})));
    assert_eq!(found.expect("found")["chatId"], begins.guest.chat_id);
    assert_eq!(here, Some(json!("Vika")));
    assert_eq!(
        crate::desk::told(&lines),
        ["message anybody?", "note claimed"],
        "each once, in order"
    );
}

#[tokio::test]
async fn an_outage_of_redis_ends_no_desk() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().tokens().redis(&redis).start();
    let mut rosa = Seat::supervisor(&world).await;
    let mut visitor = world.visitor("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    rosa.sees(&chat, "waiting").await;
    redis.stop();
    let flag = json!({"chatId": chat, "severity": 2});
    rosa.fails("Flag", flag.clone(), "unavailable").await;
    rosa.fails("Watch", flag.clone(), "unavailable").await;
    redis.start();
    eventually("a message", secs(5), async || {
        visitor.sends("still here").await;
        (visitor.json().await["type"] == "ChatMessage").then_some(())
    })
    .await;
    let row = rosa.until("Chat", |row| row["messages"] == 1).await;
    assert_eq!(row["chatId"], chat);
    rosa.does("Flag", flag).await;
    assert_eq!(rosa.of("Flagged", &chat).await["severity"], 2);
    // Nobody comes while there is nothing to show.
    redis.stop();
    let door = Door::v1().bearer(&e2e::tokens::token("Ines", "supervisor"));
    let mut late = e2e::Socket::open(world.feed(0), "/desk", &door, "late")
        .await
        .expect("an upgrade");
    let first = late.json().await;
    match first["type"].as_str() {
        Some("Error") => assert_eq!(first["args"]["code"], "unavailable"),
        other => panic!("{other:?}"),
    }
    late.closed_with(1013).await;
    redis.start();
}

#[tokio::test]
async fn two_thousand_messages_reach_a_supervisor_in_order() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.limits.message_burst = 100_000)
        .start();
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    rosa.sees(&chat, "engaged").await;
    rosa.watches(&chat).await;
    let talk = async {
        for number in 0..1000 {
            visitor.sends(&format!("{number}")).await;
            visitor.hears(&format!("{number}")).await;
            support.hears(&format!("{number}")).await;
            support.says(&format!("re {number}")).await;
            visitor.hears(&format!("re {number}")).await;
        }
    };
    let look = async {
        for number in 0..1000 {
            for words in [format!("{number}"), format!("re {number}")] {
                assert_eq!(rosa.of("Line", &chat).await["content"], words);
            }
        }
    };
    tokio::join!(talk, look);
}
