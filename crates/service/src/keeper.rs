//! What every process does on the side: renews its lease, and sees to what is due.
//!
//! Any process may see to anything. Each look is one atomic round trip that tells one process; what it does
//! then is a command like any other, and doing it twice changes nothing.

use std::{collections::BTreeSet, pin::Pin, time::Duration};

use futures_util::{StreamExt, future::join_all, stream};
use helpline_desk::{
    actor::Actor,
    command::Command,
    decide::Timer,
    id::{AgentId, ChatId},
    queue::Entry,
    refusal::Refusal,
};
use helpline_live::{
    keys::{Person, Place},
    link::Unavailable,
    store::Store,
    timers::Due,
};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::{
    handler::{Failure, Handler, Request},
    lost::look_for_lost,
    presence::Roster,
    vanish,
};

/// How often a process looks what is due.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How often a process looks how much waits for the records.
const BACKLOG_EVERY: Duration = Duration::from_secs(1);

/// How soon a lease that could not be renewed is tried again.
const AGAIN: Duration = Duration::from_millis(100);
/// How long a process that ends takes at most to tell the store which sockets it had to cut off.
const FAREWELL: Duration = Duration::from_secs(3);
/// How long it then waits to give its lease back.
const LAST_WORD: Duration = Duration::from_secs(1);
/// How many people are seen off at the same time.
const AT_ONCE: usize = 16;
/// How many sockets of a dead process are taken away in one round trip.
const BATCH: usize = 64;

/// Keeps house for one process.
#[derive(Clone)]
pub struct Keeper {
    /// With what commands are given.
    pub handler: Handler,
    /// Where the lease is renewed, over a connection on which nothing else waits.
    pub leases: Store,
    /// This process's sockets.
    pub roster: Roster,
    /// How long a process counts as alive after it last said so.
    pub lease: Duration,
    /// How long somebody whose process died may take to come back.
    pub grace: Duration,
}

impl Keeper {
    /// Keeps house until `stop`. Each part is a task of its own: what one waits for keeps no other waiting.
    pub async fn run(self, stop: CancellationToken) {
        let mut parts = JoinSet::new();
        let mut part = |part: Pin<Box<dyn Future<Output = ()> + Send>>| {
            let stop = stop.clone();
            parts.spawn(async move { stop.run_until_cancelled(part).await });
        };
        let keeper = || self.clone();
        let (lease, presence, due) = (keeper(), keeper(), keeper());
        let (backlog, lost) = (keeper(), keeper());
        part(Box::pin(async move { lease.keep_lease().await }));
        part(Box::pin(async move { presence.tell_who_is_here().await }));
        part(Box::pin(async move { due.see_to_what_is_due().await }));
        part(Box::pin(async move { backlog.watch_backlog().await }));
        part(Box::pin(async move { look_for_lost(&lost.handler).await }));
        while parts.join_next().await.is_some() {}
    }

    /// Whatever sockets are left are gone: the process ends, and did not hear how. `false`: the store could not be told of
    /// all of them. Then the lease has to lapse by itself, so that whoever sees that takes them away.
    pub async fn all_left(&self, grace: Duration) -> bool {
        let left = timeout(FAREWELL, self.roster.leave_all(&self.handler, grace)).await;
        let all = left.is_ok_and(|left| left.is_ok());
        if !all {
            warn!("the store was not told of every socket that is gone");
        }
        all
    }

    /// All sockets have departed. Should the store stay away, the lease lapses by itself.
    pub async fn give_lease_back(&self) {
        let given = async {
            while self.leases.end_lease().await.is_err() {
                self.leases.link().up().await;
                sleep(AGAIN).await;
            }
        };
        let _ = timeout(LAST_WORD, given).await;
    }

