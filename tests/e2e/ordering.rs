//! Contract 001, section 2.2: one and the same order for everyone, across processes, and time that never runs back.

use e2e::party::messages;
use e2e::{Frame, Party, World};
use futures_util::future::join_all;
use serde_json::Value;

const SENDERS: usize = 4;
const EACH: usize = 40;

#[tokio::test]
async fn all_sockets_see_one_order_and_it_is_the_historys() {
    let world = World::new();
    let (visitor, support) = world.engaged().await;
    let (other_visitor, _) = visitor.another_at(&world, 1).await;
    let (other_support, _) = support.another_at(&world, 0).await;
    let parties = [visitor, support, other_visitor, other_support];
    let mut heard = join_all(
        parties
            .into_iter()
            .enumerate()
            .map(|(number, party)| talk(party, number)),
    )
    .await;
    let (mut anyone, order) = heard.pop().expect("four parties");
    for (_, other) in &heard {
        assert_eq!(
            *other, order,
            "every socket sees the same messages in the same order"
        );
    }
    let history = anyone.rejoins_at(&world, 1).await;
    assert_eq!(messages(&history), order);
    for pair in order.windows(2) {
        assert!(
            pair[0]["timestamp"].as_str() <= pair[1]["timestamp"].as_str(),
            "time runs back: {pair:?}"
        );
    }
    for number in 0..SENDERS {
        let own: Vec<&str> = order
            .iter()
            .filter_map(|message| message["content"].as_str())
            .filter(|text| text.starts_with(&format!("{number}:")))
            .collect();
        let sent: Vec<String> = (0..EACH).map(|count| format!("{number}:{count}")).collect();
        assert_eq!(own, sent, "one sender's messages keep their order");
    }
}

/// Sends and listens in turns until everything of everyone has come.
async fn talk(mut party: Party, number: usize) -> (Party, Vec<Value>) {
    let mut heard = Vec::new();
    for count in 0..EACH {
        party.sends(&format!("{number}:{count}")).await;
        if count % 3 == number % 3 {
            heard.push(party.expect("ChatMessage").await);
        }
    }
    while heard.len() < SENDERS * EACH {
        match party.next().await {
            Frame::Text(frame) if frame["type"] == "ChatMessage" => {
                heard.push(frame["args"].clone())
            }
            other => panic!("wanted a ChatMessage, got {other:?}"),
        }
    }
    (party, heard)
}

#[tokio::test]
async fn many_chats_at_once_each_keep_to_themselves() {
    let world = World::new();
    let chats = (0..20).map(async |chat| {
        let (mut visitor, mut support) = world.engaged().await;
        for round in 0..5 {
            let (question, answer) = (
                format!("{chat}: question {round}"),
                format!("{chat}: answer {round}"),
            );
            visitor.says(&question).await;
            support.hears(&question).await;
            support.says(&answer).await;
            visitor.hears(&answer).await;
        }
        let history = support.rejoins_at(&world, 0).await;
        assert_eq!(messages(&history).len(), 10);
        assert!(messages(&history).iter().all(|message| {
            message["content"]
                .as_str()
                .is_some_and(|text| text.starts_with(&format!("{chat}:")))
        }));
    });
    join_all(chats).await;
}
