//! The store's commit: it compares a revision and does everything, or changes nothing.

use std::time::Duration;

use e2e::secs;
use futures_util::future::join_all;
use helpline_desk::decide::Life;
use helpline_desk::event::{End, Event};
use helpline_desk::queue::Entry;
use helpline_live::store::{Commit, Committed};

use crate::store_desk::{
    Deployment, Expect, LIFE, claimed, commit, decided, new_chat, registered, said,
};

#[tokio::test]
async fn a_chat_is_made_once() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let chat = new_chat();
    let decision = decided([registered()], Life::Extend(LIFE));
    let make = commit(chat, 0, &decision);
    let Committed::Done { head, first, .. } = one.put(&make).await else {
        panic!("not made");
    };
    assert_eq!((head.revision, head.seq, first), (1, 1, 1));
    assert!(!head.epoch.is_empty());
    assert_eq!(other.put(&make).await, Committed::Conflict);
    let loaded = other.all(chat).await;
    assert_eq!(loaded.head, head);
    assert_eq!(loaded.recorded.len(), 1);
}

#[tokio::test]
async fn what_was_decided_on_another_revision_changes_nothing() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    store.add(chat, 1, vec![claimed("Vika")]).await;
    let before = store.all(chat).await;
    let waiting = Entry::of(&crate::store_queue::waiting(chat));
    let life = deployment
        .life_of(&deployment.key(format_args!("chat:{chat}")))
        .await;
    let keys = deployment.all_keys().await;
    let decision = decided(
        [Event::Ended(End::ByVisitor), said("too late")],
        Life::End(secs(1)),
    );
    for revision in [0, 1, 3, u64::MAX] {
        let late = Commit {
            command_id: Some("late"),
            queue: Some(waiting.as_ref()),
            announce: Some("a request".to_owned()),
            ..commit(chat, revision, &decision)
        };
        assert_eq!(store.put(&late).await, Committed::Conflict);
    }
    let after = store.all(chat).await;
    assert_eq!(after.head, before.head);
    assert_eq!(after.recorded, before.recorded);
    assert_eq!(deployment.all_keys().await, keys);
    assert!(after.ttl > Duration::from_secs(1) && life > 1_000);
    let seq = store.seq_of_command(chat, "late").await.expect("an answer");
    assert_eq!(seq, None, "a conflict is no result to be repeated");
}

#[tokio::test]
async fn nothing_is_written_for_a_chat_that_is_gone() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let decision = decided([said("anyone?")], Life::Extend(LIFE));
    let done = store.put(&commit(new_chat(), 3, &decision)).await;
    assert_eq!(done, Committed::Conflict);
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn messages_compare_the_revision_and_do_not_raise_it() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let chat = one.create().await;
    // Both decide on what they know, and both are right.
    assert_eq!(one.add(chat, 1, vec![said("one")]).await.revision, 1);
    assert_eq!(other.add(chat, 1, vec![said("two")]).await.revision, 1);
    let claim = one.add(chat, 1, vec![claimed("Vika")]).await;
    assert_eq!((claim.revision, claim.seq), (2, 4));
    let late = decided([said("decided before the claim")], Life::Extend(LIFE));
    let done = other.put(&commit(chat, 1, &late)).await;
    assert_eq!(done, Committed::Conflict);
    // Each event that the rules look at raises it, also within one commit.
    let two = vec![Event::VisitorLeft, said("three"), Event::VisitorReturned];
    assert_eq!(one.add(chat, 2, two).await.revision, 4);
}

#[tokio::test]
async fn of_many_claims_at_once_one_wins() {
    const AGENTS: usize = 8;
    let deployment = Deployment::new();
    let chat = deployment.process().await.create().await;
    let processes = join_all((0..AGENTS).map(|_| deployment.process())).await;
    let claims = processes.iter().enumerate().map(async |(agent, store)| {
        let decision = decided([claimed(&format!("agent {agent}"))], Life::Extend(LIFE));
        store.put(&commit(chat, 1, &decision)).await
    });
    let results = join_all(claims).await;
    let (won, lost): (Vec<_>, Vec<_>) = (0..AGENTS)
        .zip(results)
        .partition(|(_, result)| matches!(result, Committed::Done { .. }));
    assert_eq!(won.len(), 1, "{won:?}");
    assert!(
        lost.iter()
            .all(|(_, result)| *result == Committed::Conflict)
    );
    let log = processes[0].all(chat).await.recorded;
    let winner = claimed(&format!("agent {}", won[0].0));
    assert_eq!(log.len(), 2);
    assert_eq!(log[1].event, winner);
}

#[tokio::test]
async fn a_chat_is_one_key_with_one_time_to_live() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    store
        .add(chat, 1, vec![said("hello"), claimed("Vika")])
        .await;
    let of_the_chat: Vec<String> = deployment
        .all_keys()
        .await
        .into_iter()
        .filter(|key| key.contains(&chat.to_string()))
        .collect();
    assert_eq!(of_the_chat, [deployment.key(format_args!("chat:{chat}"))]);
    let life = deployment.life_of(&of_the_chat[0]).await;
    let limit = i64::try_from(LIFE.as_millis()).expect("fits");
    assert!((1..=limit).contains(&life), "{life}");
}

#[tokio::test]
async fn the_time_to_live_is_extended_or_kept_as_decided() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let key = deployment.key(format_args!("chat:{chat}"));
    let _: () = deployment
        .ask(redis::cmd("PEXPIRE").arg(&key).arg(30_000))
        .await;

    let quiet = decided([Event::VisitorLeft], Life::Keep);
    store.put(&commit(chat, 1, &quiet)).await;
    assert!(deployment.life_of(&key).await <= 30_000);
    assert!(store.all(chat).await.ttl <= secs(30));

    let active = decided([said("hello")], Life::Extend(LIFE));
    store.put(&commit(chat, 2, &active)).await;
    assert!(deployment.life_of(&key).await > 30_000);
    assert!(store.all(chat).await.ttl > secs(30));

    // A Join with nothing to tell is activity all the same.
    let _: () = deployment
        .ask(redis::cmd("PEXPIRE").arg(&key).arg(30_000))
        .await;
    let nothing = decided([], Life::Extend(LIFE));
    let Committed::Done { head, first, .. } = store.put(&commit(chat, 2, &nothing)).await else {
        panic!("not done");
    };
    assert_eq!((head.seq, first), (3, 4));
    assert!(deployment.life_of(&key).await > 30_000);

    let over = decided([Event::Ended(End::ByVisitor)], Life::End(secs(20)));
    store.put(&commit(chat, 2, &over)).await;
    assert!(deployment.life_of(&key).await <= 20_000);
}
