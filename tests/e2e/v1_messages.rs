//! Contract 001, section 5: ids, sequence and `clientId`, for those who asked for them.

use e2e::party::messages;
use e2e::shape::{assert_fields, is_id};
use e2e::{Door, World};
use serde_json::json;

#[tokio::test]
async fn the_server_selects_the_subprotocol_only_when_offered() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let plain = world.open(0, &guest.chat_id, &Door::plain(), "plain").await;
    assert_eq!(plain.protocol, None);
    let opted_in = world.open(0, &guest.chat_id, &Door::v1(), "opted in").await;
    assert_eq!(opted_in.protocol.as_deref(), Some("helpline.v1"));
    let among_others = world
        .open(
            0,
            &guest.chat_id,
            &Door::plain().protocols(&["chat", "helpline.v1"]),
            "many",
        )
        .await;
    assert_eq!(among_others.protocol.as_deref(), Some("helpline.v1"));
}

#[tokio::test]
async fn joined_carries_chat_epoch_and_seq() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::v1(), "Mina").await;
    socket.send("Join", guest.join()).await;
    let joined = socket.expect("Joined").await;
    assert_fields(
        &joined,
        &[
            "participant",
            "userId",
            "chatId",
            "epoch",
            "seq",
            "idleTimeoutMs",
        ],
    );
    assert_eq!(joined["chatId"], json!(guest.chat_id));
    assert!(
        joined["epoch"].is_string() && joined["seq"].is_u64(),
        "{joined}"
    );
}

#[tokio::test]
async fn the_room_is_told_at_each_change_of_its_status() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, &Door::v1()).await;
    let room = visitor.room("waiting").await;
    assert_fields(
        &room,
        &[
            "roomId",
            "userId",
            "username",
            "platform",
            "status",
            "agent",
            "createdAt",
        ],
    );
    assert_eq!(
        (
            &room["userId"],
            &room["username"],
            &room["platform"],
            &room["agent"]
        ),
        (
            &json!(guest.user_id),
            &json!("Mina"),
            &json!("web"),
            &json!(null)
        )
    );
    let mut support = world.claims(&guest, "Vika", 1, &Door::plain()).await;
    let joined = visitor.expect("Joined").await;
    assert_eq!(joined["supportUserName"], "Vika");
    assert_eq!(visitor.room("engaged").await["agent"], "Vika");
    support.leaves().await;
    support.expect("SupportLeft").await;
    support.chat_is_over(&guest.chat_id).await;
    visitor.expect("SupportLeft").await;
    visitor.room("closed").await;
    visitor.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn messages_carry_an_id_and_a_rising_seq() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let mut before = 0;
    for number in 0..4 {
        let content = format!("message {number}");
        let echo = visitor.says(&content).await;
        assert_fields(
            &echo,
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
        assert!(is_id(&echo["id"]), "{echo}");
        let seq = echo["seq"].as_u64().expect("an integer");
        assert!(seq > before, "{seq} after {before}");
        before = seq;
        assert_eq!(support.hears(&content).await, echo);
    }
}

#[tokio::test]
async fn the_client_id_comes_back_to_the_senders_side_only() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    visitor.sends_as("hello", "a-Z_09").await;
    assert_eq!(visitor.hears("hello").await["clientId"], "a-Z_09");
    assert_eq!(phone.hears("hello").await["clientId"], "a-Z_09");
    assert_eq!(support.hears("hello").await.get("clientId"), None);
    let own = visitor.rejoins_at(&world, 1).await;
    assert_eq!(messages(&own)[0]["clientId"], "a-Z_09");
    let theirs = support.rejoins_at(&world, 0).await;
    assert_eq!(messages(&theirs)[0].get("clientId"), None);
}

#[tokio::test]
async fn a_repeat_stores_nothing_and_is_echoed_to_its_sender() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    visitor.sends_as("only once", "one").await;
    let first = visitor.hears("only once").await;
    visitor.sends_as("only once", "one").await;
    assert_eq!(visitor.hears("only once").await, first);
    visitor.sends_as("another text, the same id", "one").await;
    assert_eq!(
        visitor.hears("only once").await,
        first,
        "the first one counts"
    );
    support.hears("only once").await;
    visitor.says("next").await;
    support.hears("next").await;
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(messages(&history).len(), 2, "{history}");
}

