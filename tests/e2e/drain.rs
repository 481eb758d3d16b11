//! SIGTERM: not ready, the sockets are told to come back, exit 0. A second one: at once.

use std::time::{Duration, Instant};

use e2e::{Door, Party, World, eventually, http, secs};
use futures_util::future::join_all;

use crate::PROCESS;

async fn visitors(world: &World, count: usize) -> Vec<Party> {
    let mut visitors = Vec::new();
    for number in 0..count {
        visitors.push(world.visitor(&format!("Visitor-{number}")).await);
    }
    visitors
}

#[tokio::test]
async fn sigterm_drains_and_exits_well() {
    let mut world = World::builder()
        .processes(PROCESS, &[("SOCKETS__DRAIN", "1500ms")])
        .start();
    let mut visitors = visitors(&world, 30).await;
    let address = world.chat(0);
    world.chat_process(0).signal("TERM");
    eventually("not ready", Duration::from_millis(1000), async || {
        (http::status(address, "/ready").await == Some(503)).then_some(())
    })
    .await;
    let told = Instant::now();
    let times = join_all(visitors.iter_mut().map(async |visitor| {
        visitor.closed_with(1012).await;
        told.elapsed()
    }))
    .await;
    let (first, last) = (
        times.iter().min().expect("sockets"),
        times.iter().max().expect("sockets"),
    );
    assert!(
        *last - *first > Duration::from_millis(100),
        "not spread: from {first:?} to {last:?}"
    );
    let status = world.chat_process(0).exit_status();
    assert_eq!(status.code(), Some(0));
    assert!(told.elapsed() < secs(5), "{:?}", told.elapsed());
    let mut back = visitors.pop().expect("a visitor");
    let guest = back.guest.clone();
    back = world.joins(&guest, 1, &Door::plain()).await;
    back.says("moved").await;
}

#[tokio::test]
async fn a_subscriber_drains_too() {
    let mut world = World::builder().processes(PROCESS, &[]).start();
    let mut agent = world.agent("Vika").await;
    world.feed_process(0).signal("TERM");
    agent.closed_with(1012).await;
    assert_eq!(world.feed_process(0).exit_status().code(), Some(0));
    let mut other = world.agent("Otto").await;
    let visitor = world.visitor("Mina").await;
    other.sees(&visitor.guest).await;
}

#[tokio::test]
async fn who_is_moved_by_a_drain_has_not_left_and_lost_nothing() {
    let mut world = World::builder().processes(PROCESS, &[]).start();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("before").await;
    support.hears("before").await;
    world.chat_process(0).signal("TERM");
    visitor.closed_with(1012).await;
    support.says("during").await;
    let history = visitor.rejoins_at(&world, 1).await;
    assert_eq!(e2e::party::contents(&history), ["before", "during"]);
    visitor.says("after").await;
    support.hears("after").await;
}

#[tokio::test]
async fn a_second_sigterm_ends_the_process_at_once() {
    let mut world = World::builder()
        .processes(PROCESS, &[("SOCKETS__DRAIN", "60s")])
        .start();
    let _visitors = visitors(&world, 10).await;
    let address = world.chat(0);
    world.chat_process(0).signal("TERM");
    eventually("not ready", secs(5), async || {
        (http::status(address, "/ready").await == Some(503)).then_some(())
    })
    .await;
    assert!(world.chat_process(0).is_running(), "it drains for a minute");
    let second = Instant::now();
    world.chat_process(0).signal("TERM");
    world.chat_process(0).exit_status();
    assert!(second.elapsed() < secs(2), "{:?}", second.elapsed());
    world.kill_all();
}
