//! A process dies without a word: the others serve its chats.

use std::time::Instant;

use e2e::party::contents;
use e2e::{Door, World, ms};

use crate::PROCESS;

const SHORT: &[(&str, &str)] = &[("SOCKETS__LEASE", "1s"), ("CHAT__LEAVE_GRACE", "400ms")];

#[tokio::test]
async fn the_other_server_serves_the_chat_with_its_whole_history() {
    let mut world = World::builder().processes(PROCESS, &[]).start();
    let (mut visitor, mut support) = world.engaged().await;
    for number in 0..5 {
        let content = format!("before {number}");
        visitor.says(&content).await;
        support.hears(&content).await;
    }
    world.chat_process(0).kill();
    assert_eq!(visitor.next().await, e2e::Frame::Closed(None));
    support.says("still here?").await;
    let history = visitor.rejoins_at(&world, 1).await;
    assert_eq!(
        contents(&history),
        [
            "before 0",
            "before 1",
            "before 2",
            "before 3",
            "before 4",
            "still here?"
        ]
    );
    visitor.says("back").await;
    support.hears("back").await;
    support.says("good").await;
    visitor.hears("good").await;
}

#[tokio::test]
async fn the_grace_of_a_dead_process_starts_when_its_lease_is_over() {
    let mut world = World::builder().processes(PROCESS, SHORT).start();
    let (visitor, mut support) = world.engaged().await;
    world.chat_process(0).kill();
    let killed = Instant::now();
    support.expect("UserLeft").await;
    assert!(
        killed.elapsed() >= ms(400),
        "the grace was not kept: {:?}",
        killed.elapsed()
    );
    assert!(killed.elapsed() < ms(5000), "{:?}", killed.elapsed());
    drop(visitor);
}

#[tokio::test]
async fn who_comes_back_before_that_has_not_left() {
    let mut world = World::builder().processes(PROCESS, SHORT).start();
    let (mut visitor, mut support) = world.engaged().await;
    let guest = world.register("Otto").await;
    let _witness = world.joins(&guest, 0, &Door::plain()).await;
    let mut other = world.claims(&guest, "Ines", 1, &Door::plain()).await;
    world.chat_process(0).kill();
    visitor.rejoins_at(&world, 1).await;
    other.expect("UserLeft").await;
    visitor.says("I never left").await;
    support.hears("I never left").await;
}

#[tokio::test]
async fn a_waiting_visitor_of_a_dead_process_is_withdrawn() {
    let mut world = World::builder().processes(PROCESS, SHORT).start();
    let mut agent = world.agent("Vika").await;
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    world.chat_process(0).kill();
    agent.loses(&visitor.guest).await;
    let _back = world.joins(&visitor.guest, 1, &Door::plain()).await;
    agent.sees(&visitor.guest).await;
}

#[tokio::test]
async fn the_agents_of_a_dead_subscriber_no_longer_count_as_online() {
    let mut world = World::builder().processes(PROCESS, SHORT).start();
    let (mut on_first, mut on_second) = (world.agent("Vika").await, world.agent("Otto").await);
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, &Door::v1()).await;
    visitor.room("waiting").await;
    on_first.sees(&guest).await;
    on_second.sees(&guest).await;
    on_second.declines(&guest).await;
    on_second.loses(&guest).await;
    world.feed_process(0).kill();
    visitor.expect("RequestDeclined").await;
}

#[tokio::test]
async fn a_process_that_was_only_asleep_learns_what_it_missed() {
    let mut world = World::builder().processes(PROCESS, SHORT).start();
    let (mut visitor, mut support) = world.engaged().await;
    world.chat_process(0).signal("STOP");
    for number in 0..3 {
        support.says(&format!("hello? {number}")).await;
    }
    support.expect("UserLeft").await;
    world.chat_process(0).signal("CONT");
    for number in 0..3 {
        visitor.hears(&format!("hello? {number}")).await;
    }
    visitor.says("I slept").await;
    support.hears("I slept").await;
}
