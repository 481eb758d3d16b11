//! Who looks at the desk, and what each is told of what happens. A frame is made once, whoever gets it.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use helpline_desk::{
    actor::Rank,
    chat::Chat,
    event::{Event, Recorded},
    id::{AgentId, ChatId},
};
use helpline_protocol::staff_desk::{self, ChatRow, FlaggedRow, Gone, Last, MemberRow, Times};
use helpline_service::{
    floor::{Before, Happening, OnFloor},
    wire::Frame,
};
use tokio::sync::mpsc;

/// What a socket gets.
#[derive(Clone, Debug)]
pub(crate) enum Delivery {
    /// A frame.
    Frame(Frame),
    /// A line of a chat that it watches, with its number.
    Line {
        chat: ChatId,
        seq: u64,
        frame: Frame,
    },
    /// A chat that it watches is over, or its session is, unless the socket has begun to watch it after `seq`. `last` is the
    /// line that says so.
    Over {
        chat: ChatId,
        seq: u64,
        last: Option<Frame>,
    },
    /// A chat that it watches is not the one that it was shown: it has to begin anew.
    Anew,
}

/// Somebody who looks.
pub(super) struct Reader {
    agent: AgentId,
    /// What it is: who looks after what others do sees everybody's chats.
    rank: Rank,
    watched: HashSet<ChatId>,
    outbox: mpsc::Sender<Delivery>,
}

impl Reader {
    pub(super) fn new(agent: AgentId, rank: Rank, outbox: mpsc::Sender<Delivery>) -> Self {
        Self {
            agent,
            rank,
            watched: HashSet::new(),
            outbox,
        }
    }

    /// Whether it sees this chat: all that it may look into, and those that it has.
    fn sees(&self, chat: &OnFloor) -> bool {
        let own = chat.chat.support.as_ref();
        self.monitors(&chat.chat) || own.is_some_and(|own| own.agent == self.agent)
    }

    fn monitors(&self, chat: &Chat) -> bool {
        chat.may_be_watched_by(self.rank, &self.agent)
    }
}

/// Everybody who looks, by its socket. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Readers(Arc<Mutex<HashMap<u64, Reader>>>);

impl Readers {
    /// From now on it is told what happens.
    pub(super) fn enter(&self, socket: u64, reader: Reader) {
        self.all().insert(socket, reader);
    }

    /// It is told nothing any more.
    pub(super) fn leave(&self, socket: u64) {
        self.all().remove(&socket);
    }

    /// From now on it is told each line of this chat.
    pub(super) fn watch(&self, socket: u64, chat: ChatId) {
        if let Some(reader) = self.all().get_mut(&socket) {
            reader.watched.insert(chat);
        }
    }

    /// It is told no more lines of this chat.
    pub(super) fn unwatch(&self, socket: u64, chat: ChatId) {
        if let Some(reader) = self.all().get_mut(&socket) {
            reader.watched.remove(&chat);
        }
    }

