//! Processes that die, freeze or are cut off: their people go by themselves, and come back by themselves.

use std::sync::Arc;

use e2e::{RedisServer, World, ms, secs};

use crate::PROCESS;
use crate::presence::{Line, tab};

const SHORT: &[(&str, &str)] = &[("SOCKETS__LEASE", "1s"), ("PRESENCE__GRACE", "300ms")];

fn processes() -> World {
    World::builder().tokens().processes(PROCESS, SHORT).start()
}

/// Vika at the first subscriber, Otto at the second, and a visitor who knows of both.
async fn two(world: &World) -> (Line, e2e::Agent, e2e::Agent) {
    let mut line = Line::of(world).await;
    let agents = (tab(world, 0, "Vika").await, tab(world, 1, "Otto").await);
    line.until(2).await;
    line.told();
    (line, agents.0, agents.1)
}

#[tokio::test]
async fn the_people_of_a_killed_process_go_by_themselves() {
    let mut world = processes();
    let (mut line, _vika, _otto) = two(&world).await;
    world.feed_process(0).kill();
    line.until(1).await;
    assert_eq!(line.told(), [1]);
}

#[tokio::test]
async fn whoever_has_a_tab_at_another_process_stays() {
    let mut world = processes();
    let (mut line, _vika, _otto) = two(&world).await;
    let _second = tab(&world, 1, "Vika").await;
    let _ines = tab(&world, 0, "Ines").await;
    line.until(3).await;
    line.told();
    world.feed_process(0).kill();
    line.until(2).await;
    assert_eq!(line.told(), [2], "Ines alone is gone");
}

#[tokio::test]
async fn the_people_of_a_frozen_process_go_and_come_back_with_it() {
    let mut world = processes();
    let (mut line, _vika, _otto) = two(&world).await;
    world.feed_process(0).signal("STOP");
    line.until(1).await;
    world.feed_process(0).signal("CONT");
    line.until(2).await;
    assert_eq!(line.told(), [1, 2]);
}

#[tokio::test]
async fn the_people_of_a_process_that_is_cut_off_go_and_come_back_with_it() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder()
        .redis(&redis)
        .proxied()
        .tokens()
        .settings(|settings| {
            settings.sockets.lease = secs(1);
            settings.presence.grace = ms(300);
        })
        .start();
    let (mut line, mut vika, otto) = two(&world).await;
    vika.send("Availability", serde_json::json!({"available": false}))
        .await;
    line.until(1).await;
    let ines = tab(&world, 0, "Ines").await;
    line.until(2).await;
    // The links: two chat-servers, then the subscribers.
    world.links[2].refuse();
    line.until(1).await;
    otto.feed.close().await;
    line.until(0).await;
    world.links[2].heal();
    line.until(1).await;
    // One of them was away, and has come back so; the other does not come twice.
    let _paul = tab(&world, 1, "Paul").await;
    line.until(2).await;
    assert_eq!(line.told(), [1, 2, 1, 0, 1, 2]);
    drop((vika, ines));
}

#[tokio::test]
async fn a_tab_that_is_closed_during_the_cut_does_not_come_back() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder()
        .redis(&redis)
        .proxied()
        .tokens()
        .settings(|settings| settings.sockets.lease = secs(1))
        .start();
    let (mut line, vika, _otto) = two(&world).await;
    let _ines = tab(&world, 0, "Ines").await;
    line.until(3).await;
    world.links[2].refuse();
    drop(vika);
    line.until(1).await;
    line.told();
    world.links[2].heal();
    line.until(2).await;
    assert_eq!(line.told(), [2]);
}
