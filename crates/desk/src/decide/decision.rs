//! What a command does, once it is accepted.

use std::time::Duration;

use crate::{
    actor::Side,
    chat::{Chat, Phase},
    event::{End, Event},
    policy::Policy,
};

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happens, in this order, all or nothing.
    pub events: Vec<Event>,
    /// What becomes of the chat's time to live.
    pub life: Life,
    /// Which timers start or stop.
    pub timers: Vec<TimerChange>,
    /// Whether the request is announced to everyone who listens for requests.
    pub announce: bool,
}

/// What becomes of a chat's time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs on as it is.
    Keep,
    /// It starts again: there was activity.
    Extend(Duration),
    /// It has none: the chat stays until somebody ends it.
    Kept,
    /// The chat is over; it stays known for this long.
    End(Duration),
    /// The chat is over; it stays known until the records have all of it, and then for this long.
    EndKept(Duration),
    /// The session of a standing chat is over; the chat stays known until the records have all of it. Where there are
    /// none it stays for this long.
    Rest(Duration),
}

/// The timers a chat may have, besides its time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// Ends a reservation.
    Reservation,
    /// A side without a socket counts as having left.
    Away(Side),
    /// An agent who has left does not come back any more.
    Vanished,
}

/// A timer to start or to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimerChange {
    /// Due after this long.
    Set(Timer, Duration),
    /// Not any more.
    Clear(Timer),
}

impl Decision {
    /// Accepted, and nothing changes.
    pub(super) fn nothing() -> Self {
        Self::quiet(Vec::new())
    }

    /// Something happens that is not the chat's own activity.
    pub(super) fn quiet(events: Vec<Event>) -> Self {
        Self {
            events,
            life: Life::Keep,
            timers: Vec::new(),
            announce: false,
        }
    }

    /// Registration, an accepted Join or a message: nothing else is activity, unless somebody says that it is.
    pub(super) fn active(events: Vec<Event>, policy: &Policy) -> Self {
        Self {
            life: Life::Extend(policy.idle_timeout),
            ..Self::quiet(events)
        }
    }

    /// Activity in a chat that goes on as it is. One that waits for the agent it was given to outlives that wait, however
    /// much shorter its own time is.
    pub(super) fn active_in(chat: &Chat, events: Vec<Event>, policy: &Policy) -> Self {
        match &chat.phase {
            Phase::Waiting(request) if request.is_given() => Self::given(events, policy),
            _ => Self::active(events, policy),
        }
    }

    /// The chat waits for the agent it is given to, and then as long as any other for somebody else.
    pub(super) fn given(events: Vec<Event>, policy: &Policy) -> Self {
        Self {
            life: Life::Extend(policy.transfer.saturating_add(policy.idle_timeout)),
            ..Self::quiet(events)
        }
    }

    pub(super) fn end(end: End, policy: &Policy) -> Self {
        Self {
            events: vec![Event::Ended(end)],
            life: Life::End(policy.tombstone),
            timers: [
                Timer::Reservation,
                Timer::Away(Side::Visitor),
                Timer::Away(Side::Support),
                Timer::Vanished,
            ]
            .map(TimerChange::Clear)
            .to_vec(),
            announce: false,
        }
    }

    /// The end of a session, for a standing chat, or of the chat.
    pub(super) fn finish(chat: &Chat, end: End, policy: &Policy) -> Self {
        let over = Self::end(end.clone(), policy);
        match chat.standing {
            true => Self {
                events: vec![Event::Rested(end)],
                life: Life::Rest(policy.rest),
                ..over
            },
            false => over,
        }
    }

    /// Whoever answers is there: nothing waits for its coming back.
    pub(super) fn attended(self) -> Self {
        self.clearing(Timer::Away(Side::Support))
            .clearing(Timer::Vanished)
    }

    /// The same for a chat that is kept: silence means nothing to it.
    pub(super) fn kept(mut self) -> Self {
        self.life = match self.life {
            Life::Extend(_) => Life::Keep,
            Life::End(tombstone) => Life::EndKept(tombstone),
            life => life,
        };
        self
    }

    pub(super) fn setting(mut self, timer: Timer, time: Duration) -> Self {
        self.timers.push(TimerChange::Set(timer, time));
        self
    }

    pub(super) fn clearing(mut self, timer: Timer) -> Self {
        self.timers.push(TimerChange::Clear(timer));
        self
    }

    /// Whether there is nothing to write.
    pub fn is_nothing(&self) -> bool {
        self.events.is_empty() && self.life == Life::Keep && self.timers.is_empty()
    }
}
