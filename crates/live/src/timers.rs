//! What is due. Every process looks, one is told, and if it does not see to it another is told a moment later.

use std::time::Duration;

use helpline_desk::{decide::Timer, id::ChatId};

use crate::{
    keys::{self, Person, TimerName},
    link::Unavailable,
    store::{Store, millis},
};

/// The most that one look brings of each kind.
const AT_MOST: usize = 100;
/// How long whoever is told has, before another is told.
const AGAIN: Duration = Duration::from_secs(2);

/// What is due in one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Chats whose time to live ran out.
    pub gone: Vec<ChatId>,
    /// Timers, each with its chat.
    pub timers: Vec<(ChatId, Timer)>,
    /// Who may not be online any more: some socket of theirs is gone, and its grace is over.
    pub people: Vec<Person>,
    /// Processes whose lease ran out.
    pub lapsed: Vec<String>,
}

impl Store {
    /// Looks what is due in one partition, at leases only if asked to. A chat lives `idle_timeout` without activity.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn due(
        &self,
        partition: u16,
        idle_timeout: Duration,
        leases: bool,
    ) -> Result<Due, Unavailable> {
        let keys = &self.shared.keys;
        let script = &self.shared.sweep;
        let mut call = script.call(&[
            &keys.expiry(partition),
            &keys.timers(partition),
            &keys.leases(partition),
        ]);
        call.arg(keys.chats(partition))
            .arg(AT_MOST)
            .arg(millis(AGAIN))
            .arg(if leases { "1" } else { "0" })
            .arg(millis(idle_timeout));
        let (gone, timers, lapsed): (Vec<String>, Vec<String>, Vec<String>) = self
            .link
            .run(async |connection| script.send(connection, &call).await)
            .await?;
        let mut due = Due {
            gone: gone.iter().filter_map(|id| ChatId::parse(id)).collect(),
            lapsed,
            ..Due::default()
        };
        for timer in timers.iter().filter_map(|name| keys::read_timer(name)) {
            match timer {
                TimerName::Chat(chat, timer) => due.timers.push((chat, timer)),
                TimerName::Person(person) => due.people.push(person),
            }
        }
        Ok(due)
    }

    /// Stops a timer that has nothing to do.
    ///
    /// # Errors
    /// When the store does not confirm in time.
    pub async fn stop_timer(&self, chat: ChatId, timer: Timer) -> Result<(), Unavailable> {
        let mut remove = redis::cmd("ZREM");
        let partition = self.shared.keys.partition(chat);
        remove
            .arg(self.shared.keys.timers(partition))
            .arg(keys::timer(chat, timer));
        self.link
            .run(async |connection| remove.query_async(connection).await)
            .await
    }
}
