//! What people and chats look like in this dialect.
//!
//! Of staff, an event of a chat knows the id, the name and the rank, of a visitor what it was when it first asked; the rest, and
//! what has changed since, is the account's, which is looked up and kept for a while.

use std::{collections::HashMap, time::Duration};

use helpline_desk::{
    actor::{Rank, Side},
    chat::Chat,
    event::Said,
    id::AgentId,
    time::Timestamp,
};
use helpline_protocol::{
    bus::{Flagged, StaffMember},
    socketio::{
        Content, millis,
        shapes::{self, Message, ORGANISATION, Room},
    },
};
use helpline_records::Account;
use helpline_service::floor::Spoken;

use tokio::time::Instant;

use super::identity::{Away, account, staff_of, visitor_of};
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
    /// Visitors with accounts.
    visitors: HashMap<String, Known<shapes::Visitor>>,
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
            role_id: shown.rank.role_id(),
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
            let found = account.as_ref().map(visitor_of);
            remember(&mut self.visitors, &id, found);
        }
        let known = self.visitors.get(&id).filter(|_| has_account);
        let known = known.and_then(|known| known.found.clone());
        known.unwrap_or_else(|| shapes::Visitor {
            id,
            name: of.name.to_owned(),
            email: of.email.map(|email| email.address.clone()),
            is_anonymous: !has_account,
            disabled: false,
            created_at: millis(of.since),
            updated_at: None,
        })
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
            since: chat.visitor.since,
        }
    }
}

impl<'a> From<&'a Flagged> for Whose<'a> {
    fn from(flagged: &'a Flagged) -> Self {
        Self {
            visitor: flagged.visitor,
            name: &flagged.name,
            email: flagged.email.as_ref(),
            since: flagged.since,
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
pub(super) fn content(said: &Said, at: Timestamp) -> Content {
    match &said.raw {
        Some(raw) => Content::stored(raw),
        None => Content::of_text(&said.content, at),
    }
}

/// A whole message.
pub(super) fn message(chat: &Chat, spoken: &Spoken) -> Message {
    let said = &spoken.said;
    let part = said.support.filter(|_| said.from == Side::Support);
    let part = part.and_then(|part| chat.part(part));
    Message {
        id: said.id.to_string(),
        chat_id: chat.id.to_string(),
        sequence_num: spoken.number,
        type_id: 1,
        sender: part.map(|part| part.agent.to_string()),
        content: content(said, spoken.at),
        created_at: millis(spoken.at),
        updated_at: None,
    }
}
