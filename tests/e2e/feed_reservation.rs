//! Contract 001, section 4: one agent takes a request, the others no longer see it.

use e2e::builder::Builder;
use e2e::shape::assert_fields;
use e2e::{Agent, Party, World, ms};
use serde_json::json;

on_each_store! { a_reservation_that_lapses_announces_the_request_again }

/// Two agents on different subscribers who both see one waiting visitor.
async fn two_agents(world: &World) -> (Party, Agent, Agent) {
    let (mut vika, mut otto) = (world.agent("Vika").await, world.agent("Otto").await);
    let visitor = world.visitor("Mina").await;
    vika.sees(&visitor.guest).await;
    otto.sees(&visitor.guest).await;
    (visitor, vika, otto)
}

#[tokio::test]
async fn a_bare_user_id_hides_the_request_from_the_others() {
    let world = World::new();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    let next = world.visitor("Ines").await;
    vika.sees(&next.guest).await;
    otto.sees(&next.guest).await;
}

#[tokio::test]
async fn the_accept_object_does_the_same() {
    let world = World::new();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    otto.accepts_by_object(&visitor.guest).await;
    vika.loses(&visitor.guest).await;
}

#[tokio::test]
async fn the_second_to_accept_is_told_so() {
    let world = World::new();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    otto.accepts(&visitor.guest).await;
    otto.expect_error("already_claimed").await;
    otto.accepts_by_object(&visitor.guest).await;
    otto.expect_error("already_claimed").await;
}

#[tokio::test]
async fn of_agents_who_accept_at_once_one_has_the_request() {
    let world = World::new();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    tokio::join!(vika.accepts(&visitor.guest), otto.accepts(&visitor.guest));
    let mut refused = 0;
    for agent in [&mut vika, &mut otto] {
        // Frames of one socket are answered in their order: this answer comes after that to the Accept.
        agent.send_text("0123456789abcdef0123456789abcdef").await;
        loop {
            let frame = agent.json().await;
            match frame["args"]["code"].as_str() {
                Some("already_claimed") => refused += 1,
                Some("not_found") => break,
                _ => assert_eq!(frame["type"], "RemoveUser", "{frame}"),
            }
        }
    }
    assert_eq!(refused, 1);
}

#[tokio::test]
async fn an_agent_who_comes_during_a_reservation_does_not_see_the_request() {
    let world = World::new();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    let mut paul = world.agent("Paul").await;
    paul.sees(&visitor.guest).await;
    vika.accepts(&visitor.guest).await;
    // Both subscribers know: one agent of each has lost the request.
    otto.loses(&visitor.guest).await;
    paul.loses(&visitor.guest).await;
    let mut newcomers = [world.agent("Ines").await, world.agent("Lena").await];
    let next = world.visitor("Hugo").await;
    for newcomer in &mut newcomers {
        newcomer.sees(&next.guest).await;
    }
}

async fn a_reservation_that_lapses_announces_the_request_again(store: Builder) {
    let world = (store.settings(|settings| settings.queue.reservation = ms(400))).start();
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    otto.sees(&visitor.guest).await;
    vika.sees(&visitor.guest).await;
    otto.accepts(&visitor.guest).await;
    vika.loses(&visitor.guest).await;
}

#[tokio::test]
async fn a_lapsed_request_stays_hidden_from_those_who_declined_it() {
    let world = World::with(|settings| settings.queue.reservation = ms(400));
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    otto.declines(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    vika.accepts(&visitor.guest).await;
    vika.sees(&visitor.guest).await;
    let next = world.visitor("Ines").await;
    otto.sees(&next.guest).await;
}

#[tokio::test]
async fn opt_in_agents_learn_how_long_they_have() {
    let world = World::new();
    let mut vika = world.agent_v1("Vika").await;
    let mut otto = world.agent("Otto").await;
    let visitor = world.visitor("Mina").await;
    vika.sees(&visitor.guest).await;
    otto.sees(&visitor.guest).await;
    vika.accepts_by_object(&visitor.guest).await;
    let reserved = vika.expect("Reserved").await;
    assert_fields(&reserved, &["userId", "chatId", "expiresAt"]);
    assert_eq!(reserved["userId"], json!(visitor.guest.user_id));
    assert_eq!(reserved["chatId"], json!(visitor.guest.chat_id));
    assert!(
        reserved["expiresAt"]
            .as_str()
            .is_some_and(|at| chrono::DateTime::parse_from_rfc3339(at).is_ok()),
        "{reserved}"
    );
    otto.loses(&visitor.guest).await;
}

#[tokio::test]
async fn a_claim_takes_the_request_from_the_one_who_had_reserved_it() {
    let world = World::new();
    let (mut visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    let mut support = world.support(&visitor.guest, "Vika").await;
    visitor.meets("Vika").await;
    vika.loses(&visitor.guest).await;
    let next = world.visitor("Ines").await;
    vika.sees(&next.guest).await;
    otto.sees(&next.guest).await;
    visitor.says("hello").await;
    support.hears("hello").await;
}

#[tokio::test]
async fn without_tokens_a_reservation_only_hides_and_the_first_join_wins() {
    let world = World::new();
    let (mut visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    let _support = world.support(&visitor.guest, "Otto").await;
    visitor.meets("Otto").await;
    vika.loses(&visitor.guest).await;
}

#[tokio::test]
async fn a_claimed_chat_is_not_announced_when_its_reservation_would_have_ended() {
    let world = World::with(|settings| settings.queue.reservation = ms(400));
    let (visitor, mut vika, mut otto) = two_agents(&world).await;
    vika.accepts(&visitor.guest).await;
    otto.loses(&visitor.guest).await;
    let _support = world.support(&visitor.guest, "Vika").await;
    vika.loses(&visitor.guest).await;
    // A reservation made later lapses later: when it does, the first one's time is over too.
    let witness = world.visitor("Ines").await;
    vika.sees(&witness.guest).await;
    otto.sees(&witness.guest).await;
    vika.accepts(&witness.guest).await;
    otto.loses(&witness.guest).await;
    otto.sees(&witness.guest).await;
    vika.sees(&witness.guest).await;
}
