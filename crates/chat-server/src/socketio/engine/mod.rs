//! Engine.IO: one line to each client, whatever carries it: polling, a WebSocket, or the one after the other.
//!
//! A session lives in a task of its own (`service::socket`) and knows a [`Line`](line::Line) alone. Requests and WebSockets come and
//! go at the line's other end, on any thread: they take what waits there to the client, and hand what the client sends to the task.
//!
//! Promised: packets keep their order over the upgrade; what waits for a client is bounded, and a client that does not take it is
//! told to come back; a client that hangs up on a request that waits, as a closed tab does, is gone at once; a packet that cannot be
//! read is counted and does no other harm.

mod door;
mod line;
mod polling;
mod query;
mod session_end;
mod websocket;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_protocol::socketio::engine::Terms;
use helpline_service::settings::SocketSettings;

use self::line::Line;
pub(crate) use self::{
    door::{Exchange, Host, Opening, refuse, routes},
    query::Handshake,
};

/// How often the server pings, or expects a ping.
const PING_INTERVAL: Duration = Duration::from_secs(25);
/// How long an answer may take.
const PING_TIMEOUT: Duration = Duration::from_secs(20);
/// The largest body that a client may post.
const MAX_PAYLOAD: usize = 65_536;

/// The terms, as clients are told them.
fn terms() -> Terms {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    Terms {
        ping_interval: millis(PING_INTERVAL),
        ping_timeout: millis(PING_TIMEOUT),
        max_payload: MAX_PAYLOAD,
    }
}

/// The terms, as a socket's loop keeps them.
fn kept(settings: &SocketSettings) -> SocketSettings {
    SocketSettings {
        ping: PING_INTERVAL,
        silence: PING_INTERVAL + PING_TIMEOUT,
        ..settings.clone()
    }
}

/// The lines of this process, by the number that clients know them by. Cheap to clone.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<HashMap<String, Arc<Line>>>>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Line>>> {
        // The map is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &Arc<Line>) {
        self.lock().insert(line.sid().to_owned(), line.clone());
    }

    fn get(&self, sid: &str) -> Option<Arc<Line>> {
        self.lock().get(sid).cloned()
    }

    fn remove(&self, sid: &str) {
        self.lock().remove(sid);
    }
}
