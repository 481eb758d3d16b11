//! A primary of a cluster dies, or hands over: everything goes on by itself, and what is lost with it is counted.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use e2e::redis_server::ask;
use e2e::{Guest, RedisCluster, Settings, World, eventually, http, ms, secs};
use futures_util::future::join_all;

use crate::load::{Talker, settle, talk};

/// How soon everything goes on: the servers take a second to agree that one is dead and another to choose its replica.
const SOON: Duration = secs(8);

/// Leases and graces that are over before a fail-over is.
fn hurried(settings: &mut Settings) {
    settings.limits.message_burst = 100_000;
    settings.sockets.lease = secs(1);
    settings.chat.leave_grace = ms(300);
}

/// The primary that has this visitor's chat.
fn primary_of(cluster: &RedisCluster, world: &World, guest: &Guest) -> SocketAddr {
    let pattern = format!("{}:*:chat:{}", world.prefix, guest.chat_id);
    let has = |server: &SocketAddr| {
        let keys: Vec<String> = ask(*server, &["KEYS", &pattern]).expect("keys");
        !keys.is_empty()
    };
    let mut primaries = cluster.primaries().into_iter();
    primaries.find(has).expect("somebody has the chat")
}

/// What a figure says, over all processes.
async fn figure(world: &World, name: &str) -> u64 {
    let mut sum = 0;
    for address in world.listeners() {
        let page = http::get(address, "/metrics").await.body;
        let line = page.lines().find_map(|line| line.strip_prefix(name));
        sum += line
            .expect("the figure")
            .trim()
            .parse::<u64>()
            .expect("a number");
    }
    sum
}

async fn lost_events(world: &World) -> u64 {
    figure(world, "helpline_store_lost_events_total").await
}

#[tokio::test]
async fn a_primary_dies_under_load_and_everything_goes_on() {
    let cluster = RedisCluster::own();
    let world = World::builder().cluster(&cluster).settings(hurried).start();
    let mut agent = world.agent("Otto").await;
    let mut pairs = Vec::new();
    let mut homes = Vec::new();
    for _ in 0..6 {
        let mut visitor = world.visitor("Mina").await;
        agent.sees(&visitor.guest).await;
        let support = world.support(&visitor.guest, "Vika").await;
        visitor.meets("Vika").await;
        agent.loses(&visitor.guest).await;
        homes.push(primary_of(&cluster, &world, &visitor.guest));
        let pair = (
            Talker::on_loss(visitor, "visitor"),
            Talker::on_loss(support, "agent"),
        );
        pairs.push(pair);
    }
    let killed = homes[0];
    let load = pairs.iter_mut().map(|(one, other)| talk(one, other, 20));
    join_all(load).await;
    let dead = Arc::clone(&cluster);
    let kill = tokio::task::spawn_blocking(move || dead.server(killed).crash());
    let recovering = pairs.iter_mut().map(async |(visitor, support)| {
        talk(visitor, support, 5).await;
        (visitor.recovers().await, support.recovers().await)
    });
    for (one, other) in join_all(recovering).await {
        assert!(one < SOON && other < SOON, "{one:?}, {other:?}");
    }
    kill.await.expect("killed");
    eventually("readiness", SOON, async || {
        world.is_ready().await.then_some(())
    })
    .await;
    // Requests, and who is at the desk: the feed and the sockets are where they were.
    for name in ["Ines", "Mona", "Nora"] {
        let visitor = world.visitor(name).await;
        agent.sees(&visitor.guest).await;
        let mut support = world.support(&visitor.guest, "Vika").await;
        agent.loses(&visitor.guest).await;
        support.says("hello").await;
    }
    let lost: usize = pairs
        .iter()
        .map(|(one, other)| one.lost().len() + other.lost().len())
        .sum();
    assert!(lost as u64 <= lost_events(&world).await, "{lost} were lost");
    for (visitor, support) in pairs {
        settle(&world, visitor, support).await;
    }
    // The one that died comes back as a replica.
    cluster.server(killed).start();
    cluster.wait_until_replicated();
}

#[tokio::test]
async fn while_a_part_is_away_newcomers_are_still_sent_here() {
    let cluster = RedisCluster::own();
    let world = World::builder().cluster(&cluster).settings(hurried).start();
    let visitor = world.visitor("Mina").await;
    let primary = primary_of(&cluster, &world, &visitor.guest);
    cluster.server(primary).crash();
    let told = world.listeners().into_iter().map(async |address| {
        eventually("a word about the part", SOON, async || {
            let answer = http::get(address, "/ready").await;
            (answer.status == 503 && answer.body.contains("chats elsewhere")).then_some(())
        })
        .await;
        assert_eq!(http::status(address, "/serving").await, Some(200));
    });
    join_all(told).await;
    eventually("readiness", SOON, async || {
        world.is_ready().await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_fail_over_lost_is_counted_and_everyone_is_told_the_log() {
    let cluster = RedisCluster::own();
    let world = World::builder().cluster(&cluster).settings(hurried).start();
    let (visitor, support) = world.engaged().await;
    let primary = primary_of(&cluster, &world, &visitor.guest);
    let replica = cluster.replica_of(primary);
    let (mut visitor, mut support) = (
        Talker::on_loss(visitor, "visitor"),
        Talker::on_loss(support, "agent"),
    );
    talk(&mut visitor, &mut support, 5).await;
    // What is said from here on has one copy.
    eventually("the replica to have everything", SOON, async || {
        let info: String = ask(primary, &["INFO", "replication"]).expect("an answer");
        let field = |name: &str| {
            let start = info.find(name)? + name.len();
            info[start..].split(|c: char| !c.is_ascii_digit()).next()
        };
        (field("master_repl_offset:") == field(",offset=")).then_some(())
    })
    .await;
    cluster.server(replica).freeze();
    let _: i64 = ask(primary, &["CLIENT", "KILL", "TYPE", "replica"]).expect("an answer");
    talk(&mut visitor, &mut support, 3).await;
    cluster.server(primary).crash();
    cluster.server(replica).thaw();
    assert!(visitor.recovers().await < SOON);
    assert!(support.recovers().await < SOON);
    eventually("the count", SOON, async || {
        (lost_events(&world).await == 6).then_some(())
    })
    .await;
    talk(&mut visitor, &mut support, 5).await;
    assert_eq!((visitor.lost().len(), support.lost().len()), (3, 3));
    settle(&world, visitor, support).await;
}

#[tokio::test]
async fn a_primary_that_hands_over_is_followed_and_nothing_is_lost() {
    let cluster = RedisCluster::own();
    let world = World::builder().cluster(&cluster).settings(hurried).start();
    let (visitor, support) = world.engaged().await;
    let guest = visitor.guest.clone();
    let (mut visitor, mut support) = (
        Talker::new(visitor, "visitor"),
        Talker::new(support, "agent"),
    );
    for _ in 0..2 {
        talk(&mut visitor, &mut support, 20).await;
        let before = primary_of(&cluster, &world, &guest);
        let replica = cluster.replica_of(before);
        eventually("the hand-over", SOON, async || {
            // It is refused as long as the replica has not caught up.
            let _ = ask::<String>(replica, &["CLUSTER", "FAILOVER"]);
            talk(&mut visitor, &mut support, 1).await;
            cluster.primaries().contains(&replica).then_some(())
        })
        .await;
        assert!(visitor.recovers().await < SOON);
        assert!(support.recovers().await < SOON);
        cluster.wait_until_replicated();
    }
    assert_eq!(lost_events(&world).await, 0);
    settle(&world, visitor, support).await;
}
