//! One chat on this process: its sockets, and its state as far as it is known.

mod present;
mod repair;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use helpline_desk::{
    chat::{Chat, Phase},
    event::Recorded,
    id::ChatId,
};
use helpline_live::store::Head;
use helpline_protocol::{
    bus::{Passing, Publication},
    close::Close,
    typed::{self, Queue, Scene},
};
use tokio::sync::watch;

pub(super) use self::repair::Repair;
use super::{
    member::{Member, Members, Stands},
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
    members: Members,
    /// The chat, moved only forward.
    held: Option<Held>,
    /// The last event that was handed out, or that the first socket had from the log: everyone who has a seat and has
    /// read the log has, or will get, what is up to there.
    told: Option<Told>,
    /// That event, to see whether the log still has it.
    last: Option<Recorded>,
    /// The last event that was heard while nobody here had read the log: whoever is just reading it may not have it.
    unplaced: u64,
    resync: Resync,
    /// What a waiting visitor was last told of its place.
    place: Option<Queue>,
    /// When the chat's time was last started anew for a visitor who waits.
    kept_alive_at: Option<Instant>,
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
        let member = Member::new(socket, outbox, reader);
        self.state().members.add(member);
    }

    /// Lets a socket go; `true` if it was the last.
    pub(super) fn dismiss(&self, socket: u64) -> bool {
        self.state().members.remove(socket)
    }

    /// Gives a socket a seat. It is told nothing until it has read the log and takes its place, unless it had one before.
    pub(super) fn seat(&self, socket: u64, reader: Reader, wants_place: bool) {
        let mut state = self.state();
        if let Some(member) = state.members.get_mut(socket) {
            member.reader = Some(reader);
            member.wants_place = wants_place;
            if member.stands == Stands::Outside {
                member.stands = Stands::Coming;
            }
            state.place = None;
        }
    }

    /// A socket that was given a seat has read the log to there. If it lacks what others here have, says from where the
    /// log has to be read for it: a resync has begun.
    pub(super) fn take_place(&self, socket: u64, held: &Held, told: Told) -> Option<u64> {
        let mut state = self.state();
        state.advance(held);
        if let Some(member) = state.members.get_mut(socket) {
            let after = member.after().unwrap_or_default().max(told.seq);
            member.stands = Stands::At(after);
        }
        let is_behind = match state.told {
            Some(before) => before.seq > told.seq,
            None => {
                state.told = Some(told);
                std::mem::take(&mut state.unplaced) > told.seq
            }
        };
        let is_other = state
            .held
            .as_ref()
            .is_some_and(|known| known.head.epoch != held.head.epoch);
        (is_behind || is_other)
            .then(|| state.begin_resync())
            .flatten()
    }

    /// A socket that was given a seat could not read the log, and is outside again. If it has missed the end, a resync
    /// has begun.
    pub(super) fn give_up_place(&self, socket: u64) -> Option<u64> {
        let mut state = self.state();
        let member = state.members.get_mut(socket)?;
        if member.stands != Stands::Coming {
            return None;
        }
        member.stands = Stands::Outside;
        member.reader = member.reader.and_then(Reader::outside);
        member.wants_place = false;
        let held = state.held.as_ref().and_then(|held| held.chat.as_deref());
        let is_over = held.is_some_and(Chat::is_over);
        (is_over || state.unplaced > 0)
            .then(|| state.begin_resync())
            .flatten()
    }

    /// The channel is listened to; `true` if something may have been missed before that.
    pub(super) fn listening(&self) -> bool {
        self.listening.send_replace(true);
        let mut state = self.state();
        if state.told.is_none() && state.members.is_coming() {
            // Whoever is reading the log may have read it before the break.
            state.unplaced = u64::MAX;
        }
        state.told.is_some()
    }

    pub(super) fn watch_listening(&self) -> watch::Receiver<bool> {
        self.listening.subscribe()
    }

    pub(super) fn held(&self) -> Option<Held> {
        self.state().held.clone()
    }

    pub(super) fn advance(&self, held: &Held) {
        self.state().advance(held);
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
                let is_end = recorded.event.is_terminal();
                if is_end && recorded.seq == 1 {
                    // All that is left of an expired chat is its end, in a log of its own: there is nothing before it.
                    state.hand_out(self, &epoch, revision, recorded, metrics);
                    return true;
                }
                let is_covered = state.resync.covers();
                let Some(told) = state.told else {
                    // Nobody here has read the log, so nobody can be told what this means; but an end is an end.
                    state.unplaced = recorded.seq.max(state.unplaced);
                    if is_end {
                        state.tell_outside(self, &epoch, &recorded);
                    }
                    return true;
                };
                if is_covered {
                    return true;
                }
                let is_known = state
                    .held
                    .as_ref()
                    .is_some_and(|held| *held.head.epoch == *epoch && held.chat.is_some());
                if !is_known || recorded.seq > told.seq + 1 {
                    return false;
                }
                if recorded.seq == told.seq + 1 {
                    state.hand_out(self, &epoch, revision, recorded, metrics);
                }
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
        state
            .members
            .give(|member| member.wants_place.then(|| delivery.clone()));
    }

    /// Closes all sockets.
    pub(super) fn close(&self, close: Close) {
        let delivery = Delivery::aside(self.id, Vec::new(), Some(close));
        self.state().members.give(|_| Some(delivery.clone()));
    }

    /// Begins a resync, unless one is under way. Says from where the log is to be read.
    pub(super) fn begin_resync(&self) -> Option<u64> {
        self.state().begin_resync()
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

    /// The epoch of the log that was told here, if one was and the chat is not over.
    pub(super) fn told_epoch(&self) -> Option<Arc<str>> {
        let state = self.state();
        let held = state.held.as_ref().filter(|_| state.told.is_some())?;
        let is_open = held.chat.as_ref().is_some_and(|chat| !chat.is_over());
        is_open.then(|| held.head.epoch.clone())
    }

    pub(super) fn epoch(&self) -> Option<Arc<str>> {
        let state = self.state();
        state.held.as_ref().map(|held| held.head.epoch.clone())
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
}

impl State {
    /// One before the last event that everyone has, so that the log can be compared with it.
    fn read_from(&self) -> u64 {
        let told = self.told.map_or(0, |told| told.seq);
        let all_have = self.members.all_have().unwrap_or(told);
        told.min(all_have).saturating_sub(1)
    }

    fn begin_resync(&mut self) -> Option<u64> {
        self.resync.begin().then(|| self.read_from())
    }

    fn advance(&mut self, held: &Held) {
        let newer = self.held.as_ref().is_none_or(|known| {
            if known.head.epoch != held.head.epoch {
                // What was told belongs to the other log: only whoever compares the two may change over.
                return self.told.is_none();
            }
            (known.head.revision, known.head.seq) < (held.head.revision, held.head.seq)
        });
        if newer {
            self.held = Some(held.clone());
        }
    }

    /// Hands an event out to all who do not have it, in the log's order.
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
        self.tell(scene, &recorded, metrics);
        self.held = chat;
        let told = Told::from(&recorded);
        if self.told.is_none_or(|before| before.seq < told.seq) {
            self.told = Some(told);
            self.last = Some(recorded);
        }
    }

    fn expire(&mut self, id: ChatId) {
        let mut kinds = Kinds::default();
        self.members.give(|member| {
            let reader = member.reader?;
            Some(kinds.get(reader, || reader.expired(id)))
        });
    }

    /// Tells what happened to all who do not have it, the socket that did it excepted if it gets no echo.
    fn tell(&mut self, scene: Scene<'_>, recorded: &Recorded, metrics: &Metrics) {
        let origin = origin(&recorded.event);
        let is_end = recorded.event.is_terminal();
        let mut kinds = Kinds::default();
        let mut given = 0;
        self.members.give(|member| {
            let reader = member.reader?;
            let takes = member.takes(recorded.seq, is_end);
            if !takes || matches!(reader, Reader::Event(_)) && origin == Some(member.socket) {
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

    /// Tells the end to those who have no seat, and hear of nothing else.
    fn tell_outside(&mut self, room: &Room, epoch: &str, end: &Recorded) {
        let scene = Scene {
            id: room.id,
            chat: None,
            epoch,
            idle_timeout: room.idle_timeout(),
        };
        let mut kinds = Kinds::default();
        self.members.give(|member| {
            let reader = member.reader.filter(|_| member.stands == Stands::Outside)?;
            Some(kinds.get(reader, || reader.event(scene, end)))
        });
    }

    fn pass_on(&mut self, chat: ChatId, passing: &Passing) {
        let delivery = Delivery::aside(chat, vec![typed::passing(passing).into()], None);
        let origin = match passing {
            Passing::Typing { origin, .. } => Some(*origin),
            Passing::Seen { .. } => None,
        };
        self.members.give(|member| {
            let opted_in = member.reader.is_some_and(Reader::has_opted_in);
            (opted_in && Some(member.socket) != origin).then(|| delivery.clone())
        });
    }
}
