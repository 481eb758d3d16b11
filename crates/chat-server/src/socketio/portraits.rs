//! What people and chats look like in this dialect.
//!
//! Of staff, an event of a chat knows the id, the name and the rank; the rest is the account's, which is looked up and kept for
//! a while.

use std::{collections::HashMap, time::Duration};

use helpline_desk::{
    actor::Rank,
    chat::Chat,
    event::{End, Event, Recorded},
    id::{AgentId, ChatId},
    time::Timestamp,
};
use helpline_protocol::{
    bus::{Flagged, StaffMember},
    socketio::{
        Content, millis,
        shapes::{self, Message, Move, ORGANISATION, Room, role_id},
    },
};
use helpline_records::Account;

use tokio::time::Instant;

use super::identity::{Away, account, staff_of};
use crate::people::People;

/// How long what was looked up counts.
const FRESH: Duration = Duration::from_secs(30);
/// How many people are remembered.
const REMEMBERED: usize = 2048;

/// For how long nobody asks the records again after they did not answer.
const PAUSE: Duration = Duration::from_secs(5);

/// Who people are, as far as they were looked up.
pub(super) struct Portraits {
    people: Option<People>,
    staff: HashMap<String, Known<shapes::Staff>>,
    /// Visitors with accounts: since when there is the account.
    visitors: HashMap<String, Known<i64>>,
    away_until: Option<Instant>,
}

struct Known<T> {
    /// What the records say; `None`: nothing.
    found: Option<T>,
    at: Instant,
}

impl Portraits {
    pub(super) fn new(people: Option<People>) -> Self {
        Self {
            people,
            staff: HashMap::new(),
            visitors: HashMap::new(),
            away_until: None,
        }
    }

    /// Somebody of the staff; `shown` is what is shown where the records say nothing.
    pub(super) async fn staff(&mut self, id: &AgentId, shown: Shown<'_>) -> shapes::Staff {
        if !is_fresh(self.staff.get(&id.0))
            && let Ok(account) = self.look_up(&id.0).await
        {
            let found = account.as_ref().and_then(staff_of);
            remember(&mut self.staff, &id.0, found);
        }
        let known = self.staff.get(&id.0).and_then(|known| known.found.clone());
        known.unwrap_or_else(|| shapes::Staff {
            id: id.0.clone(),
            email: shown.email.unwrap_or_default().to_owned(),
            full_name: shown.name.to_owned(),
            display_name: None,
            organisation_id: ORGANISATION,
            role_id: role_id(shown.rank),
            disabled: false,
            created_at: millis(shown.since),
            updated_at: None,
        })
    }

    /// The visitor of a chat.
    pub(super) async fn visitor(&mut self, of: Whose<'_>) -> shapes::Visitor {
        let id = of.visitor.to_string();
        let has_account = of.email.is_some_and(|email| email.verified);
        if has_account
            && !is_fresh(self.visitors.get(&id))
            && let Ok(account) = self.look_up(&id).await
        {
            let found = account.map(|account| millis(Timestamp(account.created_at)));
            remember(&mut self.visitors, &id, found);
        }
        let since = self.visitors.get(&id).and_then(|known| known.found);
        shapes::Visitor {
            id,
            name: of.name.to_owned(),
            email: of.email.map(|email| email.address.clone()),
            is_anonymous: !has_account,
            disabled: false,
            created_at: since.unwrap_or_else(|| millis(of.since)),
            updated_at: None,
        }
    }

    /// Looks an account up. While the records are away everybody is shown as they were last known, and nobody waits.
    async fn look_up(&mut self, id: &str) -> Result<Option<Account>, Away> {
        if self.away_until.is_some_and(|until| Instant::now() < until) {
            return Err(Away);
        }
        let found = account(self.people.as_ref(), id).await;
        self.away_until = match found {
            Ok(_) => None,
            Err(Away) => Some(Instant::now() + PAUSE),
        };
        found
    }
}

fn is_fresh<T>(known: Option<&Known<T>>) -> bool {
    known.is_some_and(|known| known.at.elapsed() < FRESH)
}

