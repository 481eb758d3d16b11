//! Contract 001: `ChatMessage`, from sender to everyone, and the history it leaves.

use e2e::World;
use e2e::builder::Builder;
use e2e::party::{contents, messages};
use e2e::shape::{assert_fields, is_timestamp};
use serde_json::json;

on_each_store! { a_visitor_and_an_agent_talk }

async fn a_visitor_and_an_agent_talk(store: Builder) {
    let world = store.start();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("hello").await;
    support.hears("hello").await;
    support.says("how can I help?").await;
    visitor.hears("how can I help?").await;
}

#[tokio::test]
async fn a_message_has_five_fields_and_is_the_same_for_both_sides() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let echo = visitor.says("hello").await;
    assert_fields(
        &echo,
        &["userId", "supportId", "content", "timestamp", "from"],
    );
    assert_eq!(echo["userId"], visitor.guest.user_id);
    assert_eq!(echo["supportId"], json!(support.support_id));
    assert_eq!(echo["from"], "User");
    assert!(is_timestamp(&echo["timestamp"]), "{echo}");
    assert_eq!(support.hears("hello").await, echo);
    let answer = support.says("welcome").await;
    assert_eq!(answer["from"], "Support");
    assert_eq!(answer["userId"], visitor.guest.user_id);
    assert_eq!(visitor.hears("welcome").await, answer);
}

#[tokio::test]
async fn an_early_message_is_kept_without_support_id() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let echo = visitor.says("is anybody there?").await;
    assert_fields(&echo, &["userId", "content", "timestamp", "from"]);
    let mut support = world.support(&visitor.guest, "Vika").await;
    assert_eq!(
        support.expect("ChatHistory").await["messages"],
        json!([echo])
    );
    visitor.meets("Vika").await;
    let history = visitor.rejoins_at(&world, 0).await;
    assert_eq!(history["messages"], json!([echo]), "history is never reset");
}

#[tokio::test]
async fn history_is_what_was_echoed_field_by_field() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let mut echoed = Vec::new();
    for round in 0..3 {
        echoed.push(visitor.says(&format!("question {round}")).await);
        support.expect("ChatMessage").await;
        echoed.push(support.says(&format!("answer {round}")).await);
        visitor.expect("ChatMessage").await;
    }
    let of_visitor = visitor.rejoins_at(&world, 1).await;
    assert_eq!(messages(&of_visitor), echoed);
    let of_support = support.rejoins_at(&world, 0).await;
    assert_eq!(messages(&of_support), echoed);
}

#[tokio::test]
async fn every_socket_of_both_sides_hears_everything() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    let (mut second_screen, _) = support.another_at(&world, 0).await;
    phone.says("from the phone").await;
    for party in [&mut visitor, &mut support, &mut second_screen] {
        party.hears("from the phone").await;
    }
    second_screen.says("from the second screen").await;
    for party in [&mut visitor, &mut support, &mut phone] {
        party.hears("from the second screen").await;
    }
}

#[tokio::test]
async fn a_clients_own_name_and_time_are_ignored() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let mut args = support.message("trust my clock");
    args["supportUserName"] = json!("The Boss");
    args["timestamp"] = json!("1999-12-31T23:59:59.000000Z");
    args["mood"] = json!({"unknown": ["fields", "are", "ignored"]});
    support.send("ChatMessage", args).await;
    let echo = visitor.hears("trust my clock").await;
    assert_fields(
        &echo,
        &["userId", "supportId", "content", "timestamp", "from"],
    );
    assert!(
        echo["timestamp"].as_str().is_some_and(|time| time > "2020"),
        "{echo}"
    );
}

#[tokio::test]
async fn any_text_arrives_as_it_was_sent() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let longest = "x".repeat(4096);
    let widest = "😀".repeat(1024);
    let texts = [
        "\"quotes\" \\ and / slashes",
        "two\nlines\tand a tab",
        "سلام 你好 👩‍👩‍👧",
        "\u{2028}</script>\u{7f}",
        " ",
        &longest,
        &widest,
    ];
    for text in texts {
        visitor.says(text).await;
        support.hears(text).await;
    }
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(contents(&history), texts);
}

#[tokio::test]
async fn json_may_be_written_in_any_way() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let user = visitor.guest.user_id.clone();
    let spaced = format!(
        "\n {{ \"args\" : {{ \"from\":\"\\u0055ser\",\"content\":\"args first\",\"userId\":\"{user}\" }} , \"x\":null, \"type\" : \"ChatMessage\" }} "
    );
    visitor.send_text(spaced).await;
    visitor.hears("args first").await;
}

#[tokio::test]
async fn a_message_in_two_frames_is_one_message() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let text = json!({"type": "ChatMessage", "args": visitor.message("in two pieces")}).to_string();
    visitor.send_in_pieces(&text).await;
    visitor.hears("in two pieces").await;
}

#[tokio::test]
async fn a_visitor_may_name_its_agent() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let mut args = visitor.message("dear Vika");
    args["supportId"] = json!(support.support_id);
    visitor.send("ChatMessage", args).await;
    visitor.hears("dear Vika").await;
    support.hears("dear Vika").await;
}
