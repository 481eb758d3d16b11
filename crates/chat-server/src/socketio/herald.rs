//! What happens, told to the sockets of this process: one task, in one order.
//!
//! It is given what happens as the floor hears it, and those who come in at the very place in that order at which they were shown
//! how things are; so nobody misses anything, and nobody hears anything twice. Each event of the server is made once.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use helpline_desk::{
    actor::{Rank, Side},
    chat::{Chat, Phase, Support},
    event::{End, Event, Recorded, Said},
    id::{AgentId, ChatId},
    time::Timestamp,
};
use helpline_live::store::StoreError;
use helpline_protocol::{
    bus::{StaffChange, StaffMember},
    socketio::{
        events::{self, Init},
        shapes::{self, Flagged, Message, Unclaimed},
    },
};
use helpline_service::{handler::Handler, metrics::Metrics};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::{
    crowd::{Crowd, Seat, To, Whose},
    portraits::{self, Portraits, Shown},
    sessions::Sessions,
};
use crate::people::People;

/// How much may wait to be told. More means that something was missed, and everybody comes back.
const UNTOLD: usize = 4096;
/// How many flagged chats are shown.
const FLAGGED: usize = 15;

/// Something to tell.
pub(super) enum Word {
    /// Something happened at a chat, whose state after it this is.
    Happened(Box<Happened>),
    /// Somebody of the staff came, went or changed.
    Staff(StaffChange),
    /// A socket comes in, and this is how things are.
    Came(u64, Seat, Box<Scene>),
    /// A socket has gone.
    Left(u64),
    /// What was told may not be all: everything begins anew.
    Reset,
}

/// Something that happened at a chat.
pub(super) struct Happened {
    /// The chat before it, if there was one.
    pub(super) before: Option<Chat>,
    /// The chat after it.
    pub(super) after: Chat,
    pub(super) recorded: Recorded,
    /// How many numbered events the chat has with this one.
    pub(super) number: u64,
}

/// How things are.
#[derive(Default)]
pub(super) struct Scene {
    /// The chats that wait.
    pub(super) waiting: Vec<Chat>,
    /// The staff who are online.
    pub(super) staff: Vec<StaffMember>,
}

/// The way to the herald. Cheap to clone.
#[derive(Clone)]
pub(super) struct Messenger {
    words: mpsc::Sender<Word>,
    missed: Arc<AtomicBool>,
}

impl Messenger {
    /// Gives the herald something to tell. Never waits.
    pub(super) fn say(&self, word: Word) {
        if self.words.try_send(word).is_err() {
            self.missed.store(true, Ordering::Release);
        }
    }
}

/// Tells what it is given to tell.
pub(super) struct Herald {
    words: mpsc::Receiver<Word>,
    missed: Arc<AtomicBool>,
    crowd: Crowd,
    portraits: Portraits,
    sessions: Sessions,
    online: HashMap<AgentId, StaffMember>,
    handler: Handler,
}

impl Herald {
    pub(super) fn new(
        handler: Handler,
        people: Option<People>,
        metrics: Metrics,
    ) -> (Self, Messenger) {
        let (sender, words) = mpsc::channel(UNTOLD);
        let missed = Arc::<AtomicBool>::default();
        let herald = Self {
            words,
            missed: missed.clone(),
            crowd: Crowd::new(metrics),
            portraits: Portraits::new(people),
            sessions: Sessions::new(handler.clone()),
            online: HashMap::new(),
            handler,
        };
        let messenger = Messenger {
            words: sender,
            missed,
        };
        (herald, messenger)
    }

    /// Tells until nobody has anything to tell any more.
    pub(super) async fn run(mut self) {
        while let Some(word) = self.words.recv().await {
            if self.missed.swap(false, Ordering::Acquire) {
                warn!("more happens than can be told: whoever is here comes back");
                self.begin_anew();
            }
            match word {
                Word::Happened(happened) => self.happened(&happened).await,
                Word::Staff(change) => self.staff(change).await,
                Word::Came(socket, seat, scene) => self.came(socket, seat, *scene).await,
                Word::Left(socket) => self.crowd.leave(socket),
                Word::Reset => self.begin_anew(),
            }
        }
    }

    fn begin_anew(&mut self) {
        self.crowd.send_away();
        self.sessions.forget_all();
        self.online.clear();
    }

    async fn came(&mut self, socket: u64, seat: Seat, scene: Scene) {
        let Whose::Staff(agent, _) = seat.whose.clone() else {
            self.crowd.enter(socket, seat);
            return;
        };
        let is_listed = scene.staff.iter().any(|member| member.id == agent);
        self.online = scene
            .staff
            .into_iter()
            .map(|member| (member.id.clone(), member))
            .collect();
        let shown = seat.shown.clone();
        let mut init = match self.init(scene.waiting).await {
            Ok(init) => init,
            Err(reason) => {
                // The way to it goes with this, and so it comes back.
                debug!(%reason, "nobody can tell how things are");
                return;
            }
        };
        if let (false, Some(shown)) = (is_listed, shown) {
            init.online_users.push(shown);
        }
        self.crowd.enter(socket, seat);
        self.crowd.tell_socket(socket, events::staff_init(&init));
    }

