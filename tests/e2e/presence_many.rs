//! A process with thousands of sockets, a Redis that restarts and a link that is slow: nobody is called gone.

use std::sync::Arc;
use std::time::Instant;

use e2e::{Agent, RedisServer, World, eventually, ms, secs};
use futures_util::{StreamExt, stream};

use crate::presence::{Line, tab};

const PEOPLE: usize = 50;
const TABS: usize = 100;
/// Opened at the same time.
const AT_ONCE: usize = 32;

/// Every socket of the many, at the first subscriber.
async fn many(world: &World) -> Vec<Agent> {
    let names = (0..PEOPLE * TABS).map(|tab| format!("Agent{}", tab % PEOPLE));
    let tabs = stream::iter(names).map(async |name| tab(world, 0, &name).await);
    tabs.buffer_unordered(AT_ONCE).collect().await
}

/// How many processes hold a lease that has not run out.
async fn alive(world: &World) -> usize {
    let mut redis = world.redis().await;
    let time: (i64, i64) = redis::cmd("TIME")
        .query_async(&mut redis)
        .await
        .expect("a time");
    let leases = format!("{}:{{0}}:leases", world.prefix);
    redis::cmd("ZCOUNT")
        .arg(leases)
        .arg(time.0 * 1_000 + time.1 / 1_000)
        .arg("+inf")
        .query_async(&mut redis)
        .await
        .expect("a count")
}

#[tokio::test]
async fn nobody_of_five_thousand_is_called_gone_for_a_restart_and_a_slow_link() {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().redis(&redis).proxied().tokens().start();
    let mut line = Line::of(&world).await;
    let tabs = many(&world).await;
    let _otto = tab(&world, 1, "Otto").await;
    let everybody = PEOPLE as u64 + 1;
    line.until(everybody).await;
    line.told();

    // The links: two chat-servers, then the subscribers.
    world.links[2].slow(ms(40));
    let restarted = Arc::clone(&redis);
    let restart = tokio::task::spawn_blocking(move || {
        restarted.stop();
        restarted.start();
    });
    restart.await.expect("restarted");
    // Long enough for any lease to run out that is not renewed, and for everybody to be told of again.
    let mut held = Vec::new();
    let end = Instant::now() + secs(15);
    eventually("the time to pass", secs(60), async || {
        held.push(alive(&world).await);
        (Instant::now() > end).then_some(())
    })
    .await;
    // The restart itself may have taken longer than what was left of a lease.
    let first = held.iter().position(|held| *held == 4);
    let first = first.expect("every process renews its lease");
    assert!(held[first..].iter().all(|held| *held == 4), "{held:?}");

    world.links[2].heal();
    let _ines = tab(&world, 1, "Ines").await;
    line.until(everybody + 1).await;
    let told = line.told();
    assert!(told.iter().all(|told| *told >= everybody), "{told:?}");
    drop(tabs);
}
