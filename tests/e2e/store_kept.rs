//! Kept chats in the store: no time to live, gone when the records have them, back from the records when lost.

use e2e::{RedisServer, secs};
use helpline_desk::actor::Side;
use helpline_desk::decide::Life;
use helpline_desk::event::{End, Event, Said};
use helpline_desk::id::{AgentId, ChatId, MessageId};
use helpline_desk::queue::Entry;
use helpline_desk::time::Timestamp;
use helpline_live::kept::{Restored, RestoredEvent};
use helpline_live::keys::Place;
use helpline_live::store::{Committed, Store, StoreError};
use helpline_protocol::bus;

use crate::store_desk::{
    Deployment, Expect, LIFE, claimed, commit, decided, new_chat, registered, said,
};

/// What Redis says of a key that never expires.
const FOR_EVER: i64 = -1;

fn opened() -> Event {
    match registered() {
        Event::Registered {
            visitor,
            name,
            platform,
            topic,
            ..
        } => Event::Registered {
            visitor,
            name,
            platform,
            topic,
            kept: true,
            supervisor: Some(AgentId("supervisor".to_owned())),
            standing: false,
            since: None,
        },
        other => other,
    }
}

async fn open(store: &Store) -> ChatId {
    let chat = new_chat();
    let decision = decided([opened()], Life::Kept);
    let done = store.put(&commit(chat, 0, &decision)).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
    chat
}

async fn close(store: &Store, chat: ChatId, revision: u64) {
    let over = decided([Event::Ended(End::ByVisitor)], Life::EndKept(LIFE));
    let done = store.put(&commit(chat, revision, &over)).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
}

fn key(deployment: &Deployment, chat: ChatId) -> String {
    deployment.key(format_args!("chat:{chat}"))
}

#[tokio::test]
async fn a_kept_chat_has_no_time_to_live_and_is_never_due() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = open(&store).await;
    for (revision, event) in [(1, said("hello")), (1, claimed("Vika")), (2, said("again"))] {
        let quiet = decided([event], Life::Keep);
        let done = store.put(&commit(chat, revision, &quiet)).await;
        assert!(matches!(done, Committed::Done { .. }), "{done:?}");
        assert_eq!(deployment.life_of(&key(&deployment, chat)).await, FOR_EVER);
    }
    let silent = store.create().await;
    assert_eq!(store.figures().await.expect("an answer").open, 2);
    assert_eq!(store.due(0, LIFE, true).await.expect("an answer").gone, []);
    // The silent one is due once its key is gone; the kept one is not even then.
    for chat in [chat, silent] {
        let _: () = deployment
            .ask(redis::cmd("DEL").arg(key(&deployment, chat)))
            .await;
    }
    let _: () = deployment
        .ask(
            redis::cmd("ZADD")
                .arg(deployment.key("expiry"))
                .arg(1)
                .arg(silent.to_string()),
        )
        .await;
    assert_eq!(
        store.due(0, LIFE, true).await.expect("an answer").gone,
        [silent]
    );
}

#[tokio::test]
async fn a_side_of_a_kept_chat_comes_and_goes_like_any_other() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = open(&store).await;
    let place = Place::Chat(chat, Side::Visitor);
    let nothing = decided([], Life::Keep);
    let here = helpline_live::store::Commit {
        arrives: Some((&place, 7)),
        ..commit(chat, 1, &nothing)
    };
    assert!(matches!(store.put(&here).await, Committed::Done { .. }));
    let at: Vec<String> = deployment
        .ask(redis::cmd("SMEMBERS").arg(deployment.key(format_args!("here:{chat}"))))
        .await;
    assert_eq!(at.len(), 1);
}

