//! An agent who vanishes: its chat goes back to the head of the queue, with everything that was said.

use std::time::Instant;

use e2e::party::contents;
use e2e::{Door, Frame, Party, World, ms};
use serde_json::{Value, json};

use crate::PROCESS;
use crate::desk::{Seat, feed};

/// A world in which an agent is soon missed.
fn world() -> World {
    World::builder()
        .tokens()
        .settings(|settings| {
            settings.chat.leave_grace = ms(200);
            settings.queue.vanished = ms(800);
        })
        .start()
}

/// A visitor who wants to be told its place, and its agent.
async fn engaged(world: &World) -> (Party, Party) {
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::v1(), "Mina").await;
    let mut join = guest.join();
    join["queue"] = json!(true);
    socket.send("Join", join).await;
    let mut visitor = Party {
        guest: guest.clone(),
        side: e2e::Side::User,
        support_id: None,
        support_name: None,
        door: Door::v1(),
        socket,
    };
    let room = |status: &'static str| {
        move |frame: &Value| frame["type"] == "Room" && frame["args"]["status"] == status
    };
    until(&mut visitor, room("waiting")).await;
    let support = world.claims(&guest, "Vika", 1, &Door::v1()).await;
    until(&mut visitor, room("engaged")).await;
    (visitor, support)
}

/// The next frame that is like that; what comes before it must not matter.
async fn until(party: &mut Party, is: impl Fn(&Value) -> bool) -> Value {
    loop {
        let frame = party.json().await;
        if is(&frame) {
            return frame["args"].clone();
        }
    }
}

#[tokio::test]
async fn a_chat_whose_agent_vanishes_is_the_next_in_the_queue() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, mut support) = engaged(&world).await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("it is broken").await;
    support.hears("it is broken").await;
    support.says("let me look").await;
    visitor.hears("let me look").await;
    // Older and more urgent ones wait.
    let older = world.visitor("Older").await;
    let urgent = world.visitor("Urgent").await;
    rosa.does(
        "Flag",
        json!({"chatId": urgent.guest.chat_id, "severity": 9}),
    )
    .await;
    let gone = Instant::now();
    drop(support.socket);
    let left = visitor.expect("SupportLeft").await;
    assert_eq!(left["supportUserName"], "Vika");
    let row = rosa.until("Chat", |row| row["agentAway"] == true).await;
    assert_eq!(
        (&row["chatId"], &row["status"]),
        (&json!(chat), &json!("engaged"))
    );
    visitor.says("hello?").await;
    let room = visitor.expect("Room").await;
    assert_eq!(
        (&room["status"], &room["agent"]),
        (&json!("waiting"), &Value::Null)
    );
    assert!(gone.elapsed() >= ms(1000), "{:?}", gone.elapsed());
    let queue = visitor.expect("Queue").await;
    assert_eq!(
        (&queue["position"], &queue["waiting"]),
        (&json!(1), &json!(3))
    );
    let row = rosa.sees(&chat, "waiting").await;
    assert_eq!(
        (&row["returned"], &row["messages"]),
        (&json!(true), &json!(3))
    );
    assert!(row.get("agentId").is_none(), "{row}");
    // Whoever comes to the feed sees it first.
    let mut otto = feed(&world, 1, "Otto", "agent").await;
    let first = otto.expect_request().await;
    assert_eq!(
        (&first["chatId"], &first["returned"]),
        (&json!(chat), &json!(true))
    );
    assert_eq!(otto.expect_request().await["chatId"], urgent.guest.chat_id);
    assert_eq!(otto.expect_request().await["chatId"], older.guest.chat_id);
    let guest = visitor.guest.clone();
    let mut second = world.claims(&guest, "Otto", 0, &Door::v1()).await;
    let is = |frame: &Value| frame["type"] == "Joined";
    assert_eq!(until(&mut visitor, is).await["supportUserName"], "Otto");
    visitor.room("engaged").await;
    let history = second.rejoins_at(&world, 1).await;
    assert_eq!(
        contents(&history),
        ["it is broken", "let me look", "hello?"]
    );
    second.says("I am here now").await;
    visitor.hears("I am here now").await;
    // The first agent's part is nobody's any more.
    let back = json!({
        "userId": guest.user_id, "username": guest.username, "supportUserName": "Vika", "from": "Support",
        "supportId": support.support_id,
    });
    let mut first = world.open(1, &chat, &support.door, "Vika").await;
    first.send("Join", back).await;
    first.expect_error("forbidden").await;
}

