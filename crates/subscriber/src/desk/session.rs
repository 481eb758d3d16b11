//! One socket at the desk: what each request does.

use std::collections::HashMap;

use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{AgentId, ChatId, MessageId, SupportId},
    name::Name,
};
use helpline_live::store::Loaded;
use helpline_protocol::{
    bus::StaffMember,
    close::{Close, WireError},
    staff_desk::{self, Ask, FlaggedRow, MemberRow, Request as Asked},
};
use helpline_service::{
    access::{JoinRate, MessageRate},
    application::Commons,
    door::Visit,
    faults::Faults,
    floor::{OnFloor, Watch},
    handler::{Failure, Handler, Request},
    presence::Departure,
    socket::{Reply, Session},
    wire::Frame,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{
    Desk,
    readers::{Delivery, Reader, row},
};
use crate::agent::Agent;

/// How many chats a socket watches at once.
const MOST_WATCHED: usize = 16;

/// One socket at the desk.
pub(crate) struct DeskSession {
    commons: Commons,
    handler: Handler,
    desk: Desk,
    visit: Visit,
    agent: Agent,
    /// Where the readers put what happens; theirs once the socket is open.
    outbox: Option<mpsc::Sender<Delivery>>,
    /// Keeps the floor true while the socket is open.
    watch: Option<Watch>,
    /// The chats it watches, each with the last event it was shown.
    watched: HashMap<ChatId, u64>,
    faults: Faults,
    rate: MessageRate,
    /// How often it may begin to watch a chat.
    watches: JoinRate,
}

/// What was asked was done: the frame that says so, and what follows it.
struct Done {
    support: Option<SupportId>,
    then: Option<Frame>,
}

impl Done {
    const SO: Self = Self {
        support: None,
        then: None,
    };
}

impl DeskSession {
    /// A session for a socket that has just been opened.
    pub(crate) fn open(
        commons: &Commons,
        handler: &Handler,
        desk: &Desk,
        visit: Visit,
        agent: Agent,
    ) -> (Self, mpsc::Receiver<Delivery>) {
        let settings = &commons.settings;
        let (outbox, inbox) = mpsc::channel(settings.sockets.outbox);
        let session = Self {
            commons: commons.clone(),
            handler: handler.clone(),
            desk: desk.clone(),
            faults: Faults::new(settings.sockets.error_window),
            rate: visit.message_rate(commons),
            watches: JoinRate::with_burst(2 * MOST_WATCHED as u32),
            visit,
            agent,
            outbox: Some(outbox),
            watch: None,
            watched: HashMap::new(),
        };
        (session, inbox)
    }

    /// Tells the client what is wrong; a client that cannot speak is shown the door.
    fn error(&mut self, reference: Option<&str>, error: WireError) -> Reply {
        let metrics = &self.commons.metrics;
        self.faults.answer_to(reference, error, metrics)
    }

    fn is_monitor(&self) -> bool {
        self.agent.profile.rank.is_monitor()
    }

    /// Whoever looks is told how things are, and from then on what happens.
    async fn come(&mut self) -> Option<Frame> {
        self.watch = Some(self.desk.floor.watch().await.ok()?);
        let (socket, monitors) = (self.visit.socket, self.is_monitor());
        let profile = &self.agent.profile;
        let (agent, rank) = (profile.id.clone(), profile.rank);
        let reader = Reader::new(agent.clone(), rank, self.outbox.take()?);
        let (staff, chats, mine) = self.desk.floor.look(|view| {
            self.desk.readers.enter(socket, reader);
            let staff: Vec<MemberRow> = view.staff().map(MemberRow::from).collect();
            let rows = |shown: &dyn Fn(&OnFloor) -> bool| {
                let mut chats: Vec<_> = view.chats().filter(|chat| shown(chat)).collect();
                chats.sort_by_key(|chat| (chat.asked_at, chat.chat.id));
                chats.into_iter().map(row).collect::<Vec<_>>()
            };
            let own = |chat: &OnFloor| {
                let support = chat.chat.support.as_ref();
                support.is_some_and(|support| support.agent == agent)
            };
            match monitors {
                true => {
                    let seen =
                        |chat: &OnFloor| own(chat) || chat.chat.may_be_watched_by(rank, &agent);
                    (staff, Some(rows(&seen)), Vec::new())
                }
                false => (staff, None, rows(&own)),
            }
        });
        // What is flagged meanwhile is in it, and is told once more: it says the same.
        let flagged = self.handler.store().latest_flagged().await.ok()?;
        let flagged: Vec<FlaggedRow> = flagged.iter().map(FlaggedRow::from).collect();
        Some(staff_desk::desk(&staff, chats.as_deref(), &mine, &flagged).into())
    }

    async fn take(&mut self, Asked { chat, ask }: Asked) -> Result<Done, WireError> {
        let anybodys = matches!(ask, Ask::Flag { .. });
        if !anybodys && !self.is_monitor() {
            return Err(WireError::Forbidden);
        }
        if !anybodys && !matches!(ask, Ask::Unwatch) {
            self.must_be_open(chat).await?;
        }
        let own = || self.agent.profile.id.clone();
        let (agent, staff) = (|| Actor::Agent(own()), || Actor::Staff(own()));
        let (actor, command, support) = match ask {
            Ask::Watch if !self.watches.allow() => return Err(WireError::SlowDown),
            Ask::Watch => return self.watch(chat).await,
            Ask::Unwatch => {
                self.unwatch(chat);
                return Ok(Done::SO);
            }
            Ask::Whisper { content } => {
                let whisper = Command::Whisper {
                    id: MessageId::from_bits(rand::random()),
                    by_name: self.name()?,
                    content,
                };
                (staff(), whisper, None)
            }
            Ask::TakeOver { name } => {
                let support = SupportId::from_bits(rand::random());
                let rank = self.agent.profile.rank;
                let take_over = Command::TakeOver {
                    support,
                    name,
                    rank,
                };
                (agent(), take_over, Some(support))
            }
            Ask::Flag { severity } => {
                let by_name = self.name()?;
                (agent(), Command::Flag { severity, by_name }, None)
            }
            Ask::Reassign { to, note } => {
                let name = |member: &StaffMember| name_of(&member.name, &member.id);
                let floor = &self.desk.floor;
                let name = floor.look(|view| view.member(&to).map(name));
                let assign = Command::Assign {
                    agent: to,
                    name: name.ok_or(WireError::NotOnline)??,
                    by_name: self.name()?,
                    note,
                };
                (staff(), assign, None)
            }
        };
        let kind = kind(&command);
        match self
            .handler
            .handle(Request::new(chat, actor, command))
            .await
        {
            Ok(_) => {
                info!(%chat, kind, "done from the desk");
                Ok(Done {
                    support,
                    then: None,
                })
            }
            Err(Failure::Refused(refusal)) => Err(staff_desk::refused(refusal)),
            Err(Failure::Store(_)) => Err(WireError::Unavailable),
        }
    }

    /// Asks for a chat that the socket's bearer may look into. One that is unknown is nobody's secret: what is asked says so
    /// itself.
    async fn must_be_open(&self, chat: ChatId) -> Result<(), WireError> {
        let loaded = self.handler.store().load(chat, 0).await;
        let loaded = loaded.map_err(|_| WireError::Unavailable)?;
        let profile = &self.agent.profile;
        let state = loaded.and_then(|loaded| loaded.chat(chat));
        match state.is_none_or(|state| state.may_be_watched_by(profile.rank, &profile.id)) {
            true => Ok(()),
            false => Err(WireError::Forbidden),
        }
    }

    /// The name that others see.
    fn name(&self) -> Result<Name, WireError> {
        let profile = &self.agent.profile;
        name_of(&profile.name, &profile.id)
    }

    /// Shows a chat and, from there on, what happens at it. It listens before it reads, and what it has read is not told
    /// again.
    async fn watch(&mut self, chat: ChatId) -> Result<Done, WireError> {
        let further = !self.watched.contains_key(&chat);
        if further && self.watched.len() == MOST_WATCHED {
            return Err(WireError::TooManyWatched);
        }
        self.desk.readers.watch(self.visit.socket, chat);
        let loaded = match self.handler.store().load(chat, 0).await {
            Ok(loaded) => loaded.as_ref().and_then(|loaded| shown(chat, loaded)),
            Err(_) => {
                self.unwatch(chat);
                return Err(WireError::Unavailable);
            }
        };
        let Some((frame, seq)) = loaded else {
            self.unwatch(chat);
            return Err(WireError::ChatExpired);
        };
        self.watched.insert(chat, seq);
        Ok(Done {
            support: None,
            then: Some(frame),
        })
    }

    fn unwatch(&mut self, chat: ChatId) {
        self.desk.readers.unwatch(self.visit.socket, chat);
        self.watched.remove(&chat);
    }
}

/// The name of somebody of the staff, or what stands for it.
fn name_of(name: &str, id: &AgentId) -> Result<Name, WireError> {
    let name = Name::cut(name).or_else(|| Name::cut(&id.0));
    name.ok_or(WireError::Forbidden)
}

/// What a chat is shown as if it is open, and its last event.
fn shown(chat: ChatId, loaded: &Loaded) -> Option<(Frame, u64)> {
    let state = loaded.chat(chat)?;
    let history = || staff_desk::watched(&state, &loaded.recorded).into();
    state.is_open().then(|| (history(), loaded.head.seq))
}

/// What is done, for the log.
fn kind(command: &Command) -> &'static str {
    match command {
        Command::Whisper { .. } => "whisper",
        Command::TakeOver { .. } => "take-over",
        Command::Assign { .. } => "assignment",
        _ => "flag",
    }
}

