//! Redis goes away and comes back: nothing that was echoed is missing or doubled, and everything goes on by itself.

use std::sync::Arc;

use e2e::{RedisServer, Settings, World, eventually, http, ms, secs};

use crate::load::{Talker, settle, talk};

/// Whoever is told at once that a message was not stored tries again at once, and is not to be slowed down for that.
fn unhurried(settings: &mut Settings) {
    settings.limits.message_burst = 100_000;
}

/// A world whose Redis is its own, and two who talk in it.
async fn under_load(redis: &Arc<RedisServer>) -> (World, Talker, Talker) {
    let world = World::builder().redis(redis).settings(unhurried).start();
    let (visitor, support) = world.engaged().await;
    let (mut visitor, mut support) = (
        Talker::new(visitor, "visitor"),
        Talker::new(support, "agent"),
    );
    talk(&mut visitor, &mut support, 20).await;
    (world, visitor, support)
}

#[tokio::test]
async fn an_orderly_restart_under_load_loses_and_doubles_nothing() {
    let redis = Arc::new(RedisServer::own());
    let (world, mut visitor, mut support) = under_load(&redis).await;
    let restarted = Arc::clone(&redis);
    let restart = tokio::task::spawn_blocking(move || {
        restarted.stop();
        restarted.start();
    });
    while !restart.is_finished() {
        talk(&mut visitor, &mut support, 1).await;
    }
    restart.await.expect("restarted");
    assert!(visitor.recovers().await < secs(5));
    assert!(support.recovers().await < secs(5));
    talk(&mut visitor, &mut support, 20).await;
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn a_crash_under_load_loses_and_doubles_nothing_that_was_echoed() {
    let redis = Arc::new(RedisServer::own());
    let (world, mut visitor, mut support) = under_load(&redis).await;
    for _ in 0..3 {
        redis.crash();
        talk(&mut visitor, &mut support, 1).await;
        redis.start();
        assert!(visitor.recovers().await < secs(5));
        assert!(support.recovers().await < secs(5));
        talk(&mut visitor, &mut support, 5).await;
    }
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn while_redis_is_away_frames_are_answered_with_unavailable_and_sockets_stay_open() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().redis(&redis).settings(unhurried).start();
    let (mut visitor, support) = world.engaged().await;
    let mut agent = world.agent("Otto").await;
    redis.stop();
    visitor.sends("is this stored?").await;
    visitor.expect_error("unavailable").await;
    agent.send_text("0123456789abcdef0123456789abcdef").await;
    agent.expect_error("unavailable").await;
    for address in world.listeners() {
        eventually("not ready", secs(5), async || {
            (http::status(address, "/ready").await == Some(503)).then_some(())
        })
        .await;
        assert_eq!(http::status(address, "/health").await, Some(200));
    }
    let answer = http::get(world.chat(0), "/user/join/Ines").await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    let mut late = world
        .open(1, &visitor.guest.chat_id, &e2e::Door::plain(), "late")
        .await;
    late.send("Join", visitor.guest.join()).await;
    late.expect_error("unavailable").await;
    redis.start();
    let (mut visitor, mut support) = (
        Talker::new(visitor, "visitor"),
        Talker::new(support, "agent"),
    );
    assert!(visitor.recovers().await < secs(5));
    assert!(support.recovers().await < secs(5));
    eventually("readiness", secs(5), async || {
        world.is_ready().await.then_some(())
    })
    .await;
    let next = world.visitor("Ines").await;
    agent.sees(&next.guest).await;
}

#[tokio::test]
async fn a_frozen_redis_is_noticed_and_survived() {
    let redis = Arc::new(RedisServer::own());
    let (world, mut visitor, mut support) = under_load(&redis).await;
    redis.freeze();
    talk(&mut visitor, &mut support, 1).await;
    assert!(
        visitor.unavailable >= 1 && support.unavailable >= 1,
        "a frozen store confirms nothing"
    );
    redis.thaw();
    assert!(visitor.recovers().await < secs(5));
    assert!(support.recovers().await < secs(5));
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn the_queue_equals_the_waiting_set_soon_after_redis_returns() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().redis(&redis).settings(unhurried).start();
    let mut agents = [world.agent("Vika").await, world.agent("Otto").await];
    let waiting = world.visitor("Mina").await;
    for agent in &mut agents {
        agent.sees(&waiting.guest).await;
    }
    redis.stop();
    redis.start();
    let back = std::time::Instant::now();
    let guest = eventually("registration", secs(5), async || {
        let answer = http::get(world.chat(0), "/user/join/Ines").await;
        (answer.status == 200).then(|| e2e::Guest::from_body(&answer.json(), false))
    })
    .await;
    let mut socket = eventually("a Join", secs(5), async || {
        let mut socket = world
            .open(0, &guest.chat_id, &e2e::Door::plain(), "Ines")
            .await;
        socket.send("Join", guest.join()).await;
        (socket.json().await["type"] == "Joined").then_some(socket)
    })
    .await;
    let joined = std::time::Instant::now();
    for agent in &mut agents {
        agent.sees(&guest).await;
    }
    assert!(
        joined.elapsed() < secs(2),
        "{:?} after the join, {:?} after Redis",
        joined.elapsed(),
        back.elapsed()
    );
    let mut newcomer = world.agent("Paul").await;
    newcomer.sees(&waiting.guest).await;
    newcomer.sees(&guest).await;
    socket.send("Leave", serde_json::json!({})).await;
    socket.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn nobody_has_left_because_redis_was_away() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder()
        .redis(&redis)
        .settings(|settings| {
            unhurried(settings);
            settings.sockets.lease = secs(1);
            settings.chat.leave_grace = ms(300);
        })
        .start();
    let (visitor, support) = world.engaged().await;
    redis.stop();
    let start = std::time::Instant::now();
    let (mut visitor, mut support) = (
        Talker::new(visitor, "visitor"),
        Talker::new(support, "agent"),
    );
    // Away for longer than lease and grace together.
    while start.elapsed() < ms(1600) {
        talk(&mut visitor, &mut support, 1).await;
    }
    redis.start();
    visitor.recovers().await;
    support.recovers().await;
    // Time for anyone who was wrongly taken for gone to be reported: a visitor who goes now is.
    let (witness, mut other) = world.engaged().await;
    witness.socket.close().await;
    other.expect("UserLeft").await;
    settle(&world, visitor, support).await;
}
