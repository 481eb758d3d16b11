//! Contract 001, section 5: coming back with `resume`, and getting only what was missed.

use e2e::builder::Builder;
use e2e::party::{contents, messages};
use e2e::shape::assert_fields;
use e2e::{Party, World};
use serde_json::{Value, json};

on_each_store! { resume_brings_only_what_was_missed }

/// A visitor and an agent who have said "one", "two" and "three"; the visitor's last full history.
async fn three_messages(world: &World) -> (Party, Party, Value) {
    let (mut visitor, mut support) = world.engaged_v1().await;
    for content in ["one", "two", "three"] {
        visitor.says(content).await;
        support.hears(content).await;
    }
    let history = visitor.rejoins_at(world, 1).await;
    (visitor, support, history)
}

fn resume(party: &Party, epoch: &Value, after: &Value) -> Value {
    let mut args = party.rejoin_args();
    args["resume"] = json!({"epoch": epoch, "after": after});
    args
}

#[tokio::test]
async fn history_says_where_it_ends() {
    let world = World::new();
    let (visitor, _support, history) = three_messages(&world).await;
    assert_fields(
        &history,
        &[
            "messages",
            "epoch",
            "lastSeq",
            "partial",
            "seen",
            "idleTimeoutMs",
            "expiresInMs",
            "status",
            "username",
            "supportId",
            "supportUserName",
        ],
    );
    assert_eq!(history["partial"], false);
    assert_fields(&history["seen"], &["User", "Support"]);
    assert!(
        history["seen"]["User"].is_u64() && history["seen"]["Support"].is_u64(),
        "{history}"
    );
    let last = messages(&history).last().expect("messages");
    assert_fields(
        last,
        &[
            "userId",
            "supportId",
            "content",
            "timestamp",
            "from",
            "id",
            "seq",
        ],
    );
    assert!(
        history["lastSeq"].as_u64() >= last["seq"].as_u64(),
        "{history}"
    );
    drop(visitor);
}

async fn resume_brings_only_what_was_missed(store: Builder) {
    let world = store.start();
    let (mut visitor, mut support, history) = three_messages(&world).await;
    let after_one = messages(&history)[0]["seq"].clone();
    let args = resume(&visitor, &history["epoch"], &after_one);
    let missed = visitor.rejoins_with(&world, 0, args).await;
    assert_eq!(missed["partial"], true);
    assert_eq!(messages(&missed), &messages(&history)[1..]);
    assert_eq!(missed["epoch"], history["epoch"]);
    support.says("four").await;
    visitor.hears("four").await;
}

#[tokio::test]
async fn resume_after_the_last_brings_nothing() {
    let world = World::new();
    let (mut visitor, _support, history) = three_messages(&world).await;
    let args = resume(&visitor, &history["epoch"], &history["lastSeq"]);
    let missed = visitor.rejoins_with(&world, 0, args).await;
    assert_eq!(missed["partial"], true);
    assert_eq!(missed["messages"], json!([]));
}

#[tokio::test]
async fn resume_with_another_epoch_or_from_the_future_brings_everything() {
    let world = World::new();
    let (mut visitor, _support, history) = three_messages(&world).await;
    let future = json!(history["lastSeq"].as_u64().expect("an integer") + 1);
    for (epoch, after) in [
        (json!("another epoch"), json!(1)),
        (history["epoch"].clone(), future),
    ] {
        let args = resume(&visitor, &epoch, &after);
        let full = visitor.rejoins_with(&world, 0, args).await;
        assert_eq!(full["partial"], false);
        assert_eq!(contents(&full), ["one", "two", "three"]);
    }
}

#[tokio::test]
async fn an_agent_resumes_too() {
    let world = World::new();
    let (mut visitor, mut support, history) = three_messages(&world).await;
    let args = resume(&support, &history["epoch"], &history["lastSeq"]);
    visitor.says("four").await;
    let missed = support.rejoins_with(&world, 0, args).await;
    assert_eq!(contents(&missed), ["four"]);
    assert_eq!(missed["partial"], true);
}

#[tokio::test]
async fn a_bad_resume_is_named() {
    let world = World::new();
    let (visitor, _support, history) = three_messages(&world).await;
    let mut socket = world
        .open(0, &visitor.guest.chat_id, &visitor.door, "Mina")
        .await;
    for bad in [
        json!("yes"),
        json!([]),
        json!({}),
        json!({"epoch": 5, "after": 1}),
        json!({"epoch": "x"}),
        json!({"epoch": "x", "after": "1"}),
    ] {
        let mut args = visitor.rejoin_args();
        args["resume"] = bad.clone();
        socket.send("Join", args).await;
        let error = socket.expect_error("invalid_field").await;
        assert!(
            error["field"]
                .as_str()
                .is_some_and(|field| field.starts_with("resume")),
            "{bad}: {error}"
        );
    }
    socket
        .send(
            "Join",
            resume(&visitor, &history["epoch"], &history["lastSeq"]),
        )
        .await;
    socket.expect("ChatHistory").await;
}

#[tokio::test]
async fn epoch_and_seq_of_joined_are_a_place_to_resume_from() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, &e2e::Door::v1()).await;
    visitor.room("waiting").await;
    let mut support = world.claims(&guest, "Vika", 1, &e2e::Door::v1()).await;
    let joined = visitor.meets("Vika").await;
    support.says("after that").await;
    visitor.hears("after that").await;
    let args = resume(&visitor, &joined["epoch"], &joined["seq"]);
    let missed = visitor.rejoins_with(&world, 1, args).await;
    assert_eq!(contents(&missed), ["after that"]);
    assert_eq!(missed["partial"], true);
}
