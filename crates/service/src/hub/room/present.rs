//! Whether somebody is here for whom a chat's time has to be started anew.

use std::time::{Duration, Instant};

use helpline_desk::{actor::Side, chat::Phase};

use super::Room;
use crate::handler::Held;

impl Room {
    /// While this socket's visitor waits the chat does not fall silent.
    pub(in crate::hub) fn keep_alive(&self, socket: u64) {
        if let Some(member) = self.state().members.get_mut(socket) {
            member.keeps_alive = true;
        }
    }

    /// Whether a visitor waits here whose chat's time has to be started anew, as has not been done for so long; what is
    /// known of the chat.
    pub(in crate::hub) fn is_to_be_kept_alive(&self, every: Duration) -> Option<Held> {
        let mut state = self.state();
        let held = state.held.as_ref()?;
        let chat = held.chat.as_deref()?;
        let waits = match chat.phase {
            Phase::Waiting(_) => true,
            Phase::Engaged => chat.is_away(Side::Support),
            Phase::Registered | Phase::Ended(_) => false,
        };
        let is_here = state.members.iter().any(|member| member.keeps_alive);
        let is_due = state.kept_alive_at.is_none_or(|at| at.elapsed() >= every);
        if !(waits && !chat.kept && is_here && is_due) {
            return None;
        }
        let held = held.clone();
        state.kept_alive_at = Some(Instant::now());
        Some(held)
    }

    /// That was not done after all.
    pub(in crate::hub) fn was_not_kept_alive(&self) {
        self.state().kept_alive_at = None;
    }
}
