//! A Join in the middle of a stream of messages: history and what follows it fit together without a gap or a double.

use e2e::party::messages;
use e2e::{Door, Frame, Party, Socket, World};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::sync::watch;

const MESSAGES: usize = 200;
const JOINERS: usize = 8;

#[tokio::test]
async fn history_and_live_messages_fit_together() {
    all_join_midstream(&Door::plain(), |_, _| None).await;
}

#[tokio::test]
async fn resumed_history_and_live_messages_fit_together() {
    all_join_midstream(&Door::v1(), |epoch, seq| {
        Some(json!({"epoch": epoch, "after": seq}))
    })
    .await;
}

/// While the visitor talks, sockets of the agent's side join on both servers, with or without `resume` from the first
/// message; each has to end up with every message once and in order.
async fn all_join_midstream(door: &Door, resume: fn(&Value, &Value) -> Option<Value>) {
    let world = World::with(|settings| settings.limits.message_burst = 100_000);
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, door).await;
    if visitor.v1 {
        visitor.room("waiting").await;
    }
    let mut support = world.claims(&guest, "Vika", 1, door).await;
    visitor.meets("Vika").await;
    let first = visitor.says("0").await;
    let history = support.rejoins_at(&world, 1).await;
    let mut join = support.rejoin_args();
    if let Some(resume) = resume(&history["epoch"], &first["seq"]) {
        join["resume"] = resume;
    }
    let mut sockets = Vec::new();
    for number in 0..JOINERS {
        sockets.push(
            world
                .open(number % 2, &guest.chat_id, door, "the joiner")
                .await,
        );
    }
    let (said, progress) = watch::channel(0);
    let joiners = sockets.into_iter().enumerate().map(|(number, socket)| {
        // Each at another point of the stream.
        let start = number * MESSAGES / JOINERS;
        joins_at(start, progress.clone(), socket, join.clone())
    });
    let (_visitor, heard) = tokio::join!(stream(visitor, said), join_all(joiners));
    let from = usize::from(join.get("resume").is_some());
    let everything: Vec<String> = (from..MESSAGES).map(|number| number.to_string()).collect();
    for heard in heard {
        assert_eq!(heard, everything);
    }
}

/// Each joins alone on its process, while something is said: nobody there knows the chat yet, and what comes between the
/// seat and the history is neither lost nor taken for an end.
#[tokio::test]
async fn whoever_is_the_first_of_its_process_misses_nothing() {
    const ROUNDS: usize = 60;
    let world = World::with(|settings| settings.limits.message_burst = 1_000_000);
    let (visitor, mut support) = world.engaged().await;
    let guest = visitor.guest.clone();
    let mut join = support.rejoin_args();
    // The agent stays with the visitor's process, so that the other has nobody there between two joins.
    support.rejoins_at(&world, 0).await;
    join["supportId"] = json!(support.support_id);
    let done = tokio_util::sync::CancellationToken::new();
    let until = done.clone();
    let talks = async move {
        let mut visitor = visitor;
        let mut number = 0;
        while !until.is_cancelled() {
            visitor.says(&number.to_string()).await;
            number += 1;
        }
        visitor
    };
    let come = async {
        for round in 0..ROUNDS {
            let mut socket = world
                .open(1, &guest.chat_id, &Door::plain(), "the joiner")
                .await;
            socket.send("Join", join.clone()).await;
            let history = socket.expect("ChatHistory").await;
            let last = messages(&history).last().map(content);
            let next = last.map_or(0, |last| last.parse::<u64>().expect("a number") + 1);
            for next in next..next + 5 {
                let message = socket.expect("ChatMessage").await;
                assert_eq!(content(&message), next.to_string(), "round {round}");
            }
            socket.close().await;
        }
        done.cancel();
    };
    let (_visitor, ()) = tokio::join!(talks, come);
}

/// Says the numbers up to [`MESSAGES`], as fast as they are echoed.
async fn stream(mut visitor: Party, said: watch::Sender<usize>) -> Party {
    for number in 1..MESSAGES {
        visitor.says(&number.to_string()).await;
        said.send_replace(number);
    }
    visitor
}

/// Joins when `start` messages have been said, and listens to the last one; gives everything that came.
async fn joins_at(
    start: usize,
    mut progress: watch::Receiver<usize>,
    mut socket: Socket,
    join: Value,
) -> Vec<String> {
    progress
        .wait_for(|said| *said >= start)
        .await
        .expect("somebody talks");
    socket.send("Join", join).await;
    let history = socket.expect("ChatHistory").await;
    let mut heard: Vec<String> = messages(&history).iter().map(content).collect();
    let last = (MESSAGES - 1).to_string();
    while heard.last() != Some(&last) {
        match socket.next().await {
            Frame::Text(frame) if frame["type"] == "ChatMessage" => {
                heard.push(content(&frame["args"]));
            }
            other => panic!("wanted a ChatMessage, got {other:?}"),
        }
    }
    heard
}

fn content(message: &Value) -> String {
    message["content"].as_str().expect("a content").to_owned()
}
