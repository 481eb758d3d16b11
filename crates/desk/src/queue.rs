//! The queue: which requests wait, and which of them an agent sees.

use std::cmp::Reverse;

use crate::{
    chat::{Chat, HandOver, Phase, Reservation},
    id::{AgentId, ChatId, VisitorId},
    time::Timestamp,
};

/// How many of the chats that are marked as urgent staff are shown: those that were marked last (contract 004, section 3).
pub const LATEST_FLAGGED: usize = 15;

/// A waiting request, as the desk sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The chat to open.
    pub chat: ChatId,
    /// Who asks.
    pub visitor: VisitorId,
    /// The name of who asks.
    pub name: String,
    /// `web` or a channel's name.
    pub platform: String,
    /// What it is about, if that is known.
    pub topic: Option<String>,
    /// What the visitor said first, cut short.
    pub first_words: Option<String>,
    /// Since when, whoever had the chat meanwhile.
    pub since: Timestamp,
    /// Since when nobody has it.
    pub open_since: Timestamp,
    /// For whom it is held back, if for anyone.
    pub reserved: Option<Reservation>,
    /// The only agent it is for, if it was given to one.
    pub assigned: Option<AgentId>,
    /// Who handed it over, and with which words.
    pub handed_over: Option<HandOver>,
    /// Who does not want to see it.
    pub declined: Vec<AgentId>,
    /// Whether the visitor knows that everyone at the desk declined.
    pub all_declined: bool,
    /// How urgent it is; 0: not flagged.
    pub severity: u32,
    /// Whether it had an agent, who has vanished: it comes before all that had none yet.
    pub returned: bool,
}

/// What an agent has to be told after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The request is there (again).
    Show,
    /// The request is there still, and says more than before.
    Update,
    /// The request is gone.
    Hide,
}

impl Entry {
    /// The chat's entry in the queue: a visitor who asks and has not left.
    pub fn of(chat: &Chat) -> Option<Self> {
        let Phase::Waiting(request) = &chat.phase else {
            return None;
        };
        (!chat.visitor.away).then(|| Self {
            chat: chat.id,
            visitor: chat.visitor.id,
            name: chat.visitor.name.clone(),
            platform: chat.platform.clone(),
            topic: chat.topic.clone(),
            first_words: chat.first_words.clone(),
            since: request.since,
            open_since: request.open_since,
            reserved: request.reserved.clone(),
            assigned: chat.assigned.clone(),
            handed_over: request.handed_over.clone(),
            declined: request.declined.clone(),
            all_declined: request.all_declined,
            severity: chat.severity,
            returned: request.returned,
        })
    }

    /// Whether this agent sees the request: it has not declined it, and it is neither another's nor held back for one.
    pub fn visible_to(&self, agent: &AgentId) -> bool {
        !self.declined.contains(agent)
            && self.assigned.as_ref().is_none_or(|own| own == agent)
            && self.reserved.as_ref().is_none_or(|r| r.agent == *agent)
    }

    /// The order of the queue: whose agent has vanished, then the most urgent, then the oldest first.
    pub fn place(&self) -> (bool, Reverse<u32>, Timestamp, ChatId) {
        (
            !self.returned,
            Reverse(self.severity),
            self.since,
            self.chat,
        )
    }

    /// The order in which requests came: oldest first.
    pub fn age(&self) -> (Timestamp, ChatId) {
        (self.since, self.chat)
    }
}

/// What this agent has to be told when a chat's entry changes from `before` to `after`.
///
/// A reservation that ends without a claim is announced to everyone who may see it, the agent who let it
/// lapse included.
pub fn notice(before: Option<&Entry>, after: Option<&Entry>, agent: &AgentId) -> Option<Notice> {
    let saw = before.is_some_and(|entry| entry.visible_to(agent));
    let sees = after.is_some_and(|entry| entry.visible_to(agent));
    let released = before.is_some_and(|entry| entry.reserved.is_some())
        && after.is_some_and(|entry| entry.reserved.is_none());
    match (saw, sees) {
        (false, true) => Some(Notice::Show),
        (true, false) => Some(Notice::Hide),
        (true, true) if released => Some(Notice::Show),
        (true, true) if words(before) != words(after) => Some(Notice::Update),
        _ => None,
    }
}

/// What a row says that may change while it stays.
fn words(entry: Option<&Entry>) -> Option<(Option<&str>, Option<&HandOver>, u32)> {
    let entry = entry?;
    let first_words = entry.first_words.as_deref();
    Some((first_words, entry.handed_over.as_ref(), entry.severity))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(name: &str) -> AgentId {
        AgentId(name.to_owned())
    }

    fn entry(reserved: Option<&str>, declined: &[&str]) -> Entry {
        Entry {
            chat: ChatId::from_bits(1),
            visitor: VisitorId::from_bits(2),
            name: "Mina".to_owned(),
            platform: "web".to_owned(),
            topic: None,
            first_words: None,
            since: Timestamp(7),
            open_since: Timestamp(7),
            reserved: reserved.map(|name| Reservation {
                agent: agent(name),
                until: Timestamp(9),
            }),
            assigned: None,
            handed_over: None,
            declined: declined.iter().map(|name| agent(name)).collect(),
            all_declined: false,
            severity: 0,
            returned: false,
        }
    }

    #[test]
    fn each_agent_is_told_what_changes_for_it() {
        let open = entry(None, &[]);
        let held = entry(Some("Vika"), &[]);
        let declined = entry(None, &["Otto"]);
        let cases = [
            (None, Some(&open), "Vika", Some(Notice::Show)),
            (Some(&open), Some(&held), "Otto", Some(Notice::Hide)),
            (Some(&open), Some(&held), "Vika", None),
            (Some(&held), Some(&open), "Otto", Some(Notice::Show)),
            (Some(&held), Some(&open), "Vika", Some(Notice::Show)),
            (Some(&open), Some(&declined), "Otto", Some(Notice::Hide)),
            (Some(&open), Some(&declined), "Vika", None),
            (Some(&declined), None, "Otto", None),
            (Some(&held), None, "Vika", Some(Notice::Hide)),
        ];
        for (before, after, name, expected) in cases {
            assert_eq!(notice(before, after, &agent(name)), expected, "{name}");
        }
    }
}
