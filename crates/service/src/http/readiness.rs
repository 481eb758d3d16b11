//! Whether this process may be sent clients, and if not, why not.

use std::sync::Arc;

use tokio::sync::watch;

/// What a process can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not yet, or not at the moment.
    Waiting,
    /// Something that an operator should know of stands in the way.
    Blocked(String),
    /// Part of it does not work, here as everywhere: clients do better here than nowhere.
    Impaired(String),
    /// Send clients.
    Ready,
    /// It stops. Nothing leads back from here.
    Draining,
}

/// What stands in the way of a process, in words for whoever asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It can do nothing for clients.
    Blocks(String),
    /// It can do no worse than all others, and chats go on.
    Impairs(String),
}

/// The state of this process, shared by whoever finds out and whoever asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Readiness(Arc<watch::Sender<State>>);

impl Readiness {
    /// A process that is not ready yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(State::Waiting)))
    }

    /// Ready, whatever stood in the way before; or waiting again.
    pub fn set_ready(&self, ready: bool) {
        self.change(if ready { State::Ready } else { State::Waiting });
    }

    /// Not ready, for a reason that is told to whoever asks.
    pub fn set_blocked(&self, reason: impl Into<String>) {
        self.change(State::Blocked(reason.into()));
    }

    /// Not ready, but no worse than any other process would be.
    pub fn set_impaired(&self, reason: impl Into<String>) {
        self.change(State::Impaired(reason.into()));
    }

    /// Not ready any more, for good: a check of the store that succeeds meanwhile must not bring clients back.
    pub fn drain(&self) {
        self.change(State::Draining);
    }

    /// The state now.
    #[must_use]
    pub fn state(&self) -> State {
        self.0.borrow().clone()
    }

    /// Whether clients may be sent.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self.0.borrow() == State::Ready
    }

    /// Whether clients have been sent here until now.
    #[must_use]
    pub fn has_served(&self) -> bool {
        matches!(*self.0.borrow(), State::Ready | State::Impaired(_))
    }

    /// To wait for a change.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<State> {
        self.0.subscribe()
    }

    fn change(&self, next: State) {
        self.0.send_if_modified(|state| {
            let changed = *state != State::Draining && *state != next;
            if changed {
                *state = next;
            }
            changed
        });
    }
}

impl Default for Readiness {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_forgotten_when_it_is_over() {
        let readiness = Readiness::new();
        assert!(!readiness.is_ready());
        readiness.set_blocked("Redis is not reachable");
        assert_eq!(
            readiness.state(),
            State::Blocked("Redis is not reachable".into())
        );
        readiness.clone().set_ready(true);
        assert!(readiness.is_ready());
        readiness.set_ready(false);
        assert_eq!(readiness.state(), State::Waiting);
    }

    #[test]
    fn nothing_leads_back_from_draining() {
        let readiness = Readiness::new();
        readiness.drain();
        readiness.set_ready(true);
        readiness.set_blocked("other");
        assert_eq!(readiness.state(), State::Draining);
    }

    #[tokio::test]
    async fn only_a_change_wakes_who_waits() {
        let readiness = Readiness::new();
        let mut watch = readiness.watch();
        readiness.set_ready(false);
        assert!(!watch.has_changed().unwrap());
        readiness.set_ready(true);
        watch.changed().await.unwrap();
        assert_eq!(*watch.borrow(), State::Ready);
    }
}
