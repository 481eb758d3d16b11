//! The JSON blocks of contract 001 and of its reference, as files in `tests/golden/001`: what clients send is sent as
//! it stands there, with live ids, and what comes back has exactly those fields with those JSON types.

use std::path::PathBuf;

use e2e::shape::differences;
use e2e::{Agent, Door, Guest, Socket, World, http};
use serde_json::{Value, json};

/// Reads a file of `tests/golden/001`.
fn golden(name: &str) -> Value {
    let text = std::fs::read_to_string(folder().join(format!("{name}.json")))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/001")
}

/// Panics when `actual` has another shape; `additional` fields are ours and unknown to the reference.
fn assert_shape(name: &str, actual: &Value, additional: &[&str]) {
    let found = differences(&golden(name), actual, additional);
    assert!(found.is_empty(), "{name}: {found:?} in {actual}");
    assert_eq!(golden(name).get("type"), actual.get("type"), "{name}");
}

/// The golden client frame with the ids of this chat.
fn with_ids(name: &str, guest: &Guest, support_id: Option<&str>) -> Value {
    let mut frame = golden(name);
    let args = frame["args"].as_object_mut().expect("args");
    if args.contains_key("userId") {
        args.insert("userId".to_owned(), json!(guest.user_id));
    }
    if args.contains_key("supportId") {
        args.insert(
            "supportId".to_owned(),
            json!(support_id.expect("a supportId")),
        );
    }
    frame
}

async fn send(socket: &mut Socket, frame: &Value) {
    socket.send_text(frame.to_string()).await;
}

