//! Who is online: one person however many sockets, a grace after the last one, and what the staff hear of it.

use std::time::Duration;

use e2e::{DEADLINE, eventually, ms};
use helpline_desk::actor::Rank;
use helpline_desk::id::{AgentId, VisitorId};
use helpline_live::keys::{Person, Place};
use helpline_live::people::Settled;
use helpline_live::presence::Arrival;
use helpline_live::store::Store;
use helpline_protocol::bus::{StaffChange, StaffMember, StaffProfile, read_staff_change};

use crate::store_desk::{Deployment, LIFE, Spy};

const GRACE: Duration = Duration::from_secs(3_600);

/// A member of the staff as one of its sockets brings it.
pub(crate) fn staff(id: &str, available: Option<bool>) -> Arrival {
    Arrival::Staff {
        profile: StaffProfile {
            id: AgentId(id.to_owned()),
            name: format!("The \"{id}\""),
            email: Some(format!("{id}@example.org")),
            rank: Rank::Supervisor,
        },
        available,
    }
}

fn person(id: &str) -> Person {
    Person::Staff(AgentId(id.to_owned()))
}

/// A deployment with processes that hold a lease.
async fn processes<const N: usize>(deployment: &Deployment) -> [Store; N] {
    let mut all = Vec::new();
    for _ in 0..N {
        let store = deployment.process().await;
        store.renew_lease(LIFE).await.expect("an answer");
        all.push(store);
    }
    all.try_into().ok().expect("as many as asked for")
}

async fn arrives(store: &Store, socket: u64, arrival: &Arrival) {
    assert_eq!(store.arrive(socket, arrival).await, Ok(true));
}

/// A socket of a member of the staff goes; whether its timer is due at once.
async fn goes(store: &Store, id: &str, socket: u64, grace: Duration) -> bool {
    let member = store.member(Place::Staff(AgentId(id.to_owned())), socket);
    store.depart(&member, grace).await.expect("an answer")
}

/// Who is online, and who of them takes requests.
async fn online(store: &Store) -> Vec<(String, bool)> {
    let staff = store.staff().await.expect("an answer").into_iter();
    let mut online: Vec<_> = staff.map(|one| (one.id.0, one.available)).collect();
    online.sort();
    online
}

fn listed(id: &str, available: bool) -> (String, bool) {
    (id.to_owned(), available)
}

/// What the staff hear.
struct Ear(Spy);

impl Ear {
    async fn of(deployment: &Deployment) -> Self {
        Self(deployment.listen(&deployment.keys.desk_channel()).await)
    }

    async fn next(&mut self) -> StaffChange {
        let text = self.0.next().await;
        read_staff_change(&text).unwrap_or_else(|_| panic!("not readable: {text}"))
    }

    async fn here(&mut self) -> StaffMember {
        match self.next().await {
            StaffChange::Here(member) => member,
            gone => panic!("not here: {gone:?}"),
        }
    }
}

#[tokio::test]
async fn several_sockets_are_one_person_and_it_is_told_once() {
    let deployment = Deployment::new();
    let [one, other] = processes(&deployment).await;
    let mut ear = Ear::of(&deployment).await;
    arrives(&one, 1, &staff("vika", None)).await;
    arrives(&other, 1, &staff("vika", None)).await;
    arrives(&one, 2, &staff("odd/name with \"spaces\"", None)).await;
    let vika = ear.here().await;
    assert_eq!(vika.name, "The \"vika\"");
    assert_eq!(vika.email.as_deref(), Some("vika@example.org"));
    assert_eq!((vika.rank, vika.available), (Rank::Supervisor, true));
    let odd = "odd/name with \"spaces\"";
    assert_eq!(ear.here().await.id.0, odd, "the second socket is no news");
    assert_eq!(
        online(&other).await,
        [listed(odd, true), listed("vika", true)]
    );
    // The first of two sockets to go takes nobody away.
    goes(&one, "vika", 1, Duration::ZERO).await;
    assert_eq!(one.settle(&person("vika")).await, Ok(Settled::Same));
    goes(&other, "vika", 1, Duration::ZERO).await;
    assert_eq!(one.settle(&person("vika")).await, Ok(Settled::Gone));
    assert_eq!(one.settle(&person("vika")).await, Ok(Settled::Same), "once");
    assert_eq!(ear.next().await, StaffChange::Gone(vika.id));
    goes(&one, odd, 2, Duration::ZERO).await;
    assert_eq!(one.settle(&person(odd)).await, Ok(Settled::Gone));
    for store in [one, other] {
        store.end_lease().await.expect("an answer");
    }
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
}

#[tokio::test]
async fn whoever_comes_back_within_the_grace_was_never_gone() {
    let deployment = Deployment::new();
    let [store] = processes(&deployment).await;
    let mut ear = Ear::of(&deployment).await;
    arrives(&store, 1, &staff("vika", Some(true))).await;
    let before = ear.here().await;
    assert!(!goes(&store, "vika", 1, GRACE).await, "not due yet");
    assert_eq!(online(&store).await, [listed("vika", true)]);
    assert_eq!(deployment.timers().await, ["staff/vika"]);
    arrives(&store, 2, &staff("vika", None)).await;
    assert_eq!(deployment.timers().await, Vec::<String>::new());
    arrives(&store, 2, &staff("vika", Some(false))).await;
    let after = ear.here().await;
    assert!(!after.available, "nothing was told in between");
    assert_eq!(after.since, before.since);
}

