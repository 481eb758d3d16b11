//! Contract 004: people come and go by the thousand and leave nothing behind, neither keys nor memory.

use e2e::engineio::{Eio, Wire};
use e2e::shift::content;
use e2e::socketio::all;
use e2e::{Shift, World, eventually, secs};
use redis::AsyncCommands;
use serde_json::json;

use crate::PROCESS;

/// How much a process may have grown after another thousand: a leak of 16 KiB a connection would be four times that.
const GROWTH: u64 = 4 * 1024 * 1024;

/// What is in the name of a key that says who is connected, and to which process.
const PEOPLE: [&str; 4] = [":here:", ":visitors", ":sockets:", ":process:"];

/// How many are there at once.
const TOGETHER: usize = 50;

/// Visitors connect, some of them ask, and all are gone: half of them in good order.
async fn come_and_go(shift: &Shift, count: usize) {
    for batch in 0..count / TOGETHER {
        let visits = (0..TOGETHER).map(async |number| {
            let eio = if number % 2 == 0 { Eio::V3 } else { Eio::V4 };
            let address = shift.socketio(batch % 2);
            let mut wire = Wire::connected(address, eio, &shift.visitor("Mina").token).await;
            if number % 5 == 0 {
                wire.send(&format!(
                    "421{}",
                    json!(["visitor_first_msg", content("hello")])
                ))
                .await;
                assert_eq!(wire.next().await, "431[true,null]");
            }
            if number % 4 < 2 {
                wire.send("41").await;
                wire.send("1").await;
                while wire.try_next().await.is_some() {}
            }
        });
        all("a batch of visits", visits).await;
    }
}

#[tokio::test]
async fn a_thousand_visits_leave_nothing_behind() {
    let mut shift = Shift::of(World::builder().processes(PROCESS, &[])).await;
    come_and_go(&shift, 1_000).await;
    let before = [0, 1].map(|server| shift.world.chat_process(server).resident());
    come_and_go(&shift, 1_000).await;
    eventually("an empty house", secs(10), async || {
        let (vika, init) = shift.begins(0, &shift.vika).await;
        vika.goes().await;
        (init["online_visitors"] == json!([]) && init["unclaimed_chats"] == json!([])).then_some(())
    })
    .await;
    for (server, before) in before.into_iter().enumerate() {
        let after = shift.world.chat_process(server).resident();
        if let (Some(before), Some(after)) = (before, after) {
            assert!(
                after < before + GROWTH,
                "process {server}: from {before} to {after} bytes"
            );
        }
    }
    let mut redis = shift.redis().await;
    let pattern = format!("{}:*", shift.prefix);
    eventually("no trace of anybody in Redis", secs(10), async || {
        let keys: Vec<String> = redis.keys(&pattern).await.expect("keys");
        let is_somebodys = |key: &String| PEOPLE.iter().any(|part| key.contains(part));
        (!keys.iter().any(is_somebodys)).then_some(())
    })
    .await;
}
