//! The waiting set: whole requests, with a number for each change.

use e2e::RedisServer;
use helpline_desk::chat::Chat;
use helpline_desk::decide::Life;
use helpline_desk::event::{Event, Recorded};
use helpline_desk::id::ChatId;
use helpline_desk::queue::Entry;
use helpline_desk::time::Timestamp;
use helpline_live::queue::Figures;
use helpline_live::store::{Commit, Committed, Store};
use helpline_protocol::bus::{QueueChange, read_queue_change};

use crate::store_desk::{Deployment, Expect, LIFE, claimed, commit, decided, registered};

/// A chat whose visitor asks for an agent.
pub(crate) fn waiting(chat: ChatId) -> Chat {
    let since = Timestamp(i64::try_from(chat.bits()).unwrap_or_default());
    let events: Vec<Recorded> = (1..)
        .zip([registered(), Event::Requested { since }])
        .map(|(seq, event)| Recorded {
            seq,
            at: since,
            event,
        })
        .collect();
    Chat::from_events(chat, &events).expect("a chat")
}

fn request(chat: ChatId) -> Entry {
    Entry::of(&waiting(chat)).expect("a chat that waits")
}

/// Commits a change of a chat's entry, and nothing else.
async fn enter(store: &Store, chat: ChatId, entry: Option<&Entry>) {
    let nothing = decided([], Life::Keep);
    let change = Commit {
        queue: Some(entry),
        ..commit(chat, 1, &nothing)
    };
    let done = store.put(&change).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
}

#[tokio::test]
async fn each_change_has_a_number_and_is_told() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let mut ear = deployment.listen(&deployment.keys.queue_channel(0)).await;
    let (one, two) = (store.create().await, store.create().await);
    let (first, second) = (request(one), request(two));
    let mut changed = first.clone();
    changed.first_words = Some("Hello?".to_owned());

    let empty = store.waiting(0).await.expect("an answer");
    assert_eq!((empty.revision, empty.entries), (0, Vec::new()));
    enter(&store, one, Some(&first)).await;
    enter(&store, two, Some(&second)).await;
    enter(&store, one, Some(&changed)).await;
    let mut set = store.waiting(0).await.expect("an answer");
    set.entries.sort_by_key(Entry::place);
    assert_eq!(set.revision, 3);
    assert_eq!(set.entries, [changed.clone(), second.clone()]);
    let entry = store.waiting_entry(one).await.expect("an answer");
    assert_eq!(entry.as_ref(), Some(&changed));

    enter(&store, two, None).await;
    // What is not there cannot go: no change, no number.
    enter(&store, two, None).await;
    let claim = decided([claimed("Vika")], Life::Keep);
    let claim = Commit {
        queue: Some(None),
        ..commit(one, 1, &claim)
    };
    store.put(&claim).await;
    let set = store.waiting(0).await.expect("an answer");
    assert_eq!((set.revision, set.entries), (5, Vec::new()));
    assert_eq!(store.waiting_entry(one).await, Ok(None));

    let told = [
        (one, Some(first), false),
        (two, Some(second), false),
        (one, Some(changed), false),
        (two, None, false),
        (one, None, true),
    ];
    for (revision, (chat, entry, claimed)) in (1..).zip(told) {
        let change = QueueChange {
            revision,
            chat,
            entry,
            claimed,
        };
        assert_eq!(read_queue_change(&ear.next().await), Ok(change));
    }
}

#[tokio::test]
async fn figures_count_what_is_open_and_what_waits() {
    let deployment = Deployment::on(RedisServer::shared(), 3);
    let store = deployment.process().await;
    assert_eq!(store.figures().await, Ok(Figures::default()));
    let mut chats = Vec::new();
    for _ in 0..6 {
        chats.push(store.create().await);
    }
    for chat in &chats[1..4] {
        enter(&store, *chat, Some(&request(*chat))).await;
    }
    let mut all = store.all_waiting().await.expect("an answer");
    all.sort_by_key(Entry::place);
    let expected: Vec<Entry> = chats[1..4].iter().copied().map(request).collect();
    assert_eq!(all, expected);
    let figures = |open, waiting, oldest: Option<&Entry>| Figures {
        open,
        waiting,
        oldest: oldest.map(|entry| entry.since.0),
    };
    let told = store.figures().await;
    assert_eq!(told, Ok(figures(6, 3, Some(&expected[0]))));
    enter(&store, chats[1], None).await;
    store.end(chats[5]).await;
    let told = store.figures().await;
    assert_eq!(told, Ok(figures(5, 2, Some(&expected[1]))));
}

/// One request that nobody can read must not hide all others.
#[tokio::test]
async fn what_cannot_be_read_hides_nothing_else() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    enter(&store, chat, Some(&request(chat))).await;
    let mut spoil = redis::cmd("HSET");
    spoil.arg(deployment.key("waiting")).arg("odd").arg("{}");
    let _: () = deployment.ask(&spoil).await;
    let set = store.waiting(0).await.expect("an answer");
    assert_eq!((set.revision, set.entries), (1, vec![request(chat)]));
}

#[tokio::test]
async fn a_request_is_announced_as_it_is_written() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let mut ear = deployment.listen_in_public(&deployment.join_channel).await;
    let decision = decided([registered()], Life::Extend(LIFE));
    let announced = Commit {
        announce: Some(r#"{"participant":"User"}"#.to_owned()),
        ..commit(crate::store_desk::new_chat(), 0, &decision)
    };
    store.put(&announced).await;
    assert_eq!(ear.next().await, r#"{"participant":"User"}"#);
}