impl Session for DeskSession {
    type Delivery = Delivery;

    async fn opened(&mut self) -> Reply {
        match self.come().await {
            Some(desk) => Reply::frame(desk),
            None => self
                .error(None, WireError::Unavailable)
                .and_close(Close::Later),
        }
    }

    async fn text(&mut self, text: &str) -> Reply {
        let (reference, asked) = staff_desk::decode(text);
        let reference = reference.as_deref();
        let outcome = match asked {
            Ok(_) if !self.rate.allow() => Err(WireError::SlowDown),
            Ok(asked) => self.take(asked).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(Done { support, then }) => {
                let done = staff_desk::done(reference, support);
                Reply::frames([Some(done.into()), then].into_iter().flatten())
            }
            Err(error) => self.error(reference, error),
        }
    }

    fn binary(&mut self) -> Reply {
        self.error(None, WireError::Malformed)
    }

    fn deliver(&mut self, delivery: Delivery) -> Reply {
        match delivery {
            Delivery::Frame(frame) => Reply::frame(frame),
            Delivery::Line { chat, seq, frame } => match self.watched.get_mut(&chat) {
                Some(shown) if *shown < seq => {
                    *shown = seq;
                    Reply::frame(frame)
                }
                _ => Reply::nothing(),
            },
            Delivery::Over { chat, seq, last } => {
                // Whoever has begun to watch it since was shown what was after that.
                if self.watched.get(&chat).is_none_or(|shown| *shown > seq) {
                    return Reply::nothing();
                }
                self.unwatch(chat);
                Reply::frames(last)
            }
            Delivery::Anew => Reply::close(Close::Later),
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.agent.until
    }

    fn due(&mut self) -> Reply {
        self.end()
    }

    fn ended(&self) -> CancellationToken {
        self.visit.ended.clone()
    }

    fn end(&mut self) -> Reply {
        self.error(None, WireError::Unauthorized)
            .and_close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        Close::Silent
    }

    fn too_slow(&mut self) {
        self.commons.metrics.slow_readers.inc();
    }

    async fn closed(&mut self, _: Departure) {
        self.desk.readers.leave(self.visit.socket);
        self.watch = None;
    }
}
