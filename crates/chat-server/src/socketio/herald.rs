//! What happens, told to the sockets of this process: one task, in one order.
//!
//! It is given what happens as the floor hears it, and those who come in at the very place in that order at which they were shown
//! how things are; so nobody misses anything, and nobody hears anything twice. Each event of the server is made once.

use std::collections::HashMap;

use helpline_desk::{
    actor::{Rank, Side},
    chat::{Chat, Phase, Support},
    event::{End, Event, Said},
    id::AgentId,
    time::Timestamp,
};
use helpline_live::link::Unavailable;
use helpline_protocol::{
    bus::StaffMember,
    socketio::{
        events::{self, Init},
        shapes::{self, Flagged, Message, Unclaimed},
    },
};
use helpline_service::{
    floor::{Before, Spoken},
    handler::Handler,
    metrics::Metrics,
};
use tracing::{debug, warn};

use super::{
    crowd::{Crowd, Seat, To, Whose},
    portraits::{self, Portraits, Shown},
    words::{Happened, Messenger, Missed, Scene, Waiting, Word, Words, words},
};
use crate::people::People;

/// Tells what it is given to tell.
pub(super) struct Herald {
    words: Words,
    crowd: Crowd,
    portraits: Portraits,
    /// The staff who are online, for what is not in the records.
    online: HashMap<AgentId, StaffMember>,
    handler: Handler,
}

impl Herald {
    pub(super) fn new(
        handler: Handler,
        people: Option<People>,
        metrics: Metrics,
    ) -> (Self, Messenger) {
        let (messenger, words) = words();
        let herald = Self {
            words,
            crowd: Crowd::new(metrics),
            portraits: Portraits::new(people),
            online: HashMap::new(),
            handler,
        };
        (herald, messenger)
    }

    /// Tells until nobody has anything to tell any more.
    pub(super) async fn run(mut self) {
        while let Some(next) = self.words.next().await {
            match next {
                Ok(Word::Happened(happened)) => self.happened(&happened).await,
                Ok(Word::Found(found)) => self.found(&found).await,
                Ok(Word::Lost(lost)) => self.over(&lost.0, &lost.1, &End::BySilence).await,
                Ok(Word::Here(member, came)) => self.here(member, came).await,
                Ok(Word::Gone(member)) => self.gone(&member).await,
                Ok(Word::Came(socket, seat, scene)) => {
                    self.came(socket, seat, *scene).await;
                }
                Ok(Word::Left(socket)) => self.crowd.leave(socket),
                Err(Missed) => {
                    warn!("more happens than can be told: whoever is here comes back");
                    self.crowd.send_away();
                }
            }
        }
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
        // What does not fit into a way that nothing has gone yet is for somebody who has gone.
        if seat
            .outbox
            .try_send(events::staff_init(&init).into())
            .is_ok()
        {
            self.crowd.enter(socket, seat);
        }
    }

    /// How things are, for somebody of the staff who comes in.
    async fn init(&mut self, waiting: Vec<Waiting>) -> Result<Init, Unavailable> {
        let mut online_users = Vec::with_capacity(self.online.len());
        for member in self.online.values() {
            online_users.push(self.portraits.staff(&member.id, member.into()).await);
        }
        let visitors = self.handler.store().visitors().await?;
        let online_visitors = visitors.iter();
        let online_visitors =
            online_visitors.filter_map(|(_, profile)| serde_json::from_str(profile).ok());
        let flagged = self.handler.store().latest_flagged().await?;
        let mut flagged_chats = Vec::with_capacity(flagged.len());
        for flagged in &flagged {
            flagged_chats.push(Flagged {
                room: portraits::flagged_room(flagged),
                user: self.portraits.visitor(flagged.into()).await,
            });
        }
        let mut unclaimed_chats = Vec::with_capacity(waiting.len());
        for Waiting { chat, session } in &waiting {
            unclaimed_chats.push(self.unclaimed(chat, session).await);
        }
        Ok(Init {
            online_users,
            online_visitors: online_visitors.collect(),
            unclaimed_chats,
            flagged_chats,
        })
    }

    async fn unclaimed(&mut self, chat: &Chat, session: &[Spoken]) -> Unclaimed {
        let contents = session.iter();
        let contents = contents.map(|spoken| portraits::content(&spoken.said, spoken.at));
        Unclaimed {
            user: self.portraits.visitor(chat.into()).await,
            room: portraits::room(chat),
            contents: contents.collect(),
        }
    }

