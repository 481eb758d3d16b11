//! While a visitor waits: its place in the line, what agents see of it, and whether anybody is there. All of it is
//! for those who ask.

use std::sync::Arc;

use e2e::{DEADLINE, Door, Guest, RedisServer, Socket, World, eventually, http};
use serde_json::{Value, json};

/// A visitor who waits and wants to know its place.
pub(crate) async fn waits(world: &World, server: usize, name: &str) -> (Guest, Socket) {
    let guest = world.register(name).await;
    let mut socket = world.open(server, &guest.chat_id, &Door::v1(), name).await;
    let mut join = guest.join();
    join["queue"] = json!(true);
    socket.send("Join", join).await;
    socket.expect("Joined").await;
    socket.expect("Room").await;
    (guest, socket)
}

/// Reads `Queue` frames until one says this.
async fn place(socket: &mut Socket, field: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    loop {
        let args = socket.expect("Queue").await;
        if args.get(field).unwrap_or(&Value::Null) == &value {
            return args;
        }
    }
}

#[tokio::test]
async fn a_waiting_visitor_is_told_its_place_and_moves_up() {
    let world = World::new();
    let (first_guest, mut first) = waits(&world, 0, "Mina").await;
    place(&mut first, "position", 1).await;
    let (_, mut second) = waits(&world, 1, "Otto").await;
    let args = place(&mut second, "position", 2).await;
    assert_eq!(
        (&args["waiting"], &args["agentsOnline"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(args.get("estimateSeconds"), None, "nothing is known yet");
    let _support = world.support(&first_guest, "Vika").await;
    place(&mut second, "position", 1).await;
}

#[tokio::test]
async fn the_estimate_comes_from_what_others_have_waited() {
    let world = World::new();
    let (_, mut last) = waits(&world, 0, "Ines").await;
    for name in ["Mina", "Otto", "Paul"] {
        let (guest, _socket) = waits(&world, 0, name).await;
        world.support(&guest, "Vika").await;
    }
    loop {
        let args = last.expect("Queue").await;
        if args.get("estimateSeconds").is_some_and(Value::is_u64) {
            return;
        }
    }
}

#[tokio::test]
async fn whoever_has_not_come_yet_may_ask_what_to_expect() {
    let world = World::new();
    let expectation = async || http::get(world.chat(1), "/availability").await;
    let answer = expectation().await;
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({"agentsOnline": 0}))
    );
    for name in ["Mina", "Otto", "Paul"] {
        let (guest, _socket) = waits(&world, 0, name).await;
        world.support(&guest, "Vika").await;
    }
    let _agent = world.agent_v1("Vika").await;
    let known = eventually("a usual wait", DEADLINE, async || {
        let seen = expectation().await.json();
        seen["usualWaitSeconds"].is_u64().then_some(seen)
    })
    .await;
    assert_eq!(known["agentsOnline"], 1);
}

#[tokio::test]
async fn what_to_expect_is_unknown_while_the_store_is_away() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().redis(&redis).start();
    redis.stop();
    let answer = http::get(world.chat(0), "/availability").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["success"], false);
    redis.start();
}

#[tokio::test]
async fn a_visitor_sees_whether_anybody_is_there() {
    let world = World::new();
    let (_, mut visitor) = waits(&world, 0, "Mina").await;
    place(&mut visitor, "agentsOnline", 0).await;
    let mut agent = world.agent_v1("Vika").await;
    place(&mut visitor, "agentsOnline", 1).await;
    agent.expect_request().await;
    agent
        .send("Availability", json!({"available": false}))
        .await;
    place(&mut visitor, "agentsOnline", 0).await;
    agent.send("Availability", json!({"available": true})).await;
    place(&mut visitor, "agentsOnline", 1).await;
}

#[tokio::test]
async fn agents_who_say_whether_they_are_there_learn_how_many_are() {
    let world = World::new();
    let mut agent = world.agent_v1("Vika").await;
    agent.send("Availability", json!({"available": true})).await;
    while agent.expect("Presence").await["agentsOnline"] != 1 {}
    let _other = world.agent("Otto").await;
    while agent.expect("Presence").await["agentsOnline"] != 2 {}
    agent
        .send("Availability", json!({"available": "yes"}))
        .await;
    agent.expect_invalid("available").await;
}

#[tokio::test]
async fn a_request_says_what_it_is_about() {
    let world = World::new();
    let mut agent = world.agent_v1("Vika").await;
    let mut plain = world.agent("Otto").await;
    let answer = http::get(
        world.chat(0),
        "/user/join/Mina?topic=Where%20is%20my%20parcel",
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let guest = world.knows(&answer.json());
    let mut visitor = world.joins(&guest, 0, &Door::plain()).await;
    for seen in [agent.expect_request().await, plain.expect_request().await] {
        assert_eq!(seen["topic"], "Where is my parcel");
        assert_eq!(seen.get("firstWords"), None);
    }
    visitor.says("It should have come on Monday").await;
    let update = agent.expect_request().await;
    assert_eq!(update["chatId"], json!(guest.chat_id));
    assert_eq!(update["firstWords"], "It should have come on Monday");
    visitor.says("And it did not").await;
    let next = world.visitor("Ines").await;
    assert_eq!(
        agent.expect_request().await["chatId"],
        json!(next.guest.chat_id)
    );
    assert_eq!(
        plain.expect_request().await["chatId"],
        json!(next.guest.chat_id),
        "a plain client is told once"
    );
}

#[tokio::test]
async fn a_bad_topic_is_refused() {
    let world = World::new();
    let long = "x".repeat(121);
    for topic in [long.as_str(), "a%0Ab"] {
        let answer = http::get(world.chat(0), &format!("/user/join/Mina?topic={topic}")).await;
        assert_eq!(answer.status, 400, "{topic}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_claim_whose_answer_was_lost_can_be_repeated_elsewhere() {
    let world = World::new();
    let visitor = world.visitor("Mina").await;
    let mut claim = visitor.guest.claim("Vika");
    claim["clientId"] = json!("claim-1");
    let mut lost = world
        .open(0, &visitor.guest.chat_id, &Door::v1(), "Vika")
        .await;
    lost.send("Join", claim.clone()).await;
    let won = lost.expect("Joined").await;
    lost.close().await;
    let mut again = world
        .open(1, &visitor.guest.chat_id, &Door::v1(), "Vika")
        .await;
    again.send("Join", claim).await;
    assert_eq!(again.expect("Joined").await["supportId"], won["supportId"]);
    let mut other = world
        .open(0, &visitor.guest.chat_id, &Door::v1(), "Otto")
        .await;
    let mut rival = visitor.guest.claim("Otto");
    rival["clientId"] = json!("claim-2");
    other.send("Join", rival).await;
    other.expect_error("already_claimed").await;
}
