//! The sockets of this process that have come in, and the ways to them.

use std::collections::HashMap;

use helpline_desk::{
    actor::Rank,
    id::{AgentId, VisitorId},
};
use helpline_protocol::socketio::shapes;
use helpline_service::{metrics::Metrics, wire::Frame};
use tokio::sync::mpsc;

/// Whose socket it is, and the way to it.
pub(super) struct Seat {
    pub(super) whose: Whose,
    /// What others see of it, of staff.
    pub(super) shown: Option<shapes::Staff>,
    pub(super) outbox: mpsc::Sender<Frame>,
}

/// Whose socket it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Staff(AgentId, Rank),
    Visitor(VisitorId),
}

/// Who hears something.
#[derive(Clone, Copy, Debug)]
pub(super) enum To<'a> {
    /// Everybody of the staff, but for one.
    Staff { but: Option<&'a AgentId> },
    /// Supervisors and admins, but for one.
    Monitors { but: Option<&'a AgentId> },
    /// This one of the staff.
    Agent(&'a AgentId),
    /// This visitor.
    Visitor(VisitorId),
}

impl<'a> To<'a> {
    /// All staff.
    pub(super) const ALL: Self = Self::Staff { but: None };
    /// All supervisors and admins.
    pub(super) const MONITORS: Self = Self::Monitors { but: None };

    pub(super) fn all_but(agent: &'a AgentId) -> Self {
        Self::Staff { but: Some(agent) }
    }

    pub(super) fn monitors_but(agent: &'a AgentId) -> Self {
        Self::Monitors { but: Some(agent) }
    }

    fn includes(self, whose: &Whose) -> bool {
        match (self, whose) {
            (Self::Staff { but }, Whose::Staff(agent, _)) => but != Some(agent),
            (Self::Monitors { but }, Whose::Staff(agent, rank)) => {
                rank.is_monitor() && but != Some(agent)
            }
            (Self::Agent(one), Whose::Staff(agent, _)) => one == agent,
            (Self::Visitor(one), Whose::Visitor(visitor)) => one == *visitor,
            _ => false,
        }
    }
}

/// The sockets, by number.
pub(super) struct Crowd {
    seats: HashMap<u64, Seat>,
    metrics: Metrics,
}

impl Crowd {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            seats: HashMap::new(),
            metrics,
        }
    }

    pub(super) fn enter(&mut self, socket: u64, seat: Seat) {
        self.seats.insert(socket, seat);
    }

    pub(super) fn leave(&mut self, socket: u64) {
        self.seats.remove(&socket);
    }

    /// Everybody has to come back: something may have been missed.
    pub(super) fn send_away(&mut self) {
        // A socket whose way is gone is closed by itself, with the word to come back.
        self.seats.clear();
    }

    /// Whether anybody hears this: what nobody hears need not be made.
    pub(super) fn has(&self, to: To<'_>) -> bool {
        self.seats.values().any(|seat| to.includes(&seat.whose))
    }

    /// Gives an event to everybody whom it is for. It is made once, and only if there is anybody.
    pub(super) fn tell(&mut self, to: To<'_>, event: impl FnOnce() -> String) {
        let mut sockets = self
            .seats
            .iter()
            .filter(|(_, seat)| to.includes(&seat.whose));
        let Some(first) = sockets.next() else {
            return;
        };
        let frame = Frame::from(event());
        let mut slow = Vec::new();
        let mut given = 0;
        for (socket, seat) in std::iter::once(first).chain(sockets) {
            match seat.outbox.try_send(frame.clone()) {
                Ok(()) => given += 1,
                // Full, or closed already.
                Err(_) => slow.push(*socket),
            }
        }
        self.metrics.messages_out.inc_by(given);
        slow.into_iter().for_each(|socket| self.leave(socket));
    }

    /// Gives an event to one socket.
    pub(super) fn tell_socket(&mut self, socket: u64, event: String) {
        let told = self
            .seats
            .get(&socket)
            .map(|seat| seat.outbox.try_send(event.into()));
        if matches!(told, Some(Err(_))) {
            self.leave(socket);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crowd() -> (Crowd, Vec<mpsc::Receiver<Frame>>) {
        let mut crowd = Crowd::new(Metrics::new());
        let agent = |name: &str, rank| Whose::Staff(AgentId(name.to_owned()), rank);
        let whose = [
            agent("ada", Rank::Admin),
            agent("sasha", Rank::Supervisor),
            agent("vika", Rank::Agent),
            agent("vika", Rank::Agent),
            Whose::Visitor(VisitorId::from_bits(1)),
        ];
        let inboxes = whose.into_iter().enumerate().map(|(number, whose)| {
            let (outbox, inbox) = mpsc::channel(1);
            let seat = Seat {
                whose,
                shown: None,
                outbox,
            };
            crowd.enter(number as u64, seat);
            inbox
        });
        let inboxes = inboxes.collect();
        (crowd, inboxes)
    }

    fn heard(inboxes: &mut [mpsc::Receiver<Frame>]) -> Vec<usize> {
        let heard = inboxes.iter_mut().enumerate();
        let heard = heard.filter_map(|(number, inbox)| inbox.try_recv().ok().map(|_| number));
        heard.collect()
    }

    #[test]
    fn whoever_it_is_for_hears_it_and_nobody_else() {
        let (mut crowd, mut inboxes) = crowd();
        let (sasha, vika) = (AgentId("sasha".into()), AgentId("vika".into()));
        for (to, hear) in [
            (To::Staff { but: None }, &[0, 1, 2, 3][..]),
            (To::Staff { but: Some(&vika) }, &[0, 1]),
            (To::Monitors { but: None }, &[0, 1]),
            (To::Monitors { but: Some(&sasha) }, &[0]),
            (To::Agent(&vika), &[2, 3]),
            (To::Visitor(VisitorId::from_bits(1)), &[4]),
            (To::Visitor(VisitorId::from_bits(2)), &[]),
        ] {
            crowd.tell(to, || "42[]".to_owned());
            assert_eq!(heard(&mut inboxes), hear, "{to:?}");
        }
    }

    #[test]
    fn whoever_does_not_read_is_sent_away() {
        let (mut crowd, mut inboxes) = crowd();
        let all = To::Staff { but: None };
        crowd.tell(all, || "42[]".to_owned());
        inboxes[0].try_recv().unwrap();
        crowd.tell(all, || "42[]".to_owned());
        assert_eq!(heard(&mut inboxes), [0, 1, 2, 3]);
        crowd.tell(all, || "42[]".to_owned());
        assert_eq!(heard(&mut inboxes), [0]);
        assert!(inboxes[1].is_closed(), "the way to it is gone");
    }
}