#[tokio::test]
async fn a_repeat_after_a_reconnection_to_another_server_is_still_a_repeat() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    visitor.sends_as("was that heard?", "again-1").await;
    let first = visitor.hears("was that heard?").await;
    support.hears("was that heard?").await;
    visitor.rejoins_at(&world, 1).await;
    visitor.sends_as("was that heard?", "again-1").await;
    assert_eq!(visitor.hears("was that heard?").await, first);
    visitor.says("good").await;
    support.hears("good").await;
}

#[tokio::test]
async fn repeats_at_once_on_two_servers_store_one_message() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    tokio::join!(
        visitor.sends_as("race", "race"),
        phone.sends_as("race", "race")
    );
    support.hears("race").await;
    support.says("one").await;
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(messages(&history).len(), 2, "{history}");
}

#[tokio::test]
async fn each_side_has_client_ids_of_its_own() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    visitor.sends_as("from the visitor", "1").await;
    visitor.hears("from the visitor").await;
    support.hears("from the visitor").await;
    support.sends_as("from the agent", "1").await;
    support.hears("from the agent").await;
    visitor.hears("from the agent").await;
}

#[tokio::test]
async fn however_much_came_since_a_repeat_is_a_repeat() {
    const MANY: usize = 290;
    let world = World::with(|settings| settings.limits.message_burst = 100_000);
    let mut visitor = world.visitor_v1("Mina").await;
    let ids: Vec<String> = (0..MANY).map(|number| format!("id-{number}")).collect();
    for id in &ids {
        visitor.sends_as(id, id).await;
    }
    for id in &ids {
        visitor.hears(id).await;
    }
    visitor.rejoins_at(&world, 1).await;
    for id in &ids {
        visitor.sends_as(id, id).await;
        visitor.hears(id).await;
    }
    let history = visitor.rejoins_at(&world, 0).await;
    assert_eq!(messages(&history).len(), MANY);
}

#[tokio::test]
async fn a_bad_client_id_is_named() {
    let world = World::new();
    let mut visitor = world.visitor_v1("Mina").await;
    let too_long = "x".repeat(65);
    for bad in [
        json!(""),
        json!(too_long),
        json!("with space"),
        json!("é"),
        json!("a/b"),
        json!(5),
        json!({}),
    ] {
        let mut args = visitor.message("hello");
        args["clientId"] = bad;
        visitor.send("ChatMessage", args).await;
        visitor.expect_invalid("clientId").await;
    }
    visitor.sends_as("hello", &"x".repeat(64)).await;
    visitor.hears("hello").await;
}

#[tokio::test]
async fn plain_sockets_see_none_of_it() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, &Door::v1()).await;
    visitor.room("waiting").await;
    let mut support = world.claims(&guest, "Vika", 1, &Door::plain()).await;
    visitor.meets("Vika").await;
    visitor.send("Typing", json!({"on": true})).await;
    visitor.sends_as("hello", "one").await;
    let seq = visitor.hears("hello").await["seq"].clone();
    let plain = support.hears("hello").await;
    assert_fields(
        &plain,
        &["userId", "supportId", "content", "timestamp", "from"],
    );
    visitor.send("Seen", json!({"seq": seq})).await;
    visitor.expect("Seen").await;
    visitor.says("more").await;
    support.hears("more").await;
    let history = support.rejoins_at(&world, 0).await;
    assert_fields(&history, &["messages"]);
    assert_fields(
        &messages(&history)[0],
        &["userId", "supportId", "content", "timestamp", "from"],
    );
}

#[tokio::test]
async fn the_frames_of_the_subprotocol_are_unknown_to_plain_sockets() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    for (kind, args) in [("Typing", json!({"on": true})), ("Seen", json!({"seq": 1}))] {
        visitor.send(kind, args).await;
        visitor.expect_error("unknown_type").await;
    }
}