    /// How things are, for somebody of the staff who comes in.
    async fn init(&mut self, mut waiting: Vec<Chat>) -> Result<Init, StoreError> {
        let mut online_users = Vec::with_capacity(self.online.len());
        for member in self.online.values() {
            online_users.push(self.portraits.staff(&member.id, member.into()).await);
        }
        let visitors = self.handler.store().visitors().await?;
        let online_visitors = visitors.iter();
        let online_visitors =
            online_visitors.filter_map(|(_, profile)| serde_json::from_str(profile).ok());
        let mut flagged = Vec::<helpline_protocol::bus::Flagged>::new();
        flagged.sort_by_key(|flagged| Reverse(flagged.flagged_at));
        flagged.truncate(FLAGGED);
        let mut flagged_chats = Vec::with_capacity(flagged.len());
        for flagged in &flagged {
            flagged_chats.push(Flagged {
                room: portraits::flagged_room(flagged),
                user: self.portraits.visitor(flagged.into()).await,
            });
        }
        waiting.sort_by_key(asked_at);
        let mut unclaimed_chats = Vec::with_capacity(waiting.len());
        for chat in &waiting {
            let said = self.sessions.until(chat).await?;
            unclaimed_chats.push(self.unclaimed(chat, said).await);
        }
        Ok(Init {
            online_users,
            online_visitors: online_visitors.collect(),
            unclaimed_chats,
            flagged_chats,
        })
    }

    async fn unclaimed(&mut self, chat: &Chat, session: Vec<Message>) -> Unclaimed {
        let said = session.into_iter().filter(|message| message.type_id == 1);
        Unclaimed {
            user: self.portraits.visitor(chat.into()).await,
            room: portraits::room(chat),
            contents: said.map(|message| message.content).collect(),
        }
    }

    async fn staff(&mut self, change: StaffChange) {
        match change {
            StaffChange::Here(member) => {
                let (id, came) = (member.id.clone(), !self.online.contains_key(&member.id));
                if came && self.crowd.has(To::ALL) {
                    let user = self.portraits.staff(&id, (&member).into()).await;
                    self.crowd
                        .tell(To::all_but(&id), || events::staff_goes_online(&user));
                }
                self.online.insert(id, member);
            }
            StaffChange::Gone(id) => {
                let Some(member) = self.online.remove(&id) else {
                    return;
                };
                if self.crowd.has(To::ALL) {
                    let user = self.portraits.staff(&id, (&member).into()).await;
                    self.crowd
                        .tell(To::all_but(&id), || events::staff_goes_offline(&user));
                }
            }
        }
    }

    async fn happened(&mut self, happened: &Happened) {
        let chat = &happened.after;
        if !self.crowd.has(To::ALL) {
            // Whatever is needed of it later is read then.
            self.sessions.forget_all();
            if !self.crowd.has(To::Visitor(chat.visitor.id)) {
                return;
            }
        }
        self.sessions.hear(happened);
        match &happened.recorded.event {
            // A standing chat is asked for with its first words, which follow.
            Event::Requested { .. } if chat.standing => {}
            Event::Requested { .. } | Event::Released { .. } | Event::Assigned { .. } => {
                self.waits(happened).await;
            }
            Event::Said(said) => self.said(happened, said).await,
            Event::Claimed {
                agent, name, rank, ..
            } => self.claimed(happened, agent, name, *rank).await,
            Event::TakenOver {
                agent, name, rank, ..
            } => self.taken_over(happened, agent, name, *rank).await,
            Event::Flagged { by, by_name, .. } => {
                let user = self.somebody(by, by_name, Rank::Agent, chat).await;
                let room = portraits::room(chat);
                self.crowd.tell(To::monitors_but(by), || {
                    events::chat_has_changed_priority_for_supervisor(&user, &room)
                });
            }
            Event::Rested(end) | Event::Ended(end) => self.over(happened, end).await,
            _ => {}
        }
    }

    /// A chat waits for somebody, for the first time or again.
    async fn waits(&mut self, happened: &Happened) {
        let session = self.sessions.until_now(happened).await;
        let waiting = self.unclaimed(&happened.after, session).await;
        self.crowd
            .tell(To::ALL, || events::append_unclaimed_chats(&waiting));
    }

