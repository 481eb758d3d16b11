//! Contract 001, section 2.1: the rows of `Join` with `from: User`, and what a chat socket may do before its Join.

use e2e::party::contents;
use e2e::shape::assert_fields;
use e2e::{Door, World, ms};
use serde_json::json;

#[tokio::test]
async fn the_first_join_is_answered_with_joined() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
    socket.send("Join", guest.join()).await;
    assert_eq!(
        socket.expect("Joined").await,
        json!({"participant": "User", "userId": guest.user_id})
    );
}

#[tokio::test]
async fn the_first_join_publishes_one_request_and_a_second_socket_none() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let _second = world.joins(&visitor.guest, 1, &Door::plain()).await;
    assert_eq!(
        visitor.expect("Joined").await["userId"],
        visitor.guest.user_id,
        "Joined goes to all of the chat's sockets"
    );
    let next = world.visitor("Otto").await;
    agent.sees(&next.guest).await;
}

#[tokio::test]
async fn a_rejoin_of_a_chat_without_messages_and_agent_is_joined_again() {
    let world = World::new();
    let visitor = world.visitor("Mina").await;
    let guest = visitor.guest.clone();
    visitor.socket.close().await;
    let mut back = world.joins(&guest, 1, &Door::plain()).await;
    back.says("still me").await;
}

#[tokio::test]
async fn a_rejoin_with_early_messages_brings_the_history() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    visitor.says("anybody there?").await;
    let history = visitor.rejoins_at(&world, 1).await;
    assert_fields(&history, &["messages"]);
    assert_eq!(contents(&history), ["anybody there?"]);
    assert_fields(
        &history["messages"][0],
        &["userId", "content", "timestamp", "from"],
    );
}

#[tokio::test]
async fn a_rejoin_with_an_agent_and_no_messages_brings_an_empty_history() {
    let world = World::new();
    let (mut visitor, _support) = world.engaged().await;
    let without_support_id = visitor.guest.join();
    let history = visitor.rejoins_with(&world, 1, without_support_id).await;
    assert_eq!(history, json!({"messages": []}));
}

#[tokio::test]
async fn a_reload_with_support_id_brings_the_history_to_the_asker_alone() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("hello").await;
    support.hears("hello").await;
    let (mut reloaded, history) = visitor.another_at(&world, 1).await;
    assert_eq!(contents(&history), ["hello"]);
    reloaded.says("back again").await;
    visitor.hears("back again").await;
    support.hears("back again").await;
}

#[tokio::test]
async fn agents_see_the_registered_name_whatever_the_join_says() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
    let mut join = guest.join();
    join["username"] = json!("Somebody Else");
    socket.send("Join", join).await;
    socket.expect("Joined").await;
    agent.sees(&guest).await;
}

#[tokio::test]
async fn a_chat_nobody_knows_has_expired() {
    let world = World::new();
    let guest = world.register("Mina").await;
    for chat_id in ["0123456789abcdef0123456789abcdef", "no-id-at-all"] {
        let mut socket = world.open(0, chat_id, &Door::plain(), "Mina").await;
        socket.send("Join", guest.join()).await;
        socket.chat_is_over(chat_id).await;
        let mut socket = world.open(1, chat_id, &Door::plain(), "Vika").await;
        socket.send("Join", guest.claim("Vika")).await;
        socket.chat_is_over(chat_id).await;
    }
}

#[tokio::test]
async fn another_frame_than_join_comes_too_early() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let frames = [
        (
            "ChatMessage",
            json!({"userId": guest.user_id, "content": "hello", "from": "User"}),
        ),
        ("Leave", json!({})),
    ];
    for (kind, args) in frames {
        let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
        socket.send(kind, args).await;
        socket.expect_error("not_joined").await;
        socket.closed_with(1008).await;
    }
}

#[tokio::test]
async fn a_socket_that_never_joins_is_closed() {
    let world = World::with(|settings| settings.chat.join_timeout = ms(300));
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
    socket.expect_error("join_timeout").await;
    socket.closed_with(1008).await;
}

#[tokio::test]
async fn a_joined_socket_is_not_held_to_the_time_for_joining() {
    let world = World::with(|settings| settings.chat.join_timeout = ms(300));
    let mut visitor = world.visitor("Mina").await;
    let guest = world.register("Otto").await;
    let mut late = world.open(0, &guest.chat_id, &Door::plain(), "Otto").await;
    late.expect_error("join_timeout").await;
    visitor.says("I was in time").await;
}

#[tokio::test]
async fn a_malformed_first_frame_leaves_room_for_a_join() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let mut socket = world.open(0, &guest.chat_id, &Door::plain(), "Mina").await;
    socket.send_text("hello?").await;
    socket.expect_error("malformed").await;
    socket.send("Join", guest.join()).await;
    socket.expect("Joined").await;
}

#[tokio::test]
async fn a_refused_join_leaves_the_socket_open_and_outside() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let mut socket = world
        .open(1, &visitor.guest.chat_id, &Door::plain(), "a stranger")
        .await;
    let mut wrong = visitor.guest.join();
    wrong["userId"] = json!("0123456789abcdef0123456789abcdef");
    socket.send("Join", wrong).await;
    socket.expect_error("forbidden").await;
    socket
        .send("ChatMessage", visitor.message("let me in"))
        .await;
    socket.expect_error("not_joined").await;
    visitor.says("not for strangers").await;
    socket.send("Join", visitor.guest.join()).await;
    let history = socket.expect("ChatHistory").await;
    assert_eq!(
        contents(&history),
        ["not for strangers"],
        "a socket outside the chat hears nothing of it and adds nothing to it"
    );
}
