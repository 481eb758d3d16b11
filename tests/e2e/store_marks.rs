//! Marks and epochs: how far each side has seen, and which log the numbers belong to.

use helpline_desk::actor::Side;
use helpline_live::store::{Marked, Renewed};
use helpline_protocol::bus::{Passing, Publication, read_publication};
use helpline_protocol::typed::Seen;

use crate::store_desk::{Deployment, Expect, Spy, new_chat, said};

async fn next(ear: &mut Spy) -> Publication {
    read_publication(&ear.next().await).expect("readable")
}

#[tokio::test]
async fn a_mark_only_rises_and_never_beyond_the_log() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let head = store.add(chat, 1, vec![said("one"), said("two")]).await;
    let key = deployment.key(format_args!("chat:{chat}"));
    let _: () = deployment
        .ask(redis::cmd("PEXPIRE").arg(&key).arg(30_000))
        .await;
    let mut ear = deployment.listen(&deployment.keys.chat_channel(chat)).await;
    let cases = [
        (Side::Visitor, 4, Marked::Beyond),
        (Side::Visitor, u64::MAX, Marked::Beyond),
        (Side::Visitor, 0, Marked::Old),
        (Side::Visitor, 2, Marked::Raised),
        (Side::Visitor, 2, Marked::Old),
        (Side::Visitor, 1, Marked::Old),
        (Side::Support, 1, Marked::Raised),
        (Side::Visitor, 3, Marked::Raised),
    ];
    for (side, seq, expected) in cases {
        let marked = store.mark_seen(chat, side, seq).await.expect("an answer");
        assert_eq!(marked, expected, "{side:?} {seq}");
    }
    let loaded = store.all(chat).await;
    let seen = Seen {
        visitor: 3,
        support: 1,
    };
    assert_eq!(loaded.seen, seen);
    assert_eq!(loaded.head, head, "a mark is no event");
    assert!(deployment.life_of(&key).await <= 30_000, "and no activity");
    // Only what raised a mark is told.
    for (side, seq, _) in cases.into_iter().filter(|case| case.2 == Marked::Raised) {
        let passing = Passing::Seen { side, seq };
        assert_eq!(next(&mut ear).await, Publication::Passing(passing));
    }
}

#[tokio::test]
async fn a_mark_makes_no_chat() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let marked = store.mark_seen(new_chat(), Side::Visitor, 1).await;
    assert_eq!(marked, Ok(Marked::Gone));
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn what_passes_is_told_and_not_kept() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let before = store.all(chat).await;
    let mut ear = deployment.listen(&deployment.keys.chat_channel(chat)).await;
    let typing = Passing::Typing {
        side: Side::Support,
        on: true,
        origin: 5,
    };
    store.pass_on(chat, &typing).await.expect("an answer");
    assert_eq!(next(&mut ear).await, Publication::Passing(typing));
    let after = store.all(chat).await;
    assert_eq!(after.head, before.head);
    assert_eq!(after.recorded, before.recorded);
}

/// Of two processes that both find the log is not the one they told, one makes the new epoch.
#[tokio::test]
async fn an_epoch_is_renewed_once() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let chat = one.create().await;
    let told = one.all(chat).await.head;
    let renewed = one.renew_epoch(chat, &told.epoch).await.expect("an answer");
    let Renewed { epoch, here } = renewed.expect("a chat");
    assert!(here);
    assert_ne!(epoch, *told.epoch);
    let second = other.renew_epoch(chat, &told.epoch).await;
    let renewed = Renewed {
        epoch: epoch.clone(),
        here: false,
    };
    assert_eq!(second, Ok(Some(renewed)));
    let head = other.add(chat, 1, vec![said("hello")]).await;
    assert_eq!(*head.epoch, epoch);
    assert_eq!((head.revision, head.seq), (told.revision, told.seq + 1));
    let gone = one.renew_epoch(new_chat(), &told.epoch).await;
    assert_eq!(gone, Ok(None));
}