#[tokio::test]
async fn a_kept_chat_that_ended_stays_until_the_records_have_it() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = open(&store).await;
    let life = async || deployment.life_of(&key(&deployment, chat)).await;
    store.archived(chat, secs(1)).await.expect("an answer");
    assert_eq!(life().await, FOR_EVER, "an open chat does not go");
    close(&store, chat, 1).await;
    assert_eq!(life().await, FOR_EVER);
    assert_eq!(store.figures().await.expect("an answer").open, 0);
    store.archived(chat, secs(60)).await.expect("an answer");
    assert!((1..=60_000).contains(&life().await));
    // A second time, or late: nothing is prolonged or cut short.
    store.archived(chat, secs(1)).await.expect("an answer");
    assert!(life().await > 1_000);
    let silent = store.create().await;
    store.end(silent).await;
    store.archived(silent, secs(1)).await.expect("an answer");
    assert!(deployment.life_of(&key(&deployment, silent)).await > 1_000);
}

#[tokio::test]
async fn without_records_a_kept_chat_that_ended_goes_like_any_other() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = open(&store).await;
    close(&store, chat, 1).await;
    let life = deployment.life_of(&key(&deployment, chat)).await;
    assert!((1..=60_000).contains(&life), "{life}");
}

#[tokio::test]
async fn open_chats_are_listed_over_all_partitions() {
    let deployment = Deployment::on(RedisServer::shared(), 3);
    let store = deployment.process().await;
    let mut made = Vec::new();
    for _ in 0..4 {
        made.push(open(&store).await);
        made.push(store.create().await);
    }
    close(&store, made[0], 1).await;
    store.end(made[1]).await;
    let mut open = store.open_chats(100).await.expect("an answer");
    open.sort_unstable();
    made.drain(..2);
    made.sort_unstable();
    assert_eq!(open, made);
    assert_eq!(store.open_chats(4).await.expect("an answer").len(), 4);
    assert_eq!(store.open_chats(0).await.expect("an answer").len(), 0);
}

fn log() -> Vec<RestoredEvent> {
    let since = Timestamp(1_001);
    [
        opened(),
        Event::Requested { since },
        said("hello"),
        said("anyone?"),
    ]
    .iter()
    .zip(1..)
    .map(|(event, seq)| RestoredEvent {
        seq,
        msg_no: if event.is_message() { seq - 2 } else { 0 },
        at: Timestamp(1_000 + i64::try_from(seq).expect("small")),
        body: bus::write_event(event),
    })
    .collect()
}

#[tokio::test]
async fn a_lost_chat_is_put_back_once_and_goes_on() {
    let deployment = Deployment::new().streaming();
    let store = deployment.process().await;
    let chat = new_chat();
    let waiting = Entry::of(&crate::store_queue::waiting(chat)).expect("it waits");
    let log = log();
    let attempts = (0..4).map(|_| store.restore(chat, &log, Some(&waiting), None));
    let attempts = futures_util::future::join_all(attempts).await;
    let done = |one: &&Result<_, _>| **one == Ok(Restored::Done);
    assert_eq!(attempts.iter().filter(done).count(), 1, "{attempts:?}");
    let exists = |one: &&Result<_, _>| **one == Ok(Restored::Exists);
    assert_eq!(attempts.iter().filter(exists).count(), 3, "{attempts:?}");
    let loaded = store.all(chat).await;
    assert_eq!((loaded.head.revision, loaded.head.seq), (2, 4));
    let bodies: Vec<_> = loaded
        .recorded
        .iter()
        .map(|recorded| (recorded.seq, recorded.at, bus::write_event(&recorded.event)))
        .collect();
    let expected: Vec<_> = log
        .into_iter()
        .map(|one| (one.seq, one.at, one.body))
        .collect();
    assert_eq!(bodies, expected);
    assert_eq!(deployment.life_of(&key(&deployment, chat)).await, FOR_EVER);
    assert_eq!(store.open_chats(9).await, Ok(vec![chat]));
    assert_eq!(store.waiting_entry(chat).await, Ok(Some(waiting)));
    assert_eq!(store.waiting(0).await.expect("an answer").revision, 1);
    assert_eq!(store.stream_figures().await.expect("an answer").length, 0);

    // It goes on where it was: numbers, and the next message's number.
    let more = decided([said("back again")], Life::Keep);
    let done = store.put(&commit(chat, 2, &more)).await;
    assert!(matches!(done, Committed::Done { first: 5, .. }), "{done:?}");
    let entry: String = deployment
        .ask(redis::cmd("HGET").arg(key(&deployment, chat)).arg(5))
        .await;
    assert!(entry.starts_with("5 3 "), "{entry}");
}

