//! The event stream: whatever was committed reaches the records, at least once and in order, whoever dies on the way.

use std::collections::BTreeSet;

use e2e::wait::{eventually, within};
use e2e::{RedisServer, secs};
use helpline_desk::decide::Life;
use helpline_desk::event::{End, Event};
use helpline_desk::id::ChatId;
use helpline_live::outbound::{Acknowledged, Batch, Content, Happened, Outbound};
use helpline_live::store::{Committed, Store};
use helpline_protocol::bus;

use crate::store_desk::{
    Deployment, Expect, LIFE, claimed, commit, decided, new_chat, registered, said,
};

/// The next batch, which comes.
async fn next(outbound: &mut Outbound, max: usize) -> Batch {
    within("a batch", async {
        loop {
            if let Ok(Some(batch)) = outbound.next(max).await {
                return batch;
            }
        }
    })
    .await
}

/// Nothing comes now.
async fn nothing(outbound: &mut Outbound) {
    within("a connection", async {
        loop {
            match outbound.next(10).await {
                Ok(None) => return,
                Ok(Some(batch)) => panic!("given out: {batch:?}"),
                Err(_) => {}
            }
        }
    })
    .await;
}

fn happened(batch: &Batch) -> Vec<&Happened> {
    let read = batch.entries.iter().map(|entry| match &entry.content {
        Content::Happened(happened) => &**happened,
        Content::Unreadable { raw, .. } => panic!("unreadable: {raw}"),
    });
    read.collect()
}

fn seqs(batch: &Batch) -> Vec<u64> {
    let seq = |happened: &&Happened| happened.recorded.seq;
    happened(batch).iter().map(seq).collect()
}

async fn say(store: &Store, chat: ChatId, revision: u64, text: &str) {
    store.add(chat, revision, vec![said(text)]).await;
}

#[tokio::test]
async fn an_event_is_handed_on_as_it_was_logged() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = new_chat();
    let head = store.add(chat, 0, vec![registered()]).await;
    store
        .add(chat, 1, vec![said("hello"), claimed("Vika")])
        .await;
    let over = decided([Event::Ended(End::ByVisitor)], Life::End(LIFE));
    store.put(&commit(chat, 2, &over)).await;

    let mut outbound = deployment.outbound();
    let batch = next(&mut outbound, 10).await;
    let handed_on = happened(&batch);
    let loaded = store.all(chat).await;
    let recorded: Vec<_> = handed_on.iter().map(|one| one.recorded.clone()).collect();
    assert_eq!(recorded, loaded.recorded);
    let numbers: Vec<_> = handed_on.iter().map(|one| one.msg_no).collect();
    assert_eq!(numbers, [0, 1, 2, 0]);
    for one in handed_on {
        assert_eq!((one.chat, &*one.epoch), (chat, &*head.epoch));
        assert_eq!(one.body, bus::write_event(&one.recorded.event));
    }
}

#[tokio::test]
async fn without_records_nothing_is_handed_on() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    store.create().await;
    assert!(
        !deployment
            .all_keys()
            .await
            .contains(&deployment.key("stream"))
    );
}

#[tokio::test]
async fn what_changes_nothing_hands_nothing_on() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    let decision = decided([said("once")], Life::Extend(LIFE));
    let once = helpline_live::store::Commit {
        command_id: Some("once"),
        ..commit(chat, 1, &decision)
    };
    assert!(matches!(store.put(&once).await, Committed::Done { .. }));
    assert!(matches!(store.put(&once).await, Committed::Repeat { .. }));
    assert_eq!(
        store.put(&commit(chat, 7, &decision)).await,
        Committed::Conflict
    );
    let nothing = decided([], Life::Extend(LIFE));
    assert!(matches!(
        store.put(&commit(chat, 1, &nothing)).await,
        Committed::Done { .. }
    ));
    let batch = next(&mut deployment.outbound(), 10).await;
    assert_eq!(seqs(&batch), [1, 2]);
}

#[tokio::test]
async fn what_was_not_acknowledged_is_given_out_again_to_whoever_comes_next() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    for text in ["one", "two", "three"] {
        say(&store, chat, 1, text).await;
    }
    let mut first = deployment.outbound();
    let taken = next(&mut first, 2).await;
    assert_eq!(seqs(&taken), [1, 2]);
    assert_eq!(next(&mut first, 10).await, taken, "also to itself");
    // It dies between reading and acknowledging: its lease runs out.
    let _: () = deployment
        .ask(redis::cmd("DEL").arg(deployment.key("outbound")))
        .await;
    let mut second = deployment.outbound();
    let again = next(&mut second, 10).await;
    assert_eq!(again, taken);
    // The first one was only slow. It may not acknowledge any more, and is given nothing.
    assert_eq!(first.acknowledge(&taken).await, Ok(Acknowledged::Late));
    nothing(&mut first).await;
    assert_eq!(second.acknowledge(&again).await, Ok(Acknowledged::Done));
    let rest = next(&mut second, 10).await;
    assert_eq!(seqs(&rest), [3, 4]);
    assert_eq!(second.acknowledge(&rest).await, Ok(Acknowledged::Done));
    nothing(&mut second).await;
}

