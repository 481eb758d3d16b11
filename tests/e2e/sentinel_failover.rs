//! Sentinels, a master and a replica: whoever is the master is found, and followed when it is another.

use std::time::Duration;

use e2e::redis_server::ask;
use e2e::{Sentinels, Settings, World, eventually, ms, secs};

use crate::load::{Talker, settle, talk};

/// The sentinels take a second to agree that the master is dead, and some more to choose another.
const SOON: Duration = secs(10);

fn hurried(settings: &mut Settings) {
    settings.limits.message_burst = 100_000;
    settings.sockets.lease = secs(1);
    settings.chat.leave_grace = ms(300);
}

#[tokio::test]
async fn the_master_dies_under_load_and_everything_goes_on() {
    let sentinels = Sentinels::start();
    let world = World::builder()
        .sentinels(&sentinels)
        .settings(hurried)
        .start();
    let mut agent = world.agent("Otto").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let support = world.support(&visitor.guest, "Vika").await;
    visitor.meets("Vika").await;
    agent.loses(&visitor.guest).await;
    let (mut visitor, mut support) = (
        Talker::on_loss(visitor, "visitor"),
        Talker::on_loss(support, "agent"),
    );
    talk(&mut visitor, &mut support, 20).await;
    let old = sentinels.master();
    sentinels.server(old).crash();
    // Two of three are enough, whichever is asked first.
    sentinels.sentinel(0).crash();
    talk(&mut visitor, &mut support, 1).await;
    eventually("another master", SOON, async || {
        (sentinels.master() != old).then_some(())
    })
    .await;
    assert!(visitor.recovers().await < SOON);
    assert!(support.recovers().await < SOON);
    eventually("readiness", SOON, async || {
        world.is_ready().await.then_some(())
    })
    .await;
    let next = world.visitor("Ines").await;
    agent.sees(&next.guest).await;
    // It does not know yet that it is no master any more: nobody believes it.
    sentinels.server(old).start();
    talk(&mut visitor, &mut support, 20).await;
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn a_master_that_became_a_replica_is_left() {
    let sentinels = Sentinels::start();
    let world = World::builder()
        .sentinels(&sentinels)
        .settings(hurried)
        .start();
    let (visitor, support) = world.engaged().await;
    let (mut visitor, mut support) = (
        Talker::on_loss(visitor, "visitor"),
        Talker::on_loss(support, "agent"),
    );
    talk(&mut visitor, &mut support, 20).await;
    let old = sentinels.master();
    sentinels
        .sentinel(1)
        .ask::<()>(&["SENTINEL", "FAILOVER", e2e::sentinels::MASTER]);
    // Until everybody has asked the sentinels again it takes commands, and what it takes is lost.
    eventually("everybody to leave it", SOON, async || {
        talk(&mut visitor, &mut support, 1).await;
        let clients: String = ask(old, &["CLIENT", "LIST"]).ok()?;
        let ours = |line: &&str| {
            let others = ["name=sentinel", "flags=S", "flags=M"];
            !others.iter().any(|other| line.contains(other))
        };
        // Whoever asks is one.
        (clients.lines().filter(ours).count() == 1).then_some(())
    })
    .await;
    assert_ne!(sentinels.master(), old);
    assert!(visitor.recovers().await < SOON);
    assert!(support.recovers().await < SOON);
    settle(&world, visitor, support).await;
}