/// Forgets everybody rather than growing without end: whoever is needed is looked up again.
fn remember<T>(known: &mut HashMap<String, Known<T>>, id: &str, found: Option<T>) {
    if known.len() >= REMEMBERED {
        known.clear();
    }
    let at = Instant::now();
    known.insert(id.to_owned(), Known { found, at });
}

/// What is known of somebody of the staff without the records.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) name: &'a str,
    pub(super) email: Option<&'a str>,
    pub(super) rank: Rank,
    pub(super) since: Timestamp,
}

impl<'a> From<&'a StaffMember> for Shown<'a> {
    fn from(member: &'a StaffMember) -> Self {
        Self {
            name: &member.name,
            email: member.email.as_deref(),
            rank: member.rank,
            since: member.since,
        }
    }
}

/// Whose chat it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whose<'a> {
    visitor: helpline_desk::id::VisitorId,
    name: &'a str,
    email: Option<&'a helpline_desk::chat::VisitorEmail>,
    since: Timestamp,
}

impl<'a> From<&'a Chat> for Whose<'a> {
    fn from(chat: &'a Chat) -> Self {
        Self {
            visitor: chat.visitor.id,
            name: &chat.visitor.name,
            email: chat.visitor.email.as_ref(),
            since: chat.created_at,
        }
    }
}

impl<'a> From<&'a Flagged> for Whose<'a> {
    fn from(flagged: &'a Flagged) -> Self {
        Self {
            visitor: flagged.visitor,
            name: &flagged.name,
            email: flagged.email.as_ref(),
            since: flagged.created_at,
        }
    }
}

/// A chat.
pub(super) fn room(chat: &Chat) -> Room {
    Room {
        id: chat.id.to_string(),
        visitor_id: chat.visitor.id.to_string(),
        tags: Vec::new(),
        severity_level: chat.severity,
        created_at: millis(chat.created_at),
        updated_at: chat.flagged_at.map(millis),
    }
}

/// A flagged chat.
pub(super) fn flagged_room(flagged: &Flagged) -> Room {
    Room {
        id: flagged.chat.to_string(),
        visitor_id: flagged.visitor.to_string(),
        tags: Vec::new(),
        severity_level: flagged.severity,
        created_at: millis(flagged.created_at),
        updated_at: Some(millis(flagged.flagged_at)),
    }
}

/// What was said, as its sender wrote it; what another dialect's client wrote is a content here too.
pub(super) fn content(said: &helpline_desk::event::Said, at: Timestamp) -> Content {
    match &said.raw {
        Some(raw) => Content::stored(raw),
        None => Content::of_text(&said.content, at),
    }
}

/// The message that an event is, if it is one; `sender` is whose account it was.
pub(super) fn message(
    chat: ChatId,
    recorded: &Recorded,
    number: u64,
    sender: Option<&AgentId>,
) -> Option<Message> {
    let (id, type_id, content) = match &recorded.event {
        Event::Said(said) => (said.id.to_string(), 1, content(said, recorded.at)),
        // It has no id of its own: one that is the same whenever it is asked for.
        event => {
            let bits = chat.bits().rotate_left(64) ^ u128::from(recorded.seq);
            (format!("{bits:032x}"), 0, moved(event)?.content())
        }
    };
    Some(Message {
        id,
        chat_id: chat.to_string(),
        sequence_num: number,
        type_id,
        sender: sender.map(ToString::to_string),
        content,
        created_at: millis(recorded.at),
        updated_at: None,
    })
}

fn moved(event: &Event) -> Option<Move> {
    match event {
        Event::Claimed { .. } => Some(Move::Join),
        Event::TakenOver { .. } => Some(Move::TakeOver),
        Event::Rested(end) | Event::Ended(end) if is_by_desk(end) => Some(Move::Leave),
        _ => None,
    }
}

fn is_by_desk(end: &End) -> bool {
    matches!(end, End::BySupport { .. } | End::ByStaff { .. })
}
