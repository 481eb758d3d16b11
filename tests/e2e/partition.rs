//! One service loses Redis while the others keep it.

use std::sync::Arc;

use e2e::{RedisServer, World, eventually, secs};

use crate::load::{Talker, settle, talk};

fn world(redis: &Arc<RedisServer>) -> World {
    World::builder()
        .redis(redis)
        .proxied()
        .settings(|settings| settings.limits.message_burst = 100_000)
        .start()
}

#[tokio::test]
async fn a_chat_server_whose_link_is_half_dead_says_so_and_catches_up() {
    let redis = Arc::new(RedisServer::own());
    let world = world(&redis);
    let (mut visitor, mut support) = world.engaged().await;
    world.links[0].freeze();
    visitor.sends("cut off").await;
    visitor.expect_error("unavailable").await;
    for number in 0..5 {
        support.says(&format!("are you there? {number}")).await;
    }
    world.links[0].heal();
    // What was missed comes, once and in order; what was sent half-way may come in between.
    let mut missed = Vec::new();
    while missed.len() < 5 {
        let args = visitor.expect("ChatMessage").await;
        if args["from"] == "Support" {
            missed.push(args["content"].as_str().expect("a content").to_owned());
        }
    }
    assert_eq!(
        missed,
        (0..5)
            .map(|number| format!("are you there? {number}"))
            .collect::<Vec<_>>()
    );
    let mut visitor = Talker::new(visitor, "visitor");
    assert!(visitor.recovers().await < secs(5));
}

#[tokio::test]
async fn cut_connections_under_load_lose_and_double_nothing() {
    let redis = Arc::new(RedisServer::own());
    let world = world(&redis);
    let (visitor, support) = world.engaged().await;
    let (mut visitor, mut support) = (
        Talker::new(visitor, "visitor"),
        Talker::new(support, "agent"),
    );
    for round in 0..6 {
        talk(&mut visitor, &mut support, 5).await;
        world.links[round % 2].cut();
        talk(&mut visitor, &mut support, 1).await;
        assert!(visitor.recovers().await < secs(5));
        assert!(support.recovers().await < secs(5));
    }
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn a_subscriber_that_was_cut_off_shows_the_waiting_set_again() {
    let redis = Arc::new(RedisServer::own());
    let world = world(&redis);
    let mut cut_off = world.agent("on the first subscriber").await;
    let mut connected = world.agent("on the second").await;
    let mut leaver = world.visitor("Mina").await;
    let stays = world.visitor("Otto").await;
    for agent in [&mut cut_off, &mut connected] {
        agent.sees(&leaver.guest).await;
        agent.sees(&stays.guest).await;
    }
    world.links[2].refuse();
    leaver.leaves().await;
    connected.loses(&leaver.guest).await;
    let newcomer = world.visitor("Ines").await;
    connected.sees(&newcomer.guest).await;
    world.links[2].heal();
    let healed = std::time::Instant::now();
    let mut seen = [cut_off.json().await, cut_off.json().await];
    seen.sort_by_key(|frame| frame["type"].is_string());
    assert_eq!(seen[0]["userId"], serde_json::json!(newcomer.guest.user_id));
    assert_eq!(seen[1]["type"], "RemoveUser");
    assert_eq!(
        seen[1]["args"]["userId"],
        serde_json::json!(leaver.guest.user_id)
    );
    assert!(healed.elapsed() < secs(2), "{:?}", healed.elapsed());
    let last = world.visitor("Paul").await;
    cut_off.sees(&last.guest).await;
}

#[tokio::test]
async fn a_join_during_a_partition_can_be_repeated_after_it() {
    let redis = Arc::new(RedisServer::own());
    let world = world(&redis);
    let (mut visitor, _support) = world.engaged().await;
    visitor.says("hello").await;
    world.links[1].refuse();
    let mut socket = world
        .open(1, &visitor.guest.chat_id, &e2e::Door::plain(), "Mina")
        .await;
    let join = visitor.rejoin_args();
    socket.send("Join", join.clone()).await;
    socket.expect_error("unavailable").await;
    world.links[1].heal();
    eventually("a Join", secs(5), async || {
        socket.send("Join", join.clone()).await;
        (socket.json().await["type"] == "ChatHistory").then_some(())
    })
    .await;
}
