//! The sockets of this process, as the store should know them.
//!
//! The store is told when a socket arrives and departs. What it could not be told in an outage is told
//! afterwards, and when it has forgotten this process (its lease lapsed while it could not be renewed) every
//! socket that is still here arrives again. What is told afterwards is told in batches, and what was confirmed is not
//! told again: however many sockets there are and however slow the store is, it comes to an end.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use helpline_live::{
    keys::{Person, Place},
    link::Unavailable,
    presence::Arrival,
    store::Store,
};
use tokio::sync::Notify;
use tracing::debug;

use crate::{handler::Handler, settings::PresenceSettings, vanish};

/// How many sockets the store is told of in one round trip.
const BATCH: usize = 64;
/// Of how many partitions it is told at the same time.
const AT_ONCE: usize = 4;

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
pub struct Roster(Arc<Shared>);

#[derive(Default)]
struct Shared {
    sockets: Mutex<Sockets>,
    /// The lease is held: what the store has not been told can be told.
    tellable: Notify,
}

#[derive(Default)]
struct Sockets {
    here: HashMap<u64, Present>,
    /// Gone, but the store has not been told yet; by the number of the departure: a socket may have to leave twice, if it
    /// was entered again meanwhile.
    leaving: BTreeMap<u64, Leaving>,
    /// How many have ever left.
    departures: u64,
    /// How often the store may have forgotten everybody.
    losses: u64,
}

struct Present {
    arrival: Arrival,
    /// Whether the store was told: `losses` as it was then.
    told: Option<u64>,
}

#[derive(Clone)]
struct Leaving {
    socket: u64,
    place: Place,
    grace: Duration,
    /// Whether the store is just told.
    is_told: bool,
}

impl Roster {
    fn lock(&self) -> MutexGuard<'_, Sockets> {
        // The sockets are whole between any two statements: a panic elsewhere cannot have broken them.
        let sockets = &self.0.sockets;
        sockets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A socket is somewhere, and the store was told (or cannot be told now).
    pub fn enter(&self, socket: u64, arrival: Arrival) {
        let mut sockets = self.lock();
        let told = Some(sockets.losses);
        sockets.here.insert(socket, Present { arrival, told });
    }

    /// A socket is somewhere, or says something new of itself: tells the store, now or when the lease is next renewed.
    pub async fn arrive(&self, store: &Store, socket: u64, arrival: Arrival) {
        self.enter(socket, arrival.clone());
        if store.arrive(socket, &arrival).await != Ok(true)
            && let Some(present) = self.lock().here.get_mut(&socket)
        {
            present.told = None;
        }
    }

    /// A socket is gone: tells the store, now or as soon as it can be told. Whoever is behind it, or the side that it
    /// was on, may come back within `grace`.
    pub async fn leave(&self, handler: &Handler, socket: u64, grace: Duration) {
        let Some((id, leaving)) = self.lock().goes(socket, grace) else {
            return;
        };
        match self.tell(handler.store(), vec![(id, leaving)]).await {
            Ok(due) => vanish::go_now(handler, due).await,
            Err(_) => debug!("a departure could not be told yet"),
        }
    }

    /// A socket may come in after all: what was to be told of its going is not, and what is just told is put right.
    pub fn stays(&self, socket: u64) {
        let mut sockets = self.lock();
        let is_its = |leaving: &Leaving| leaving.socket == socket;
        let mut its = sockets.leaving.values().filter(|one| is_its(one));
        let is_told = its.any(|one| one.is_told);
        sockets.leaving.retain(|_, leaving| !is_its(leaving));
        // So that it does not last, the store is told of the socket once more.
        if is_told && let Some(present) = sockets.here.get_mut(&socket) {
            present.told = None;
        }
    }

    /// A socket is gone; the store is told when the lease is next renewed. For whoever cannot wait.
    pub fn leave_later(&self, socket: u64, grace: Duration) {
        let _ = self.lock().goes(socket, grace);
    }

    /// Every socket is gone: the process stops, and did not hear how they ended.
    ///
    /// # Errors
    /// When the store does not listen: then it still believes them to be here.
    pub async fn leave_all(&self, handler: &Handler, grace: Duration) -> Result<(), Unavailable> {
        let sockets: Vec<u64> = self.lock().here.keys().copied().collect();
        for socket in sockets {
            self.leave_later(socket, grace);
        }
        self.catch_up(handler).await
    }

    /// Tells the store which departures it could not be told before.
    ///
    /// # Errors
    /// When some of it still does not listen; the rest was told.
    pub async fn catch_up(&self, handler: &Handler) -> Result<(), Unavailable> {
        let store = handler.store();
        let leaving: Vec<(u64, Leaving)> = {
            let sockets = self.lock();
            let leaving = sockets.leaving.iter();
            leaving
                .map(|(id, leaving)| (*id, leaving.clone()))
                .collect()
        };
        let place = |(_, leaving): &(u64, Leaving)| store.partition_of(&leaving.place);
        in_batches(leaving, place, async |batch| {
            let due = self.tell(store, batch).await?;
            vanish::go_now(handler, due).await;
            Ok(())
        })
        .await
    }

