//! The copy itself, and what each thing that is heard means to it. No waiting here.

use std::collections::{BTreeMap, HashMap, HashSet};

use helpline_desk::{
    chat::Chat,
    event::Recorded,
    id::{AgentId, ChatId},
};
use helpline_live::store::Loaded;
use helpline_protocol::bus::{StaffChange, StaffMember, Watched};

use super::{
    Observer,
    chat::{Before, Happening, OnFloor, tell},
};

/// What has to be read next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Task {
    Nothing,
    Staff,
    Partition(u16),
    Chats(Vec<ChatId>),
}

/// Everything that is going on.
pub struct View {
    chats: HashMap<ChatId, OnFloor>,
    staff: BTreeMap<AgentId, StaffMember>,
    watchers: usize,
    /// Partitions that have to be listed, and those that were.
    unlisted: HashSet<u16>,
    partitions: u16,
    listed: HashSet<u16>,
    /// Whether the staff have to be read, and whether they were.
    staff_unread: bool,
    staff_read: bool,
    /// Whether somebody was heard of while they were being read.
    staff_heard: bool,
    /// Chats that have to be read, each with the first event that was heard and not told.
    unread: HashMap<ChatId, u64>,
    /// Those that are being read, with the last event that was heard of meanwhile.
    reading: HashMap<ChatId, (u64, u64)>,
}

impl View {
    pub(super) fn new(partitions: u16) -> Self {
        Self {
            chats: HashMap::new(),
            staff: BTreeMap::new(),
            watchers: 0,
            unlisted: HashSet::new(),
            partitions,
            listed: HashSet::new(),
            staff_unread: false,
            staff_read: false,
            staff_heard: false,
            unread: HashMap::new(),
            reading: HashMap::new(),
        }
    }

    /// The open chats, in no order.
    pub fn chats(&self) -> impl Iterator<Item = &OnFloor> {
        self.chats.values().filter(|chat| chat.is_open())
    }

    /// A chat, if it is open or about to be.
    pub fn chat(&self, id: ChatId) -> Option<&OnFloor> {
        self.chats.get(&id)
    }

    /// The staff who are online.
    pub fn staff(&self) -> impl Iterator<Item = &StaffMember> {
        self.staff.values()
    }

    /// Somebody of the staff, if online.
    pub fn member(&self, id: &AgentId) -> Option<&StaffMember> {
        self.staff.get(id)
    }

    /// How many chats this agent has.
    pub fn load(&self, agent: &AgentId) -> usize {
        let has = |chat: &&OnFloor| {
            let support = chat.chat.support.as_ref();
            support.is_some_and(|support| support.agent == *agent)
        };
        self.chats().filter(has).count()
    }

    /// One more watches; `true` if it is the first.
    pub(super) fn begin_watch(&mut self) -> bool {
        self.watchers += 1;
        self.watchers == 1
    }

    /// One less watches; `true` if nobody does any more, and everything is forgotten.
    pub(super) fn end_watch(&mut self) -> bool {
        self.watchers = self.watchers.saturating_sub(1);
        let last = self.watchers == 0;
        if last {
            *self = Self::new(self.partitions);
        }
        last
    }

    /// Whether everything was read.
    pub(super) fn is_read(&self) -> bool {
        self.watchers > 0
            && self.staff_read
            && self.listed.len() == usize::from(self.partitions)
            && !self.staff_unread
            && self.unlisted.is_empty()
            && self.unread.is_empty()
            && self.reading.is_empty()
    }

    pub(super) fn read_partition(&mut self, partition: u16) -> bool {
        self.watchers > 0 && self.unlisted.insert(partition)
    }

    pub(super) fn read_staff(&mut self) -> bool {
        self.staff_unread = self.watchers > 0;
        self.staff_unread
    }

    pub(super) fn read_chat(&mut self, chat: ChatId) -> bool {
        if self.watchers == 0 {
            return false;
        }
        self.unread.entry(chat).or_insert(u64::MAX);
        true
    }

    /// What to read next: the staff and the lists of chats first, then at most `page` chats.
    pub(super) fn next_task(&mut self, page: usize) -> Task {
        if self.staff_unread {
            return Task::Staff;
        }
        if let Some(partition) = self.unlisted.iter().next().copied() {
            return Task::Partition(partition);
        }
        // What could not be read the last time is asked for again.
        for (chat, (first, _)) in std::mem::take(&mut self.reading) {
            self.unread.entry(chat).or_insert(first);
        }
        let chats: Vec<ChatId> = self.unread.keys().take(page).copied().collect();
        for chat in &chats {
            let first = self.unread.remove(chat).unwrap_or(u64::MAX);
            self.reading.insert(*chat, (first, 0));
        }
        match chats.is_empty() {
            true => Task::Nothing,
            false => Task::Chats(chats),
        }
    }

    /// Takes in what was heard; `true` if something has to be read.
    pub(super) fn take(&mut self, watched: Watched<'_>, observer: &Observer) -> bool {
        if self.watchers == 0 {
            return false;
        }
        let (id, epoch, recorded) = match watched {
            Watched::Restored(chat) => return self.read_chat(chat),
            Watched::Happened {
                chat,
                epoch,
                numbered,
            } => (chat, epoch, numbered.recorded),
        };
        let seq = recorded.seq;
        if let Some((_, last)) = self.reading.get_mut(&id) {
            *last = seq.max(*last);
            return false;
        }
        if self.unread.contains_key(&id) {
            return false;
        }
        let Some(held) = self.chats.get_mut(&id) else {
            return match Chat::begin(id, &recorded.event, recorded.at) {
                Some(chat) if seq == 1 => {
                    self.begin(chat, epoch, &recorded, observer);
                    false
                }
                // All that is left of an expired chat is its end, and this one was not open here.
                _ if recorded.event.is_terminal() => false,
                _ => self.has_missed(id, seq, seq),
            };
        };
        let terminal = recorded.event.is_terminal();
        if !terminal && (held.epoch != epoch || seq > held.seq + 1) {
            let first = held.seq + 1;
            return self.has_missed(id, first, seq);
        }
        if !terminal && seq <= held.seq {
            return false;
        }
        tell(held, &recorded, observer);
        if held.goes() {
            self.chats.remove(&id);
        }
        false
    }

