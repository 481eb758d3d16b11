//! The inspection at the end of a world: what its chats, sockets and processes may leave in Redis, which is nothing
//! that stays.
//!
//! A key with a time-to-live is on its way out (a chat's tombstone, say). A key without one would stay for ever, so
//! only a short list may: there is one of each however many chats there were.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::guest::Guest;
use crate::socket::{Door, Frame, Socket};
use crate::wait::{DEADLINE, eventually};

/// The ends of the names of keys that may stay, with what they may hold.
const STAYS: &[(&str, Holds)] = &[
    // How many partitions the deployment has: every process that starts compares it with its own setting.
    (":partitions", Holds::OneValue),
    // What open mode signs tokens with, so that all processes read each other's.
    (":secret", Holds::OneValue),
    // The waiting set: empty but for its own revision, which may not start again while a subscriber remembers it.
    (":waiting", Holds::OneField),
    // What visitors are told: for processes that do not know the records.
    (":texts", Holds::OneValue),
    // What the records do not have yet.
    (":stream", Holds::Events),
];

/// What only running services may have: their leases.
const LEASES: &str = ":leases";

/// How long tidying up may take: a lease of five seconds and the sweep after it, for processes that were killed.
const TIDY: Duration = Duration::from_secs(8);

/// Whether the services of a world run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Services {
    /// They do, and have no chats and no sockets any more.
    Running,
    /// They have been stopped.
    Stopped,
}

/// What a key that stays may hold.
#[derive(Clone, Copy, Debug)]
enum Holds {
    /// A string.
    OneValue,
    /// A hash of one field.
    OneField,
    /// A stream.
    Events,
}

/// Ends every chat, as its visitor would. Runs on a thread of its own, because a world is dropped inside a runtime.
pub fn end_chats(address: SocketAddr, guests: Vec<Guest>) {
    let ending = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            for guest in guests {
                end_chat(address, &guest).await;
            }
        });
    });
    assert!(
        ending.join().is_ok(),
        "a chat of this world cannot be ended"
    );
}

/// Ends one chat. A world may allow little silence, few sockets or few frames, and its store may just have come
/// back: the inspector comes again until the chat is over.
async fn end_chat(address: SocketAddr, guest: &Guest) {
    eventually("the end of a chat", DEADLINE, async || {
        leaves(address, guest).await.then_some(())
    })
    .await;
}

/// Joins and leaves; `true` when the chat is over.
async fn leaves(address: SocketAddr, guest: &Guest) -> bool {
    let path = format!("/chat/{}", guest.chat_id);
    let mut socket = Socket::open(address, &path, &Door::plain(), "the inspector")
        .await
        .expect("an upgrade");
    let mut going_on = socket.try_send("Join", guest.join()).await;
    let mut told = false;
    while going_on {
        match socket.next().await {
            Frame::Text(frame) if frame["type"] == "ChatExpired" => return true,
            Frame::Text(frame) if frame["type"] == "Error" => return false,
            Frame::Text(_) if told => {}
            Frame::Text(_) => {
                told = true;
                going_on = socket.try_send("Leave", json!({})).await;
            }
            Frame::Closed(_) => return false,
        }
    }
    false
}

/// Panics when keys of this prefix stay for ever that are not among those that may.
pub fn assert_none(primaries: &[SocketAddr], prefix: &str, services: Services) {
    let connect = |server: &SocketAddr| {
        let client = redis::Client::open(format!("redis://{server}/")).expect("a redis address");
        client
            .get_connection_with_timeout(DEADLINE)
            .expect("redis answers")
    };
    let mut connections: Vec<redis::Connection> = primaries.iter().map(connect).collect();
    let end = Instant::now() + TIDY;
    loop {
        let everywhere = connections.iter_mut();
        let mut left: Vec<String> = everywhere
            .flat_map(|connection| lasting(connection, prefix))
            .collect();
        left.retain(|key| services == Services::Stopped || !key.ends_with(LEASES));
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "left in Redis for ever: {left:?}");
        crate::wait::a_moment();
    }
}

fn lasting(connection: &mut redis::Connection, prefix: &str) -> Vec<String> {
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{prefix}:*"))
        .query(connection)
        .expect("keys");
    keys.into_iter()
        .filter(|key| stays_for_ever(connection, key) && !may_stay(connection, key))
        .collect()
}

fn stays_for_ever(connection: &mut redis::Connection, key: &str) -> bool {
    redis::cmd("PTTL")
        .arg(key)
        .query::<i64>(connection)
        .expect("a time-to-live")
        == -1
}

fn may_stay(connection: &mut redis::Connection, key: &str) -> bool {
    match STAYS.iter().find(|(end, _)| key.ends_with(end)) {
        Some((_, Holds::OneValue | Holds::Events)) => true,
        Some((_, Holds::OneField)) => {
            redis::cmd("HLEN")
                .arg(key)
                .query::<i64>(connection)
                .expect("a length")
                <= 1
        }
        None => false,
    }
}