#[tokio::test]
async fn the_references_conversation_runs_as_it_is_written() {
    let world = World::new();
    let registered = http::get(world.chat(0), "/user/join/Mina").await.json();
    assert_shape("reference-01-registered.server", &registered, &["token"]);
    let guest = world.knows(&registered);

    let mut agent = world.agent("Vika").await;
    let mut user = world
        .open(0, &guest.chat_id, &Door::plain(), "the user")
        .await;
    send(
        &mut user,
        &with_ids("reference-02-join-user.client", &guest, None),
    )
    .await;
    assert_shape("reference-03-joined-user.server", &user.json().await, &[]);
    assert_shape(
        "reference-04-request.server",
        &agent.json().await,
        &["username", "requestedAt", "platform"],
    );
    agent.accepts(&guest).await;

    let mut support = world
        .open(1, &guest.chat_id, &Door::plain(), "the support")
        .await;
    send(
        &mut support,
        &with_ids("reference-05-join-support.client", &guest, None),
    )
    .await;
    let joined = support.json().await;
    assert_shape("reference-06-joined-support.server", &joined, &["text"]);
    assert_eq!(user.json().await, joined);
    let support_id = joined["args"]["supportId"]
        .as_str()
        .expect("a supportId")
        .to_owned();

    send(
        &mut user,
        &with_ids(
            "reference-07-message-user.client",
            &guest,
            Some(&support_id),
        ),
    )
    .await;
    for socket in [&mut user, &mut support] {
        assert_shape(
            "reference-08-message-user.server",
            &socket.json().await,
            &[],
        );
    }
    send(
        &mut support,
        &with_ids(
            "reference-09-message-support.client",
            &guest,
            Some(&support_id),
        ),
    )
    .await;
    for socket in [&mut user, &mut support] {
        assert_shape(
            "reference-10-message-support.server",
            &socket.json().await,
            &[],
        );
    }

    for (server, rejoin) in [
        (1, "reference-11-rejoin-user.client"),
        (0, "reference-13-rejoin-support.client"),
    ] {
        let mut reloaded = world
            .open(server, &guest.chat_id, &Door::plain(), rejoin)
            .await;
        send(&mut reloaded, &with_ids(rejoin, &guest, Some(&support_id))).await;
        let history = reloaded.json().await;
        assert_shape("reference-12-history.server", &history, &[]);
        assert_eq!(
            history["args"]["messages"].as_array().map(Vec::len),
            Some(2)
        );
    }
    send(&mut user, &golden("contract-leave.client")).await;
    user.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn plain_frames_have_exactly_the_contracts_fields() {
    let world = World::new();
    let registered = http::get(world.chat(0), "/user/join/Mina").await.json();
    assert_shape("contract-registered.server", &registered, &[]);
    assert_eq!(
        http::get(world.chat(0), "/user/join/%20").await.json(),
        golden("contract-bad-name.server")
    );
    assert_eq!(
        http::get(world.chat(0), "/nowhere").await.json(),
        golden("contract-no-route.server")
    );
    let guest = world.knows(&registered);

    let mut user = world
        .open(0, &guest.chat_id, &Door::plain(), "the user")
        .await;
    user.send("Join", guest.join()).await;
    user.expect("Joined").await;
    send(
        &mut user,
        &with_ids("contract-early-message.client", &guest, None),
    )
    .await;
    assert_shape("contract-early-message.server", &user.json().await, &[]);
    let mut empty = golden("contract-early-message.client");
    empty["args"]["content"] = json!("");
    send(&mut user, &empty).await;
    assert_shape("contract-error-field.server", &user.json().await, &[]);
    send(&mut user, &golden("contract-early-message.client")).await;
    assert_shape("contract-error.server", &user.json().await, &[]);

    let mut support = world
        .open(1, &guest.chat_id, &Door::plain(), "the support")
        .await;
    support.send("Join", guest.claim("Vika")).await;
    assert_shape("contract-joined-support.server", &support.json().await, &[]);
    user.expect("Joined").await;
    support.expect("ChatHistory").await;
    let mut late = world.open(0, &guest.chat_id, &Door::plain(), "late").await;
    late.send("Join", guest.claim("Otto")).await;
    assert_shape("contract-error-claimed.server", &late.json().await, &[]);

    send(&mut support, &golden("contract-leave.client")).await;
    assert_shape("contract-support-left.server", &user.json().await, &[]);
    assert_shape("contract-chat-expired.server", &user.json().await, &[]);

    let (mut visitor, mut agent) = world.engaged().await;
    visitor.leaves().await;
    assert_shape("contract-user-left.server", &agent.json().await, &[]);
}

#[tokio::test]
async fn feed_frames_have_exactly_the_contracts_fields() {
    let world = World::new();
    let mut agents: Vec<Agent> = vec![world.agent_v1("Vika").await, world.agent("Otto").await];
    let mut visitor = world.visitor_v1("Mina").await;
    let guest = visitor.guest.clone();
    for agent in &mut agents {
        assert_shape("contract-request.server", &agent.json().await, &[]);
    }
    send(
        &mut agents[0],
        &with_ids("contract-accept.client", &guest, None),
    )
    .await;
    assert_shape("contract-reserved.server", &agents[0].json().await, &[]);
    assert_shape("contract-remove-user.server", &agents[1].json().await, &[]);
    for agent in &mut agents {
        send(agent, &with_ids("contract-decline.client", &guest, None)).await;
    }
    assert_shape(
        "contract-request-declined.server",
        &visitor.json().await,
        &[],
    );
}

#[tokio::test]
async fn opted_in_frames_have_exactly_the_contracts_fields() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut early = world.open(0, &guest.chat_id, &Door::v1(), "the user").await;
    early.send("Join", guest.join()).await;
    assert_shape("v1-joined-user.server", &early.json().await, &[]);
    assert_shape("v1-room.server", &early.json().await, &[]);

    let (mut visitor, mut support) = world.engaged_v1().await;
    let guest = visitor.guest.clone();
    send(&mut visitor, &with_ids("v1-message.client", &guest, None)).await;
    let own = visitor.json().await;
    assert_shape("v1-message-own.server", &own, &[]);
    assert_shape("v1-message-other.server", &support.json().await, &[]);
    send(&mut visitor, &golden("v1-typing.client")).await;
    assert_shape("v1-typing.server", &support.json().await, &[]);
    let mut seen = golden("v1-seen.client");
    seen["args"]["seq"] = own["args"]["seq"].clone();
    send(&mut support, &seen).await;
    assert_shape("v1-seen.server", &visitor.json().await, &[]);
    let mut reloaded = world.open(1, &guest.chat_id, &Door::v1(), "reloaded").await;
    send(
        &mut reloaded,
        &with_ids("v1-resume.client", &guest, visitor.support_id.as_deref()),
    )
    .await;
    assert_shape("v1-history.server", &reloaded.json().await, &[]);
}

#[test]
fn every_golden_file_is_used() {
    for entry in std::fs::read_dir(folder()).expect("the folder") {
        let path = entry.expect("a file").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        assert!(
            include_str!("golden.rs").contains(&format!("\"{name}\"")),
            "{name} is compared with nothing"
        );
    }
}
