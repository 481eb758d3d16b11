//! The copy itself, and what each change means to each agent. No waiting here.

use std::collections::{HashMap, VecDeque};

use helpline_desk::{
    id::{AgentId, ChatId, VisitorId},
    queue::{Entry, Notice, notice},
};
use helpline_live::{keys::Keys, queue::Waiting};
use helpline_protocol::{bus::QueueChange, joins, typed::Level};
use helpline_service::{resync::Resync, wire::Frame};
use tokio::sync::mpsc;

/// How many requests that are gone are remembered, so that whoever comes late hears who was faster.
const REMEMBERED: usize = 1_024;

/// The waiting requests, as far as they are known here, and who looks at them.
pub(super) struct View {
    keys: Keys,
    partitions: Vec<Partition>,
    entries: HashMap<ChatId, Entry>,
    /// The chats of visitors who wait.
    visitors: HashMap<VisitorId, ChatId>,
    /// Those of visitors who waited lately, oldest first.
    lately: VecDeque<(VisitorId, ChatId)>,
    watchers: Vec<Watcher>,
    /// How many agents are at the desk, once that is known.
    agents: Option<usize>,
}

#[derive(Default)]
struct Partition {
    /// The last change taken in; `None` before the set was read for the first time.
    revision: Option<u64>,
    resync: Resync,
}

struct Watcher {
    socket: u64,
    agent: AgentId,
    level: Level,
    /// Whether it is told how many agents are at the desk.
    counts_agents: bool,
    outbox: mpsc::Sender<Frame>,
}

impl View {
    pub(super) fn new(keys: Keys) -> Self {
        let partitions = (0..keys.partitions()).map(|_| Partition::default());
        Self {
            partitions: partitions.collect(),
            keys,
            entries: HashMap::new(),
            visitors: HashMap::new(),
            lately: VecDeque::new(),
            watchers: Vec::new(),
            agents: None,
        }
    }

    pub(super) fn watch(
        &mut self,
        socket: u64,
        agent: AgentId,
        level: Level,
        outbox: mpsc::Sender<Frame>,
    ) -> Vec<Frame> {
        let mut seen: Vec<&Entry> = self
            .entries
            .values()
            .filter(|entry| entry.visible_to(&agent))
            .collect();
        seen.sort_by_key(|entry| entry.place());
        let frames = |entry: &Entry| {
            // What was given to this agent is held for it already, and nobody has to ask for that.
            let held = entry.reserved.as_ref();
            let held = held.filter(|_| level == Level::OptedIn && entry.handed_over.is_some());
            let held = held.map(|held| Frame::from(joins::reserved(entry, held.until)));
            [Some(joins::request(entry).into()), held]
                .into_iter()
                .flatten()
                .collect::<Vec<Frame>>()
        };
        let seen = seen.into_iter().flat_map(frames).collect();
        self.watchers.push(Watcher {
            socket,
            agent,
            level,
            counts_agents: false,
            outbox,
        });
        seen
    }

    pub(super) fn unwatch(&mut self, socket: u64) {
        self.watchers.retain(|watcher| watcher.socket != socket);
    }

    pub(super) fn has(&self, chat: ChatId) -> bool {
        self.entries.contains_key(&chat)
    }

    pub(super) fn chat_of(&self, visitor: VisitorId) -> Option<ChatId> {
        let lately = || self.lately.iter().rev().find(|(who, _)| *who == visitor);
        let waiting = self.visitors.get(&visitor).copied();
        waiting.or_else(|| lately().map(|(_, chat)| *chat))
    }

    /// Takes in how many agents are at the desk, and tells those who want to know.
    pub(super) fn set_agents(&mut self, agents: usize) {
        if self.agents == Some(agents) {
            return;
        }
        self.agents = Some(agents);
        let presence = Frame::from(joins::presence(agents));
        self.watchers.retain(|watcher| {
            !watcher.counts_agents || watcher.outbox.try_send(presence.clone()).is_ok()
        });
    }

    /// From now on this agent is told how many are at the desk.
    pub(super) fn count_agents_for(&mut self, socket: u64) {
        let presence = self
            .agents
            .map(|agents| Frame::from(joins::presence(agents)));
        self.watchers.retain_mut(|watcher| {
            if watcher.socket != socket || watcher.counts_agents {
                return true;
            }
            watcher.counts_agents = true;
            let said = presence
                .clone()
                .map(|presence| watcher.outbox.try_send(presence));
            said.is_none_or(|said| said.is_ok())
        });
    }