#[tokio::test]
async fn a_holder_that_goes_orderly_lets_the_next_one_in_at_once() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    store.create().await;
    let (mut first, mut second) = (deployment.outbound(), deployment.outbound());
    let taken = next(&mut first, 10).await;
    nothing(&mut second).await;
    let lease = deployment.life_of(&deployment.key("outbound")).await;
    assert!(
        (1..=5_000).contains(&lease),
        "it runs out by itself: {lease}"
    );
    second.release().await.expect("an answer");
    nothing(&mut second).await;
    first.release().await.expect("an answer");
    assert_eq!(next(&mut second, 10).await, taken);
}

#[tokio::test]
async fn a_partition_has_one_holder_however_many_ask() {
    const EVENTS: u64 = 60;
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    for number in 1..EVENTS {
        say(&store, chat, 1, &number.to_string()).await;
    }
    let readers = (0..4).map(|_| {
        let mut outbound = deployment.outbound();
        async move {
            let mut read = Vec::new();
            // Whoever has it keeps it for as long as it asks; the others ask for as long.
            for _ in 0..80 {
                if let Ok(Some(batch)) = outbound.next(1).await {
                    assert_eq!(outbound.acknowledge(&batch).await, Ok(Acknowledged::Done));
                    read.extend(seqs(&batch));
                    if read.last() == Some(&EVENTS) {
                        break;
                    }
                } else if read.is_empty() {
                    return read;
                }
            }
            read
        }
    });
    let read = within("all of it", futures_util::future::join_all(readers)).await;
    let (some, none): (Vec<_>, Vec<_>) = read.into_iter().partition(|read| !read.is_empty());
    assert_eq!((some.len(), none.len()), (1, 3));
    assert!(some[0].iter().copied().eq(1..=EVENTS), "{some:?}");
}

#[tokio::test]
async fn only_what_everyone_acknowledged_is_trimmed() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    for text in ["one", "two", "three"] {
        say(&store, chat, 1, text).await;
    }
    let mut outbound = deployment.outbound();
    let length = async || store.stream_figures().await.expect("an answer").length;
    let batch = next(&mut outbound, 2).await;
    assert_eq!(length().await, 4);
    // Another group, which has read one and acknowledged none.
    let stream = deployment.key("stream");
    let _: () = deployment
        .ask(
            redis::cmd("XGROUP")
                .arg("CREATE")
                .arg(&stream)
                .arg("others")
                .arg(0),
        )
        .await;
    let _: redis::Value = deployment
        .ask(
            redis::cmd("XREADGROUP")
                .arg(&["GROUP", "others", "one", "COUNT", "1", "STREAMS"])
                .arg(&stream)
                .arg(">"),
        )
        .await;
    outbound.acknowledge(&batch).await.expect("an answer");
    assert_eq!(
        length().await,
        4,
        "the other group has acknowledged nothing"
    );
    let _: () = deployment
        .ask(
            redis::cmd("XACK")
                .arg(&stream)
                .arg("others")
                .arg(&batch.entries[0].id),
        )
        .await;
    let rest = next(&mut outbound, 2).await;
    outbound.acknowledge(&rest).await.expect("an answer");
    assert_eq!(length().await, 3, "the other group has acknowledged one");
    let _: () = deployment
        .ask(
            redis::cmd("XGROUP")
                .arg("DESTROY")
                .arg(&stream)
                .arg("others"),
        )
        .await;
    say(&store, chat, 1, "four").await;
    let last = next(&mut outbound, 2).await;
    assert_eq!(seqs(&last), [5]);
    outbound.acknowledge(&last).await.expect("an answer");
    assert_eq!(length().await, 0);
}

#[tokio::test]
async fn what_waits_for_the_records_can_be_measured() {
    let deployment = Deployment::on(RedisServer::shared(), 3).streaming();
    let store = deployment.process().await;
    let before = store.stream_figures().await.expect("an answer");
    assert_eq!((before.bytes, before.length, before.oldest), (0, 0, None));
    let mut made = Vec::new();
    for _ in 0..6 {
        made.push(store.create().await);
    }
    let figures = store.stream_figures().await.expect("an answer");
    assert_eq!(figures.length, 6);
    assert!(figures.bytes > 500, "{figures:?}");
    let first = store.all(made[0]).await.recorded[0].at;
    let oldest = figures.oldest.expect("there is one");
    assert!(
        (first.0 - oldest.0).abs() < 1_000_000,
        "{first:?} {oldest:?}"
    );
}

