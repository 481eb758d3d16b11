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

/// Whoever has lost its connection repeats all that it did not see answered, however much came since.
#[tokio::test]
async fn a_command_is_remembered_as_long_as_its_chat() {
    const MANY: u64 = 700;
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    for number in 0..MANY {
        let done = say(&store, chat, &format!("id-{number}"), 1, "x").await;
        assert!(matches!(done, Committed::Done { .. }), "{done:?}");
    }
    for number in 0..MANY {
        let repeat = say(&store, chat, &format!("id-{number}"), 1, "x").await;
        assert_eq!(repeat, Committed::Repeat { seq: number + 2 });
    }
    assert_eq!(store.all(chat).await.recorded.len() as u64, MANY + 1);
    // One field for each, so that the bounds of a chat bound them too.
    let fields: Vec<String> = deployment
        .ask(redis::cmd("HKEYS").arg(deployment.key(format_args!("chat:{chat}"))))
        .await;
    let count = |begins: &str| {
        fields
            .iter()
            .filter(|name| name.starts_with(begins))
            .count()
    };
    assert_eq!((count("c:"), count("r:")), (700, 0));
}

/// A chat that a release before this one has left behind, with its ring of commands.
#[tokio::test]
async fn what_an_older_release_remembers_is_known() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    say(&store, chat, "new", 1, "hello").await;
    let key = deployment.key(format_args!("chat:{chat}"));
    let mut old = redis::cmd("HSET");
    for (field, value) in [("c:old", "1"), ("commands", "1"), ("r:1", "old")] {
        old.arg(&key).arg(field).arg(value);
        let _: u64 = deployment.ask(&old).await;
        old = redis::cmd("HSET");
    }
    for (id, seq) in [("old", 1), ("new", 2)] {
        let repeat = say(&store, chat, id, 1, "hello").await;
        assert_eq!(repeat, Committed::Repeat { seq });
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
