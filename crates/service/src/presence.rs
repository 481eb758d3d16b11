//! The sockets of this process, as the store should know them.
//!
//! The store is told when a socket arrives and departs. What it could not be told in an outage is told
//! afterwards, and when it has forgotten this process (its lease lapsed while it could not be renewed) every
//! socket that is still here arrives again.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_live::{keys::Place, link::Unavailable, store::Store};

/// The sockets of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Roster(Arc<Mutex<Sockets>>);

#[derive(Default)]
struct Sockets {
    here: HashMap<u64, Place>,
    /// Gone, but the store has not been told yet.
    leaving: Vec<(u64, Place)>,
    /// Whether somebody arrived of whom the store could not be told.
    untold: bool,
}

impl Roster {
    fn lock(&self) -> MutexGuard<'_, Sockets> {
        // The sockets are whole between any two statements: a panic elsewhere cannot have broken them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket is somewhere, and the store was told (or cannot be told now).
    pub fn enter(&self, socket: u64, place: Place) {
        self.lock().here.insert(socket, place);
    }

    /// A socket is somewhere: tells the store, now or when the lease is next renewed.
    pub async fn arrive(&self, store: &Store, socket: u64, place: Place) {
        self.enter(socket, place.clone());
        if store.arrive(&store.member(place, socket)).await.is_err() {
            self.lock().untold = true;
        }
    }

    /// A socket is nowhere after all, and the store knows of nothing.
    pub fn forget(&self, socket: u64) {
        self.lock().here.remove(&socket);
    }

    /// A socket is gone: tells the store, now or as soon as it can be told.
    pub async fn leave(&self, store: &Store, socket: u64, grace: Duration) {
        let Some(place) = self.lock().here.remove(&socket) else {
            return;
        };
        let member = store.member(place.clone(), socket);
        if store.depart(&member, grace).await.is_err() {
            self.lock().leaving.push((socket, place));
        }
    }

    /// A socket is gone; the store is told when the lease is next renewed. For whoever cannot wait.
    pub fn leave_later(&self, socket: u64) {
        let mut sockets = self.lock();
        if let Some(place) = sockets.here.remove(&socket) {
            sockets.leaving.push((socket, place));
        }
    }

    /// Tells the store what it could not be told before.
    ///
    /// # Errors
    /// When it still does not listen.
    pub async fn catch_up(&self, store: &Store, grace: Duration) -> Result<(), Unavailable> {
        loop {
            let Some((socket, place)) = self.lock().leaving.last().cloned() else {
                return Ok(());
            };
            store.depart(&store.member(place, socket), grace).await?;
            self.lock().leaving.pop();
        }
    }

    /// Whether somebody arrived of whom the store could not be told; asking takes note of it.
    pub fn take_untold(&self) -> bool {
        std::mem::take(&mut self.lock().untold)
    }

    /// Tells the store of every socket that is here.
    ///
    /// # Errors
    /// When it does not listen.
    pub async fn arrive_again(&self, store: &Store) -> Result<(), Unavailable> {
        let here: Vec<_> = self
            .lock()
            .here
            .iter()
            .map(|(socket, place)| store.member(place.clone(), *socket))
            .collect();
        for member in here {
            store.arrive(&member).await?;
            // It may have left meanwhile, and been told to before it arrived again.
            if !self.lock().here.contains_key(&member.socket) {
                self.lock().leaving.push((member.socket, member.place));
            }
        }
        Ok(())
    }
}