    async fn here(&mut self, member: StaffMember, came: bool) {
        let id = member.id.clone();
        if came && self.crowd.has(To::all_but(&id)) {
            let user = self.portraits.staff(&id, (&member).into()).await;
            self.crowd
                .tell(To::all_but(&id), || events::staff_goes_online(&user));
        }
        self.online.insert(id, member);
    }

    async fn gone(&mut self, member: &StaffMember) {
        let id = &member.id;
        self.online.remove(id);
        if self.crowd.has(To::all_but(id)) {
            let user = self.portraits.staff(id, member.into()).await;
            self.crowd
                .tell(To::all_but(id), || events::staff_goes_offline(&user));
        }
    }

    async fn happened(&mut self, happened: &Happened) {
        let (chat, before) = (&happened.chat, &happened.before);
        if !self.is_anybodys(chat) {
            return;
        }
        match &happened.recorded.event {
            // A standing chat is asked for with its first words, which follow.
            Event::Requested { .. } if chat.standing => {}
            Event::Assigned { agent, .. } => {
                self.given(chat, before, agent).await;
                self.waits(chat, &happened.session).await;
            }
            Event::Requested { .. } | Event::Released { .. } => {
                self.waits(chat, &happened.session).await;
            }
            // A visitor who may fall silent is not there any more, and nobody can claim its chat; or is there again.
            Event::VisitorLeft if before.waiting => self.leaves_queue(chat).await,
            Event::VisitorReturned if before.waiting => {
                self.waits(chat, &happened.session).await;
            }
            Event::Said(_) if opens_session(happened) => {
                self.waits(chat, &happened.session).await;
            }
            Event::Said(said) => self.said(chat, said, happened.recorded.at).await,
            Event::Claimed {
                agent, name, rank, ..
            } => {
                let by = (agent, name.as_str(), *rank);
                self.claimed(chat, &happened.session, by).await;
            }
            Event::TakenOver {
                agent, name, rank, ..
            } => {
                let by = (agent, name.as_str(), *rank);
                self.taken_over(chat, before, by).await;
            }
            Event::Flagged { by, by_name, .. } => {
                let user = self.somebody((by, by_name, Rank::Agent), chat).await;
                let room = portraits::room(chat);
                self.crowd.tell(To::monitors_but(by, chat), || {
                    events::chat_has_changed_priority_for_supervisor(&user, &room)
                });
            }
            Event::Rested(end) | Event::Ended(end) => self.over(chat, before, end).await,
            _ => {}
        }
    }

    /// Whether anybody is in who may have to be told of a chat.
    pub(super) fn is_anybodys(&self, chat: &Chat) -> bool {
        self.crowd.has(To::ALL) || self.crowd.has(To::Visitor(chat.visitor.id))
    }

    /// A chat waits for somebody, for the first time or again.
    pub(super) async fn waits(&mut self, chat: &Chat, session: &[Spoken]) {
        if self.crowd.has(To::ALL) {
            let waiting = self.unclaimed(chat, session).await;
            self.crowd
                .tell(To::ALL, || events::append_unclaimed_chats(&waiting));
        }
    }

    pub(super) async fn leaves_queue(&mut self, chat: &Chat) {
        let user = self.portraits.visitor(chat.into()).await;
        self.crowd
            .tell(To::ALL, || events::visitor_leave_queue(&user));
    }

    pub(super) async fn said(&mut self, chat: &Chat, said: &Said, at: Timestamp) {
        let content = portraits::content(said, at);
        match (said.from, &chat.phase) {
            (Side::Visitor, Phase::Waiting(_)) => {
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
                self.crowd.tell(To::monitors(chat), || {
                    events::new_visitor_msg_for_supervisor(&user, &content)
                });
            }
            (Side::Support, _) => {
                let Some(user) = self.support(chat.support.as_ref(), chat).await else {
                    return;
                };
                self.tell_visitor(chat, || events::staff_send(&user, &content));
                let agent = AgentId(user.id.clone());
                self.crowd.tell(To::monitors_but(&agent, chat), || {
                    events::new_staff_msg_for_supervisor(&user, &content)
                });
            }
            // Said before anybody was asked for: it is shown when somebody is.
            (Side::Visitor, _) => {}
        }
    }

    /// Tells the visitor of a standing chat. Those of other chats have sockets of other dialects.
    fn tell_visitor(&mut self, chat: &Chat, event: impl FnOnce() -> String) {
        if chat.standing {
            self.crowd.tell(To::Visitor(chat.visitor.id), event);
        }
    }