#[tokio::test]
async fn a_chat_that_comes_back_is_not_taken_for_the_one_that_was_lost() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = open(&store).await;
    let before = store.all(chat).await.head.epoch;
    assert_eq!(
        store.restore(chat, &log(), None, None).await,
        Ok(Restored::Exists)
    );
    assert_eq!(store.all(chat).await.head.epoch, before);
    let _: () = deployment
        .ask(redis::cmd("DEL").arg(key(&deployment, chat)))
        .await;
    assert_eq!(
        store.restore(chat, &log(), None, None).await,
        Ok(Restored::Done)
    );
    assert_ne!(store.all(chat).await.head.epoch, before);
    assert_eq!(store.waiting_entry(chat).await, Ok(None));
}

fn named(from: Side, client_id: &str) -> Event {
    Event::Said(Said {
        id: MessageId::from_bits(1),
        from,
        support: None,
        content: "named".to_owned(),
        raw: None,
        client_id: Some(client_id.to_owned()),
    })
}

/// Who has it and how it is flagged is found without a look at it; a message that is repeated is known.
#[tokio::test]
async fn with_a_chat_comes_back_what_is_noted_of_it() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = new_chat();
    let vika = AgentId("Vika".to_owned());
    let flagged = |severity| Event::Flagged {
        severity,
        by: vika.clone(),
        by_name: "Vika".to_owned(),
        at: Timestamp(1_500),
    };
    let events: Vec<RestoredEvent> = [
        opened(),
        named(Side::Visitor, "a"),
        claimed("Vika"),
        flagged(2),
        named(Side::Support, "a"),
        named(Side::Visitor, "a"),
    ]
    .iter()
    .zip(1..)
    .map(|(event, seq)| RestoredEvent {
        seq,
        msg_no: 0,
        at: Timestamp(1_000),
        body: bus::write_event(event),
    })
    .collect();
    let restored = store.restore(chat, &events, None, None).await;
    assert_eq!(restored, Ok(Restored::Done));
    let has = store.chats_of(&vika).await;
    assert_eq!(has, Ok(vec![chat]));
    let noted = store.latest_flagged().await.expect("an answer");
    let noted: Vec<_> = noted.iter().map(|one| (one.chat, one.severity)).collect();
    assert_eq!(noted, [(chat, 2)]);
    for (id, seq) in [("va", 2), ("sa", 5)] {
        let known = store.seq_of_command(chat, id).await;
        assert_eq!(known, Ok(Some(seq)), "{id}");
    }
    // Of one that nobody has, and that is not flagged, nothing is noted.
    let chat = new_chat();
    assert_eq!(
        store.restore(chat, &log(), None, None).await,
        Ok(Restored::Done)
    );
    assert_eq!(store.latest_flagged().await.expect("an answer").len(), 1);
    let engaged = deployment.key("engaged");
    let engaged: u64 = deployment.ask(redis::cmd("HLEN").arg(engaged)).await;
    assert_eq!(engaged, 1);
}

#[tokio::test]
async fn a_long_chat_comes_back_whole() {
    const EVENTS: u64 = 12_345;
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let mut events = log();
    for seq in 5..=EVENTS {
        events.push(RestoredEvent {
            seq,
            msg_no: seq - 2,
            at: Timestamp(2_000),
            body: bus::write_event(&said("and on")),
        });
    }
    let chat = new_chat();
    assert_eq!(
        store.restore(chat, &events, None, None).await,
        Ok(Restored::Done)
    );
    let loaded = store.all(chat).await;
    assert_eq!(loaded.recorded.len() as u64, EVENTS);
}

#[tokio::test]
async fn what_is_no_log_is_not_put_back() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let mut gap = log();
    gap.remove(1);
    let mut newer = log();
    newer[2].body = "{\"danced\":{}}".to_owned();
    for events in [Vec::new(), gap, newer] {
        let restored = store.restore(new_chat(), &events, None, None).await;
        assert_eq!(restored, Err(StoreError::Unreadable));
    }
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
}
