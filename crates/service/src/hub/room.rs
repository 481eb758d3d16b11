//! One chat on this process: its sockets, and its state as far as it is known.

mod present;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use helpline_desk::{chat::Phase, event::Recorded, id::ChatId, time::Timestamp};
use helpline_live::store::{Head, Loaded};
use helpline_protocol::{
    bus::{Passing, Publication},
    close::Close,
    typed::{self, Queue, Resumed, Scene},
};
use tokio::sync::watch;

use super::{
    outbox::{Delivery, Outbox, Told},
    reader::{Kinds, Reader, origin},
};
use crate::{handler::Held, metrics::Metrics, policy::PolicyNow, resync::Resync};

/// One chat on this process.
pub(super) struct Room {
    pub(super) id: ChatId,
    policy: PolicyNow,
    listening: watch::Sender<bool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    /// The chat, moved only forward.
    held: Option<Held>,
    /// The last event that was handed out, or that the first socket had from the log: everyone who has a seat has, or
    /// will get, what is up to there.
    told: Option<Told>,
    /// That event, to see whether the log still has it.
    last: Option<Recorded>,
    resync: Resync,
    /// What a waiting visitor was last told of its place.
    place: Option<Queue>,
    /// When the chat's time was last started anew for a visitor who waits.
    kept_alive_at: Option<Instant>,
}

struct Member {
    socket: u64,
    outbox: Outbox,
    /// `None`: it hears nothing yet.
    reader: Option<Reader>,
    /// Whether it is told its place in the line while it waits.
    wants_place: bool,
    /// Whether the chat does not fall silent while this visitor waits here.
    keeps_alive: bool,
}

/// What the log showed.
pub(super) enum Repair {
    /// What was missed is handed out.
    Done,
    /// The log is not the one that was told.
    Diverged,
}

impl Room {
    pub(super) fn new(id: ChatId, policy: PolicyNow) -> Self {
        Self {
            id,
            policy,
            listening: watch::Sender::new(false),
            state: Mutex::default(),
        }
    }