    fn begin(&mut self, chat: Chat, epoch: &str, recorded: &Recorded, observer: &Observer) {
        let id = chat.id;
        let after = OnFloor::begun(chat, epoch, recorded);
        observer(&Happening::Chat {
            before: &Before::default(),
            after: &after,
            recorded,
            number: 0,
        });
        self.chats.insert(id, after);
    }

    fn has_missed(&mut self, chat: ChatId, first: u64, last: u64) -> bool {
        if self.watchers == 0 {
            return false;
        }
        if let Some((_, heard)) = self.reading.get_mut(&chat) {
            *heard = last.max(*heard);
            return false;
        }
        let known = self.unread.entry(chat).or_insert(first);
        *known = first.min(*known);
        true
    }

    /// The open chats of a partition are these: they are read, as is whatever else is known of it.
    pub(super) fn put_partition(
        &mut self,
        partition: u16,
        open: &[ChatId],
        is_here: impl Fn(ChatId) -> bool,
    ) {
        if !self.unlisted.remove(&partition) {
            return;
        }
        self.listed.insert(partition);
        // What is not listed is over, or has begun since: its log says which.
        let known = self.chats.keys().copied();
        let known: Vec<ChatId> = known.filter(|chat| is_here(*chat)).collect();
        for chat in known.into_iter().chain(open.iter().copied()) {
            let first = self.chats.get(&chat).map_or(u64::MAX, |held| held.seq + 1);
            self.has_missed(chat, first, 0);
        }
    }

    /// A chat was read: tells what was missed of it.
    pub(super) fn put(&mut self, id: ChatId, loaded: Option<Loaded>, observer: &Observer) {
        let Some((first, last)) = self.reading.remove(&id) else {
            return;
        };
        let Some(loaded) = loaded else {
            if self.chats.remove(&id).is_some() {
                observer(&Happening::Lost(id));
            }
            return;
        };
        if last > loaded.head.seq {
            // Heard of meanwhile, and not in what was read.
            self.unread.insert(id, first);
            return;
        }
        let held = self.chats.remove(&id);
        let continues = held
            .as_ref()
            .is_some_and(|held| *held.epoch == *loaded.head.epoch && held.seq <= loaded.head.seq);
        let (mut chat, from) = match (held, first) {
            (Some(held), _) if continues => {
                let from = held.seq + 1;
                (held, from)
            }
            (None, first) if first <= loaded.head.seq => {
                let before = Loaded {
                    recorded: loaded
                        .recorded
                        .iter()
                        .filter(|recorded| recorded.seq < first)
                        .cloned()
                        .collect(),
                    ..loaded.clone()
                };
                match OnFloor::of(id, &before) {
                    Some(chat) => (chat, first),
                    None => return,
                }
            }
            (held, _) => {
                match OnFloor::of(id, &loaded) {
                    Some(chat) if !chat.goes() => {
                        observer(&Happening::Found(&chat));
                        self.chats.insert(id, chat);
                    }
                    _ if held.is_some() => observer(&Happening::Lost(id)),
                    _ => {}
                }
                return;
            }
        };
        for recorded in loaded.recorded.iter().filter(|r| r.seq >= from) {
            tell(&mut chat, recorded, observer);
        }
        if !chat.goes() {
            self.chats.insert(id, chat);
        }
    }

    /// Takes in what happened to somebody of the staff; `true` if the staff have to be read.
    pub(super) fn take_staff(&mut self, change: StaffChange, observer: &Observer) -> bool {
        if self.watchers == 0 {
            return false;
        }
        // What is being read may be older than this.
        self.staff_heard |= self.staff_unread;
        match change {
            StaffChange::Here(member) => self.is_here(member, observer),
            StaffChange::Gone(id) => {
                if let Some(member) = self.staff.remove(&id) {
                    observer(&Happening::Gone(&member));
                }
            }
        }
        false
    }

    fn is_here(&mut self, after: StaffMember, observer: &Observer) {
        let before = self.staff.get(&after.id);
        if before != Some(&after) {
            observer(&Happening::Here {
                before,
                after: &after,
            });
            self.staff.insert(after.id.clone(), after);
        }
    }

    /// The staff who are online are these.
    pub(super) fn put_staff(&mut self, staff: Vec<StaffMember>, observer: &Observer) {
        if self.watchers == 0 || std::mem::take(&mut self.staff_heard) {
            return;
        }
        (self.staff_unread, self.staff_read) = (false, true);
        let now: BTreeMap<AgentId, StaffMember> = staff
            .into_iter()
            .map(|member| (member.id.clone(), member))
            .collect();
        for (id, member) in std::mem::take(&mut self.staff) {
            match now.contains_key(&id) {
                true => drop(self.staff.insert(id, member)),
                false => observer(&Happening::Gone(&member)),
            }
        }
        for member in now.into_values() {
            self.is_here(member, observer);
        }
    }
}
