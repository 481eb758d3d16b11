//! Contract 001, section 4: an agent who does not want a request, and a visitor whom nobody wants.

use e2e::World;
use serde_json::json;

#[tokio::test]
async fn declining_hides_the_request_for_this_agent_only() {
    let world = World::new();
    let (mut vika, mut otto) = (world.agent("Vika").await, world.agent("Otto").await);
    let visitor = world.visitor("Mina").await;
    vika.sees(&visitor.guest).await;
    otto.sees(&visitor.guest).await;
    vika.declines(&visitor.guest).await;
    vika.loses(&visitor.guest).await;
    let next = world.visitor("Ines").await;
    otto.sees(&next.guest).await;
    vika.sees(&next.guest).await;
    otto.accepts(&visitor.guest).await;
    otto.accepts(&next.guest).await;
    vika.loses(&next.guest).await;
}

#[tokio::test]
async fn a_visitor_whom_everyone_declined_is_told_so_and_keeps_waiting() {
    let world = World::new();
    let (mut vika, mut otto) = (world.agent("Vika").await, world.agent("Otto").await);
    let mut visitor = world.visitor_v1("Mina").await;
    for agent in [&mut vika, &mut otto] {
        agent.sees(&visitor.guest).await;
        agent.declines(&visitor.guest).await;
        agent.loses(&visitor.guest).await;
    }
    let declined = visitor.expect("RequestDeclined").await;
    assert_eq!(
        declined,
        json!({"chatId": visitor.guest.chat_id, "userId": visitor.guest.user_id})
    );
    let mut newcomer = world.agent("Ines").await;
    newcomer.sees(&visitor.guest).await;
    newcomer.accepts(&visitor.guest).await;
    world.support(&visitor.guest, "Ines").await;
    visitor.meets("Ines").await;
}

#[tokio::test]
async fn as_long_as_one_agent_has_not_declined_the_visitor_hears_nothing() {
    let world = World::new();
    let (mut vika, mut otto) = (world.agent("Vika").await, world.agent("Otto").await);
    let mut visitor = world.visitor_v1("Mina").await;
    vika.sees(&visitor.guest).await;
    otto.sees(&visitor.guest).await;
    vika.declines(&visitor.guest).await;
    vika.loses(&visitor.guest).await;
    visitor.says("hello?").await;
    // The last one who might have taken it goes: now everyone who is online has declined.
    otto.feed.close().await;
    visitor.expect("RequestDeclined").await;
}

#[tokio::test]
async fn a_plain_visitor_is_not_told_that_it_was_declined() {
    let world = World::new();
    let mut vika = world.agent("Vika").await;
    let guest = world.register("Mina").await;
    let mut plain = world.joins(&guest, 0, &e2e::Door::plain()).await;
    vika.sees(&guest).await;
    let mut opted_in = world.joins(&guest, 1, &e2e::Door::v1()).await;
    plain.expect("Joined").await;
    vika.declines(&guest).await;
    vika.loses(&guest).await;
    opted_in.expect("RequestDeclined").await;
    plain.says("hello?").await;
}

#[tokio::test]
async fn declining_what_is_not_waiting_is_an_error() {
    let world = World::new();
    let mut agent = world.agent("Otto").await;
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let _support = world.support(&visitor.guest, "Vika").await;
    agent.loses(&visitor.guest).await;
    agent.declines(&visitor.guest).await;
    let code = agent.expect("Error").await["code"].clone();
    assert!(
        code == "not_found" || code == "already_claimed",
        "not waiting, and another's: {code}"
    );
}