    async fn said(&mut self, happened: &Happened, said: &Said) {
        let chat = &happened.after;
        let content = portraits::content(said, happened.recorded.at);
        match (said.from, &chat.phase) {
            (Side::Visitor, Phase::Waiting(_)) => {
                if chat.standing && self.sessions.is_first(happened).await {
                    return self.waits(happened).await;
                }
                let user = self.portraits.visitor(chat.into()).await;
                self.crowd
                    .tell(To::ALL, || events::visitor_unclaimed_msg(&user, &content));
            }
            (Side::Visitor, Phase::Engaged) => {
                let user = self.portraits.visitor(chat.into()).await;
                if let Some(support) = &chat.support {
                    self.crowd.tell(To::Agent(&support.agent), || {
                        events::visitor_send(&user, &content)
                    });
                }
                self.crowd.tell(To::MONITORS, || {
                    events::new_visitor_msg_for_supervisor(&user, &content)
                });
            }
            (Side::Support, _) => {
                let Some(user) = self.support(chat).await else {
                    return;
                };
                self.crowd.tell(To::Visitor(chat.visitor.id), || {
                    events::staff_send(&user, &content)
                });
                let agent = AgentId(user.id.clone());
                self.crowd.tell(To::monitors_but(&agent), || {
                    events::new_staff_msg_for_supervisor(&user, &content)
                });
            }
            // Said before anybody was asked for: it is shown when somebody is.
            (Side::Visitor, _) => {}
        }
    }

    async fn claimed(&mut self, happened: &Happened, agent: &AgentId, name: &str, rank: Rank) {
        let chat = &happened.after;
        let user = self.somebody(agent, name, rank, chat).await;
        let visitor = self.portraits.visitor(chat.into()).await;
        let room = portraits::room(chat);
        self.crowd.tell(To::all_but(agent), || {
            events::staff_claim_chat(&visitor, &room)
        });
        if self.crowd.has(To::monitors_but(agent)) {
            let session = self.sessions.until_now(happened).await;
            self.crowd.tell(To::monitors_but(agent), || {
                events::agent_new_chat(&user, &visitor, &session)
            });
        }
        self.sessions.forget(chat.id);
        self.crowd.tell(To::Visitor(chat.visitor.id), || {
            events::staff_join_room(&user)
        });
    }

    async fn taken_over(&mut self, happened: &Happened, agent: &AgentId, name: &str, rank: Rank) {
        let chat = &happened.after;
        let user = self.somebody(agent, name, rank, chat).await;
        let taken = || events::staff_being_taken_over_chat(&user);
        if let Some(former) = happened.support_before() {
            self.crowd.tell(To::Agent(&former.agent), taken);
        }
        self.crowd.tell(To::Visitor(chat.visitor.id), taken);
        self.crowd.tell(To::monitors_but(agent), || {
            events::staff_take_over_chat(&user, &chat.id.to_string())
        });
    }

    /// A session is over, or the whole chat.
    async fn over(&mut self, happened: &Happened, end: &End) {
        let chat = &happened.after;
        self.sessions.forget(chat.id);
        let Some(before) = &happened.before else {
            return;
        };
        let visitor = self.portraits.visitor(chat.into()).await;
        match &before.phase {
            Phase::Waiting(_) => {
                self.crowd
                    .tell(To::ALL, || events::visitor_leave_queue(&visitor));
            }
            Phase::Engaged => {
                let support = before.support.as_ref().map(|support| &support.agent);
                let by_desk = match end {
                    End::BySupport { .. } => support,
                    End::ByStaff { by, .. } => Some(by),
                    _ => None,
                };
                match (by_desk, self.support(before).await) {
                    (Some(by), Some(user)) => {
                        self.crowd
                            .tell(To::Visitor(chat.visitor.id), || events::staff_leave(&user));
                        self.crowd.tell(To::monitors_but(by), || {
                            events::staff_leave_chat_for_supervisor(&user)
                        });
                    }
                    _ => self.crowd.tell(To::MONITORS, || {
                        events::visitor_leave_chat_for_supervisor(&visitor)
                    }),
                }
                // Whoever had it, and did not end it.
                if let Some(agent) = support.filter(|agent| Some(*agent) != by_desk) {
                    self.crowd
                        .tell(To::Agent(agent), || events::visitor_leave(&visitor));
                }
            }
            Phase::Registered | Phase::Ended(_) => {}
        }
    }

    /// Whoever answers in a chat.
    async fn support(&mut self, chat: &Chat) -> Option<shapes::Staff> {
        let support = chat.support.as_ref()?;
        let (agent, name, rank) = (&support.agent, &support.name, support.rank);
        Some(self.somebody(agent, name, rank, chat).await)
    }

    /// Somebody of the staff, as the records, its own sockets or the chat know it.
    async fn somebody(
        &mut self,
        agent: &AgentId,
        name: &str,
        rank: Rank,
        chat: &Chat,
    ) -> shapes::Staff {
        let shown = match self.online.get(agent) {
            Some(member) => member.into(),
            None => Shown {
                name,
                email: None,
                rank,
                since: chat.created_at,
            },
        };
        self.portraits.staff(agent, shown).await
    }
}

impl Happened {
    fn support_before(&self) -> Option<&Support> {
        self.before.as_ref()?.support.as_ref()
    }
}

/// Since when a chat waits.
fn asked_at(chat: &Chat) -> (Timestamp, ChatId) {
    match &chat.phase {
        Phase::Waiting(request) => (request.since, chat.id),
        _ => (chat.created_at, chat.id),
    }
}
