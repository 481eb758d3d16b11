//! The sockets of this process that have come in, and the ways to them.

use std::collections::{HashMap, hash_map::Entry};

use helpline_desk::{
    actor::Rank,
    audience::may_look,
    chat::Chat,
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
    /// Admins, and the supervisors who may look into a chat of this supervisor's or of nobody's; but for one.
    Monitors {
        but: Option<&'a AgentId>,
        of: Option<&'a AgentId>,
    },
    /// This one of the staff.
    Agent(&'a AgentId),
    /// This visitor.
    Visitor(VisitorId),
}

impl<'a> To<'a> {
    /// All staff.
    pub(super) const ALL: Self = Self::Staff { but: None };

    pub(super) fn all_but(agent: &'a AgentId) -> Self {
        Self::Staff { but: Some(agent) }
    }

    /// All who may look into this chat.
    pub(super) fn monitors(chat: &'a Chat) -> Self {
        let of = chat.supervisor.as_ref();
        Self::Monitors { but: None, of }
    }

    pub(super) fn monitors_but(agent: &'a AgentId, chat: &'a Chat) -> Self {
        let of = chat.supervisor.as_ref();
        Self::Monitors {
            but: Some(agent),
            of,
        }
    }
}

type Ways = HashMap<u64, mpsc::Sender<Frame>>;

/// Somebody of the staff, with the ways to its sockets.
struct Member {
    rank: Rank,
    ways: Ways,
}

/// The sockets, by whose they are.
pub(super) struct Crowd {
    staff: HashMap<AgentId, Member>,
    visitors: HashMap<VisitorId, Ways>,
    whose: HashMap<u64, Whose>,
    metrics: Metrics,
}

impl Crowd {
    pub(super) fn new(metrics: Metrics) -> Self {
        Self {
            staff: HashMap::new(),
            visitors: HashMap::new(),
            whose: HashMap::new(),
            metrics,
        }
    }

    pub(super) fn enter(&mut self, socket: u64, seat: Seat) {
        let ways = match &seat.whose {
            Whose::Staff(agent, rank) => {
                let member = self.staff.entry(agent.clone()).or_insert_with(|| Member {
                    rank: *rank,
                    ways: Ways::new(),
                });
                // Whoever comes last has the latest account.
                member.rank = *rank;
                &mut member.ways
            }
            Whose::Visitor(visitor) => self.visitors.entry(*visitor).or_default(),
        };
        ways.insert(socket, seat.outbox);
        self.whose.insert(socket, seat.whose);
    }

    pub(super) fn leave(&mut self, socket: u64) {
        match self.whose.remove(&socket) {
            Some(Whose::Staff(agent, _)) => {
                if let Entry::Occupied(mut member) = self.staff.entry(agent) {
                    member.get_mut().ways.remove(&socket);
                    if member.get().ways.is_empty() {
                        member.remove();
                    }
                }
            }
            Some(Whose::Visitor(visitor)) => {
                if let Entry::Occupied(mut ways) = self.visitors.entry(visitor) {
                    ways.get_mut().remove(&socket);
                    if ways.get().is_empty() {
                        ways.remove();
                    }
                }
            }
            None => {}
        }
    }

    /// Everybody has to come back: something may have been missed.
    pub(super) fn send_away(&mut self) {
        // A socket whose way is gone is closed by itself, with the word to come back.
        self.staff.clear();
        self.visitors.clear();
        self.whose.clear();
    }

    /// The sockets of those for whom something is.
    fn ways(&self, to: To<'_>) -> impl Iterator<Item = (&u64, &mpsc::Sender<Frame>)> {
        let (one, several, visitor) = match to {
            To::Agent(agent) => (self.staff.get(agent), None, None),
            To::Visitor(visitor) => (None, None, self.visitors.get(&visitor)),
            To::Staff { but } => (None, Some((but, None)), None),
            To::Monitors { but, of } => (None, Some((but, Some(of))), None),
        };
        let several = several.into_iter().flat_map(move |(but, monitors_of)| {
            let staff = self.staff.iter().filter(move |(agent, member)| {
                let looks = |of: Option<&AgentId>| {
                    may_look(member.rank, &agent.0, of.map(|of| of.0.as_str()))
                };
                Some(*agent) != but && monitors_of.is_none_or(looks)
            });
            staff.flat_map(|(_, member)| &member.ways)
        });
        let one = one.into_iter().flat_map(|member| &member.ways);
        one.chain(several).chain(visitor.into_iter().flatten())
    }

    /// Whether anybody hears this: what nobody hears need not be made.
    pub(super) fn has(&self, to: To<'_>) -> bool {
        self.ways(to).next().is_some()
    }

    /// Gives an event to everybody whom it is for. It is made once, and only if there is anybody.
    pub(super) fn tell(&mut self, to: To<'_>, event: impl FnOnce() -> String) {
        if !self.has(to) {
            return;
        }
        let frame = Frame::from(event());
        let mut slow = Vec::new();
        let mut given = 0;
        for (socket, outbox) in self.ways(to) {
            match outbox.try_send(frame.clone()) {
                Ok(()) => given += 1,
                // Full, or closed already.
                Err(_) => slow.push(*socket),
            }
        }
        self.metrics.messages_out.inc_by(given);
        slow.into_iter().for_each(|socket| self.leave(socket));
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
            (
                To::Monitors {
                    but: None,
                    of: None,
                },
                &[0, 1],
            ),
            (
                To::Monitors {
                    but: None,
                    of: Some(&sasha),
                },
                &[0, 1],
            ),
            (
                To::Monitors {
                    but: None,
                    of: Some(&vika),
                },
                &[0],
            ),
            (
                To::Monitors {
                    but: Some(&sasha),
                    of: None,
                },
                &[0],
            ),
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
        (0..5).for_each(|socket| crowd.leave(socket));
        assert!(crowd.staff.is_empty() && crowd.visitors.is_empty());
    }
}
