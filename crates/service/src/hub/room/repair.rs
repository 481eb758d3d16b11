//! What a room makes of the log when it has missed something, or the log is not the one it knew.

use std::sync::Arc;

use helpline_desk::{event::Recorded, time::Timestamp};
use helpline_live::store::Loaded;
use helpline_protocol::typed::{self, Resumed, Scene};

use super::{Room, Stands};
use crate::{
    handler::Held,
    hub::{
        outbox::{Delivery, Told},
        reader::{Kinds, Reader},
    },
    metrics::Metrics,
};

/// What the log showed.
pub(in crate::hub) enum Repair {
    /// What was missed is handed out.
    Done,
    /// The log is not the one that was told.
    Diverged,
}

impl Room {
    /// Hands out what was missed, if the log continues what was told. `loaded` is what follows the seq that
    /// [`Self::begin_resync`] named.
    pub(in crate::hub) fn catch_up(&self, loaded: Loaded, metrics: &Metrics) -> Repair {
        let mut state = self.state();
        let epoch = loaded.head.epoch.clone();
        let Some(told) = state.told.map(|told| told.seq) else {
            // Nobody here has read the log. Whoever comes in does; those outside hear of the end alone.
            let end = loaded.recorded.last();
            if let Some(end) = end.filter(|last| last.event.is_terminal()) {
                state.tell_outside(self, &epoch, end);
            }
            return Repair::Done;
        };
        let same_epoch = state
            .held
            .as_ref()
            .is_none_or(|held| held.head.epoch == epoch);
        let is_another = |recorded: &Recorded| {
            let last = state.last.as_ref();
            last.is_some_and(|last| last.seq == recorded.seq && last != recorded)
        };
        if !same_epoch || loaded.head.seq < told || loaded.recorded.iter().any(is_another) {
            return Repair::Diverged;
        }
        for recorded in loaded.recorded {
            // All revisions up to the loaded one are included; only the last matters from here on.
            state.hand_out(self, &epoch, loaded.head.revision, recorded, metrics);
        }
        Repair::Done
    }

    /// How many of the events that were told are not in this log, which has all that there is. Numbers may have been given
    /// again, times are not.
    pub(in crate::hub) fn missing_in(&self, whole: &Loaded) -> u64 {
        let Some(told) = self.state().told else {
            return 0;
        };
        let there = |recorded: &&Recorded| recorded.seq <= told.seq && recorded.at <= told.at;
        let there = whole.recorded.iter().filter(there).count();
        told.seq.saturating_sub(there as u64)
    }

    /// If the chat is gone although its last event is younger than its time to live: how many events it had.
    pub(in crate::hub) fn cannot_have_expired(&self, now: Timestamp) -> Option<u64> {
        let told = self.state().told?;
        let alive_until = told.at.after(self.idle_timeout());
        (now < alive_until).then_some(told.seq)
    }

    /// Starts from a log that is not the one that was told: whoever is shown histories gets the whole of it, and the
    /// others what was said since.
    pub(in crate::hub) fn start_over(&self, loaded: &Loaded, metrics: &Metrics) {
        let mut state = self.state();
        let chat = loaded.chat(self.id).map(Arc::new);
        let since = state.told.replace(Told {
            seq: loaded.head.seq,
            at: loaded
                .recorded
                .last()
                .map_or_else(Default::default, |last| last.at),
        });
        let told = state.told;
        state.last = loaded.recorded.last().cloned();
        state.held = Some(Held {
            head: loaded.head.clone(),
            chat: chat.clone(),
        });
        let Some(chat) = chat else {
            return state.expire(self.id);
        };
        let resumed = Resumed {
            more: false,
            epoch: &loaded.head.epoch,
            last_seq: loaded.head.seq,
            partial: false,
            seen: loaded.seen,
            idle_timeout: self.idle_timeout(),
            expires_in: loaded.ttl,
        };
        let is_over = chat.is_over();
        let mut kinds = Kinds::default();
        let shown = told.map_or(0, |told| told.seq.saturating_sub(u64::from(is_over)));
        state.members.give(|member| {
            if let Stands::At(after) = &mut member.stands {
                // In whichever epoch it had what it has, for those who are shown no history the times count.
                *after = match member.reader {
                    Some(Reader::Typed(_)) => shown,
                    _ => 0,
                };
            }
            match (member.reader, member.stands) {
                (Some(Reader::Typed(reader)), Stands::At(_)) => {
                    Some(kinds.get(Reader::Typed(reader), || Delivery {
                        chat: self.id,
                        stands: told,
                        resets: true,
                        frames: vec![
                            typed::history(&chat, &loaded.recorded, &resumed, reader).into(),
                        ],
                        close: None,
                    }))
                }
                _ => None,
            }
        });
        let scene = Scene {
            id: self.id,
            chat: Some(&chat),
            epoch: &loaded.head.epoch,
            idle_timeout: self.idle_timeout(),
        };
        let news = |event: &&Recorded| since.is_none_or(|since| event.at > since.at);
        for recorded in loaded.recorded.iter().filter(news) {
            state.tell(scene, recorded, metrics);
        }
        for member in state.members.iter_mut() {
            if let Stands::At(after) = &mut member.stands {
                *after = loaded.head.seq;
            }
        }
    }
}