    /// How long a chat lives without activity.
    fn idle_timeout(&self) -> Duration {
        self.policy.get().idle_timeout
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements: a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn admit(&self, socket: u64, outbox: Outbox, reader: Option<Reader>) {
        self.state().members.push(Member {
            socket,
            outbox,
            reader,
            wants_place: false,
            keeps_alive: false,
        });
    }

    /// Lets a socket go; `true` if it was the last.
    pub(super) fn dismiss(&self, socket: u64) -> bool {
        let mut state = self.state();
        state.members.retain(|member| member.socket != socket);
        state.members.is_empty()
    }

    pub(super) fn seat(&self, socket: u64, reader: Reader, wants_place: bool) {
        let mut state = self.state();
        if let Some(member) = state.members.iter_mut().find(|m| m.socket == socket) {
            member.reader = Some(reader);
            member.wants_place = wants_place;
            state.place = None;
        }
    }

    /// The channel is listened to; `true` if something may have been missed before that.
    pub(super) fn listening(&self) -> bool {
        self.listening.send_replace(true);
        self.state().told.is_some()
    }

    pub(super) fn watch_listening(&self) -> watch::Receiver<bool> {
        self.listening.subscribe()
    }

    pub(super) fn held(&self) -> Option<Held> {
        self.state().held.clone()
    }

    pub(super) fn advance(&self, held: &Held) {
        let mut state = self.state();
        let newer = state.held.as_ref().is_none_or(|known| {
            if known.head.epoch != held.head.epoch {
                // What was told belongs to the other log: only whoever compares the two may change over.
                return state.told.is_none();
            }
            (known.head.revision, known.head.seq) < (held.head.revision, held.head.seq)
        });
        if newer {
            state.held = Some(held.clone());
        }
    }

    /// A socket has everything up to there from the log. That says nothing about the sockets that were here before: they
    /// get what they lack in its order, and a hole before it has to be seen.
    pub(super) fn told(&self, told: Told) {
        self.state().told.get_or_insert(told);
    }

    /// Takes what was heard; `false` if something before it is missing.
    pub(super) fn take(&self, publication: Publication, metrics: &Metrics) -> bool {
        let mut state = self.state();
        match publication {
            Publication::Passing(passing) => {
                state.pass_on(self.id, &passing);
                true
            }
            Publication::Happened {
                epoch,
                revision,
                recorded,
            } => {
                if recorded.event.is_terminal() {
                    // An end is an end, whatever was missed before it; an expired chat's has a log of its own.
                    state.hand_out(self, &epoch, revision, recorded, metrics);
                    return true;
                }
                if state.resync.covers() {
                    return true;
                }
                let same_epoch = state
                    .held
                    .as_ref()
                    .is_none_or(|held| *held.head.epoch == *epoch);
                if !same_epoch || state.told.is_some_and(|told| recorded.seq > told.seq + 1) {
                    return false;
                }
                state.hand_out(self, &epoch, revision, recorded, metrics);
                true
            }
        }
    }

    /// Whether somebody here waits and wants to know for how long.
    pub(super) fn has_waiting_visitor(&self) -> bool {
        let state = self.state();
        let held = state.held.as_ref().and_then(|held| held.chat.as_deref());
        held.is_some_and(|chat| matches!(chat.phase, Phase::Waiting(_)))
            && state.members.iter().any(|member| member.wants_place)
    }

    /// Tells a waiting visitor its place, if that is news.
    pub(super) fn tell_place(&self, place: Queue) {
        let mut state = self.state();
        if state.place == Some(place) {
            return;
        }
        state.place = Some(place);
        let delivery = Delivery::aside(self.id, vec![typed::queue(&place).into()], None);
        state.give(|member| member.wants_place.then(|| delivery.clone()));
    }

    /// Closes all sockets.
    pub(super) fn close(&self, close: Close) {
        let delivery = Delivery::aside(self.id, Vec::new(), Some(close));
        self.state().give(|_| Some(delivery.clone()));
    }

    /// Begins a resync, unless one is under way. Says from where the log is to be read.
    pub(super) fn begin_resync(&self) -> Option<u64> {
        let mut state = self.state();
        state.resync.begin().then(|| state.read_from())
    }

    /// Ends a resync, unless something came meanwhile: then says from where the log is to be read.
    pub(super) fn end_resync(&self) -> Option<u64> {
        let mut state = self.state();
        (!state.resync.end()).then(|| state.read_from())
    }

    /// Gives up a resync.
    pub(super) fn abandon_resync(&self) {
        self.state().resync.abandon();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().members.is_empty()
    }

    pub(super) fn epoch(&self) -> Option<Arc<str>> {
        let state = self.state();
        state.held.as_ref().map(|held| held.head.epoch.clone())
    }

    /// Hands out what was missed, if the log continues what was told. `loaded` is what follows the seq that
    /// [`Self::begin_resync`] named.
    pub(super) fn catch_up(&self, loaded: Loaded, metrics: &Metrics) -> Repair {
        let mut state = self.state();
        let epoch = &loaded.head.epoch;
        let told = state.told.map_or(0, |told| told.seq);
        let same_epoch = state
            .held
            .as_ref()
            .is_none_or(|held| held.head.epoch == *epoch);
        if !same_epoch || loaded.head.seq < told {
            return Repair::Diverged;
        }
        for recorded in loaded.recorded {
            if recorded.seq < told {
                continue;
            }
            if recorded.seq == told {
                if state.last.as_ref().is_some_and(|last| *last != recorded) {
                    return Repair::Diverged;
                }
                continue;
            }
            // All revisions up to the loaded one are included; only the last matters from here on.
            state.hand_out(self, epoch, loaded.head.revision, recorded, metrics);
        }
        Repair::Done
    }

    /// How many of the events that were told are not in this log, which has all that there is. Numbers may have been given
    /// again, times are not.
    pub(super) fn missing_in(&self, whole: &Loaded) -> u64 {
        let Some(told) = self.state().told else {
            return 0;
        };
        let there = |recorded: &&Recorded| recorded.seq <= told.seq && recorded.at <= told.at;
        let there = whole.recorded.iter().filter(there).count();
        told.seq.saturating_sub(there as u64)
    }

    /// If the chat is gone although its last event is younger than its time to live: how many events it had.
    pub(super) fn cannot_have_expired(&self, now: Timestamp) -> Option<u64> {
        let told = self.state().told?;
        let alive_until = told.at.after(self.idle_timeout());
        (now < alive_until).then_some(told.seq)
    }

    /// Whether the chat is one that stays until somebody ends it.
    pub(super) fn is_kept(&self) -> bool {
        let state = self.state();
        let held = state.held.as_ref().and_then(|held| held.chat.as_deref());
        held.is_some_and(|chat| chat.kept)
    }

    /// Tells everyone that the chat is over, when nothing more is known of it.
    pub(super) fn expire(&self) {
        self.state().expire(self.id);
    }

    /// Starts from a log that is not the one that was told: whoever is shown histories gets the whole of it, and the
    /// others what was said since.
    pub(super) fn start_over(&self, loaded: &Loaded, metrics: &Metrics) {
        let mut state = self.state();
        let chat = loaded.chat(self.id).map(Arc::new);
        let since = state.told.replace(Told {
            seq: loaded.head.seq,
            at: loaded
                .recorded
                .last()
                .map_or_else(Default::default, |last| last.at),
        });
        let told = state.told;
        state.last = loaded.recorded.last().cloned();
        state.held = Some(Held {
            head: loaded.head.clone(),
            chat: chat.clone(),
        });
        let Some(chat) = chat else {
            return state.expire(self.id);
        };
        let resumed = Resumed {
            epoch: &loaded.head.epoch,
            last_seq: loaded.head.seq,
            partial: false,
            seen: loaded.seen,
            idle_timeout: self.idle_timeout(),
            expires_in: loaded.ttl,
        };
        let mut kinds = Kinds::default();
        state.give(|member| match member.reader {
            Some(Reader::Typed(reader)) => Some(kinds.get(Reader::Typed(reader), || Delivery {
                chat: self.id,
                stands: told,
                resets: true,
                frames: vec![typed::history(&chat, &loaded.recorded, &resumed, reader).into()],
                close: None,
            })),
            _ => None,
        });
        let scene = Scene {
            id: self.id,
            chat: Some(&chat),
            epoch: &loaded.head.epoch,
            idle_timeout: self.idle_timeout(),
        };
        let news = |event: &&Recorded| since.is_none_or(|since| event.at > since.at);
        for recorded in loaded.recorded.iter().filter(news) {
            state.tell(scene, recorded, metrics, |reader| {
                matches!(reader, Reader::Event(_))
            });
        }
    }
}

impl State {
    /// One before the last event told, so that the log can be compared with it.
    fn read_from(&self) -> u64 {
        self.told.map_or(0, |told| told.seq.saturating_sub(1))
    }

