//! What the store has to be like, and that one commit's keys may be anywhere together.

use std::net::SocketAddr;

use e2e::{DEADLINE, RedisCluster, RedisServer, eventually, secs};
use helpline_desk::actor::Side;
use helpline_desk::decide::{Life, Timer, TimerChange};
use helpline_desk::id::ChatId;
use helpline_desk::queue::Entry;
use helpline_live::keys::Place;
use helpline_live::link::Address;
use helpline_live::setup::SetupError;
use helpline_live::store::{Commit, Committed};

use crate::store_desk::{Deployment, Expect, LIFE, commit, decided, registered};
use crate::store_queue::waiting;

#[tokio::test]
async fn a_process_with_another_number_of_partitions_does_not_start() {
    let deployment = Deployment::on(RedisServer::shared(), 4);
    let store = deployment.process().await;
    assert_eq!(store.check_setup().await, Ok(()));
    let other = deployment.with_partitions(5);
    let refused = other.process().await.check_setup().await;
    let error = SetupError::Partitions {
        stored: 4,
        configured: 5,
    };
    assert!(!error.may_pass());
    assert_eq!(refused, Err(error));
    // Refusing leaves the number as it was.
    assert_eq!(store.check_setup().await, Ok(()));
}

#[tokio::test]
async fn a_redis_that_throws_things_away_is_refused_until_it_does_not() {
    let server = RedisServer::own();
    let deployment = Deployment::on(server.address, 1);
    let store = deployment.process().await;
    let set = async |policy: &str| {
        let mut set = redis::cmd("CONFIG");
        set.arg("SET").arg("maxmemory-policy").arg(policy);
        deployment.ask::<()>(&set).await;
    };
    for policy in ["allkeys-lru", "volatile-ttl"] {
        set(policy).await;
        let error = SetupError::Evicts(policy.to_owned());
        assert!(error.may_pass(), "an administrator can mend it");
        assert_eq!(store.check_setup().await, Err(error));
    }
    set("noeviction").await;
    assert_eq!(store.check_setup().await, Ok(()));
}

#[tokio::test]
async fn a_redis_that_is_not_there_may_come_yet() {
    let server = RedisServer::reserved();
    let deployment = Deployment::on(server.address, 1);
    let store = deployment.starting_process();
    assert_eq!(store.check_setup().await, Err(SetupError::Unavailable));
    assert!(SetupError::Unavailable.may_pass());
    server.start();
    e2e::wait::within("a connection", store.link().up()).await;
    assert_eq!(store.check_setup().await, Ok(()));
}

#[tokio::test]
async fn the_first_secret_is_everyones() {
    let deployment = Deployment::new();
    let (one, other) = (deployment.process().await, deployment.process().await);
    assert_eq!(one.shared_secret("first").await, Ok("first".to_owned()));
    for (store, candidate) in [(&other, "second"), (&one, "third")] {
        let secret = store.shared_secret(candidate).await;
        assert_eq!(secret, Ok("first".to_owned()));
    }
}

/// A cluster of which somebody is asked for the rest.
fn cluster(servers: &[SocketAddr]) -> Address {
    let urls: Vec<String> = (servers.iter())
        .map(|server| format!("redis://{server}"))
        .collect();
    Address::cluster(&urls).expect("an address")
}

#[tokio::test]
async fn every_primary_of_a_cluster_is_checked() {
    let servers = RedisCluster::own();
    let primaries = servers.primaries();
    let deployment = Deployment::on(servers.primary_of("{0}"), 12);
    // A replica knows the cluster as well.
    let seed = servers.replica_of(primaries[0]);
    let store = deployment.process_at(cluster(&[seed])).await;
    assert_eq!(store.check_setup().await, Ok(()));
    for primary in &primaries {
        let set = |policy| {
            let words = ["CONFIG", "SET", "maxmemory-policy", policy];
            servers.server(*primary).ask::<()>(&words);
        };
        set("allkeys-lru");
        let error = SetupError::Evicts("allkeys-lru".to_owned());
        assert_eq!(store.check_setup().await, Err(error), "{primary}");
        set("noeviction");
        assert_eq!(store.check_setup().await, Ok(()));
    }
    // Whoever is told that it is one server learns better.
    let alone = deployment.process().await;
    assert_eq!(alone.check_setup().await, Err(SetupError::Cluster));
    assert!(!SetupError::Cluster.may_pass());
    let other = deployment.with_partitions(5);
    let refused = other.process_at(cluster(&primaries)).await;
    let error = SetupError::Partitions {
        stored: 12,
        configured: 5,
    };
    assert_eq!(refused.check_setup().await, Err(error));
}

#[tokio::test]
async fn a_server_alone_is_no_cluster_and_a_replica_is_not_written_to() {
    let master = RedisServer::own();
    let follows = format!("127.0.0.1 {}", master.address.port());
    let replica = RedisServer::reserved_with(&["--replicaof", &follows]);
    replica.start();
    let deployment = Deployment::on(master.address, 1);
    for address in [
        cluster(&[master.address]),
        Address::parse(&format!("redis://{}", replica.address)).expect("an address"),
        Address::sentinel(&[format!("redis://{}", master.address)], "any").expect("an address"),
    ] {
        let store = deployment.starting_process_at(address);
        assert_eq!(store.check_setup().await, Err(SetupError::Unavailable));
        assert_eq!(store.link().up_since(), None);
    }
    // A master that becomes a replica is left at once, and found again when it is a master again.
    let store = deployment.process().await;
    assert_eq!(store.check_setup().await, Ok(()));
    let port = replica.address.port().to_string();
    replica.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    master.ask::<()>(&["REPLICAOF", "127.0.0.1", &port]);
    eventually("the loss", DEADLINE, async || {
        store.link().up_since().is_none().then_some(())
    })
    .await;
    master.ask::<()>(&["REPLICAOF", "NO", "ONE"]);
    e2e::wait::within("a connection", store.link().up()).await;
    assert_eq!(store.check_setup().await, Ok(()));
}

/// All that a commit touches is in one slot, and the partitions are at all primaries: a cluster would refuse it else.
#[tokio::test]
async fn everything_of_a_chat_shares_a_slot() {
    const PARTITIONS: u16 = 16;
    let servers = RedisCluster::shared();
    let deployment = Deployment::on(servers.primary_of("{0}"), PARTITIONS);
    let store = deployment.process_at(cluster(&servers.primaries())).await;
    for number in 0..PARTITIONS {
        let chat = ChatId::from_bits((0xfeed << 64) | u128::from(number));
        let place = Place::Chat(chat, Side::Visitor);
        let mut decision = decided([registered()], Life::Extend(LIFE));
        decision.timers = vec![TimerChange::Set(Timer::Reservation, secs(60))];
        let entry = Entry::of(&waiting(chat));
        let everything = Commit {
            command_id: Some("a"),
            queue: Some(entry.as_ref()),
            arrives: Some((&place, 1)),
            announce: Some("{}".to_owned()),
            ..commit(chat, 0, &decision)
        };
        let done = store.put(&everything).await;
        assert!(matches!(done, Committed::Done { .. }), "{done:?}");
        assert_eq!(store.all(chat).await.recorded.len(), 1);
    }
    assert_eq!(store.all_waiting().await.expect("an answer").len(), 16);
    let pattern = deployment
        .keys
        .queue_channel(0)
        .replace("{0}:queue", "*chat:*");
    let spread = servers.primaries().into_iter().filter(|primary| {
        let keys: Vec<String> = servers.server(*primary).ask(&["KEYS", &pattern]);
        !keys.is_empty()
    });
    assert_eq!(spread.count(), 3);
}
