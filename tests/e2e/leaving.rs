//! Contract 001: `Leave`, and what happens when all sockets of a side are gone.

use e2e::builder::Builder;
use e2e::party::contents;
use e2e::shape::assert_fields;
use e2e::{Door, Party, World, ms};
use serde_json::{Value, json};

on_each_store! { a_visitor_gone_for_the_grace_has_left_and_may_come_back }

#[tokio::test]
async fn a_visitor_who_leaves_ends_the_chat() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    let chat = visitor.guest.chat_id.clone();
    visitor.leaves().await;
    visitor.chat_is_over(&chat).await;
    for other in [&mut support, &mut phone] {
        let left = other.expect("UserLeft").await;
        assert_eq!(
            left,
            json!({"chatId": chat, "userId": visitor.guest.user_id})
        );
        other.chat_is_over(&chat).await;
    }
}

#[tokio::test]
async fn an_agent_who_leaves_ends_the_chat_and_hears_so() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    support.leaves().await;
    for party in [&mut support, &mut visitor] {
        let left = party.expect("SupportLeft").await;
        assert_support_left(&left, party);
        party.chat_is_over(&chat).await;
    }
}

fn assert_support_left(left: &Value, party: &Party) {
    let mut known = left.clone();
    let text = known.as_object_mut().expect("an object").remove("text");
    assert!(text.is_none_or(|text| text.is_string()), "{left}");
    assert_fields(&known, &["chatId", "supportId", "supportUserName"]);
    assert_eq!(known["chatId"], party.guest.chat_id);
    assert_eq!(known["supportId"], json!(party.support_id));
    assert_eq!(known["supportUserName"], "Vika");
}

#[tokio::test]
async fn a_chat_that_was_left_is_over_for_those_who_come_later_and_for_those_who_had_not_joined() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut watching = world.open(1, &chat, &Door::plain(), "not joined").await;
    visitor.leaves().await;
    visitor.chat_is_over(&chat).await;
    watching.chat_is_over(&chat).await;
    support.expect("UserLeft").await;
    for (server, join) in [
        (0, visitor.rejoin_args()),
        (1, support.rejoin_args()),
        (1, visitor.guest.claim("Otto")),
    ] {
        let mut late = world.open(server, &chat, &Door::plain(), "late").await;
        late.send("Join", join).await;
        late.chat_is_over(&chat).await;
    }
}

#[tokio::test]
async fn a_waiting_visitor_may_leave() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    visitor.leaves().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.chat_is_over(&chat).await;
    agent.loses(&visitor.guest).await;
}

async fn a_visitor_gone_for_the_grace_has_left_and_may_come_back(store: Builder) {
    let world = (store.settings(|settings| settings.chat.leave_grace = ms(300))).start();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("brb").await;
    support.hears("brb").await;
    let (guest, args) = (visitor.guest.clone(), visitor.rejoin_args());
    visitor.socket.close().await;
    assert_eq!(
        support.expect("UserLeft").await,
        json!({"chatId": guest.chat_id, "userId": guest.user_id})
    );
    support.says("are you there?").await;
    let mut back = world.open(1, &guest.chat_id, &Door::plain(), "Mina").await;
    back.send("Join", args).await;
    assert_eq!(
        contents(&back.expect("ChatHistory").await),
        ["brb", "are you there?"]
    );
}

#[tokio::test]
async fn an_agent_gone_for_the_grace_has_left_and_may_come_back() {
    let world = World::with(|settings| settings.chat.leave_grace = ms(300));
    let (mut visitor, support) = world.engaged().await;
    let (guest, args) = (visitor.guest.clone(), support.rejoin_args());
    drop(support);
    let left = visitor.expect("SupportLeft").await;
    assert_support_left(&left, &visitor);
    visitor.says("hello?").await;
    let mut back = world.open(0, &guest.chat_id, &Door::plain(), "Vika").await;
    back.send("Join", args).await;
    assert_eq!(contents(&back.expect("ChatHistory").await), ["hello?"]);
}

#[tokio::test]
async fn who_comes_back_within_the_grace_has_not_left() {
    let world = World::with(|settings| settings.chat.leave_grace = ms(700));
    let (mut visitor, mut support) = world.engaged().await;
    visitor.rejoins_at(&world, 1).await;
    a_grace_passes(&world).await;
    visitor.says("never gone").await;
    support.hears("never gone").await;
}

#[tokio::test]
async fn a_side_with_another_open_socket_has_not_left() {
    let world = World::with(|settings| settings.chat.leave_grace = ms(300));
    let (visitor, mut support) = world.engaged().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    visitor.socket.close().await;
    a_grace_passes(&world).await;
    phone.says("still here").await;
    support.hears("still here").await;
}

/// Waits as long as the grace lasts: until somebody else, who goes now, has left.
async fn a_grace_passes(world: &World) {
    let (witness, mut other) = world.engaged().await;
    witness.socket.close().await;
    other.expect("UserLeft").await;
}
