//! A chat's log: numbered without gaps, stamped with a time that only rises, published as it is stored.

use std::time::Duration;

use helpline_desk::decide::Life;
use helpline_desk::event::{Event, Recorded};
use helpline_live::store::Committed;
use helpline_protocol::bus::{Publication, read_publication};

use crate::store_desk::{
    Deployment, Expect, LIFE, claimed, commit, decided, new_chat, registered, said,
};

fn assert_rising(log: &[Recorded]) {
    for (number, recorded) in (1..).zip(log) {
        assert_eq!(recorded.seq, number);
    }
    for pair in log.windows(2) {
        assert!(pair[0].at < pair[1].at, "{pair:?}");
    }
}

#[tokio::test]
async fn events_are_numbered_and_time_rises() {
    let deployment = Deployment::new();
    let processes = [deployment.process().await, deployment.process().await];
    let chat = processes[0].create().await;
    for turn in 0..20 {
        let events = vec![said("one"), said("two"), said("three")];
        processes[turn % 2].add(chat, 1, events).await;
    }
    let loaded = processes[1].all(chat).await;
    assert_eq!(loaded.recorded.len(), 61);
    assert_eq!(loaded.head.seq, 61);
    assert_rising(&loaded.recorded);
}

#[tokio::test]
async fn time_rises_when_the_clock_is_behind() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let registered_at = store.all(chat).await.recorded[0].at;
    // As if the last event had been stamped by a clock that was an hour ahead.
    let ahead = registered_at.after(Duration::from_secs(3_600)).0;
    let key = deployment.key(format_args!("chat:{chat}"));
    let _: () = deployment
        .ask(redis::cmd("HSET").arg(&key).arg("at").arg(ahead))
        .await;
    let decision = decided([said("one"), said("two")], Life::Extend(LIFE));
    let Committed::Done { at, .. } = store.put(&commit(chat, 1, &decision)).await else {
        panic!("not done");
    };
    assert_eq!(at.0, ahead + 1);
    store.add(chat, 1, vec![said("three")]).await;
    let log = store.all(chat).await.recorded;
    let times: Vec<i64> = log[1..].iter().map(|recorded| recorded.at.0).collect();
    assert_eq!(times, [ahead + 1, ahead + 2, ahead + 3]);
    assert_rising(&log);
}

#[tokio::test]
async fn a_commit_says_where_its_events_stand() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let decision = decided([said("one"), claimed("Vika")], Life::Extend(LIFE));
    let Committed::Done { head, first, at } = store.put(&commit(chat, 1, &decision)).await else {
        panic!("not done");
    };
    let loaded = store.all(chat).await;
    assert_eq!(loaded.head, head);
    assert_eq!((first, head.seq), (2, 3));
    assert_eq!(loaded.recorded[1].at, at);
    assert_eq!(loaded.recorded[2].at, at.after(Duration::from_micros(1)));
    // The log numbers messages, and what is shown between them, by themselves; anything else has 0.
    let entries: Vec<String> = deployment
        .ask(
            redis::cmd("HMGET")
                .arg(deployment.key(format_args!("chat:{chat}")))
                .arg(&[1, 2, 3]),
        )
        .await;
    let beginnings = ["1 0 ", "2 1 ", "3 2 "];
    for (entry, beginning) in entries.iter().zip(beginnings) {
        assert!(entry.starts_with(beginning), "{entry}");
    }
}

#[tokio::test]
async fn a_log_is_loaded_from_any_event_on() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let words = ["one", "two", "three"].map(said);
    store.add(chat, 1, words.to_vec()).await;
    let all = store.all(chat).await;
    let events: Vec<&Event> = all.recorded.iter().map(|r| &r.event).collect();
    assert_eq!(events[0], &registered());
    assert_eq!(events[1..], words.iter().collect::<Vec<_>>());
    assert_eq!(all.chat(chat).map(|chat| chat.messages), Some(3));
    for after in 0..6_usize {
        let part = store
            .load(chat, after as u64)
            .await
            .expect("an answer")
            .expect("a chat");
        assert_eq!(part.head, all.head);
        assert_eq!(part.recorded, all.recorded[after.min(4)..]);
    }
    let none = store.load(new_chat(), 0).await.expect("an answer");
    assert!(none.is_none());
}

/// A script's stack holds some thousands of values: a log longer than that is read in parts.
#[tokio::test]
async fn a_log_of_thousands_is_loaded_whole() {
    const COMMITS: usize = 23;
    const EACH: usize = 100;
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    for turn in 0..COMMITS {
        let words = (0..EACH).map(|n| said(&(turn * EACH + n).to_string()));
        store.add(chat, 1, words.collect()).await;
    }
    let log = store.all(chat).await.recorded;
    assert_eq!(log.len(), 1 + COMMITS * EACH);
    assert_rising(&log);
    for (number, recorded) in log[1..].iter().enumerate() {
        assert_eq!(recorded.event, said(&number.to_string()));
    }
    for after in [999, 1_000, 1_001, 2_000] {
        let part = store.load(chat, after).await.expect("an answer");
        let first = usize::try_from(after).expect("fits");
        assert_eq!(part.expect("a chat").recorded, log[first..]);
    }
}

#[tokio::test]
async fn what_is_published_is_what_is_stored() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = new_chat();
    let mut ear = deployment.listen(&deployment.keys.chat_channel(chat)).await;
    let head = store.add(chat, 0, vec![registered()]).await;
    let quotes = "\"quotes\", \\backslashes\\, \n lines and 🜁 signs";
    store
        .add(chat, 1, vec![said(quotes), claimed("Vika"), said("")])
        .await;
    let log = store.all(chat).await.recorded;
    for (recorded, revision) in log.into_iter().zip([1, 1, 2, 2]) {
        let text = ear.next().await;
        let happened = Publication::Happened {
            epoch: head.epoch.to_string(),
            revision,
            recorded,
        };
        assert_eq!(read_publication(&text), Ok(happened));
    }
}