#[tokio::test]
async fn the_longest_of_several_graces_counts_and_a_departure_counts_once() {
    let deployment = Deployment::new();
    let [store] = processes(&deployment).await;
    arrives(&store, 1, &staff("vika", None)).await;
    arrives(&store, 2, &staff("vika", None)).await;
    let score = async || -> i64 {
        let mut score = redis::cmd("ZSCORE");
        score.arg(deployment.key("timers")).arg("staff/vika");
        deployment.ask(&score).await
    };
    goes(&store, "vika", 1, GRACE).await;
    let due = score().await;
    assert!(!goes(&store, "vika", 2, ms(0)).await);
    assert_eq!(score().await, due, "one that was sent away may come back");
    goes(&store, "vika", 1, 2 * GRACE).await;
    assert_eq!(score().await, due, "told twice it is still one departure");
}

#[tokio::test]
async fn without_a_grace_it_is_due_at_once() {
    let deployment = Deployment::new();
    let [store] = processes(&deployment).await;
    arrives(&store, 1, &staff("vika", None)).await;
    assert!(goes(&store, "vika", 1, Duration::ZERO).await);
    let due = store.due(0, LIFE, false).await.expect("an answer");
    assert_eq!(due.people, [person("vika")], "and comes to whoever looks");
}

#[tokio::test]
async fn somebody_takes_requests_while_one_of_its_sockets_does() {
    let deployment = Deployment::new();
    let [store] = processes(&deployment).await;
    arrives(&store, 1, &staff("vika", Some(true))).await;
    arrives(&store, 2, &staff("vika", Some(true))).await;
    arrives(&store, 1, &staff("vika", Some(false))).await;
    assert_eq!(online(&store).await, [listed("vika", true)]);
    arrives(&store, 2, &staff("vika", Some(false))).await;
    assert_eq!(online(&store).await, [listed("vika", false)], "at once");
    // Whoever is away comes back by another socket, and stays away until it says otherwise.
    arrives(&store, 3, &staff("vika", None)).await;
    assert_eq!(online(&store).await, [listed("vika", false)]);
    arrives(&store, 3, &staff("vika", Some(true))).await;
    assert_eq!(online(&store).await, [listed("vika", true)]);
    assert_eq!(store.agents().await.expect("an answer").len(), 1);
    // The socket that took them may be back in a moment: it is missed only when the grace is over.
    goes(&store, "vika", 3, GRACE).await;
    arrives(&store, 1, &staff("vika", None)).await;
    assert_eq!(online(&store).await, [listed("vika", true)]);
    assert_eq!(store.settle(&person("vika")).await, Ok(Settled::Away));
    assert_eq!(online(&store).await, [listed("vika", false)]);
    assert_eq!(store.agents().await.expect("an answer").len(), 0);
}

#[tokio::test]
async fn a_process_without_a_lease_can_have_nobody_here() {
    let deployment = Deployment::new();
    let store = deployment.process().await;
    let vika = staff("vika", None);
    assert_eq!(store.arrive(1, &vika).await, Ok(false));
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
    store.renew_lease(LIFE).await.expect("an answer");
    arrives(&store, 1, &vika).await;
}

#[tokio::test]
async fn visitors_are_listed_with_what_is_said_of_them() {
    let deployment = Deployment::on(e2e::RedisServer::shared(), 3);
    let [store] = processes(&deployment).await;
    let ids = [1, 2, 3].map(VisitorId::from_bits);
    let arrival = |id: VisitorId, profile: &str| Arrival::Visitor {
        id,
        profile: profile.to_owned(),
    };
    for id in ids {
        arrives(&store, 1, &arrival(id, "{}")).await;
    }
    arrives(&store, 2, &arrival(ids[0], r#"{"name":"Mina"}"#)).await;
    let listed = async || {
        let mut listed = store.visitors().await.expect("an answer");
        listed.sort();
        listed
    };
    let all = [
        (ids[0], r#"{"name":"Mina"}"#),
        (ids[1], "{}"),
        (ids[2], "{}"),
    ];
    assert_eq!(listed().await, all.map(|(id, said)| (id, said.to_owned())));
    for (id, socket) in [(ids[0], 1), (ids[0], 2), (ids[1], 1), (ids[2], 1)] {
        let member = store.member(Place::Visitor(id), socket);
        store.depart(&member, ms(1)).await.expect("an answer");
    }
    for id in ids {
        let found = eventually("being told", DEADLINE, async || {
            let partition = u16::try_from(id.bits() % 3).expect("small");
            let due = store.due(partition, LIFE, false).await.expect("an answer");
            due.people.into_iter().next()
        })
        .await;
        assert_eq!(found, Person::Visitor(id));
        assert_eq!(store.has_sockets(&found).await, Ok(false));
        assert_eq!(store.settle(&found).await, Ok(Settled::Gone));
    }
    assert_eq!(listed().await, []);
    store.end_lease().await.expect("an answer");
    assert_eq!(deployment.all_keys().await, Vec::<String>::new());
}
