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

use helpline_live::{keys::Place, link::Unavailable, presence::Arrival, store::Store};
use tracing::debug;

use crate::{handler::Handler, settings::PresenceSettings, vanish};

/// How a socket went. Whoever is behind it may take longer to come back if we have sent it away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The client closed it, its line broke, or it was closed for what it did.
    Closed,
    /// This process stops, and sent it elsewhere.
    Restart,
}

impl Departure {
    /// How long whoever went so still counts as here.
    pub fn grace(self, settings: &PresenceSettings) -> Duration {
        match self {
            Self::Closed => settings.grace,
            Self::Restart => settings.restart_grace,
        }
    }
}

/// The sockets of this process. Cheap to clone.
#[derive(Clone, Default)]
pub struct Roster(Arc<Mutex<Sockets>>);

#[derive(Default)]
struct Sockets {
    here: HashMap<u64, Arrival>,
    /// Gone, but the store has not been told yet.
    leaving: Vec<Leaving>,
    /// How many have ever left.
    departures: u64,
    /// Whether somebody arrived of whom the store could not be told.
    untold: bool,
}

#[derive(Clone)]
struct Leaving {
    /// Which departure it is: a socket may have to leave twice, if it was entered again meanwhile.
    id: u64,
    socket: u64,
    place: Place,
    grace: Duration,
    /// Whether the store is just told.
    is_told: bool,
}

impl Roster {
    fn lock(&self) -> MutexGuard<'_, Sockets> {
        // The sockets are whole between any two statements: a panic elsewhere cannot have broken them.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket is somewhere, and the store was told (or cannot be told now).
    pub fn enter(&self, socket: u64, arrival: Arrival) {
        self.lock().here.insert(socket, arrival);
    }

    /// A socket is somewhere, or says something new of itself: tells the store, now or when the lease is next renewed.
    pub async fn arrive(&self, store: &Store, socket: u64, arrival: Arrival) {
        self.enter(socket, arrival.clone());
        if store.arrive(socket, &arrival).await != Ok(true) {
            self.lock().untold = true;
        }
    }

    /// A socket is gone: tells the store, now or as soon as it can be told. Whoever is behind it, or the side that it
    /// was on, may come back within `grace`.
    pub async fn leave(&self, handler: &Handler, socket: u64, grace: Duration) {
        let Some(leaving) = self.lock().goes(socket, grace) else {
            return;
        };
        if self.tell(handler, leaving).await.is_err() {
            debug!("a departure could not be told yet");
        }
    }

    /// A socket may come in after all: what was to be told of its going is not, and what is just told is put right.
    pub fn stays(&self, socket: u64) {
        let mut sockets = self.lock();
        let is_its = |leaving: &Leaving| leaving.socket == socket;
        let leaving = sockets.leaving.iter();
        let is_told = leaving.filter(|one| is_its(one)).any(|one| one.is_told);
        sockets.leaving.retain(|leaving| !is_its(leaving));
        // So that it does not last, the store is told of the socket once more.
        sockets.untold |= is_told;
    }

    /// A socket is gone; the store is told when the lease is next renewed. For whoever cannot wait.
    pub fn leave_later(&self, socket: u64, grace: Duration) {
        let _ = self.lock().goes(socket, grace);
    }

    /// Every socket is gone: the process stops, and did not hear how they ended.
    pub async fn leave_all(&self, handler: &Handler, grace: Duration) {
        let sockets: Vec<u64> = self.lock().here.keys().copied().collect();
        for socket in sockets {
            self.leave_later(socket, grace);
        }
        if self.catch_up(handler).await.is_err() {
            debug!("departures could not be told at the end");
        }
    }

    /// Tells the store what it could not be told before.
    ///
    /// # Errors
    /// When it still does not listen.
    pub async fn catch_up(&self, handler: &Handler) -> Result<(), Unavailable> {
        let leaving = self.lock().leaving.clone();
        for leaving in leaving {
            self.tell(handler, leaving).await?;
        }
        Ok(())
    }

