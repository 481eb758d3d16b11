//! A command id makes a repeat harmless: whoever did not hear the answer asks again and gets the first one.

use helpline_desk::decide::Life;
use helpline_desk::event::{End, Event};
use helpline_desk::id::ChatId;
use helpline_live::store::{Commit, Committed, Store};

use crate::store_desk::{Deployment, Expect, LIFE, claimed, commit, decided, said};

/// Says something under a command id.
async fn say(store: &Store, chat: ChatId, id: &str, revision: u64, content: &str) -> Committed {
    let decision = decided([said(content)], Life::Extend(LIFE));
    let commit = Commit {
        command_id: Some(id),
        ..commit(chat, revision, &decision)
    };
    store.put(&commit).await
}

#[tokio::test]
async fn a_repeat_returns_the_first_result_and_stores_nothing() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let chat = one.create().await;
    let first = say(&one, chat, "a", 1, "hello").await;
    assert!(
        matches!(first, Committed::Done { first: 2, .. }),
        "{first:?}"
    );
    one.add(chat, 1, vec![claimed("Vika")]).await;
    let before = one.all(chat).await;
    // On another process, on the old revision and on the new one, and with other words.
    for (revision, content) in [(1, "hello"), (2, "hello"), (2, "goodbye")] {
        let repeat = say(&other, chat, "a", revision, content).await;
        assert_eq!(repeat, Committed::Repeat { seq: 2 });
    }
    let after = one.all(chat).await;
    assert_eq!(after.head, before.head);
    assert_eq!(after.recorded, before.recorded);
    let seq = other.seq_of_command(chat, "a").await.expect("an answer");
    assert_eq!(seq, Some(2));
}

#[tokio::test]
async fn a_repeat_of_several_events_names_the_first_of_them() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let decision = decided([said("one"), said("two")], Life::Extend(LIFE));
    let both = Commit {
        command_id: Some("both"),
        ..commit(chat, 1, &decision)
    };
    let done = store.put(&both).await;
    assert!(matches!(done, Committed::Done { first: 2, .. }), "{done:?}");
    assert_eq!(store.put(&both).await, Committed::Repeat { seq: 2 });
}

#[tokio::test]
async fn a_repeat_is_known_on_a_chat_that_is_over() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    say(&store, chat, "a", 1, "hello").await;
    let over = decided([Event::Ended(End::BySilence)], Life::End(LIFE));
    let end = Commit {
        command_id: Some("end"),
        ..commit(chat, 1, &over)
    };
    let done = store.put(&end).await;
    assert!(matches!(done, Committed::Done { first: 3, .. }), "{done:?}");
    let repeat = say(&store, chat, "a", 1, "hello").await;
    assert_eq!(repeat, Committed::Repeat { seq: 2 });
    // Every end has one id, so that a chat ends once, whatever ends it.
    assert_eq!(store.put(&end).await, Committed::Repeat { seq: 3 });
    assert_eq!(say(&store, chat, "b", 1, "more").await, Committed::Conflict);
}

#[tokio::test]
async fn the_last_256_commands_are_remembered_and_no_more() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    say(&store, chat, "first", 1, "hello").await;
    for other in 1..=255 {
        say(&store, chat, &format!("other-{other}"), 1, "x").await;
    }
    let known = say(&store, chat, "first", 1, "hello").await;
    assert_eq!(known, Committed::Repeat { seq: 2 });
    say(&store, chat, "other-256", 1, "x").await;
    let forgotten = say(&store, chat, "first", 1, "hello").await;
    assert!(
        matches!(forgotten, Committed::Done { first: 259, .. }),
        "{forgotten:?}"
    );
    // Now it is the latest again, and the oldest of the others is what was forgotten for it.
    let known = say(&store, chat, "first", 1, "hello").await;
    assert_eq!(known, Committed::Repeat { seq: 259 });
    let next = say(&store, chat, "other-2", 1, "x").await;
    assert_eq!(next, Committed::Repeat { seq: 4 });
    // What is remembered stays bounded: a field for each command and one for its place in the ring.
    let fields: Vec<String> = deployment
        .ask(redis::cmd("HKEYS").arg(deployment.key(format_args!("chat:{chat}"))))
        .await;
    for kind in ["c:", "r:"] {
        let count = fields.iter().filter(|name| name.starts_with(kind)).count();
        assert_eq!(count, 256, "{kind}");
    }
}

/// Another chat's command of the same name is another command.
#[tokio::test]
async fn ids_are_each_chats_own() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    for chat in [store.create().await, store.create().await] {
        let done = say(&store, chat, "a", 1, "hello").await;
        assert!(matches!(done, Committed::Done { first: 2, .. }), "{done:?}");
    }
}
