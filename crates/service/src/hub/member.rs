//! A socket in a room, and how much of the chat it has.
//!
//! Promised: whoever has a seat is given the chat's events in their order, each once and none left out. Somebody who
//! comes in reads the log for itself first, and is told nothing until it says how far that went.

use std::sync::Arc;

use super::{
    outbox::{Delivery, Outbox},
    reader::Reader,
};

/// A socket in a room.
pub(super) struct Member {
    pub(super) socket: u64,
    pub(super) outbox: Outbox,
    /// `None`: it hears nothing yet.
    pub(super) reader: Option<Reader>,
    /// How much of the chat it has.
    pub(super) stands: Stands,
    /// Whether it is told its place in the line while it waits.
    pub(super) wants_place: bool,
    /// Whether the chat does not fall silent while this visitor waits here.
    pub(super) keeps_alive: bool,
}

/// How much of a chat a socket has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// It has no seat: of what happens it hears the end alone.
    Outside,
    /// It reads the log.
    Coming,
    /// It has everything up to this event.
    At(u64),
}

impl Member {
    pub(super) fn new(socket: u64, outbox: Outbox, reader: Option<Reader>) -> Self {
        Self {
            socket,
            outbox,
            reader,
            stands: Stands::Outside,
            wants_place: false,
            keeps_alive: false,
        }
    }

    /// Takes note that this event is its turn; `false` if it has it, or is not told of any yet. `is_end`: nothing can
    /// follow.
    pub(super) fn takes(&mut self, seq: u64, is_end: bool) -> bool {
        // The end of a chat that has expired stands in a log of its own.
        let is_all_that_is_left = is_end && seq == 1;
        match &mut self.stands {
            Stands::Outside => is_end,
            Stands::Coming => is_all_that_is_left,
            Stands::At(after) if *after < seq => {
                *after = seq;
                true
            }
            Stands::At(_) => is_all_that_is_left,
        }
    }

    /// The last event it has, if it has a seat and has read the log.
    pub(super) fn after(&self) -> Option<u64> {
        match self.stands {
            Stands::At(after) => Some(after),
            Stands::Outside | Stands::Coming => None,
        }
    }
}

/// The sockets of a room.
#[derive(Default)]
pub(super) struct Members(Vec<Member>);

impl Members {
    pub(super) fn add(&mut self, member: Member) {
        self.0.push(member);
    }

    /// Lets a socket go; `true` if it was the last.
    pub(super) fn remove(&mut self, socket: u64) -> bool {
        self.0.retain(|member| member.socket != socket);
        self.0.is_empty()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get_mut(&mut self, socket: u64) -> Option<&mut Member> {
        self.0.iter_mut().find(|member| member.socket == socket)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.0.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.0.iter_mut()
    }

    /// Up to where all have everything who have read the log; `None` if there is nobody like that.
    pub(super) fn all_have(&self) -> Option<u64> {
        self.0.iter().filter_map(Member::after).min()
    }

    /// Whether somebody reads the log just now.
    pub(super) fn is_coming(&self) -> bool {
        self.0.iter().any(|member| member.stands == Stands::Coming)
    }

    /// Gives each socket what `delivery` says for it. A socket whose outbox is full loses it, and is closed for that
    /// by its own loop.
    pub(super) fn give(&mut self, mut delivery: impl FnMut(&mut Member) -> Option<Arc<Delivery>>) {
        self.0.retain_mut(|member| match delivery(member) {
            Some(delivery) => member.outbox.put(delivery),
            None => true,
        });
    }
}
