//! A chat on the floor, and what happens there.

use std::collections::VecDeque;

use helpline_desk::{
    actor::Side,
    chat::{Chat, Phase, Support},
    event::{Event, Recorded, Said},
    id::ChatId,
    time::Timestamp,
};
use helpline_protocol::bus::StaffMember;

use super::Observer;

/// How many messages of a session are remembered: what somebody who comes to it is shown at once.
const REMEMBERED: usize = 100;
/// How many while it waits: whoever sees the queue sees all that was said there, as far as one visitor may fill it.
const REMEMBERED_WAITING: usize = 1000;

/// A chat that is open.
#[derive(Clone, Debug)]
pub struct OnFloor {
    /// The chat.
    pub chat: Chat,
    /// The last messages since the visitor asked, oldest first.
    pub session: VecDeque<Spoken>,
    /// When the visitor asked for the session that is open.
    pub asked_at: Option<Timestamp>,
    /// When somebody of the staff took that session, the first time.
    pub claimed_at: Option<Timestamp>,
    /// The first word of the visitor's that nobody has answered.
    pub unanswered_since: Option<Timestamp>,
    /// Since when it is waiting, or somebody has it.
    pub since: Timestamp,
    pub(super) epoch: String,
    /// Its last event, and when that was.
    pub(super) seq: u64,
    pub(super) at: Timestamp,
    numbered: u64,
}

/// A message, with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Numbers the chat's messages, and what the desk did between them.
    pub number: u64,
    /// When it was said.
    pub at: Timestamp,
    /// What was said.
    pub said: Said,
}

/// What a chat was like before something happened, as far as it matters who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// Whether it waited.
    pub waiting: bool,
    /// Whether it waited for the agent it was given to.
    pub given: bool,
    /// Who had it.
    pub support: Option<Support>,
}

/// Something that happened on the floor.
#[derive(Debug)]
pub enum Happening<'a> {
    /// At a chat.
    Chat {
        /// What it was like before.
        before: &'a Before,
        /// The chat after it; it is over if this was its end.
        after: &'a OnFloor,
        /// What.
        recorded: &'a Recorded,
        /// Its number among the chat's messages; 0: it has none.
        number: u64,
    },
    /// An open chat is there that was not, or is another than the one that was told, and nobody knows what happened.
    Found {
        /// What was told of it, if it was here.
        before: Option<&'a OnFloor>,
        /// What it is now.
        after: &'a OnFloor,
    },
    /// A chat that was open, as it was last: it is not there any more, and nobody knows what became of it.
    Lost(&'a OnFloor),
    /// Somebody of the staff came, or changed.
    Here {
        /// What it was like before, if it was here.
        before: Option<&'a StaffMember>,
        /// What it is like now.
        after: &'a StaffMember,
    },
    /// Somebody of the staff went.
    Gone(&'a StaffMember),
}

impl OnFloor {
    /// A chat of which nothing but its first event is known.
    fn begun(chat: Chat, epoch: &str, first: &Recorded) -> Self {
        Self {
            chat,
            session: VecDeque::new(),
            asked_at: None,
            claimed_at: None,
            unanswered_since: None,
            since: first.at,
            epoch: epoch.to_owned(),
            seq: first.seq,
            at: first.at,
            numbered: 0,
        }
    }

    /// The chat that a log makes, if it begins with a chat's beginning.
    pub(super) fn of(id: ChatId, epoch: &str, log: &[Recorded]) -> Option<Self> {
        let (first, log) = log.split_first()?;
        let begun = Chat::begin(id, &first.event, first.at)?;
        let mut chat = Self::begun(begun, epoch, first);
        for recorded in log {
            chat.apply(recorded);
        }
        Some(chat)
    }

    /// Takes in the next event; says its number.
    fn apply(&mut self, recorded: &Recorded) -> u64 {
        let event = &recorded.event;
        let number = match event.is_numbered() {
            true => {
                self.numbered += 1;
                self.numbered
            }
            false => 0,
        };
        (self.seq, self.at) = (recorded.seq, recorded.at);
        match event {
            Event::Requested { since } => {
                self.session.clear();
                self.asked_at = Some(*since);
                self.claimed_at = None;
                self.unanswered_since = None;
                self.since = *since;
            }
            Event::Assigned { since, .. } | Event::Released { since, .. } => self.since = *since,
            Event::Claimed { .. } | Event::TakenOver { .. } => {
                self.since = recorded.at;
                self.claimed_at.get_or_insert(recorded.at);
            }
            Event::Said(said) => {
                match said.from {
                    Side::Visitor => drop(self.unanswered_since.get_or_insert(recorded.at)),
                    Side::Support => self.unanswered_since = None,
                }
                let most = match self.chat.phase {
                    Phase::Waiting(_) => REMEMBERED_WAITING,
                    _ => REMEMBERED,
                };
                let too_many = (self.session.len() + 1).saturating_sub(most);
                self.session.drain(..too_many);
                self.session.push_back(Spoken {
                    number,
                    at: recorded.at,
                    said: said.clone(),
                });
            }
            _ => {}
        }
        self.chat.apply(event);
        number
    }

    /// Since when the visitor waits: for somebody to come, or for an answer.
    pub fn waits_since(&self) -> Option<Timestamp> {
        match (&self.chat.phase, self.claimed_at) {
            (Phase::Waiting(_), None) => self.asked_at,
            // One that had an agent waits for the next, or longer than that for an answer.
            (Phase::Waiting(_), Some(_)) => self.unanswered_since.or(Some(self.since)),
            _ => self.unanswered_since,
        }
    }

    /// What matters of it to who is told what happens next.
    pub fn before(&self) -> Before {
        Before {
            waiting: matches!(self.chat.phase, Phase::Waiting(_)),
            given: matches!(&self.chat.phase, Phase::Waiting(request) if request.handed_over.is_some()),
            support: self.chat.support.clone(),
        }
    }

    /// Whether nothing more happens at it, or not before it is heard of again.
    pub(super) fn goes(&self) -> bool {
        self.chat.is_over() || (self.chat.standing && self.chat.phase == Phase::Registered)
    }
}

/// Tells a chat's first event, if it is one that makes a chat; gives the chat.
pub(super) fn begin(
    id: ChatId,
    epoch: &str,
    first: &Recorded,
    observer: &Observer,
) -> Option<OnFloor> {
    let chat = Chat::begin(id, &first.event, first.at)?;
    let after = OnFloor::begun(chat, epoch, first);
    observer(&Happening::Chat {
        before: &Before::default(),
        after: &after,
        recorded: first,
        number: 0,
    });
    Some(after)
}

/// Takes in the next event of a chat and tells it.
pub(super) fn tell(chat: &mut OnFloor, recorded: &Recorded, observer: &Observer) {
    let before = chat.before();
    let number = chat.apply(recorded);
    observer(&Happening::Chat {
        before: &before,
        after: chat,
        recorded,
        number,
    });
}
