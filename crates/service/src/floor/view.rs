//! The copy itself, and what each thing that is heard means to it. No waiting here.

use std::collections::{BTreeMap, HashMap};

use helpline_desk::id::{AgentId, ChatId};
use helpline_live::store::Loaded;
use helpline_protocol::bus::{StaffChange, StaffMember, Watched};

use super::{
    Observer,
    chat::{self, Happening, OnFloor, tell},
    missed::{self, ITS_SESSION},
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
    /// How the listing of each partition's chats stands.
    lists: Vec<Reading>,
    /// How the reading of the staff stands.
    staff_list: Reading,
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
            lists: vec![Reading::default(); usize::from(partitions)],
            staff_list: Reading::default(),
            unread: HashMap::new(),
            reading: HashMap::new(),
        }
    }

    /// The open chats, in no order.
    pub fn chats(&self) -> impl Iterator<Item = &OnFloor> {
        self.chats.values().filter(|chat| chat.chat.is_open())
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
            let partitions = self.lists.len();
            *self = Self::new(u16::try_from(partitions).unwrap_or(u16::MAX));
        }
        last
    }

    /// Whether everything was read.
    pub(super) fn is_read(&self) -> bool {
        self.watchers > 0
            && self.staff_list.is_done()
            && self.lists.iter().all(Reading::is_done)
            && self.unread.is_empty()
            && self.reading.is_empty()
    }

    /// A partition's chats have to be listed; `true` if there is anything to do for that.
    pub(super) fn read_partition(&mut self, partition: u16) -> bool {
        let list = self.lists.get_mut(usize::from(partition));
        match list.filter(|_| self.watchers > 0) {
            Some(list) => {
                list.want();
                true
            }
            None => false,
        }
    }

    /// The staff have to be read; `true` if there is anything to do for that.
    pub(super) fn read_staff(&mut self) -> bool {
        if self.watchers > 0 {
            self.staff_list.want();
        }
        self.watchers > 0
    }

    /// A chat has to be read; `true` if there is anything to do for that.
    pub(super) fn read_chat(&mut self, chat: ChatId) -> bool {
        if self.watchers == 0 {
            return false;
        }
        self.unread.entry(chat).or_insert(u64::MAX);
        true
    }

    /// What to read next: the staff and the lists of chats first, then at most `page` chats.
    pub(super) fn next_task(&mut self, page: usize) -> Task {
        if self.staff_list.ask() {
            return Task::Staff;
        }
        for (list, partition) in self.lists.iter_mut().zip(0..) {
            if list.ask() {
                return Task::Partition(partition);
            }
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
        // The end of a chat that has expired has a log of its own.
        let is_all_that_is_left = recorded.event.is_terminal() && seq == 1;
        if let Some((first, last)) = self.reading.get_mut(&id) {
            // Whatever is being read was there before such an end: it is read once more.
            let heard = if is_all_that_is_left { u64::MAX } else { seq };
            (*first, *last) = (seq.min(*first), heard.max(*last));
            return false;
        }
        if let Some(first) = self.unread.get_mut(&id) {
            *first = seq.min(*first);
            return false;
        }
        let Some(held) = self.chats.get_mut(&id) else {
            if seq == 1
                && let Some(begun) = chat::begin(id, epoch, &recorded, observer)
            {
                self.chats.insert(id, begun);
                return false;
            }
            // All that is left of an expired chat is its end, and this one was not open here.
            return !recorded.event.is_terminal() && self.has_missed(id, seq, seq);
        };
        let same_log = held.epoch == epoch;
        if same_log && seq <= held.seq {
            return false;
        }
        let next = match same_log {
            true => seq == held.seq + 1,
            false => is_all_that_is_left,
        };
        if !next {
            let first = held.seq + 1;
            return self.has_missed(id, first, seq);
        }
        tell(held, &recorded, observer);
        if held.goes() {
            self.chats.remove(&id);
        }
        false
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
        let Some(list) = self.lists.get_mut(usize::from(partition)) else {
            return;
        };
        let again = list.read;
        if !list.answer() {
            return;
        }
        // What is not listed is over, or has begun since: its log says which.
        let known = self.chats.keys().copied();
        let known: Vec<ChatId> = known.filter(|chat| is_here(*chat)).collect();
        for chat in known.into_iter().chain(open.iter().copied()) {
            let first = match self.chats.get(&chat) {
                Some(held) => held.seq + 1,
                // It has been asked for since everything was read the last time.
                None if again && !self.unread.contains_key(&chat) => ITS_SESSION,
                None => u64::MAX,
            };
            self.has_missed(chat, first, 0);
        }
    }

    /// A chat was read: tells what was missed of it.
    pub(super) fn put(&mut self, id: ChatId, loaded: Option<Loaded>, observer: &Observer) {
        let Some((first, last)) = self.reading.remove(&id) else {
            return;
        };
        if loaded.as_ref().is_some_and(|loaded| last > loaded.head.seq) {
            // Heard of meanwhile, and not in what was read.
            self.unread.insert(id, first);
            return;
        }
        let held = self.chats.remove(&id);
        let was_open = held.as_ref().filter(|held| held.chat.is_open());
        let Some(loaded) = loaded else {
            if let Some(was) = was_open {
                observer(&Happening::Lost(was));
            }
            return;
        };
        let told = match &held {
            Some(held) => missed::since(held, &loaded, observer),
            None => missed::from(id, first, &loaded, observer),
        };
        let chat = told.or_else(|| {
            let found = OnFloor::of(id, &loaded.head.epoch, &loaded.recorded);
            match (&found, was_open) {
                (Some(after), _) if after.chat.is_open() => {
                    let before = held.as_ref();
                    observer(&Happening::Found { before, after });
                }
                (_, Some(was)) => observer(&Happening::Lost(was)),
                _ => {}
            }
            found
        });
        if let Some(chat) = chat.filter(|chat| !chat.goes()) {
            self.chats.insert(id, chat);
        }
    }

    /// Takes in what happened to somebody of the staff; `true` if the staff have to be read.
    pub(super) fn take_staff(&mut self, change: StaffChange, observer: &Observer) -> bool {
        if self.watchers == 0 {
            return false;
        }
        self.staff_list.heard();
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
        // What was heard meanwhile is newer than this, and all of it is read again.
        if !self.staff_list.answer() || self.staff_list.wanted {
            return;
        }
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

/// How the reading of a list stands.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    /// It has to be read, once more if it is being read.
    wanted: bool,
    /// It is being read.
    asked: bool,
    /// It was read.
    read: bool,
}

impl Reading {
    fn want(&mut self) {
        self.wanted = true;
    }

    /// Whether it has to be read now; what failed is asked for again.
    fn ask(&mut self) -> bool {
        let asks = self.wanted || self.asked;
        (self.wanted, self.asked) = (false, asks);
        asks
    }

    /// Something was heard that an answer which is under way may not have.
    fn heard(&mut self) {
        self.wanted |= self.asked;
    }

    /// The answer is there; `false` if nobody here has asked for it.
    fn answer(&mut self) -> bool {
        let asked = std::mem::take(&mut self.asked);
        self.read |= asked;
        asked
    }

    fn is_done(&self) -> bool {
        self.read && !self.wanted && !self.asked
    }
}
