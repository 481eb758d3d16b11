//! The inspection at the end of a world: what its chats, sockets and processes may leave in Redis, which is nothing
//! that stays.
//!
//! A key with a time-to-live is on its way out (a chat's tombstone, say). A key without one would stay for ever, so
//! only those of [`STAYS`] are allowed: there is one of each however many chats there were.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::guest::Guest;
use crate::socket::{Door, Frame, Socket};
use crate::wait::{DEADLINE, within};

/// The ends of the names of keys that may stay.
pub const STAYS: &[&str] = &[];

/// Ends every chat, as its visitor would. Runs on a thread of its own, because a world is dropped inside a runtime.
pub fn end_chats(address: SocketAddr, guests: Vec<Guest>) {
    let ending = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            for guest in guests {
                within("ending a chat", end_chat(address, &guest)).await;
            }
        });
    });
    assert!(ending.join().is_ok(), "a chat of this world cannot be ended");
}

async fn end_chat(address: SocketAddr, guest: &Guest) {
    let path = format!("/chat/{}", guest.chat_id);
    let mut socket = Socket::open(address, &path, &Door::plain(), "the inspector").await.expect("an upgrade");
    socket.send("Join", guest.join()).await;
    let mut told = false;
    loop {
        match socket.next().await {
            Frame::Closed(_) => return,
            Frame::Text(frame) if frame["type"] == "ChatExpired" => {}
            Frame::Text(_) if told => {}
            Frame::Text(_) => {
                told = true;
                socket.send("Leave", json!({})).await;
            }
        }
    }
}

/// Panics when keys of this prefix stay for ever that are not of [`STAYS`].
pub fn assert_none(redis: SocketAddr, prefix: &str) {
    let client = redis::Client::open(format!("redis://{redis}/")).expect("a redis address");
    let mut connection = client.get_connection_with_timeout(DEADLINE).expect("redis answers");
    let end = Instant::now() + DEADLINE;
    loop {
        let left = lasting(&mut connection, prefix);
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < end, "left in Redis for ever: {left:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn lasting(connection: &mut redis::Connection, prefix: &str) -> Vec<String> {
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}:*")).query(connection).expect("keys");
    keys.into_iter()
        .filter(|key| !STAYS.iter().any(|stays| key.ends_with(stays)))
        .filter(|key| redis::cmd("PTTL").arg(key).query::<i64>(connection).expect("a time-to-live") == -1)
        .collect()
}
