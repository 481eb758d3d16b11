//! A commit as the script wants it: only what this one needs.

use std::{borrow::Cow, time::Duration};

use helpline_desk::{
    decide::{Life, TimerChange},
    event::Event,
};
use helpline_protocol::bus;
use redis::Cmd;

use crate::{
    keys::{self, Place},
    store::{Commit, Store, millis, random_hex},
};

/// What is changed beside the chat itself: the keys it touches, and how the script is told.
struct Changes<'a> {
    keys: Vec<String>,
    told: Vec<[Cow<'a, str>; 3]>,
}

impl<'a> Changes<'a> {
    fn add(
        &mut self,
        key: String,
        name: &'static str,
        first: impl Into<Cow<'a, str>>,
        second: impl Into<Cow<'a, str>>,
    ) {
        self.keys.push(key);
        self.told.push([name.into(), first.into(), second.into()]);
    }
}

impl Store {
    pub(crate) fn commit_call(&self, commit: &Commit<'_>) -> Cmd {
        let keys = &self.shared.keys;
        let chat = commit.chat;
        let events = &commit.decision.events;
        let changes = self.changes(commit);
        let chat_key = keys.chat(chat);
        let partition = keys.partition(chat);
        let handed_on = self.shared.streaming && !events.is_empty();
        let stream = handed_on.then(|| keys.stream(partition));
        let timers = commit.due.map(|_| keys.timers(partition));
        let all: Vec<&str> = [
            Some(chat_key.as_str()),
            stream.as_deref(),
            timers.as_deref(),
        ]
        .into_iter()
        .flatten()
        .chain(changes.keys.iter().map(String::as_str))
        .collect();
        let ttl = match commit.decision.life {
            Life::Keep | Life::Kept => Duration::ZERO,
            Life::Extend(ttl) | Life::End(ttl) => ttl,
            // Without records nobody would ever say that they have it.
            Life::EndKept(ttl) | Life::Rest(ttl) if !self.shared.streaming => ttl,
            Life::EndKept(_) | Life::Rest(_) => Duration::ZERO,
        };
        let epoch = match commit.revision {
            0 => random_hex(),
            _ => String::new(),
        };
        let due = commit.due.map(|timer| keys::timer(chat, timer));
        let mut call = self.shared.commit.call(&all);
        call.arg(chat.to_string())
            .arg(commit.command_id.unwrap_or_default())
            .arg(commit.revision)
            .arg(epoch)
            .arg(millis(ttl))
            .arg(keys.chat_channel(chat))
            .arg(due.unwrap_or_default())
            .arg(if handed_on { "1" } else { "" })
            .arg(events.len())
            .arg(keys.watch_channel(partition));
        for event in events {
            let kind = match event {
                event if event.is_message() => "1",
                event if event.is_numbered() => "2",
                _ => "0",
            };
            call.arg(kind).arg(bus::write_event(event));
        }
        for change in &changes.told {
            call.arg(change);
        }
        call
    }

    fn changes<'a>(&self, commit: &'a Commit<'_>) -> Changes<'a> {
        let keys = &self.shared.keys;
        let chat = commit.chat;
        let partition = keys.partition(chat);
        let mut changes = Changes {
            keys: Vec::new(),
            told: Vec::new(),
        };
        match commit.decision.life {
            Life::Extend(ttl) if commit.revision == 0 => {
                let ttl = millis(ttl).to_string();
                changes.add(keys.expiry(partition), "open", ttl, "");
            }
            Life::Kept => changes.add(keys.expiry(partition), "kept", "", ""),
            Life::End(_) | Life::EndKept(_) | Life::Rest(_) => {
                changes.add(keys.expiry(partition), "over", "", "");
            }
            Life::Keep | Life::Extend(_) => {}
        }
        for timer in &commit.decision.timers {
            let timers = keys.timers(partition);
            match *timer {
                TimerChange::Set(timer, time) => {
                    let time = millis(time).to_string();
                    changes.add(timers, "set", keys::timer(chat, timer), time);
                }
                TimerChange::Clear(timer) => {
                    changes.add(timers, "clear", keys::timer(chat, timer), "");
                }
            }
        }
        if let Some((place, socket)) = commit.arrives {
            let process = &self.shared.process;
            let at_place = Place::at_place(place, process, socket);
            changes.add(keys.here(chat), "enter", at_place, place.at_process(socket));
            changes.keys.push(keys.process(partition, process));
        }
        match commit.queue {
            Some(Some(entry)) => {
                let entry = bus::write_queue_entry(entry);
                let channel = keys.queue_channel(partition);
                changes.add(keys.waiting(partition), "wait", entry, channel);
            }
            Some(None) => {
                let mut events = commit.decision.events.iter();
                let claimed = events.any(|event| matches!(event, Event::Claimed { .. }));
                let instead = if claimed { bus::CLAIMED } else { bus::GONE };
                let channel = keys.queue_channel(partition);
                changes.add(keys.waiting(partition), "unwait", instead, channel);
            }
            None => {}
        }
        let mut note = |key: String, noted: Option<String>| match noted {
            Some(noted) => changes.add(key, "note", noted, ""),
            None => changes.add(key, "forget", "", ""),
        };
        if let Some(agent) = commit.engaged {
            note(keys.engaged(partition), agent.map(|agent| agent.0.clone()));
        }
        if let Some(flagged) = &commit.flagged {
            note(
                keys.flagged(partition),
                flagged.as_ref().map(bus::write_flagged),
            );
        }
        if let Some(request) = &commit.announce {
            let channel = self.shared.join_channel.as_str().to_owned();
            changes
                .told
                .push(["tell".into(), channel.into(), request.into()]);
        }
        changes
    }
}
