//! Who is here: sockets at their places, graces for the side whose last one left, and the lease of a process.

use std::time::Duration;

use e2e::{DEADLINE, eventually, ms};
use helpline_desk::actor::Side;
use helpline_desk::decide::Life;
use helpline_desk::id::{AgentId, ChatId};
use helpline_live::keys::Place;
use helpline_live::presence::{Arrival, Member};
use helpline_live::store::{Commit, Committed, Store};

use crate::store_desk::{Deployment, Expect, LIFE, commit, decided};
use crate::store_people::staff;

const GRACE: Duration = Duration::from_secs(3_600);

/// Lets a socket of this process in with a commit, as a Join does.
async fn joins(store: &Store, chat: ChatId, side: Side, socket: u64) -> Member {
    let place = Place::Chat(chat, side);
    let nothing = decided([], Life::Extend(LIFE));
    let join = Commit {
        arrives: Some((&place, socket)),
        ..commit(chat, 1, &nothing)
    };
    let done = store.put(&join).await;
    assert!(matches!(done, Committed::Done { .. }), "{done:?}");
    store.member(place, socket)
}

async fn arrives(store: &Store, socket: u64, arrival: &Arrival) {
    assert_eq!(store.arrive(socket, arrival).await, Ok(true));
}

async fn departs(store: &Store, member: &Member) {
    store.depart(member, GRACE).await.expect("an answer");
}

fn away(chat: ChatId, side: &str) -> String {
    format!("{chat}/away-{side}")
}

#[tokio::test]
async fn the_grace_of_a_side_starts_when_its_last_socket_leaves() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    let chat = one.create().await;
    let first = joins(&one, chat, Side::Visitor, 1).await;
    let second = joins(&other, chat, Side::Visitor, 1).await;
    let agent = joins(&other, chat, Side::Support, 2).await;
    departs(&one, &first).await;
    assert_eq!(deployment.timers().await, Vec::<String>::new());
    // The agent who stays is no reason not to miss the visitor.
    departs(&other, &second).await;
    assert_eq!(deployment.timers().await, [away(chat, "visitor")]);
    departs(&other, &agent).await;
    let both = [away(chat, "support"), away(chat, "visitor")];
    let mut timers = deployment.timers().await;
    timers.sort();
    assert_eq!(timers, both);
}

#[tokio::test]
async fn a_grace_runs_from_the_departure_and_only_once() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let member = joins(&store, chat, Side::Visitor, 1).await;
    departs(&store, &member).await;
    let score = async || -> i64 {
        let mut score = redis::cmd("ZSCORE");
        score
            .arg(deployment.key("timers"))
            .arg(away(chat, "visitor"));
        deployment.ask(&score).await
    };
    let due = score().await;
    let time: (i64, i64) = deployment.ask(&redis::cmd("TIME")).await;
    let now = time.0 * 1_000 + time.1 / 1_000;
    let grace = i64::try_from(GRACE.as_millis()).expect("fits");
    assert!(now < due && due <= now + grace, "{now} {due}");
    // A departure told twice (its answer was lost) does not give a new grace.
    store.depart(&member, 2 * GRACE).await.expect("an answer");
    assert_eq!(score().await, due);
}

#[tokio::test]
async fn whoever_comes_back_stops_the_grace_of_its_side() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let visitor = joins(&store, chat, Side::Visitor, 1).await;
    let agent = joins(&store, chat, Side::Support, 2).await;
    departs(&store, &visitor).await;
    departs(&store, &agent).await;
    arrives(&store, 1, &Arrival::Chat(chat, Side::Visitor)).await;
    assert_eq!(deployment.timers().await, [away(chat, "support")]);
    arrives(&store, 2, &Arrival::Chat(chat, Side::Support)).await;
    assert_eq!(deployment.timers().await, Vec::<String>::new());
    let members = store.members_of(0, &visitor.process).await;
    let mut members = members.expect("an answer");
    members.sort_by_key(|member| member.socket);
    assert_eq!(members, [visitor, agent]);
}

#[tokio::test]
async fn a_chat_that_is_over_has_nobody_at_it_and_misses_nobody() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let chat = store.create().await;
    let visitor = joins(&store, chat, Side::Visitor, 1).await;
    store.end(chat).await;
    departs(&store, &visitor).await;
    assert_eq!(deployment.timers().await, Vec::<String>::new());
    arrives(&store, 1, &Arrival::Chat(chat, Side::Visitor)).await;
    let members = store.members_of(0, &visitor.process).await;
    assert_eq!(members, Ok(Vec::new()));
    let here = deployment.key(format_args!("here:{chat}"));
    assert!(!deployment.all_keys().await.contains(&here));
}

#[tokio::test]
async fn a_lease_is_held_until_it_is_given_back() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    assert_eq!(store.renew_lease(LIFE).await, Ok(false), "it is new");
    assert_eq!(store.renew_lease(LIFE).await, Ok(true));
    store.end_lease().await.expect("an answer");
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
    assert_eq!(store.renew_lease(LIFE).await, Ok(false));
}

#[tokio::test]
async fn a_process_whose_lease_lapsed_is_taken_away_and_learns_it() {
    let deployment = Deployment::new();
    let (dead, alive) = (deployment.process().await, deployment.process().await);
    let chat = dead.create().await;
    let visitor = joins(&dead, chat, Side::Visitor, 1).await;
    alive.renew_lease(LIFE).await.expect("an answer");
    dead.renew_lease(ms(1)).await.expect("an answer");
    let agent = dead.member(Place::Staff(AgentId("vika".to_owned())), 2);
    arrives(&dead, 2, &staff("vika", None)).await;

    let lapsed = eventually("a lapsed lease", DEADLINE, async || {
        let due = alive.due(0, LIFE, true).await.expect("an answer");
        (!due.lapsed.is_empty()).then_some(due.lapsed)
    })
    .await;
    assert_eq!(lapsed, std::slice::from_ref(&visitor.process));
    let mut members = alive.members_of(0, &lapsed[0]).await.expect("an answer");
    members.sort_by_key(|member| member.socket);
    assert_eq!(members, [visitor.clone(), agent]);
    for member in &members {
        departs(&alive, member).await;
    }
    alive
        .forget_process(0, &lapsed[0])
        .await
        .expect("an answer");
    let timers = [away(chat, "visitor"), "staff/vika".to_owned()];
    assert_eq!(deployment.timers().await, timers);
    assert_eq!(alive.renew_lease(LIFE).await, Ok(true));

    assert_eq!(dead.renew_lease(LIFE).await, Ok(false), "it was lost");
    arrives(&dead, 1, &Arrival::Chat(chat, Side::Visitor)).await;
    arrives(&dead, 2, &staff("vika", None)).await;
    assert_eq!(deployment.timers().await, Vec::<String>::new());
}