    /// Tells everybody what it may know of what happened.
    pub(super) fn tell(&self, happening: &Happening<'_>) {
        let mut to = Telling(self.all());
        match *happening {
            Happening::Here { after, .. } => {
                to.all(|| staff_desk::staff(&MemberRow::from(after)));
            }
            Happening::Gone(member) => to.all(|| staff_desk::staff_gone(&member.id)),
            Happening::Found { before, after } => {
                match before {
                    Some(before) => to.shows(&before.before(), after),
                    None => to.those_who_see(after),
                }
                to.watchers(after.chat.id, || Delivery::Anew);
            }
            Happening::Lost(was) => {
                let chat = &was.chat;
                to.monitors(chat, || staff_desk::chat_gone(chat.id, Gone::Lost));
                to.over(chat.id, u64::MAX, None);
            }
            Happening::Chat {
                before,
                after,
                recorded,
                ..
            } => {
                to.lines(after, recorded);
                to.changes(before, after, recorded);
            }
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<u64, Reader>> {
        // The list is whole between any two statements: a panic elsewhere cannot have broken it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everybody, while something is told. Whoever's outbox is full loses it, and its socket is closed for that by its own
/// loop.
struct Telling<'a>(MutexGuard<'a, HashMap<u64, Reader>>);

impl Telling<'_> {
    fn some(&mut self, whom: impl Fn(&Reader) -> bool, make: impl FnOnce() -> Delivery) {
        let mut make = Some(make);
        let mut made = None;
        self.0.retain(|_, reader| {
            if !whom(reader) {
                return true;
            }
            if let Some(make) = make.take() {
                made = Some(make());
            }
            let told = made
                .clone()
                .map(|delivery| reader.outbox.try_send(delivery));
            told.is_none_or(|told| told.is_ok())
        });
    }

    fn frame(&mut self, whom: impl Fn(&Reader) -> bool, make: impl FnOnce() -> String) {
        self.some(whom, || Delivery::Frame(make().into()));
    }

    fn all(&mut self, make: impl FnOnce() -> String) {
        self.frame(|_| true, make);
    }

    fn monitors(&mut self, chat: &Chat, make: impl FnOnce() -> String) {
        self.frame(|reader| reader.monitors(chat), make);
    }

    fn watchers(&mut self, chat: ChatId, make: impl FnOnce() -> Delivery) {
        self.some(|reader| reader.watched.contains(&chat), make);
    }

    /// Shows a chat as it is now.
    fn those_who_see(&mut self, chat: &OnFloor) {
        self.frame(|reader| reader.sees(chat), || staff_desk::chat(&row(chat)));
    }

    fn over(&mut self, chat: ChatId, seq: u64, last: Option<Frame>) {
        self.watchers(chat, || Delivery::Over { chat, seq, last });
    }

    fn lines(&mut self, after: &OnFloor, recorded: &Recorded) {
        let (chat, seq) = (after.chat.id, recorded.seq);
        let is_watched = |reader: &Reader| reader.watched.contains(&chat);
        if !self.0.values().any(is_watched) {
            return;
        }
        let line = staff_desk::line(&after.chat, recorded).map(Frame::from);
        match (&recorded.event, line) {
            // Nothing follows it, in whichever log it stands.
            (Event::Ended(_), last) => self.over(chat, u64::MAX, last),
            (Event::Rested(_), last) => self.over(chat, seq, last),
            (_, Some(frame)) => self.watchers(chat, || Delivery::Line { chat, seq, frame }),
            (_, None) => {}
        }
    }

    fn changes(&mut self, before: &Before, after: &OnFloor, recorded: &Recorded) {
        let (chat, at) = (&after.chat, recorded.at);
        match &recorded.event {
            Event::Ended(end) | Event::Rested(end) => {
                if before.waiting || before.support.is_some() {
                    self.monitors(chat, || staff_desk::chat_gone(chat.id, Gone::from(end)));
                }
                // What is over is not urgent any more; a session is not the chat.
                if chat.is_over() && chat.severity > 0 {
                    self.all(|| staff_desk::flagged(&FlaggedRow::new(chat, 0, at)));
                }
            }
            Event::Flagged { severity, at, .. } => {
                self.all(|| staff_desk::flagged(&FlaggedRow::new(chat, *severity, *at)));
                self.shows(before, after);
            }
            // Whom it was given to does not come.
            Event::ReservationEnded if before.given => self.shows(before, after),
            event if changes_row(event) => self.shows(before, after),
            _ => {}
        }
    }

    /// Shows a chat as it is now, also to whoever had it until now and wants to know who has it.
    fn shows(&mut self, before: &Before, after: &OnFloor) {
        if !after.chat.is_open() {
            return;
        }
        let former = before.support.as_ref().map(|former| &former.agent);
        self.frame(
            |reader| reader.sees(after) || former == Some(&reader.agent),
            || staff_desk::chat(&row(after)),
        );
    }
}

/// Whether a chat's row says anything else after this.
fn changes_row(event: &Event) -> bool {
    match event {
        Event::Introduced { .. }
        | Event::Requested { .. }
        | Event::Claimed { .. }
        | Event::TakenOver { .. }
        | Event::Flagged { .. }
        | Event::Released { .. }
        | Event::Assigned { .. }
        | Event::SupportLeft { .. }
        | Event::SupportReturned
        | Event::Said(_) => true,
        Event::Registered { .. }
        | Event::VisitorJoined
        | Event::VisitorLeft
        | Event::VisitorReturned
        | Event::Whispered { .. }
        | Event::Reserved { .. }
        | Event::ReservationEnded
        | Event::Declined { .. }
        | Event::AllDeclined
        | Event::Rested(_)
        | Event::Ended(_) => false,
    }
}

/// A chat as it is shown.
pub(super) fn row(chat: &OnFloor) -> ChatRow {
    let last = chat.session.back().map(|spoken| Last {
        from: spoken.said.from,
        content: &spoken.said.content,
        at: spoken.at,
    });
    let times = Times {
        asked: chat.asked_at,
        claimed: chat.claimed_at,
        waiting: chat.waits_since(),
        status: chat.since,
    };
    ChatRow::new(&chat.chat, times, last)
}