#[tokio::test]
async fn an_agent_who_returns_in_time_keeps_its_chat() {
    let world = world();
    let (mut visitor, mut support) = engaged(&world).await;
    // A second chat whose agent does not come back says when the time is over.
    let (mut other, lost) = engaged(&world).await;
    let rejoin = support.rejoin_args();
    support.socket.close().await;
    lost.socket.close().await;
    visitor.expect("SupportLeft").await;
    other.expect("SupportLeft").await;
    support.socket = world
        .open(0, &visitor.guest.chat_id, &support.door, "Vika")
        .await;
    support.send("Join", rejoin).await;
    support.expect("ChatHistory").await;
    assert_eq!(other.expect("Room").await["status"], "waiting");
    support.says("sorry, my line").await;
    visitor.hears("sorry, my line").await;
}

#[tokio::test]
async fn whoever_takes_over_from_a_vanishing_agent_has_the_chat() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, support) = engaged(&world).await;
    let (mut other, lost) = engaged(&world).await;
    let chat = visitor.guest.chat_id.clone();
    drop((support.socket, lost.socket));
    visitor.expect("SupportLeft").await;
    let done = rosa
        .does("TakeOver", json!({"chatId": chat, "name": "Rosa"}))
        .await;
    visitor.meets("Rosa").await;
    let (mut taker, _) = crate::desk::comes(&world, &visitor, "Rosa", &done["supportId"]).await;
    other.expect("SupportLeft").await;
    assert_eq!(other.expect("Room").await["status"], "waiting");
    taker.says("I have it").await;
    visitor.hears("I have it").await;
}

/// Nobody was at the chat any more, and whoever has taken it over goes before it has come to it.
#[tokio::test]
async fn whoever_takes_over_and_never_comes_has_left() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let console = feed(&world, 1, "Rosa", "supervisor").await;
    let (mut visitor, support) = engaged(&world).await;
    let chat = visitor.guest.chat_id.clone();
    drop(support.socket);
    visitor.expect("SupportLeft").await;
    rosa.does("TakeOver", json!({"chatId": chat, "name": "Rosa"}))
        .await;
    visitor.meets("Rosa").await;
    drop((console, rosa));
    let left = visitor.expect("SupportLeft").await;
    assert_eq!(left["supportUserName"], "Rosa");
    assert_eq!(visitor.expect("Room").await["status"], "waiting");
}

#[tokio::test]
async fn the_agents_of_a_dead_chat_server_vanish_too() {
    let mut world = World::builder()
        .processes(
            PROCESS,
            &[
                ("SOCKETS__LEASE", "1s"),
                ("CHAT__LEAVE_GRACE", "300ms"),
                ("QUEUE__VANISHED", "500ms"),
            ],
        )
        .tokens()
        .start();
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, mut support) = engaged(&world).await;
    let (mut stays, mut back) = engaged(&world).await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("hello").await;
    support.hears("hello").await;
    rosa.watches(&chat).await;
    // The agents are at the second one.
    world.chat_process(1).kill();
    assert_eq!(back.next().await, Frame::Closed(None));
    back.rejoins_at(&world, 0).await;
    visitor.expect("SupportLeft").await;
    assert_eq!(visitor.expect("Room").await["status"], "waiting");
    let lines = [rosa.of("Line", &chat).await, rosa.of("Line", &chat).await];
    assert_eq!(crate::desk::told(&lines), ["note left", "note released"]);
    let row = rosa.sees(&chat, "waiting").await;
    assert_eq!(row["returned"], true);
    back.says("I came back").await;
    stays.hears("I came back").await;
    let guest = visitor.guest.clone();
    let mut second = world.claims(&guest, "Otto", 0, &Door::v1()).await;
    let is = |frame: &Value| frame["type"] == "Joined";
    until(&mut visitor, is).await;
    visitor.room("engaged").await;
    let history = second.rejoins_at(&world, 0).await;
    assert_eq!(contents(&history), ["hello"]);
    second.says("now with you").await;
    visitor.hears("now with you").await;
}