#[tokio::test]
async fn every_partition_has_its_turn_and_each_chat_its_order() {
    let deployment = Deployment::on(RedisServer::shared(), 4).streaming();
    let store = deployment.process().await;
    let mut chats = Vec::new();
    for _ in 0..8 {
        chats.push(store.create().await);
    }
    for round in 0..5 {
        for chat in &chats {
            say(&store, *chat, 1, &round.to_string()).await;
        }
    }
    let mut outbound = deployment.outbound();
    let mut read: Vec<(ChatId, u64)> = Vec::new();
    let mut first_round = BTreeSet::new();
    while read.len() < 48 {
        let batch = next(&mut outbound, 3).await;
        if first_round.len() < 4 {
            assert!(first_round.insert(batch.partition), "{}", batch.partition);
        }
        for one in happened(&batch) {
            assert_eq!(deployment.keys.partition(one.chat), batch.partition);
            read.push((one.chat, one.recorded.seq));
        }
        outbound.acknowledge(&batch).await.expect("an answer");
    }
    for chat in chats {
        let of_chat = read.iter().filter(|(of, _)| *of == chat);
        let seqs: Vec<u64> = of_chat.map(|(_, seq)| *seq).collect();
        assert_eq!(seqs, [1, 2, 3, 4, 5, 6]);
    }
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_stops_nothing() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    let stream = deployment.key("stream");
    let add = |fields: Vec<(&str, Vec<u8>)>| {
        let mut add = redis::cmd("XADD");
        add.arg(&stream).arg("*");
        for (name, value) in fields {
            add.arg(name).arg(value);
        }
        add
    };
    let chat_field = || ("chat", chat.to_string().into_bytes());
    for broken in [
        add(vec![
            chat_field(),
            ("epoch", "e".into()),
            ("entry", "2 0 5 {\"danced\":{}}".into()),
        ]),
        add(vec![
            chat_field(),
            ("epoch", "e".into()),
            ("entry", vec![0xff, 0xfe]),
        ]),
        add(vec![("nonsense", "x".into())]),
    ] {
        let _: String = deployment.ask(&broken).await;
    }
    say(&store, chat, 1, "after it").await;
    let mut outbound = deployment.outbound();
    let batch = next(&mut outbound, 10).await;
    let unreadable: Vec<_> = batch
        .entries
        .iter()
        .filter_map(|entry| match &entry.content {
            Content::Unreadable { chat, raw } => Some((chat.clone(), raw.clone())),
            Content::Happened(_) => None,
        })
        .collect();
    assert_eq!((batch.entries.len(), unreadable.len()), (5, 3));
    assert_eq!(unreadable[0].0, chat.to_string());
    assert!(unreadable[0].1.contains("danced"), "{unreadable:?}");
    assert_eq!(unreadable[2].0, "");
    outbound.acknowledge(&batch).await.expect("an answer");
    let figures = store.stream_figures().await.expect("an answer");
    assert_eq!(figures.length, 0);
}

#[tokio::test]
async fn an_entry_that_somebody_deleted_stops_nothing() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    say(&store, chat, 1, "one").await;
    let mut outbound = deployment.outbound();
    let batch = next(&mut outbound, 10).await;
    let stream = deployment.key("stream");
    let _: () = deployment
        .ask(redis::cmd("XDEL").arg(&stream).arg(&batch.entries[0].id))
        .await;
    assert_eq!(seqs(&next(&mut outbound, 10).await), [2]);
}

#[tokio::test]
async fn a_restart_of_the_store_loses_nothing_of_the_stream() {
    let redis = RedisServer::own();
    let deployment = Deployment::on(redis.address, 1).streaming();
    let store = deployment.process().await;
    let chat = store.create().await;
    say(&store, chat, 1, "before").await;
    let mut outbound = deployment.outbound();
    let taken = next(&mut outbound, 1).await;
    redis.crash();
    assert!(outbound.next(1).await.is_err());
    assert!(outbound.acknowledge(&taken).await.is_err());
    redis.start();
    let again = next(&mut outbound, 1).await;
    assert_eq!(again, taken);
    eventually("a commit", secs(5), async || {
        let decision = decided([said("after")], Life::Extend(LIFE));
        let done = store.commit(&commit(chat, 1, &decision)).await;
        matches!(done, Ok(Committed::Done { .. })).then_some(())
    })
    .await;
    outbound.acknowledge(&again).await.expect("an answer");
    assert_eq!(seqs(&next(&mut outbound, 10).await), [2, 3]);
}
