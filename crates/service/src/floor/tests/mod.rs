use std::{sync::Arc, sync::Mutex, time::Duration};

use helpline_desk::{
    actor::{Rank, Side},
    chat::Phase,
    event::{End, Event, Recorded, Said},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    time::Timestamp,
};
use helpline_live::store::{Head, Loaded};
use helpline_protocol::{
    bus::{self, StaffChange, StaffMember},
    typed::Seen,
};

use super::{
    Happening, Observer,
    view::{Task, View},
};

mod missed;

const CHAT: ChatId = ChatId::from_bits(7);

/// A view that somebody watches, and what its observer was told.
struct Floor {
    view: View,
    told: Arc<Mutex<Vec<String>>>,
    observer: Observer,
}

impl Floor {
    /// Nothing was read yet.
    fn new() -> Self {
        let told = Arc::<Mutex<Vec<String>>>::default();
        let heard = told.clone();
        let observer: Observer = Box::new(move |happening| {
            heard.lock().unwrap().push(match happening {
                Happening::Chat {
                    recorded, number, ..
                } => format!("{}#{number}", recorded.seq),
                Happening::Found { before, after } => {
                    let before = before.map_or(0, |before| before.seq);
                    format!("found {} after {before}", after.seq)
                }
                Happening::Lost(was) => format!("lost after {}", was.seq),
                Happening::Here { before, after } => {
                    format!("{} here {}", after.id, before.is_some())
                }
                Happening::Gone(member) => format!("{} gone", member.id),
            });
        });
        let mut view = View::new(1);
        assert!(view.begin_watch());
        Self {
            view,
            told,
            observer,
        }
    }

    /// Everything was read, and there was nothing.
    fn read() -> Self {
        let mut floor = Self::new();
        floor.listens();
        assert!(floor.view.is_read());
        floor
    }

    /// Listening begins, and nothing is there.
    fn listens(&mut self) {
        assert!(self.view.read_partition(0) && self.view.read_staff());
        assert_eq!(self.view.next_task(9), Task::Staff);
        self.view.put_staff(Vec::new(), &self.observer);
        assert_eq!(self.view.next_task(9), Task::Partition(0));
        self.view.put_partition(0, &[], |_| true);
        assert_eq!(self.view.next_task(9), Task::Nothing);
    }

    /// An event is heard; says whether something has to be read.
    fn hears(&mut self, epoch: &str, recorded: &Recorded) -> bool {
        let (seq, at) = (recorded.seq, recorded.at.0);
        let event = bus::write_event(&recorded.event);
        let text = format!("1 {CHAT} {epoch} 1 {seq} 0 {at} {event}");
        let watched = bus::read_watched(&text).unwrap();
        self.view.take(watched, &self.observer)
    }

    fn hears_all(&mut self, log: &[Recorded]) {
        for recorded in log {
            assert!(!self.hears("a", recorded));
        }
    }

    /// The chat is being read.
    fn reads(&mut self) {
        assert_eq!(self.view.next_task(9), Task::Chats(vec![CHAT]));
    }

    fn gets(&mut self, epoch: &str, log: &[Recorded]) {
        self.view
            .put(CHAT, Some(loaded(epoch, log)), &self.observer);
    }

    /// What was told since this was last asked.
    fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }

    fn open(&self) -> usize {
        self.view.chats().count()
    }
}

fn loaded(epoch: &str, log: &[Recorded]) -> Loaded {
    Loaded {
        head: Head {
            epoch: epoch.into(),
            revision: 1,
            seq: log.last().map_or(0, |last| last.seq),
        },
        seen: Seen::default(),
        ttl: Duration::ZERO,
        recorded: log.to_vec(),
    }
}

/// A chat that is registered, waits, is claimed, and in which something is said twice.
fn log() -> Vec<Recorded> {
    let said = |id| {
        Event::Said(Said {
            id: MessageId::from_bits(id),
            from: Side::Visitor,
            support: None,
            content: "hello".to_owned(),
            raw: None,
            client_id: None,
        })
    };
    numbered([
        Event::Registered {
            visitor: VisitorId::from_bits(1),
            name: "Mina".to_owned(),
            platform: "web".to_owned(),
            topic: None,
            kept: false,
            supervisor: None,
            standing: false,
            since: None,
        },
        Event::Requested {
            since: Timestamp(2),
        },
        Event::Claimed {
            support: SupportId::from_bits(3),
            name: "Vika".to_owned(),
            agent: AgentId("vika".to_owned()),
            rank: Rank::Agent,
            text: String::new(),
        },
        said(1),
        said(2),
    ])
}

