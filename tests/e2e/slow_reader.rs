//! A reader who does not read is closed with a code that says "come back", and nobody else waits for it.

use std::time::{Duration, Instant};

use e2e::party::contents;
use e2e::{Door, Frame, World, eventually, http, ms, secs};

const MESSAGE: usize = 4000;
const PATIENCE: Duration = ms(1500);

#[tokio::test]
async fn a_slow_reader_is_closed_and_the_others_are_not_delayed() {
    let world = World::with(|settings| {
        settings.sockets.outbox = 32;
        // Long enough for a reader who begins to read to be told why it is closed.
        settings.sockets.send_timeout = secs(1);
        settings.limits.message_burst = 100_000;
    });
    let (visitor, mut support) = world.engaged().await;
    let mut visitor = visitor;
    // The slow one sits on the agent's server, where its neighbour is.
    let slow_door = Door::plain().small_receive_buffer();
    let mut slow = world
        .open(1, &visitor.guest.chat_id, &slow_door, "slow")
        .await;
    slow.send("Join", support.rejoin_args()).await;
    slow.expect("ChatHistory").await;
    let mut sent = 0;
    let mut slowest = Duration::ZERO;
    eventually("the slow reader to be dropped", secs(20), async || {
        for _ in 0..4 {
            let content = format!("{sent} {}", "x".repeat(MESSAGE));
            let start = Instant::now();
            visitor.says(&content).await;
            support.hears(&content).await;
            slowest = slowest.max(start.elapsed());
            sent += 1;
        }
        let metrics = http::get(world.chat(1), "/metrics").await.body;
        (http::metric(&metrics, "helpline_slow_readers_total") >= Some(1.0)).then_some(())
    })
    .await;
    assert!(
        slowest < PATIENCE,
        "somebody waited {slowest:?} for a reader who does not read"
    );
    let mut last = None;
    loop {
        match slow.next().await {
            Frame::Text(frame) => {
                let number: usize = frame["args"]["content"]
                    .as_str()
                    .and_then(|text| text.split(' ').next())
                    .and_then(|text| text.parse().ok())
                    .expect("a number");
                assert_eq!(
                    number,
                    last.map_or(0, |last: usize| last + 1),
                    "a gap before the close"
                );
                last = Some(number);
            }
            Frame::Closed(code) => break assert_eq!(code, Some(1013)),
        }
    }
    let (_back, history) = support.another_at(&world, 0).await;
    assert_eq!(
        contents(&history).len(),
        sent,
        "it comes back without a gap"
    );
}
