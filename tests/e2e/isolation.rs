//! Contract 001: frames of one chat never reach another, and nobody speaks in a chat that is not theirs.

use e2e::party::contents;
use e2e::{Door, World};
use serde_json::json;

#[tokio::test]
async fn two_chats_on_the_same_servers_hear_nothing_of_each_other() {
    let world = World::new();
    let (mut mina, mut vika) = world.engaged().await;
    let guest = world.register("Otto").await;
    let mut otto = world.joins(&guest, 0, &Door::plain()).await;
    let mut ines = world.claims(&guest, "Ines", 1, &Door::plain()).await;
    otto.meets("Ines").await;
    for round in 0..5 {
        let (hers, his) = (format!("hers {round}"), format!("his {round}"));
        mina.says(&hers).await;
        otto.says(&his).await;
        vika.hears(&hers).await;
        ines.hears(&his).await;
    }
    let history = otto.rejoins_at(&world, 1).await;
    assert!(
        contents(&history)
            .iter()
            .all(|content| content.starts_with("his")),
        "{history}"
    );
}

#[tokio::test]
async fn a_visitor_cannot_join_the_chat_of_another() {
    let world = World::new();
    let (mina, otto) = (world.visitor("Mina").await, world.register("Otto").await);
    let mut socket = world
        .open(1, &mina.guest.chat_id, &Door::plain(), "Otto")
        .await;
    socket.send("Join", otto.join()).await;
    socket.expect_error("forbidden").await;
    socket.send("Join", otto.claim("Otto")).await;
    socket.expect_error("forbidden").await;
}

#[tokio::test]
async fn ids_and_sides_of_others_are_forbidden_in_messages() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let other = world.register("Otto").await;

    let mut as_another_user = visitor.message("as Otto");
    as_another_user["userId"] = json!(other.user_id);
    visitor.send("ChatMessage", as_another_user).await;
    visitor.expect_error("forbidden").await;

    visitor
        .send("ChatMessage", support.message("as the agent"))
        .await;
    visitor.expect_error("forbidden").await;

    let mut to_another_agent = visitor.message("to somebody else");
    to_another_agent["supportId"] = json!(other.user_id);
    visitor.send("ChatMessage", to_another_agent).await;
    visitor.expect_error("forbidden").await;

    let mut as_another_agent = support.message("as another agent");
    as_another_agent["supportId"] = json!(other.user_id);
    support.send("ChatMessage", as_another_agent).await;
    support.expect_error("forbidden").await;

    let as_visitor = visitor.message("as the visitor");
    support.send("ChatMessage", as_visitor).await;
    support.expect_error("forbidden").await;

    visitor.says("and nothing else happened").await;
    support.hears("and nothing else happened").await;
    let history = visitor.rejoins_at(&world, 0).await;
    assert_eq!(contents(&history), ["and nothing else happened"]);
}