    async fn watch_backlog(&self) {
        let mut tick = interval(BACKLOG_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.handler.store().is_streaming() {
            tick.tick().await;
            self.handler.look_at_backlog().await;
        }
    }

    /// Renews the lease, and does nothing else: others call this process dead when it lapses.
    async fn keep_lease(&self) {
        let mut tick = interval(self.lease / 3);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let store = &self.leases;
        let mut last_up = None;
        loop {
            tick.tick().await;
            let up = store.link().up_since();
            let Ok(held) = store.renew_lease(self.lease).await else {
                // After an outage the lease comes first: others wait for it before they call this process dead.
                sleep(AGAIN).await;
                store.link().up().await;
                tick.reset_immediately();
                continue;
            };
            // Whoever serves after an outage may not be who served before, and may not know who came last.
            let unbroken = last_up.is_none() || last_up == up;
            last_up = up;
            if !held || !unbroken {
                self.roster.everybody_is_untold();
            }
            self.roster.can_tell();
        }
    }

    /// Tells the store of who is here and who has gone, as far as it does not know: each time the lease was renewed.
    async fn tell_who_is_here(&self) {
        let store = self.handler.store();
        let mut last_up = store.link().up_since();
        loop {
            self.roster.tellable().await;
            // This connection may have led to who served before for longer than the lease's did.
            let up = store.link().up_since();
            if up != last_up {
                self.roster.everybody_is_untold();
            }
            last_up = up;
            let arrived = self
                .roster
                .arrive_again(store, |place| self.grace_at(place));
            if arrived.await.is_err() {
                debug!("arrivals could not be told yet");
            }
            if self.roster.catch_up(&self.handler).await.is_err() {
                debug!("departures could not be told yet");
            }
        }
    }

    async fn see_to_what_is_due(&self) {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let store = self.handler.store();
        loop {
            tick.tick().await;
            // Right after an outage, of whatever part, nobody could renew: everyone has one lease's time to do so.
            let up_since = store.link().up_since();
            let leases = up_since.is_some_and(|since| since + self.lease < Instant::now());
            // All at once: what is due where the store is within reach does not wait for the rest.
            let idle_timeout = self.handler.policy().idle_timeout;
            let partitions = 0..store.keys().partitions();
            join_all(partitions.map(async |partition| {
                if let Ok(due) = store.due(partition, idle_timeout, leases).await {
                    self.see_to(partition, due).await;
                }
            }))
            .await;
        }
    }

    async fn see_to(&self, partition: u16, due: Due) {
        for chat in due.gone {
            self.give(Request::new(chat, Actor::Desk, Command::Expire))
                .await;
        }
        for (chat, timer) in due.timers {
            self.timer_came(chat, timer).await;
        }
        self.see_off(due.people).await;
        for process in due.lapsed {
            info!(process, "a process is gone");
            if self.bury(partition, &process).await.is_err() {
                warn!(process, "its sockets could not be taken away yet");
            }
        }
    }

    async fn timer_came(&self, chat: ChatId, timer: Timer) {
        let command = match timer {
            Timer::Reservation => Command::Lapse,
            Timer::Away(side) => Command::Absent(side),
            Timer::Vanished => Command::Abandon,
        };
        let request = Request {
            due: Some(timer),
            ..Request::new(chat, Actor::Desk, command)
        };
        if !self.give(request).await {
            // Nothing to do for it any more. Should the store be away, it will come again.
            let _ = self.handler.store().stop_timer(chat, timer).await;
        }
    }

    /// Those whose grace is over go, if they have not come back.
    async fn see_off(&self, people: Vec<Person>) {
        let left = stream::iter(people).map(async |person| {
            let gone = vanish::goes(&self.handler, &person).await;
            gone.unwrap_or_else(|reason| {
                debug!(%reason, "somebody could not be seen off yet");
                false
            })
        });
        let left: Vec<bool> = left.buffer_unordered(AT_ONCE).collect().await;
        if left.contains(&true)
            && let Err(reason) = review(&self.handler).await
        {
            debug!(%reason, "requests were not reviewed after an agent left");
        }
    }

    /// Gives a command; `false` if it was refused.
    async fn give(&self, request: Request<'_>) -> bool {
        let chat = request.chat;
        match self.handler.handle(request).await {
            Err(Failure::Refused(_)) => false,
            Err(Failure::Store(reason)) => {
                // It stays due, and comes again.
                debug!(%chat, %reason, "what is due could not be done yet");
                true
            }
            Ok(_) => true,
        }
    }

    fn grace_at(&self, place: &Place) -> Duration {
        match place {
            Place::Chat(..) => self.handler.policy().leave_grace,
            Place::Staff(_) | Place::Visitor(_) => self.grace,
        }
    }

    /// Takes a dead process's sockets away, as if each had closed.
    async fn bury(&self, partition: u16, process: &str) -> Result<(), Unavailable> {
        let store = self.handler.store();
        let members = store.members_of(partition, process).await?;
        let departures = members.into_iter().map(|member| {
            let grace = self.grace_at(&member.place);
            (member, grace)
        });
        for batch in departures.collect::<Vec<_>>().chunks(BATCH) {
            // A timer that is thereby due at once is found at the next look.
            store.depart_all(batch).await?;
        }
        store.forget_process(partition, process).await
    }
}

/// Looks at every waiting request: has everyone who is at the desk now declined it? To be called when an
/// agent has left.
///
/// # Errors
/// When the store does not answer.
pub async fn review(handler: &Handler) -> Result<(), Unavailable> {
    let waiting = handler.store().all_waiting().await?;
    let open = |entry: &Entry| !entry.declined.is_empty() && !entry.all_declined;
    let candidates: Vec<_> = waiting.into_iter().filter(open).collect();
    if candidates.is_empty() {
        return Ok(());
    }
    let online = handler.store().agents().await?;
    for entry in candidates {
        review_one(handler, entry.chat, online.clone()).await;
    }
    Ok(())
}

/// The same for one request, after a decline.
pub async fn review_one(handler: &Handler, chat: ChatId, online: BTreeSet<AgentId>) {
    let review = Request::new(chat, Actor::Desk, Command::Review { online });
    match handler.handle(review).await {
        // It was claimed, withdrawn or ended meanwhile: no question any more.
        Ok(_)
        | Err(Failure::Refused(
            Refusal::AlreadyClaimed { .. } | Refusal::NotWaiting | Refusal::Over,
        )) => {}
        Err(reason) => debug!(%chat, %reason, "a request could not be reviewed"),
    }
}
