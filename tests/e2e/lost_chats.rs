//! A chat's key is deleted while everybody is connected and nobody restarts: both sides hear of the end within 5 s, and one
//! that is kept comes back from the records instead.

use e2e::office::Office;
use e2e::shift::content;
use e2e::{DEADLINE, Door, Shift, World, eventually, ms, secs};

const SOON: std::time::Duration = secs(5);

async fn delete(world: &World, chat: &str) {
    let mut redis = world.redis().await;
    let deleted: u64 = redis::cmd("DEL")
        .arg(format!("{}:{{0}}:chat:{chat}", world.prefix))
        .query_async(&mut redis)
        .await
        .expect("an answer");
    assert_eq!(deleted, 1);
}

/// Waits until the records have everything.
async fn archived(world: &World) {
    let mut redis = world.redis().await;
    let stream = format!("{}:{{0}}:stream", world.prefix);
    eventually("the archive", DEADLINE, async || {
        let left: u64 = redis::cmd("XLEN")
            .arg(&stream)
            .query_async(&mut redis)
            .await
            .expect("a length");
        (left == 0).then_some(())
    })
    .await;
}

async fn field(world: &World, key: &str, field: &str) -> Option<String> {
    let mut redis = world.redis().await;
    redis::cmd("HGET")
        .arg(format!("{}:{{0}}:{key}", world.prefix))
        .arg(field)
        .query_async(&mut redis)
        .await
        .expect("an answer")
}

#[tokio::test]
async fn both_sides_hear_that_a_deleted_chat_is_over() {
    for door in [Door::plain(), Door::v1()] {
        let world = World::new();
        let guest = world.register("Mina").await;
        let mut visitor = world.joins(&guest, 0, &door).await;
        if visitor.v1 {
            visitor.room("waiting").await;
        }
        let mut support = world.claims(&guest, "Vika", 1, &door).await;
        visitor.meets("Vika").await;
        visitor.says("hello").await;
        support.hears("hello").await;
        let deleted = std::time::Instant::now();
        delete(&world, &guest.chat_id).await;
        for party in [&mut visitor, &mut support] {
            if party.v1 {
                party.room("closed").await;
            }
            party.chat_is_over(&guest.chat_id).await;
        }
        assert!(deleted.elapsed() < SOON, "{:?}", deleted.elapsed());
    }
}

#[tokio::test]
async fn a_deleted_request_is_taken_off_the_feed() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let chat = visitor.guest.chat_id.clone();
    delete(&world, &chat).await;
    visitor.chat_is_over(&chat).await;
    agent.loses(&visitor.guest).await;
}

#[tokio::test]
async fn a_deleted_conversation_comes_back_and_goes_on() {
    let office = Office::in_world(World::new()).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "one").await;
    agent.hears("one").await;
    archived(&office).await;
    delete(&office, &id).await;
    eventually("the conversation", SOON, async || {
        field(&office, &format!("chat:{id}"), "epoch").await
    })
    .await;
    let engaged = field(&office, "engaged", &id).await;
    assert_eq!(engaged, Some(office.agent.id.clone()));
    agent.says(&id, "two").await;
    candidate.hears("two").await;
    candidate.says(&id, "three").await;
    agent.hears("three").await;
    for talker in [&mut candidate, &mut agent] {
        talker.has_heard_nothing().await;
    }
    assert_eq!(office.history(&id).await, ["one", "two", "three"]);
}

/// Nobody at a Socket.IO listener is in a room.
#[tokio::test]
async fn a_deleted_session_comes_back_with_who_has_it_and_how_it_is_flagged() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let caller = shift.visitor("Mina");
    let mut visitor = shift.calls(0, &caller).await;
    visitor.does("visitor_first_msg", content("hello")).await;
    let waiting = vika.hears("append_unclaimed_chats").await;
    let room = waiting["room"]["id"].as_str().expect("an id").to_owned();
    vika.does("staff_join", serde_json::json!({"room": room}))
        .await;
    visitor.hears("staff_join_room").await;
    vika.does(
        "change_chat_priority",
        serde_json::json!({"room": room, "severity_level": 3}),
    )
    .await;
    let flagged = field(&shift, "flagged", &room).await;
    assert!(flagged.is_some());
    archived(&shift).await;
    delete(&shift, &room).await;
    for key in ["engaged", "flagged"] {
        let mut redis = shift.redis().await;
        let _: u64 = redis::cmd("HDEL")
            .arg(format!("{}:{{0}}:{key}", shift.prefix))
            .arg(&room)
            .query_async(&mut redis)
            .await
            .expect("an answer");
    }
    eventually("the session", SOON + ms(500), async || {
        field(&shift, &format!("chat:{room}"), "epoch").await
    })
    .await;
    assert_eq!(
        field(&shift, "engaged", &room).await,
        Some(shift.vika.id.clone())
    );
    assert_eq!(field(&shift, "flagged", &room).await, flagged);
    vika.does(
        "staff_msg",
        serde_json::json!({"room": room, "content": content("still here")}),
    )
    .await;
    visitor.hears("staff_send").await;
    // A flag outlives its chat.
    vika.does(
        "change_chat_priority",
        serde_json::json!({"room": room, "severity_level": 0}),
    )
    .await;
}
