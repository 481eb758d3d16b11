//! Times, limits and texts of the rules, as plain values.

use std::time::Duration;

/// What an agent's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentsAre {
    /// Accounts: a reservation and a claim bind the person, whichever socket it uses.
    Accounts,
    /// Sockets (open mode): they cannot be told apart from one connection to the next, so a reservation only
    /// hides the request and the first claim wins.
    Sockets,
}

/// Times, limits and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a chat lives without activity.
    pub idle_timeout: Duration,
    /// How long a side may be without a socket before it counts as having left.
    pub leave_grace: Duration,
    /// How long an accepted request is held back for the agent who accepted it.
    pub reservation: Duration,
    /// How long a chat that was handed over waits for that agent only.
    pub transfer: Duration,
    /// How long an agent who counts as having left may still come back before its chat is another's.
    pub vanished: Duration,
    /// How long an ended chat stays known, so that every socket and retry hears of its end.
    pub tombstone: Duration,
    /// How long a standing chat between sessions stays known where there are no records of it.
    pub rest: Duration,
    /// The longest message, in bytes of UTF-8.
    pub max_content_bytes: usize,
    /// How many messages a chat may hold.
    pub max_messages: u64,
    /// How much a chat may hold, in bytes: what was said, and a little for everything else that happened.
    pub max_bytes: u64,
    /// Whether what a kept chat has said for long is in the records: then it refuses nobody for its age.
    pub has_records: bool,
    /// What agents' ids stand for.
    pub agents_are: AgentsAre,
    /// Said to the visitor when an agent joins; `{agent}` and `{visitor}` are replaced by the names.
    pub join_text: String,
    /// Said to the visitor when the agent leaves; same replacements.
    pub leave_text: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(120),
            leave_grace: Duration::from_secs(10),
            reservation: Duration::from_secs(15),
            transfer: Duration::from_secs(60),
            vanished: Duration::from_secs(60),
            tombstone: Duration::from_secs(60),
            rest: Duration::from_secs(24 * 60 * 60),
            max_content_bytes: 4096,
            max_messages: 10_000,
            max_bytes: 8 * 1024 * 1024,
            has_records: true,
            agents_are: AgentsAre::Sockets,
            join_text: "{agent} is now with you.".to_owned(),
            leave_text: "{agent} has left the chat.".to_owned(),
        }
    }
}

/// Puts the names into a text. One pass, so a name that looks like a placeholder stays a name.
pub(crate) fn fill(text: &str, agent: &str, visitor: &str) -> String {
    let mut filled = String::with_capacity(text.len() + agent.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{agent}") {
            filled.push_str(agent);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("{visitor}") {
            filled.push_str(visitor);
            rest = after;
        } else {
            filled.push('{');
            rest = &rest[1..];
        }
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn names_are_filled_in_once() {
        assert_eq!(
            fill("{agent} helps {visitor} {x}", "{visitor}", "Mina"),
            "{visitor} helps Mina {x}"
        );
    }
}
