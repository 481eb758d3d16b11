//! `JOIN_CONVERSATION`: who comes in.
//!
//! Order: listen to the conversation, commit the join, take the seat, read the log. From then on the feed brings what
//! happened after that: nothing is missed, and nothing that was there before is told.

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::Chat,
    command::Command,
    id::{ChatId, SupportId},
    refusal::Refusal,
};
use helpline_protocol::event::{self, Fault, Status};
use helpline_service::{
    admission::Admission,
    handler::{Failure, Held, Request},
    hub::Reader,
    socket::Reply,
};
use tracing::info;

use super::{super::life::name_of, ConversationSession, Seat, Who};

/// How many rooms a socket may be in.
pub(super) const MAX_ROOMS: usize = 256;

impl ConversationSession {
    pub(super) async fn join(&mut self, id: ChatId) -> Result<Reply, Fault> {
        let found = self.conversations.find(id).await;
        let found = found.map_err(|_| Fault::JoinFailed)?;
        let chat = found.ok_or(Fault::NotFound)?.chat;
        if chat.is_over() {
            return Err(Fault::AlreadyClosed);
        }
        let who = self.who();
        let side = match &who {
            Who::Candidate(candidate) if chat.visitor.id == *candidate => Side::Visitor,
            Who::Agent(agent) if chat.assigned.as_ref() == Some(agent) => Side::Support,
            Who::Candidate(_) | Who::Agent(_) => return Err(Fault::NotAllowed),
            Who::Other => return Err(Fault::ForbiddenRole),
        };
        if self.rooms.contains_key(&id) {
            return Ok(Reply::frame(event::joined(id, Status::of(&chat))));
        }
        if self.rooms.len() >= MAX_ROOMS {
            return Err(Fault::JoinFailed);
        }
        let (actor, command) = self.ask(&chat, who).await?;
        let member = rand::random();
        let membership = self.hub.enter_also(id, member, &self.outbox);
        membership
            .listening()
            .await
            .map_err(|_| Fault::JoinFailed)?;
        let handler = self.conversations.handler();
        let roster = &self.commons.roster;
        let mut seat = Seat {
            side,
            member,
            visitor: chat.visitor.id,
            support: None,
            admission: Admission::ask(roster, handler, id, side, member),
            membership,
            after: Default::default(),
        };
        let place = seat.admission.place();
        let request = Request {
            arrives: Some((&place, member)),
            ..Request::new(id, actor, command)
        };
        match handler.handle(request).await {
            Ok(_) => seat.admission.grant(),
            Err(failure) => {
                seat.admission.fail(&failure).await;
                seat.depart().await;
                return Err(match failure {
                    Failure::Refused(Refusal::Over) => Fault::AlreadyClosed,
                    Failure::Refused(_) => Fault::NotAllowed,
                    Failure::Store(_) => Fault::JoinFailed,
                });
            }
        }
        self.sit_down(id, seat).await
    }

    /// What the join asks for.
    async fn ask(&self, chat: &Chat, who: Who) -> Result<(Actor, Command), Fault> {
        let visitor = chat.visitor.id;
        Ok(match who {
            Who::Agent(agent) => {
                let account = self.conversations.records.account(&agent.0).await;
                let account = account.map_err(|_| Fault::JoinFailed)?;
                // The token is good, but its account is gone.
                let account = account.ok_or(Fault::NotAllowed)?;
                let name = name_of(&account).map_err(|_| Fault::JoinFailed)?;
                let support = SupportId::from_bits(rand::random());
                let claim = Command::Claim {
                    visitor,
                    support,
                    name,
                    rank: Rank::Agent,
                };
                (Actor::Agent(agent), claim)
            }
            _ => {
                let enter = Command::Enter {
                    support: None,
                    email: None,
                };
                (Actor::Visitor(visitor), enter)
            }
        })
    }

    /// Takes the seat; says how far the conversation has come by that.
    async fn sit_down(&mut self, id: ChatId, mut seat: Seat) -> Result<Reply, Fault> {
        seat.membership.seat(Reader::Event(seat.side), false);
        let loaded = self.conversations.handler().store().load(id, 0).await;
        let loaded = match loaded {
            Ok(loaded) => loaded,
            Err(_) => {
                seat.depart().await;
                return Err(Fault::JoinFailed);
            }
        };
        let state = loaded.as_ref().and_then(|loaded| loaded.chat(id));
        let (Some(loaded), Some(state)) = (loaded, state.filter(|state| !state.is_over())) else {
            seat.depart().await;
            return Err(Fault::AlreadyClosed);
        };
        if seat.side == Side::Support {
            let Who::Agent(agent) = self.who() else {
                return Err(Fault::ForbiddenRole);
            };
            let own = state.support.as_ref().filter(|own| own.agent == agent);
            let Some(own) = own else {
                // It was given to another one meanwhile.
                seat.depart().await;
                return Err(Fault::NotAllowed);
            };
            seat.support = Some(own.id);
        }
        let status = Status::of(&state);
        if let Some(last) = loaded.recorded.last() {
            let held = Held {
                head: loaded.head.clone(),
                chat: Some(std::sync::Arc::new(state)),
            };
            seat.membership.take_place(&held, last.into());
            seat.after = last.at;
        }
        info!(chat = %id, side = ?seat.side, "joined");
        self.rooms.insert(id, seat);
        Ok(Reply::frame(event::joined(id, status)))
    }
}
