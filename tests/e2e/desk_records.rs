//! What is done from the staff desk stands in the transcripts that staff read, and nowhere else.

use e2e::{Door, eventually, secs};
use serde_json::{Value, json};

use crate::desk::Seat;
use crate::house::{House, get, records_of};

#[tokio::test]
async fn staff_read_what_was_whispered_and_how_urgent_it_was_called() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    let mut boss = Seat::with(&house.world, 0, &house.boss.token).await;
    boss.does(
        "Whisper",
        json!({"chatId": chat, "content": "offer a refund"}),
    )
    .await;
    boss.does("Flag", json!({"chatId": chat, "severity": 3}))
        .await;
    agent.says("We refund it").await;
    visitor.hears("We refund it").await;
    let path = format!("/staff/chats/{chat}");
    let check = async |status: &str| {
        let shown = get(&house.world, &path, &house.otto.token).await.json();
        assert_eq!(shown["status"], status, "{shown}");
        assert_eq!(
            (&shown["severity"], &shown["messageCount"]),
            (&json!(3), &json!(1))
        );
        assert_eq!(shown["messages"].as_array().expect("a list").len(), 1);
        let mut whisper = shown["whispers"][0].clone();
        assert!(e2e::shape::is_id(&whisper["id"].take()));
        assert!(e2e::shape::is_timestamp(&whisper["at"].take()));
        let expected = json!({"id": null, "at": null, "senderId": house.boss.id, "senderName": "Boss",
            "content": "offer a refund"});
        assert_eq!(whisper, expected);
    };
    check("engaged").await;
    let room = get(&house.world, &format!("/rooms/{chat}"), &house.admin).await;
    assert!(!room.body.contains("offer a refund"), "{}", room.body);
    agent.leaves().await;
    eventually("the records", secs(15), async || {
        let records = records_of(&house.world).await;
        let known = records.chat(&chat).await.expect("an answer");
        known.and_then(|chat| chat.ended_at)
    })
    .await;
    check("closed").await;
    let listed = house.listed("status=closed", 1).await;
    assert_eq!(listed[0]["severity"], 3);
    let exported = get(&house.world, "/staff/chats/export", &house.boss.token).await;
    assert_eq!(
        exported.json()[0]["whispers"][0]["content"],
        "offer a refund"
    );
    let csv = get(&house.world, "/staff/chats/export?format=csv", &house.admin).await;
    assert!(!csv.body.contains("offer a refund"), "{}", csv.body);
}

#[tokio::test]
async fn a_chat_that_was_taken_over_is_the_takers() {
    let house = House::open().await;
    let (mut visitor, _agent) = house.engaged("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    let mut boss = Seat::with(&house.world, 1, &house.boss.token).await;
    let done = boss
        .does("TakeOver", json!({"chatId": chat, "name": "Sasha"}))
        .await;
    visitor.meets("Sasha").await;
    let door = Door::plain().bearer(&house.boss.token);
    let mut taker = house.world.open(1, &chat, &door, "Sasha").await;
    let mut join = visitor.guest.claim("Sasha");
    join["supportId"] = done["supportId"].clone();
    taker.send("Join", join).await;
    taker.expect("ChatHistory").await;
    let path = format!("/staff/chats/{chat}");
    let shown = get(&house.world, &path, &house.boss.token).await.json();
    assert_eq!(shown["agentId"], house.boss.id.as_str());
    assert_eq!(shown["agentName"], "Sasha");
    let names = shown["claims"].as_array().expect("claims").iter();
    let names: Vec<&Value> = names.map(|claim| &claim["agentName"]).collect();
    assert_eq!(names, ["Otto", "Sasha"]);
    // It is not the former agent's to read any more.
    let answer = get(&house.world, &path, &house.otto.token).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
}
