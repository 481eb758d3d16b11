//! One chat on this process: its sockets, and its state as far as it is known.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use helpline_desk::{audience::Audience, chat::Phase, event::Recorded, id::ChatId};
use helpline_live::store::{Head, Loaded};
use helpline_protocol::{
    bus::{Passing, Publication},
    close::Close,
    typed::{self, Level, Queue, Reader, Resumed, Scene},
};
use tokio::sync::{mpsc, watch};

use super::Delivery;
use crate::{handler::Held, metrics::Metrics, resync::Resync, wire::Frame};

/// One chat on this process.
pub(super) struct Room {
    pub(super) id: ChatId,
    /// How long a chat lives without activity.
    idle_timeout: Duration,
    listening: watch::Sender<bool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    members: Vec<Member>,
    /// The chat, moved only forward.
    held: Option<Held>,
    /// The last event that was handed out, or that a socket had from the log.
    told: Option<u64>,
    /// That event, to see whether the log still has it.
    last: Option<Recorded>,
    resync: Resync,
    /// What a waiting visitor was last told of its place.
    place: Option<Queue>,
}

struct Member {
    socket: u64,
    outbox: mpsc::Sender<Arc<Delivery>>,
    /// `None` while it is at the door.
    reader: Option<Reader>,
    /// Whether it is told its place in the line while it waits.
    wants_place: bool,
}

/// What the log showed.
pub(super) enum Repair {
    /// What was missed is handed out.
    Done,
    /// The log is not the one that was told.
    Diverged,
}

impl Room {
    pub(super) fn new(id: ChatId, idle_timeout: Duration) -> Self {
        Self {
            id,
            idle_timeout,
            listening: watch::Sender::new(false),
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements: a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn admit(&self, socket: u64, outbox: mpsc::Sender<Arc<Delivery>>) {
        self.state().members.push(Member {
            socket,
            outbox,
            reader: None,
            wants_place: false,
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
            known.head.epoch != held.head.epoch
                || (known.head.revision, known.head.seq) < (held.head.revision, held.head.seq)
        });
        if newer {
            state.held = Some(held.clone());
        }
    }

    pub(super) fn told(&self, seq: u64) {
        let mut state = self.state();
        state.told = state.told.max(Some(seq));
    }

    /// Takes what was heard; `false` if something before it is missing.
    pub(super) fn take(&self, publication: Publication, metrics: &Metrics) -> bool {
        let mut state = self.state();
        match publication {
            Publication::Passing(passing) => {
                state.pass_on(&passing);
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
                if !same_epoch || state.told.is_some_and(|told| recorded.seq > told + 1) {
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
        let delivery = Arc::new(Delivery {
            seq: None,
            resets: false,
            frames: vec![typed::queue(&place).into()],
            close: None,
        });
        state.members.retain(|member| {
            !member.wants_place || member.outbox.try_send(delivery.clone()).is_ok()
        });
    }

    /// Closes all sockets.
    pub(super) fn close(&self, close: Close) {
        let delivery = Arc::new(Delivery {
            seq: None,
            resets: false,
            frames: Vec::new(),
            close: Some(close),
        });
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
        let told = state.told.unwrap_or_default();
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

    /// Starts from a log that is not the one that was told: everyone gets the whole of it.
    pub(super) fn start_over(&self, loaded: &Loaded) {
        let mut state = self.state();
        let chat = loaded.chat(self.id).map(Arc::new);
        state.told = Some(loaded.head.seq);
        state.last = loaded.recorded.last().cloned();
        state.held = Some(Held {
            head: loaded.head.clone(),
            chat: chat.clone(),
        });
        let Some(chat) = chat else {
            let expired = Arc::new(Delivery {
                seq: None,
                resets: false,
                frames: vec![typed::chat_expired(self.id).into()],
                close: Some(Close::Over),
            });
            return state.give(|_| Some(expired.clone()));
        };
        let resumed = Resumed {
            epoch: &loaded.head.epoch,
            last_seq: loaded.head.seq,
            partial: false,
            seen: loaded.seen,
            idle_timeout: self.idle_timeout,
            expires_in: loaded.ttl,
        };
        let mut kinds = Kinds::default();
        state.give(|reader| {
            let reader = reader?;
            Some(kinds.get(Some(reader), || Delivery {
                seq: Some(loaded.head.seq),
                resets: true,
                frames: vec![typed::history(&chat, &loaded.recorded, &resumed, reader).into()],
                close: None,
            }))
        });
    }
}

impl State {
    /// One before the last event told, so that the log can be compared with it.
    fn read_from(&self) -> u64 {
        self.told.unwrap_or_default().saturating_sub(1)
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
            idle_timeout: room.idle_timeout,
        };
        let close = terminal.then_some(Close::Over);
        let mut kinds = Kinds::default();
        let mut given = 0;
        self.give(|reader| {
            let at_door = Reader {
                audience: Audience::Door,
                level: Level::Plain,
            };
            let delivery = kinds.get(reader, || {
                let reader = reader.unwrap_or(at_door);
                let frames = typed::event_frames(scene, &recorded, reader);
                Delivery {
                    seq: (!terminal).then_some(recorded.seq),
                    resets: false,
                    frames: frames.into_iter().map(Frame::from).collect(),
                    close,
                }
            });
            let worth_it = !delivery.frames.is_empty() || delivery.close.is_some();
            given += u64::from(worth_it && recorded.event.is_message());
            worth_it.then_some(delivery)
        });
        metrics.messages_out.inc_by(given);
        self.held = chat;
        self.told = self.told.max(Some(recorded.seq));
        self.last = Some(recorded);
    }

    fn pass_on(&mut self, passing: &Passing) {
        let delivery = Arc::new(Delivery {
            seq: None,
            resets: false,
            frames: vec![typed::passing(passing).into()],
            close: None,
        });
        let origin = match passing {
            Passing::Typing { origin, .. } => Some(*origin),
            Passing::Seen { .. } => None,
        };
        self.members.retain(|member| {
            let opted_in = member.reader.is_some_and(|r| r.level == Level::OptedIn);
            if !opted_in || Some(member.socket) == origin {
                return true;
            }
            member.outbox.try_send(delivery.clone()).is_ok()
        });
    }

    /// Gives each socket what `delivery` says for its kind of reader (`None`: at the door). A socket whose
    /// outbox is full loses it, and is closed for that by its own loop.
    fn give(&mut self, mut delivery: impl FnMut(Option<Reader>) -> Option<Arc<Delivery>>) {
        self.members.retain(|member| match delivery(member.reader) {
            Some(delivery) => member.outbox.try_send(delivery).is_ok(),
            None => true,
        });
    }
}

/// A delivery for each kind of reader, made once.
#[derive(Default)]
struct Kinds(Vec<(Option<Reader>, Arc<Delivery>)>);

impl Kinds {
    fn get(&mut self, reader: Option<Reader>, make: impl FnOnce() -> Delivery) -> Arc<Delivery> {
        if let Some((_, made)) = self.0.iter().find(|(kind, _)| *kind == reader) {
            return made.clone();
        }
        let made = Arc::new(make());
        self.0.push((reader, made.clone()));
        made
    }
}