    fn hand_out(
        &mut self,
        room: &Room,
        epoch: &str,
        revision: u64,
        recorded: Recorded,
        metrics: &Metrics,
    ) {
        let terminal = recorded.event.is_terminal();
        if let Some(held) = &mut self.held
            && (terminal || recorded.seq == held.head.seq + 1)
        {
            held.head = Head {
                epoch: held.head.epoch.clone(),
                revision: revision.max(held.head.revision),
                seq: recorded.seq,
            };
            if let Some(chat) = &mut held.chat {
                Arc::make_mut(chat).apply(&recorded.event);
            }
        }
        let chat = self.held.take();
        let scene = Scene {
            id: room.id,
            chat: chat.as_ref().and_then(|held| held.chat.as_deref()),
            epoch,
            idle_timeout: room.idle_timeout(),
        };
        self.tell(scene, &recorded, metrics, |_| true);
        self.held = chat;
        let told = Told::from(&recorded);
        if self.told.is_none_or(|before| before.seq < told.seq) {
            self.told = Some(told);
        }
        self.last = Some(recorded);
    }

    fn expire(&mut self, id: ChatId) {
        let mut kinds = Kinds::default();
        self.give(|member| {
            let reader = member.reader?;
            Some(kinds.get(reader, || reader.expired(id)))
        });
    }

    /// Tells what happened to the readers that are meant, the socket that did it excepted if it gets no echo.
    fn tell(
        &mut self,
        scene: Scene<'_>,
        recorded: &Recorded,
        metrics: &Metrics,
        meant: impl Fn(Reader) -> bool,
    ) {
        let origin = origin(&recorded.event);
        let mut kinds = Kinds::default();
        let mut given = 0;
        self.give(|member| {
            let reader = member.reader.filter(|reader| meant(*reader))?;
            if matches!(reader, Reader::Event(_)) && origin == Some(member.socket) {
                return None;
            }
            let delivery = kinds.get(reader, || reader.event(scene, recorded));
            if delivery.is_empty() {
                return None;
            }
            given += u64::from(recorded.event.is_message());
            Some(delivery)
        });
        metrics.messages_out.inc_by(given);
    }

    fn pass_on(&mut self, chat: ChatId, passing: &Passing) {
        let delivery = Delivery::aside(chat, vec![typed::passing(passing).into()], None);
        let origin = match passing {
            Passing::Typing { origin, .. } => Some(*origin),
            Passing::Seen { .. } => None,
        };
        self.give(|member| {
            let opted_in = member.reader.is_some_and(Reader::has_opted_in);
            (opted_in && Some(member.socket) != origin).then(|| delivery.clone())
        });
    }

    /// Gives each socket what `delivery` says for it. A socket whose outbox is full loses it, and is closed for that
    /// by its own loop.
    fn give(&mut self, mut delivery: impl FnMut(&Member) -> Option<Arc<Delivery>>) {
        self.members.retain(|member| match delivery(member) {
            Some(delivery) => member.outbox.put(delivery),
            None => true,
        });
    }
}