    pub(super) async fn claimed(&mut self, chat: &Chat, session: &[Spoken], by: Who<'_>) {
        let (agent, user) = (by.0, self.somebody(by, chat).await);
        let visitor = self.portraits.visitor(chat.into()).await;
        let room = portraits::room(chat);
        self.crowd.tell(To::all_but(agent), || {
            events::staff_claim_chat(&visitor, &room)
        });
        if self.crowd.has(To::monitors_but(agent, chat)) {
            let session: Vec<Message> = session
                .iter()
                .map(|spoken| portraits::message(chat, spoken))
                .collect();
            self.crowd.tell(To::monitors_but(agent, chat), || {
                events::agent_new_chat(&user, &visitor, &session)
            });
        }
        self.tell_visitor(chat, || events::staff_join_room(&user));
    }

    pub(super) async fn taken_over(&mut self, chat: &Chat, before: &Before, by: Who<'_>) {
        let (agent, user) = (by.0, self.somebody(by, chat).await);
        let taken = || events::staff_being_taken_over_chat(&user);
        if let Some(former) = &before.support {
            self.crowd.tell(To::Agent(&former.agent), taken);
        }
        self.tell_visitor(chat, taken);
        self.crowd.tell(To::monitors_but(agent, chat), || {
            events::staff_take_over_chat(&user, &chat.id.to_string())
        });
    }

    /// The desk has given a chat to somebody: whoever had it hears who gets it. The others hear when that one comes.
    async fn given(&mut self, chat: &Chat, before: &Before, to: &AgentId) {
        let former = before.support.as_ref().map(|former| &former.agent);
        if let Some(former) = former.filter(|former| self.crowd.has(To::Agent(former))) {
            let user = self.somebody((to, &to.0, Rank::Agent), chat).await;
            self.crowd.tell(To::Agent(former), || {
                events::staff_being_taken_over_chat(&user)
            });
        }
    }

    /// A session is over, or the whole chat.
    pub(super) async fn over(&mut self, chat: &Chat, before: &Before, end: &End) {
        if !self.is_anybodys(chat) {
            return;
        }
        if before.waiting {
            // Of one who was not there that was told already.
            if !chat.visitor.away {
                self.leaves_queue(chat).await;
            }
            return;
        }
        let Some(support) = &before.support else {
            return;
        };
        let by_desk = match end {
            End::BySupport { .. } => Some(&support.agent),
            End::ByStaff { by, .. } => Some(by),
            _ => None,
        };
        let visitor = self.portraits.visitor(chat.into()).await;
        match (by_desk, self.support(Some(support), chat).await) {
            (Some(by), Some(user)) => {
                self.tell_visitor(chat, || events::staff_leave(&user));
                self.crowd.tell(To::monitors_but(by, chat), || {
                    events::staff_leave_chat_for_supervisor(&user)
                });
            }
            (_, user) => {
                // Where neither side has ended it each hears that the other has gone.
                if let (End::BySilence, Some(user)) = (end, user) {
                    self.tell_visitor(chat, || events::staff_leave(&user));
                }
                self.crowd.tell(To::monitors(chat), || {
                    events::visitor_leave_chat_for_supervisor(&visitor)
                });
            }
        }
        // Whoever had it, and did not end it.
        if by_desk != Some(&support.agent) {
            self.crowd.tell(To::Agent(&support.agent), || {
                events::visitor_leave(&visitor)
            });
        }
    }

    /// Whoever answers in a chat.
    async fn support(&mut self, support: Option<&Support>, chat: &Chat) -> Option<shapes::Staff> {
        let support = support?;
        Some(self.somebody(who(support), chat).await)
    }

    /// Somebody of the staff, as the records, its own sockets or the chat know it.
    async fn somebody(&mut self, (agent, name, rank): Who<'_>, chat: &Chat) -> shapes::Staff {
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

/// Somebody of the staff, as a chat knows it.
type Who<'a> = (&'a AgentId, &'a str, Rank);

/// Whoever has a chat.
pub(super) fn who(support: &Support) -> Who<'_> {
    (&support.agent, &support.name, support.rank)
}

/// Whether these are the first words of a standing chat's session, with which it comes to wait.
fn opens_session(happened: &Happened) -> bool {
    happened.chat.standing && happened.session.len() == 1
}