fn numbered(events: impl IntoIterator<Item = Event>) -> Vec<Recorded> {
    let recorded = |(seq, event)| Recorded {
        seq,
        at: Timestamp(i64::try_from(seq).unwrap()),
        event,
    };
    (1..).zip(events).map(recorded).collect()
}

fn over(seq: u64) -> Recorded {
    Recorded {
        seq,
        at: Timestamp(99),
        event: Event::Ended(End::BySilence),
    }
}

fn vika(available: bool) -> StaffMember {
    StaffMember {
        id: AgentId("vika".to_owned()),
        name: "Vika".to_owned(),
        email: None,
        rank: Rank::Agent,
        available,
        since: Timestamp(1),
    }
}

#[test]
fn everything_that_happens_is_told_once_and_in_order() {
    let mut floor = Floor::read();
    floor.hears_all(&log());
    assert!(!floor.hears("a", &log()[3]), "a repeat is nothing");
    assert_eq!(floor.told(), ["1#0", "2#0", "3#1", "4#2", "5#3"]);
    let chat = floor.view.chat(CHAT).unwrap();
    assert_eq!(chat.chat.phase, Phase::Engaged);
    assert_eq!(
        (chat.asked_at, chat.since),
        (Some(Timestamp(2)), Timestamp(3))
    );
    assert_eq!(chat.session.len(), 2);
    assert_eq!(floor.view.load(&AgentId("vika".to_owned())), 1);
    assert!(!floor.hears("a", &over(6)));
    assert_eq!(floor.told(), ["6#0"]);
    assert_eq!(floor.open(), 0);
}

#[test]
fn an_interruption_while_chats_are_listed_makes_them_be_listed_again() {
    let mut floor = Floor::new();
    assert!(floor.view.read_partition(0));
    assert_eq!(floor.view.next_task(9), Task::Partition(0));
    assert!(floor.view.read_partition(0), "listening begins once more");
    floor.view.put_partition(0, &[], |_| true);
    assert_eq!(floor.view.next_task(9), Task::Partition(0));
    floor.view.put_partition(0, &[CHAT], |_| true);
    floor.reads();
}

#[test]
fn staff_who_change_while_they_are_read_are_read_again() {
    let mut floor = Floor::new();
    assert!(floor.view.read_staff());
    assert_eq!(floor.view.next_task(9), Task::Staff);
    let away = StaffChange::Here(vika(false));
    assert!(!floor.view.take_staff(away, &floor.observer));
    floor.view.put_staff(vec![vika(true)], &floor.observer);
    assert_eq!(floor.told(), ["vika here false"], "what was read is older");
    assert_eq!(floor.view.next_task(9), Task::Staff);
    assert!(floor.view.read_staff(), "listening begins once more");
    floor.view.put_staff(vec![vika(true)], &floor.observer);
    assert_eq!(floor.told(), Vec::<String>::new());
    assert_eq!(floor.view.next_task(9), Task::Staff);
    floor.view.put_staff(vec![vika(false)], &floor.observer);
    assert_eq!(floor.told(), Vec::<String>::new(), "as it was told");
    assert_eq!(floor.view.next_task(9), Task::Nothing);
    assert!(floor.view.read_staff());
    assert_eq!(floor.view.next_task(9), Task::Staff);
    floor.view.put_staff(Vec::new(), &floor.observer);
    assert_eq!(floor.told(), ["vika gone"]);
}

#[test]
fn answers_to_whoever_watched_before_are_nobodys() {
    let mut floor = Floor::new();
    assert!(floor.view.read_staff() && floor.view.read_partition(0));
    assert_eq!(floor.view.next_task(9), Task::Staff);
    assert!(floor.view.end_watch());
    assert!(floor.view.begin_watch());
    floor.view.put_staff(vec![vika(true)], &floor.observer);
    floor.view.put_partition(0, &[CHAT], |_| true);
    assert_eq!(floor.told(), Vec::<String>::new());
    assert_eq!(floor.view.next_task(9), Task::Nothing);
    assert!(!floor.view.is_read());
    floor.listens();
    assert!(floor.view.is_read());
}

#[test]
fn without_a_watcher_nothing_is_followed() {
    let mut floor = Floor::read();
    floor.hears_all(&log());
    floor.told();
    assert!(!floor.view.begin_watch());
    assert!(!floor.view.end_watch());
    assert_eq!(floor.open(), 1);
    assert!(floor.view.end_watch());
    assert_eq!(floor.open(), 0);
    assert!(!floor.hears("a", &log()[4]));
    assert!(!floor.view.read_partition(0) && !floor.view.read_staff());
    assert_eq!(floor.view.next_task(9), Task::Nothing);
    assert_eq!(floor.told(), Vec::<String>::new());
}
