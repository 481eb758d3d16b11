//! The way to services that are replaced one by one, as a load balancer leads it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use e2e::process::Process;
use e2e::{DEADLINE, Door, Socket, eventually, http, ms};

/// Where clients are led to: what serves now.
#[derive(Clone, Default)]
pub(crate) struct Road(Arc<Mutex<Vec<SocketAddr>>>);

impl Road {
    pub(crate) fn leads_to(&self, addresses: Vec<SocketAddr>) {
        *self.0.lock().expect("not poisoned") = addresses;
    }

    /// Opens a socket at whoever takes it.
    pub(crate) async fn open(&self, path: &str, door: &Door, who: &str) -> Socket {
        let mut again = tokio::time::interval(ms(50));
        loop {
            again.tick().await;
            let addresses = self.0.lock().expect("not poisoned").clone();
            for address in addresses {
                if let Ok(socket) = Socket::open(address, path, door, who).await {
                    return socket;
                }
            }
        }
    }
}

/// Replaces a process as a deployment does: the new one serves before the old one is told to end.
pub(crate) async fn replace(process: &mut Process, turn: impl FnOnce(SocketAddr)) {
    let new = process.another();
    replace_by(process, new, turn).await;
}

/// The same by a process that was started for it.
pub(crate) async fn replace_by(process: &mut Process, new: Process, turn: impl FnOnce(SocketAddr)) {
    eventually("the new one", DEADLINE, async || {
        (http::status(new.address, "/ready").await == Some(200)).then_some(())
    })
    .await;
    turn(new.address);
    let mut old = std::mem::replace(process, new);
    old.signal("TERM");
    assert_eq!(old.exit_status().code(), Some(0));
}
