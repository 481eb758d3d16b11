//! What is due: one process is told, and if it does not see to it, another is.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use e2e::{DEADLINE, eventually, ms, secs};
use helpline_desk::actor::Side;
use helpline_desk::decide::{Life, Timer, TimerChange};
use helpline_desk::event::Event;
use helpline_desk::id::ChatId;
use helpline_live::store::{Commit, Committed, Store};
use helpline_live::timers::Due;

use crate::store_desk::{Deployment, Expect, LIFE, commit, decided, said};

/// Commits a change of a chat's timers, and nothing else.
async fn change(store: &Store, chat: ChatId, timers: &[TimerChange]) {
    let mut nothing = decided([], Life::Keep);
    nothing.timers = timers.to_vec();
    let done = store.put(&commit(chat, 1, &nothing)).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
}

async fn due(store: &Store) -> Due {
    store.due(0, LIFE, true).await.expect("an answer")
}

/// A chat whose time ran out, without waiting for it: the key is gone, and it is time to look.
async fn runs_out(deployment: &Deployment, chat: ChatId) {
    let key = deployment.key(format_args!("chat:{chat}"));
    let _: () = deployment.ask(redis::cmd("DEL").arg(key)).await;
    look_now(deployment, chat).await;
}

async fn look_now(deployment: &Deployment, chat: ChatId) {
    let mut score = redis::cmd("ZADD");
    score.arg(deployment.key("expiry")).arg(0);
    let _: () = deployment.ask(score.arg(chat.to_string())).await;
}

#[tokio::test]
async fn one_process_is_told_and_later_another() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let (timed, gone) = (one.create().await, one.create().await);
    let dead = deployment.process().await;
    dead.renew_lease(Duration::ZERO).await.expect("an answer");
    let set = TimerChange::Set(Timer::Reservation, Duration::ZERO);
    change(&one, timed, &[set]).await;
    runs_out(&deployment, gone).await;

    let told_at = Instant::now();
    let told = due(&one).await;
    assert_eq!(told.gone, [gone]);
    assert_eq!(told.timers, [(timed, Timer::Reservation)]);
    assert_eq!(told.lapsed.len(), 1);
    // Whoever looks while the first sees to it has nothing to do.
    assert_eq!(due(&other).await, Due::default());
    assert_eq!(due(&one).await, Due::default());
    let again = eventually("being told again", DEADLINE, async || {
        let again = due(&other).await;
        (again != Due::default()).then_some(again)
    })
    .await;
    assert!(told_at.elapsed() > ms(1_900), "{:?}", told_at.elapsed());
    assert_eq!(again, told);
}

#[tokio::test]
async fn leases_are_looked_at_only_by_whoever_may() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    store.renew_lease(Duration::ZERO).await.expect("an answer");
    let quiet = store.due(0, LIFE, false).await;
    assert_eq!(quiet, Ok(Due::default()));
    assert_eq!(due(&store).await.lapsed.len(), 1);
}

#[tokio::test]
async fn a_timer_that_is_not_due_or_was_stopped_is_not_told() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let timers = [
        TimerChange::Set(Timer::Reservation, Duration::ZERO),
        TimerChange::Set(Timer::Away(Side::Visitor), Duration::ZERO),
        TimerChange::Set(Timer::Away(Side::Support), secs(3_600)),
    ];
    change(&store, chat, &timers).await;
    change(&store, chat, &[TimerChange::Clear(Timer::Reservation)]).await;
    let told = due(&store).await;
    assert_eq!(told.timers, [(chat, Timer::Away(Side::Visitor))]);
    let stopped = store.stop_timer(chat, Timer::Away(Side::Visitor)).await;
    stopped.expect("an answer");
    assert_eq!(deployment.timers().await, [format!("{chat}/away-support")]);
}

