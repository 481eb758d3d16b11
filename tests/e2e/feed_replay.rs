//! Contract 001, section 4: what the feed shows to whom, and in what order.

use e2e::shape::{assert_fields, is_timestamp};
use e2e::{Door, World, ms};

#[tokio::test]
async fn waiting_requests_come_first_and_the_oldest_first_of_all() {
    let world = World::new();
    let mut waiting = Vec::new();
    for name in ["Mina", "Otto", "Ines"] {
        waiting.push(world.visitor(name).await);
    }
    for name in ["on the first subscriber", "on the second"] {
        let mut agent = world.agent(name).await;
        let mut times = Vec::new();
        for visitor in &waiting {
            let request = agent.sees(&visitor.guest).await;
            times.push(request["requestedAt"].as_str().expect("a time").to_owned());
        }
        assert!(times.is_sorted(), "{times:?}");
    }
}

#[tokio::test]
async fn a_live_request_reaches_every_agent_of_every_subscriber() {
    let world = World::new();
    let mut agents = Vec::new();
    for name in ["Vika", "Otto", "Ines", "Paul"] {
        agents.push(world.agent(name).await);
    }
    let visitor = world.visitor("Mina").await;
    for agent in &mut agents {
        let request = agent.sees(&visitor.guest).await;
        assert_fields(
            &request,
            &[
                "participant",
                "userId",
                "chatId",
                "username",
                "requestedAt",
                "platform",
            ],
        );
        assert!(is_timestamp(&request["requestedAt"]), "{request}");
    }
}

#[tokio::test]
async fn replay_and_live_requests_overlap_without_a_gap_or_a_double() {
    let world = World::new();
    let first = world.visitor("Mina").await;
    let mut agent = world.agent("Vika").await;
    let second = world.visitor("Otto").await;
    agent.sees(&first.guest).await;
    agent.sees(&second.guest).await;
    let third = world.visitor("Ines").await;
    agent.sees(&third.guest).await;
}

#[tokio::test]
async fn a_claimed_request_is_not_replayed() {
    let world = World::new();
    let mut witnesses = [world.agent("Vika").await, world.agent("Otto").await];
    let visitor = world.visitor("Mina").await;
    for witness in &mut witnesses {
        witness.sees(&visitor.guest).await;
    }
    let _support = world.support(&visitor.guest, "Lena").await;
    for witness in &mut witnesses {
        witness.loses(&visitor.guest).await;
    }
    let waiting = world.visitor("Hugo").await;
    let mut agent = world.agent("Ines").await;
    agent.sees(&waiting.guest).await;
    agent.accepts(&visitor.guest).await;
    let code = agent.expect("Error").await["code"].clone();
    assert!(
        code == "not_found" || code == "already_claimed",
        "not waiting, and another's: {code}"
    );
}

#[tokio::test]
async fn a_claim_takes_the_request_off_every_feed() {
    let world = World::new();
    let mut agents = [world.agent("Vika").await, world.agent("Otto").await];
    let visitor = world.visitor("Mina").await;
    for agent in &mut agents {
        agent.sees(&visitor.guest).await;
    }
    let _support = world.support(&visitor.guest, "Vika").await;
    for agent in &mut agents {
        agent.loses(&visitor.guest).await;
    }
    let next = world.visitor("Ines").await;
    for agent in &mut agents {
        agent.sees(&next.guest).await;
    }
}

#[tokio::test]
async fn a_visitor_gone_for_the_grace_is_withdrawn_and_announced_again_on_return() {
    let world = World::with(|settings| settings.chat.leave_grace = ms(300));
    let mut agents = [world.agent("Vika").await, world.agent("Otto").await];
    let visitor = world.visitor("Mina").await;
    let guest = visitor.guest.clone();
    for agent in &mut agents {
        agent.sees(&guest).await;
    }
    visitor.socket.close().await;
    for agent in &mut agents {
        agent.loses(&guest).await;
    }
    let mut newcomer = world.agent("Ines").await;
    let _back = world.joins(&guest, 1, &Door::plain()).await;
    for agent in &mut agents {
        agent.sees(&guest).await;
    }
    newcomer.sees(&guest).await;
}

#[tokio::test]
async fn a_withdrawn_visitor_who_wrote_before_is_announced_again_too() {
    let world = World::with(|settings| settings.chat.leave_grace = ms(300));
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    visitor.says("hello?").await;
    let guest = visitor.guest.clone();
    visitor.socket.close().await;
    agent.loses(&guest).await;
    let mut back = world.open(1, &guest.chat_id, &Door::plain(), "Mina").await;
    back.send("Join", guest.join()).await;
    back.expect("ChatHistory").await;
    agent.sees(&guest).await;
}
