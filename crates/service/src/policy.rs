//! The policy that commands are decided by: the settings, and what people change of them while the services run: texts, and
//! how long a chat may be silent.
//!
//! What was changed is in the records. chat-server reads them there; whoever does not know the records hears of them from the
//! store, up to some seconds later.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use helpline_desk::policy::{AgentsAre, Policy};
use helpline_live::texts::Texts;

use crate::{application::TOMBSTONE, settings::Settings};

/// How long a standing chat between sessions stays known where there are no records.
const REST: Duration = Duration::from_secs(24 * 60 * 60);

/// The policy as it is now, shared by all threads of a process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct PolicyNow(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// What is said unless somebody has stored another text.
    join_text: String,
    leave_text: String,
    idle_timeout: Duration,
    now: RwLock<Now>,
}

#[derive(Debug)]
struct Now {
    policy: Arc<Policy>,
    /// Whether the texts were read in the records: then nobody else's word counts.
    read: bool,
}

impl PolicyNow {
    /// The policy that `settings` ask for.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let chat = &settings.chat;
        let policy = Policy {
            idle_timeout: chat.idle_timeout,
            leave_grace: chat.leave_grace,
            reservation: settings.queue.reservation,
            transfer: settings.queue.transfer,
            vanished: settings.queue.vanished,
            tombstone: TOMBSTONE,
            rest: REST,
            max_content_bytes: chat.max_content_bytes,
            max_messages: chat.max_messages.into(),
            max_bytes: chat.max_bytes,
            has_records: settings.records.url.is_some(),
            agents_are: match settings.auth.is_open() {
                true => AgentsAre::Sockets,
                false => AgentsAre::Accounts,
            },
            join_text: chat.join_text.clone(),
            leave_text: chat.leave_text.clone(),
        };
        Self(Arc::new(Shared {
            join_text: chat.join_text.clone(),
            leave_text: chat.leave_text.clone(),
            idle_timeout: chat.idle_timeout,
            now: RwLock::new(Now {
                policy: Arc::new(policy),
                read: false,
            }),
        }))
    }

    /// The policy.
    #[must_use]
    pub fn get(&self) -> Arc<Policy> {
        // Nothing can fail half-way through a change, so what another thread left is whole.
        let now = self.0.now.read().unwrap_or_else(PoisonError::into_inner);
        now.policy.clone()
    }

    /// The texts are these, by the records.
    pub fn read(&self, texts: &Texts) {
        self.set(texts, true);
    }

    /// The texts are these, as the store passes them on.
    pub fn heard(&self, texts: &Texts) {
        self.set(texts, false);
    }

    fn set(&self, texts: &Texts, read: bool) {
        let join = texts.join.as_ref().unwrap_or(&self.0.join_text);
        let leave = texts.leave.as_ref().unwrap_or(&self.0.leave_text);
        let idle_timeout = texts.idle_timeout.unwrap_or(self.0.idle_timeout);
        let is_new = |now: &Now| {
            let known = &now.policy;
            let same = known.join_text == *join && known.leave_text == *leave;
            (read && !now.read) || !same || known.idle_timeout != idle_timeout
        };
        // Mostly it is not, and then nobody waits.
        if !is_new(&self.0.now.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut now = self.0.now.write().unwrap_or_else(PoisonError::into_inner);
        if now.read && !read {
            return;
        }
        now.read |= read;
        let policy = Arc::make_mut(&mut now.policy);
        policy.join_text.clone_from(join);
        policy.leave_text.clone_from(leave);
        policy.idle_timeout = idle_timeout;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_stored_is_the_settings_and_the_records_have_the_last_word() {
        let now = PolicyNow::new(&Settings::default());
        let texts = |join: Option<&str>| Texts {
            join: join.map(str::to_owned),
            leave: None,
            idle_timeout: None,
        };
        let join = || now.get().join_text.clone();
        now.heard(&texts(Some("heard")));
        assert_eq!(join(), "heard");
        now.heard(&texts(None));
        assert_eq!(join(), "{agent} is now with you.");
        now.read(&texts(Some("read")));
        now.heard(&texts(Some("heard")));
        assert_eq!(join(), "read");
        assert_eq!(now.get().leave_text, "{agent} has left the chat.");
    }

    #[test]
    fn a_stored_idle_time_stands_in_for_the_settings_until_it_is_taken_back() {
        let now = PolicyNow::new(&Settings::default());
        let stored = |seconds: Option<u64>| Texts {
            idle_timeout: seconds.map(Duration::from_secs),
            ..Texts::default()
        };
        for seconds in [Some(300), Some(7), None] {
            now.heard(&stored(seconds));
            let expected = Duration::from_secs(seconds.unwrap_or(120));
            assert_eq!(now.get().idle_timeout, expected);
        }
    }
}