#[tokio::test]
async fn what_was_decided_for_a_timer_needs_that_timer() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let decision = decided([Event::VisitorLeft], Life::Keep);
    let timer = Timer::Away(Side::Visitor);
    let due = |revision| Commit {
        due: Some(timer),
        ..commit(chat, revision, &decision)
    };
    // It never ran, or was stopped: the visitor came back in this very moment.
    assert_eq!(store.put(&due(1)).await, Committed::Untimely);
    assert_eq!(store.all(chat).await.recorded.len(), 1);

    change(&store, chat, &[TimerChange::Set(timer, secs(3_600))]).await;
    // A conflict does not use it up: it is decided again, for the same timer.
    assert_eq!(store.put(&due(7)).await, Committed::Conflict);
    let done = store.put(&due(1)).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
    assert_eq!(deployment.timers().await, Vec::<String>::new());
    // Whoever was told of it as well comes too late.
    assert_eq!(store.put(&due(2)).await, Committed::Untimely);
    assert_eq!(store.all(chat).await.recorded.len(), 2);
}

#[tokio::test]
async fn a_chat_that_was_used_is_looked_at_later() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let look_at = async || -> f64 {
        let mut score = redis::cmd("ZSCORE");
        score.arg(deployment.key("expiry")).arg(chat.to_string());
        deployment.ask(&score).await
    };
    let first = look_at().await;
    store.add(chat, 1, vec![said("hello")]).await;
    assert_eq!(look_at().await, first, "a message does not touch it");
    look_now(&deployment, chat).await;
    assert_eq!(due(&store).await, Due::default());
    assert!(look_at().await >= first, "{} {first}", look_at().await);
}

#[tokio::test]
async fn a_chat_without_an_end_and_one_that_ended_are_not_looked_at() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let (kept, ended) = (store.create().await, store.create().await);
    let key = deployment.key(format_args!("chat:{kept}"));
    let _: () = deployment.ask(redis::cmd("PERSIST").arg(key)).await;
    look_now(&deployment, kept).await;
    store.end(ended).await;
    assert_eq!(due(&store).await, Due::default());
    let left: u64 = deployment
        .ask(redis::cmd("ZCARD").arg(deployment.key("expiry")))
        .await;
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_chat_ends_by_its_own_time_to_live() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let brief = decided([said("hello")], Life::Extend(ms(1)));
    store.put(&commit(chat, 1, &brief)).await;
    look_now(&deployment, chat).await;
    let gone = eventually("the end", DEADLINE, async || {
        let gone = due(&store).await.gone;
        (!gone.is_empty()).then_some(gone)
    })
    .await;
    assert_eq!(gone, [chat]);
    assert!(store.load(chat, 0).await.expect("an answer").is_none());
    // The tombstone can be made: for the store it is a new chat with an end.
    let end = decided(
        [Event::Ended(helpline_desk::event::End::BySilence)],
        Life::End(LIFE),
    );
    let tombstone = Commit {
        command_id: Some("end"),
        ..commit(chat, 0, &end)
    };
    let done = store.put(&tombstone).await;
    assert!(matches!(done, Committed::Done { first: 1, .. }), "{done:?}");
    assert_eq!(store.put(&tombstone).await, Committed::Repeat { seq: 1 });
    assert_eq!(due(&store).await, Due::default());
}

/// A look brings a handful; the rest comes with the next ones, and nothing twice.
#[tokio::test]
async fn a_crowd_is_told_bit_by_bit() {
    const CROWD: usize = 230;
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let mut chats = HashSet::new();
    for _ in 0..CROWD {
        let chat = store.create().await;
        let set = TimerChange::Set(Timer::Reservation, Duration::ZERO);
        change(&store, chat, &[set]).await;
        chats.insert(chat);
    }
    let mut told = Vec::new();
    for expected in [100, 100, 30] {
        let look = due(&store).await.timers;
        assert_eq!(look.len(), expected);
        told.extend(look.into_iter().map(|(chat, _)| chat));
    }
    assert_eq!(told.len(), CROWD);
    assert_eq!(told.into_iter().collect::<HashSet<_>>(), chats);
}

#[tokio::test]
async fn an_end_is_found_in_time_also_where_a_life_has_become_shorter() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let idle = ms(200);
    let look = async || store.due(0, idle, false).await.expect("an answer").gone;
    // It is looked at in a minute at first: whoever lets it live shorter looks sooner.
    assert_eq!(look().await, []);
    let key = deployment.key(format_args!("chat:{chat}"));
    let _: () = deployment.ask(redis::cmd("DEL").arg(key)).await;
    let gone = eventually("the end", secs(5), async || {
        let gone = look().await;
        (!gone.is_empty()).then_some(gone)
    });
    assert_eq!(gone.await, [chat]);
}