    /// Takes in a change; `false` if one before it is missing.
    pub(super) fn take(&mut self, partition: u16, change: QueueChange) -> bool {
        let Some(known) = self.partitions.get_mut(usize::from(partition)) else {
            return true;
        };
        if known.resync.covers() {
            return true;
        }
        match known.revision {
            Some(revision) if change.revision <= revision => return true,
            Some(revision) if change.revision == revision + 1 => {}
            _ => return false,
        }
        known.revision = Some(change.revision);
        self.set(change.chat, change.entry);
        true
    }

    /// Takes in the whole set of a partition, unless it is older than what is known.
    pub(super) fn replace(&mut self, partition: u16, waiting: Waiting) {
        let Some(known) = self.partitions.get_mut(usize::from(partition)) else {
            return;
        };
        // A store that lost its data begins anew; then what it says now is the truth, and only a read that
        // raced with a newer change is not.
        if !known.resync.is_under_way() && known.revision > Some(waiting.revision) {
            return;
        }
        known.revision = Some(waiting.revision);
        let gone: Vec<ChatId> = self
            .entries
            .keys()
            .filter(|chat| self.keys.partition(**chat) == partition)
            .filter(|chat| waiting.entries.iter().all(|entry| entry.chat != **chat))
            .copied()
            .collect();
        for chat in gone {
            self.set(chat, None);
        }
        let mut entries = waiting.entries;
        entries.sort_by_key(Entry::place);
        for entry in entries {
            self.set(entry.chat, Some(entry));
        }
    }

    /// Begins a resync; `false` if one is under way, which then reads again.
    pub(super) fn begin_resync(&mut self, partition: u16) -> bool {
        let known = self.partitions.get_mut(usize::from(partition));
        known.is_some_and(|known| known.resync.begin())
    }

    /// Ends a resync; `false` if something came meanwhile, so that it has to read again.
    pub(super) fn end_resync(&mut self, partition: u16) -> bool {
        let known = self.partitions.get_mut(usize::from(partition));
        known.is_none_or(|known| known.resync.end())
    }

    /// Sets one entry and tells every agent what that means to it.
    fn set(&mut self, chat: ChatId, after: Option<Entry>) {
        let before = match &after {
            Some(entry) => {
                self.visitors.insert(entry.visitor, chat);
                self.entries.insert(chat, entry.clone())
            }
            None => self.entries.remove(&chat),
        };
        if let (Some(entry), None) = (&before, &after) {
            self.visitors.remove(&entry.visitor);
            if self.lately.len() == REMEMBERED {
                self.lately.pop_front();
            }
            self.lately.push_back((entry.visitor, chat));
        }
        if before != after {
            self.tell(before.as_ref(), after.as_ref());
        }
    }

    fn tell(&mut self, before: Option<&Entry>, after: Option<&Entry>) {
        let Some(entry) = after.or(before) else {
            return;
        };
        // Made once, whoever gets it.
        let show: Frame = joins::request(entry).into();
        let hide: Frame = joins::remove_user(entry).into();
        let held = after.and_then(|after| after.reserved.as_ref());
        let held = held.filter(|held| before.and_then(|b| b.reserved.as_ref()) != Some(held));
        let reserved = held.map(|held| Frame::from(joins::reserved(entry, held.until)));
        // An agent whose outbox is full loses it, and its socket is closed for that by its own loop.
        self.watchers.retain(|watcher| {
            let said = match notice(before, after, &watcher.agent) {
                Some(Notice::Show) => watcher.outbox.try_send(show.clone()),
                Some(Notice::Update) if watcher.level == Level::OptedIn => {
                    watcher.outbox.try_send(show.clone())
                }
                Some(Notice::Hide) => watcher.outbox.try_send(hide.clone()),
                Some(Notice::Update) | None => Ok(()),
            };
            let for_it = held.is_some_and(|held| held.agent == watcher.agent);
            let said_reserved = match &reserved {
                Some(frame) if for_it && watcher.level == Level::OptedIn => {
                    watcher.outbox.try_send(frame.clone())
                }
                _ => Ok(()),
            };
            said.is_ok() && said_reserved.is_ok()
        });
    }
}