    /// Tells the store of departures of one partition; gives whose timers are thereby due.
    async fn tell(
        &self,
        store: &Store,
        mut departures: Vec<(u64, Leaving)>,
    ) -> Result<Vec<Person>, Unavailable> {
        {
            let mut sockets = self.lock();
            departures.retain(|(id, _)| sockets.begins_to_tell(*id));
        }
        let members = departures.iter().map(|(_, leaving)| {
            let member = store.member(leaving.place.clone(), leaving.socket);
            (member, leaving.grace)
        });
        let due = store.depart_all(&members.collect::<Vec<_>>()).await?;
        let mut sockets = self.lock();
        for (id, _) in &departures {
            sockets.leaving.remove(id);
        }
        let due = departures.iter().zip(due).filter(|(_, is_due)| *is_due);
        Ok(due
            .filter_map(|((_, leaving), _)| leaving.place.person())
            .collect())
    }

    /// The store may have forgotten this process: everybody has to arrive again.
    pub fn everybody_is_untold(&self) {
        self.lock().losses += 1;
    }

    /// The lease is held: what the store has not been told can be told now.
    pub fn can_tell(&self) {
        self.0.tellable.notify_one();
    }

    /// Waits until the store can be told something.
    pub async fn tellable(&self) {
        self.0.tellable.notified().await;
    }

    /// Tells the store of every socket that is here and of which it may not know. `grace` is for one that goes meanwhile.
    ///
    /// # Errors
    /// When some of it does not listen; the rest was told.
    pub async fn arrive_again(
        &self,
        store: &Store,
        grace: impl Fn(&Place) -> Duration,
    ) -> Result<(), Unavailable> {
        let (loss, untold) = self.lock().untold();
        let place = |(_, arrival): &(u64, Arrival)| store.partition_of(&arrival.place());
        in_batches(untold, place, async |batch| {
            let entered = store.arrive_all(&batch).await;
            let mut sockets = self.lock();
            for (i, (socket, arrival)) in batch.into_iter().enumerate() {
                match sockets.here.get_mut(&socket) {
                    Some(now) => {
                        let was_entered =
                            entered.as_ref().is_ok_and(|all| all.get(i) == Some(&true));
                        // What it said of itself meanwhile may have been told before this.
                        let told = was_entered && now.arrival == arrival;
                        now.told = told.then_some(loss);
                    }
                    // It left meanwhile, and was told to before it arrived again.
                    None => {
                        let place = arrival.place();
                        let grace = grace(&place);
                        sockets.is_leaving(socket, place, grace);
                    }
                }
            }
            entered.map(drop)
        })
        .await
    }
}

/// Does something in batches, each of one partition, with few partitions at a time. Where one batch fails its partition is
/// left alone; the others are not.
async fn in_batches<T, F: Future<Output = Result<(), Unavailable>>>(
    all: Vec<T>,
    partition: impl Fn(&T) -> u16,
    tell: impl Fn(Vec<T>) -> F,
) -> Result<(), Unavailable> {
    let mut parts: BTreeMap<u16, Vec<T>> = BTreeMap::new();
    for one in all {
        parts.entry(partition(&one)).or_default().push(one);
    }
    let told = stream::iter(parts.into_values()).map(async |part| {
        let mut part = part.into_iter().peekable();
        while part.peek().is_some() {
            tell(part.by_ref().take(BATCH).collect()).await?;
        }
        Ok(())
    });
    let told: Vec<Result<(), Unavailable>> = told.buffer_unordered(AT_ONCE).collect().await;
    told.into_iter().collect()
}

impl Sockets {
    /// Takes note that a socket is gone.
    fn goes(&mut self, socket: u64, grace: Duration) -> Option<(u64, Leaving)> {
        let place = self.here.remove(&socket)?.arrival.place();
        Some(self.is_leaving(socket, place, grace))
    }

    /// Until the store has been told of it: whoever tells it may itself come to an end.
    fn is_leaving(&mut self, socket: u64, place: Place, grace: Duration) -> (u64, Leaving) {
        self.departures += 1;
        let leaving = Leaving {
            socket,
            place,
            grace,
            is_told: false,
        };
        self.leaving.insert(self.departures, leaving.clone());
        (self.departures, leaving)
    }

    /// Of whom the store may not know, and after how many losses that is so.
    fn untold(&self) -> (u64, Vec<(u64, Arrival)>) {
        let untold = (self.here.iter()).filter(|(_, present)| present.told != Some(self.losses));
        let untold = untold.map(|(socket, present)| (*socket, present.arrival.clone()));
        (self.losses, untold.collect())
    }

    /// Takes note that the store is told of this departure; `false` if that is not to be any more.
    fn begins_to_tell(&mut self, id: u64) -> bool {
        self.leaving.get_mut(&id).is_some_and(|leaving| {
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

    /// The sockets of which the store is told at the next occasion.
    fn untold(roster: &Roster) -> Vec<u64> {
        let (_, untold) = roster.lock().untold();
        untold.into_iter().map(|(socket, _)| socket).collect()
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
        assert!(untold(&roster).is_empty(), "nobody was told of anything");
    }

    #[test]
    fn whoever_is_just_taken_away_is_told_of_once_more() {
        let roster = Roster::default();
        roster.enter(1, arrival());
        roster.leave_later(1, Duration::ZERO);
        assert!(roster.lock().begins_to_tell(1));
        roster.enter(1, arrival());
        roster.stays(1);
        assert_eq!(untold(&roster), [1]);
    }
}
