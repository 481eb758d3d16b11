//! What the store has to be like, and that one commit's keys may be anywhere together.

use std::collections::BTreeSet;

use e2e::{RedisServer, secs};
use helpline_desk::actor::Side;
use helpline_desk::decide::{Life, Timer, TimerChange};
use helpline_desk::id::ChatId;
use helpline_desk::queue::Entry;
use helpline_live::keys::Place;
use helpline_live::setup::SetupError;
use helpline_live::store::Commit;

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

/// The slot in which a cluster keeps a key: CRC16 (XMODEM) of what is in the first braces.
fn slot(key: &str) -> u16 {
    let tag = key
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map(|(tag, _)| tag)
        .filter(|tag| !tag.is_empty());
    crc16(tag.unwrap_or(key).as_bytes()) % 16_384
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc: u16, byte| {
        (0..8).fold(crc ^ (u16::from(*byte) << 8), |crc, _| match crc >> 15 {
            1 => (crc << 1) ^ 0x1021,
            _ => crc << 1,
        })
    })
}

#[test]
fn slots_are_those_of_the_cluster_specification() {
    assert_eq!(crc16(b"123456789"), 0x31c3);
    assert_eq!(slot("foo{}{bar}"), crc16(b"foo{}{bar}") % 16_384);
    assert_eq!(slot("{user1000}.following"), slot("{user1000}.followers"));
    assert_eq!(slot("foo{bar}{zap}"), slot("bar"));
}

/// A cluster refuses a script whose keys are in several slots: all that a commit touches has to be in one.
#[tokio::test]
async fn everything_of_a_chat_shares_a_slot() {
    const PARTITIONS: u16 = 16;
    let mut slots = BTreeSet::new();
    for number in 0..PARTITIONS {
        let deployment = Deployment::on(RedisServer::shared(), PARTITIONS);
        let store = deployment.process().await;
        let chat = ChatId::from_bits((0xfeed << 64) | u128::from(number));
        let place = Place::Chat(chat, Side::Visitor);
        let mut decision = decided([registered()], Life::Extend(LIFE));
        decision.timers = vec![TimerChange::Set(Timer::Reservation, secs(60))];
        let entry = Entry::of(&waiting(chat));
        let everything = Commit {
            command_id: Some("a"),
            queue: Some(entry.as_ref()),
            arrives: Some((&place, 1)),
            ..commit(chat, 0, &decision)
        };
        store.put(&everything).await;
        let mut names = deployment.all_keys().await;
        // The chat, its sockets, this process, and the partition's expiry, timers and waiting set.
        assert_eq!(names.len(), 6, "{names:?}");
        let partition = deployment.keys.partition(chat);
        names.push(deployment.keys.chat_channel(chat));
        names.push(deployment.keys.queue_channel(partition));
        let shared: BTreeSet<u16> = names.iter().map(|name| slot(name)).collect();
        assert_eq!(shared.len(), 1, "{names:?}");
        slots.extend(shared);
    }
    assert_eq!(slots.len(), usize::from(PARTITIONS), "partitions spread");
}