    async fn tell(&self, handler: &Handler, leaving: Leaving) -> Result<(), Unavailable> {
        if !self.lock().begins_to_tell(leaving.id) {
            return Ok(());
        }
        let store = handler.store();
        let person = leaving.place.person();
        let member = store.member(leaving.place, leaving.socket);
        let is_due = store.depart(&member, leaving.grace).await?;
        self.lock().leaving.retain(|other| other.id != leaving.id);
        if let (true, Some(person)) = (is_due, person) {
            vanish::goes_now(handler, &person).await;
        }
        Ok(())
    }

    /// Whether somebody arrived of whom the store could not be told; asking takes note of it.
    pub fn take_untold(&self) -> bool {
        std::mem::take(&mut self.lock().untold)
    }

    /// Tells the store of every socket that is here. `grace` is for one that goes meanwhile.
    ///
    /// # Errors
    /// When it does not listen.
    pub async fn arrive_again(
        &self,
        store: &Store,
        grace: impl Fn(&Place) -> Duration,
    ) -> Result<(), Unavailable> {
        let here: Vec<(u64, Arrival)> = {
            let sockets = self.lock();
            let here = sockets.here.iter();
            here.map(|(socket, arrival)| (*socket, arrival.clone()))
                .collect()
        };
        for (socket, arrival) in here {
            let was_entered = store.arrive(socket, &arrival).await?;
            let mut sockets = self.lock();
            match sockets.here.get(&socket) {
                Some(now) => sockets.untold |= !was_entered || *now != arrival,
                // It left meanwhile, and was told to before it arrived again.
                None => {
                    let place = arrival.place();
                    let grace = grace(&place);
                    sockets.is_leaving(socket, place, grace);
                }
            }
        }
        Ok(())
    }
}

impl Sockets {
    /// Takes note that a socket is gone.
    fn goes(&mut self, socket: u64, grace: Duration) -> Option<Leaving> {
        let place = self.here.remove(&socket)?.place();
        self.is_leaving(socket, place, grace);
        self.leaving.last().cloned()
    }

    /// Until the store has been told of it: whoever tells it may itself come to an end.
    fn is_leaving(&mut self, socket: u64, place: Place, grace: Duration) {
        self.departures += 1;
        self.leaving.push(Leaving {
            id: self.departures,
            socket,
            place,
            grace,
            is_told: false,
        });
    }

    /// Takes note that the store is told of this departure; `false` if that is not to be any more.
    fn begins_to_tell(&mut self, id: u64) -> bool {
        let leaving = self.leaving.iter_mut().find(|leaving| leaving.id == id);
        leaving.is_some_and(|leaving| {
            leaving.is_told = true;
            true
        })
    }
}

#[cfg(test)]
mod tests {
    use helpline_desk::{actor::Side, id::ChatId};

    use super::*;

    fn arrival() -> Arrival {
        Arrival::Chat(ChatId::from_bits(7), Side::Support)
    }

    /// A Join was refused or not confirmed, and the same socket asks again.
    #[test]
    fn whoever_may_come_in_after_all_is_not_taken_away_by_what_was_to_be_told_before() {
        let roster = Roster::default();
        for socket in [1, 2] {
            roster.enter(socket, arrival());
            roster.leave_later(socket, Duration::ZERO);
        }
        roster.stays(1);
        assert!(!roster.lock().begins_to_tell(1));
        assert!(roster.lock().begins_to_tell(2));
        assert!(!roster.take_untold(), "nobody was told of anything");
    }

    #[test]
    fn whoever_is_just_taken_away_is_told_of_once_more() {
        let roster = Roster::default();
        roster.enter(1, arrival());
        roster.leave_later(1, Duration::ZERO);
        assert!(roster.lock().begins_to_tell(1));
        roster.stays(1);
        assert!(roster.take_untold());
    }
}
