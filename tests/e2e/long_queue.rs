//! A thousand visitors who wait: each is told its place, the rooms are listed at once, and nobody else waits for that.

use std::time::{Duration, Instant};

use e2e::people::ask;
use e2e::{Socket, World, ms, secs};
use futures_util::{StreamExt, stream};
use reqwest::Method;

use crate::waiting::waits;

const WAITING: u64 = 1_000;
/// How many come at the same time.
const AT_ONCE: usize = 16;

/// Reads `Queue` frames until one says this.
async fn is_told(socket: &mut Socket, field: &str, value: u64) {
    while socket.expect("Queue").await[field] != value {}
}

#[tokio::test]
async fn a_thousand_who_wait_are_told_their_places_and_keep_nobody_waiting() {
    let world = World::builder()
        .proxied()
        .tokens()
        .settings(|settings| settings.chat.idle_timeout = secs(3_600))
        .start();
    let admin = world.admin().await;
    let (mut other, mut support) = world.engaged().await;
    let (first, _socket) = waits(&world, 0, "First").await;
    let coming = (2..WAITING).map(async |number| {
        let server = usize::from(number % 2 == 0);
        waits(&world, server, &format!("Guest{number}")).await.1
    });
    let waiting: Vec<Socket> = stream::iter(coming)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    let (_, mut last) = waits(&world, 1, "Last").await;
    is_told(&mut last, "position", WAITING).await;

    let _taken = world.support(&first, "Otto").await;
    let mut times: Vec<Duration> = Vec::new();
    for round in 0..100 {
        let content = format!("round {round}");
        let start = Instant::now();
        other.says(&content).await;
        times.push(start.elapsed());
        support.hears(&content).await;
    }
    is_told(&mut last, "position", WAITING - 1).await;
    times.sort();
    let p99 = times[98];
    assert!(p99 < ms(1_000), "{p99:?}");

    // One after the other they would take half a minute.
    world.links[0].slow(ms(10));
    let start = Instant::now();
    let answer = ask(
        world.chat(0),
        Method::GET,
        "/rooms?status=waiting",
        Some(&admin),
        None,
    )
    .await;
    let took = start.elapsed();
    world.links[0].heal();
    assert_eq!(answer.status, 200, "{}", answer.body);
    let rooms = answer.json()["rooms"].as_array().expect("rooms").len();
    // At most a thousand open chats are listed, and two of those that are open do not wait.
    assert!(rooms as u64 >= WAITING - 2, "{rooms}");
    assert!(took < secs(10), "{took:?}");
    drop(waiting);
}
