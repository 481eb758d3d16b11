//! What was sent and who has seen it: every message exactly once on both sides, in one order.

use crate::problem::Problem;

/// One of the two people of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) pair: u32,
    pub(crate) side: Side,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Visitor,
    Agent,
}

/// A message on its way. 16 bytes, because millions of them are kept.
#[derive(Debug, Clone, Copy)]
struct Sent {
    /// Nanoseconds since the start of the run.
    due: u64,
    from: Seat,
    seen: [u8; 2],
}

/// The book of a run. Messages are numbered from 0 in the order of sending.
#[derive(Debug)]
pub(crate) struct Ledger {
    sent: Vec<Sent>,
    /// For each chat and side, a digest of the numbers it has seen, in its order.
    orders: Vec<[u64; 2]>,
    heard: u64,
    settled: u64,
    strays: u64,
}

/// What a first sight of a message means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sight {
    /// The other side has it now; it was due at this time.
    Heard { from: Seat, due: u64 },
    /// The sender's own copy.
    Echoed,
    /// Not the first time, or not a message of this chat.
    Wrong,
}

/// What went wrong in a run.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) sent: u64,
    pub(crate) lost: u64,
    pub(crate) doubled: u64,
    pub(crate) strays: u64,
    pub(crate) disordered_chats: u64,
    /// `Error` frames, by code.
    pub(crate) errors: Vec<(String, u64)>,
}

impl Ledger {
    pub(crate) fn new(pairs: u32) -> Self {
        Self {
            sent: Vec::new(),
            orders: vec![[0; 2]; pairs as usize],
            heard: 0,
            settled: 0,
            strays: 0,
        }
    }

    /// Enters a message and gives it its number.
    pub(crate) fn send(&mut self, from: Seat, due: u64) -> u64 {
        let seen = [0; 2];
        self.sent.push(Sent { due, from, seen });
        self.sent.len() as u64 - 1
    }

    /// A seat has received a message.
    pub(crate) fn see(&mut self, at: Seat, number: u64) -> Sight {
        let Some(message) = self.sent.get_mut(number as usize) else {
            self.strays += 1;
            return Sight::Wrong;
        };
        if message.from.pair != at.pair {
            self.strays += 1;
            return Sight::Wrong;
        }
        let side = at.side as usize;
        let order = &mut self.orders[at.pair as usize][side];
        *order = (*order ^ number).wrapping_mul(0x0100_0000_01b3) ^ (*order >> 29);
        message.seen[side] = message.seen[side].saturating_add(1);
        if message.seen[side] > 1 {
            return Sight::Wrong;
        }
        if message.seen[1 - side] > 0 {
            self.settled += 1;
        }
        if message.from.side == at.side {
            return Sight::Echoed;
        }
        self.heard += 1;
        Sight::Heard {
            from: message.from,
            due: message.due,
        }
    }

    pub(crate) fn len(&self) -> u64 {
        self.sent.len() as u64
    }

    /// Messages that have reached the other side.
    pub(crate) fn heard(&self) -> u64 {
        self.heard
    }

    /// Has every message reached both sides?
    pub(crate) fn is_settled(&self) -> bool {
        self.settled == self.len()
    }

    pub(crate) fn verdict(&self) -> Verdict {
        let count = |wrong: fn(&Sent) -> bool| self.sent.iter().filter(|m| wrong(m)).count() as u64;
        Verdict {
            sent: self.len(),
            lost: count(|m| m.seen.contains(&0)),
            doubled: count(|m| m.seen.iter().any(|times| *times > 1)),
            strays: self.strays,
            disordered_chats: self.orders.iter().filter(|[a, b]| a != b).count() as u64,
            errors: Vec::new(),
        }
    }
}

impl Verdict {
    /// Every message reached both sides of its chat exactly once, in one order.
    pub(crate) fn is_clean(&self) -> bool {
        let counts = [self.lost, self.doubled, self.strays, self.disordered_chats];
        counts == [0; 4] && self.errors.is_empty()
    }

    /// An error unless the run was clean.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        if self.is_clean() {
            return Ok(());
        }
        let mut text = format!(
            "{} of {} lost, {} doubled, {} in a wrong chat, {} chats whose two sides saw different sequences",
            self.lost, self.sent, self.doubled, self.strays, self.disordered_chats
        );
        for (code, count) in &self.errors {
            text += &format!(", {count} answered with Error {code}");
        }
        Err(Problem::Broken(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VISITOR: Seat = Seat {
        pair: 0,
        side: Side::Visitor,
    };
    const AGENT: Seat = Seat {
        pair: 0,
        side: Side::Agent,
    };
    const STRANGER: Seat = Seat {
        pair: 1,
        side: Side::Agent,
    };

    fn two_messages() -> Ledger {
        let mut ledger = Ledger::new(2);
        assert_eq!(ledger.send(VISITOR, 10), 0);
        assert_eq!(ledger.send(AGENT, 20), 1);
        ledger
    }

    #[test]
    fn a_run_is_clean_when_both_sides_saw_everything_once_in_one_order() {
        let mut ledger = two_messages();
        assert_eq!(
            ledger.see(VISITOR, 1),
            Sight::Heard {
                from: AGENT,
                due: 20
            }
        );
        assert_eq!(ledger.see(VISITOR, 0), Sight::Echoed);
        assert_eq!(ledger.see(AGENT, 1), Sight::Echoed);
        assert!(!ledger.is_settled());
        assert_eq!(
            ledger.see(AGENT, 0),
            Sight::Heard {
                from: VISITOR,
                due: 10
            }
        );
        assert!(ledger.is_settled());
        assert!(ledger.verdict().is_clean());
        assert_eq!((ledger.len(), ledger.heard()), (2, 2));
    }

    #[test]
    fn a_missing_echo_is_a_loss() {
        let mut ledger = two_messages();
        for (seat, number) in [(VISITOR, 0), (VISITOR, 1), (AGENT, 0)] {
            ledger.see(seat, number);
        }
        assert!(!ledger.is_settled());
        assert_eq!(ledger.verdict().lost, 1);
        assert!(ledger.verdict().check().is_err());
    }

    #[test]
    fn a_repeat_is_a_double() {
        let mut ledger = two_messages();
        for number in [0, 1, 1] {
            ledger.see(VISITOR, number);
        }
        for number in [0, 1] {
            ledger.see(AGENT, number);
        }
        assert!(ledger.is_settled());
        assert_eq!(ledger.verdict().doubled, 1);
    }

    #[test]
    fn another_order_is_noticed() {
        let mut ledger = two_messages();
        for (seat, number) in [(VISITOR, 0), (VISITOR, 1), (AGENT, 1), (AGENT, 0)] {
            ledger.see(seat, number);
        }
        let verdict = ledger.verdict();
        assert_eq!((verdict.lost, verdict.disordered_chats), (0, 1));
    }

    #[test]
    fn a_message_of_another_chat_is_a_stray() {
        let mut ledger = two_messages();
        assert_eq!(ledger.see(STRANGER, 0), Sight::Wrong);
        assert_eq!(ledger.see(VISITOR, 99), Sight::Wrong);
        assert_eq!(ledger.verdict().strays, 2);
    }
}
