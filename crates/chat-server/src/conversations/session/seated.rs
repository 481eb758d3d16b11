//! What a socket may do in the rooms it is in: say something, go, end the conversation.

use helpline_desk::{
    actor::{Actor, Side},
    command::{Command, Say},
    id::ChatId,
    refusal::Refusal,
};
use helpline_protocol::event::{self, Fault, Status};
use helpline_service::{
    access::Role,
    handler::{Failure, Handled, Known, Request},
    hub::message_id,
    socket::Reply,
};

use super::{ConversationSession, Seat, Who};

impl ConversationSession {
    pub(super) async fn say(
        &mut self,
        id: Option<ChatId>,
        content: Option<String>,
    ) -> Result<Reply, Fault> {
        let seat = id.and_then(|id| Some((id, self.rooms.get(&id)?)));
        let (id, seat) = seat.ok_or(Fault::NotJoined)?;
        let content = content.ok_or(Fault::SendFailed)?;
        let say = Command::Say(Say {
            id: message_id(seat.member),
            from: seat.side,
            visitor: seat.visitor,
            support: seat.support,
            content,
            raw: None,
            client_id: None,
        });
        let known = seat.membership.held().map_or(Known::Nothing, Known::Held);
        let request = Request {
            known,
            ..Request::new(id, seat.actor(), say)
        };
        match self.conversations.handler().handle(request).await {
            Ok(Handled::Done { held, .. }) => {
                seat.membership.advance(&held);
                self.commons.metrics.messages_in.inc();
                // No echo, no acknowledgement: everyone else hears it from the feed.
                Ok(Reply::nothing())
            }
            Ok(Handled::Repeat { .. }) => Ok(Reply::nothing()),
            Err(Failure::Refused(Refusal::Invalid { .. })) => Err(Fault::ContentTooLong),
            Err(Failure::Refused(Refusal::Full)) => Err(Fault::SlowDown),
            // It is over, or another agent's now; the room will say so in a moment.
            Err(Failure::Refused(_)) => Err(Fault::NotJoined),
            Err(Failure::Store(_)) => Err(Fault::SendFailed),
        }
    }

    pub(super) async fn leave(&mut self, id: Option<ChatId>) -> Result<Reply, Fault> {
        if self.looks_on() {
            return Err(Fault::ForbiddenRole);
        }
        let id = id.ok_or(Fault::NotInside)?;
        match self.go_out(id).await {
            true => Ok(Reply::frame(event::left(id))),
            false => Err(Fault::NotInside),
        }
    }

    pub(super) async fn finish(&mut self, id: Option<ChatId>) -> Result<Reply, Fault> {
        let Who::Agent(agent) = self.who() else {
            return Err(Fault::ForbiddenRole);
        };
        let id = id.ok_or(Fault::NotFound)?;
        let found = self.conversations.find(id).await;
        let found = found.map_err(|_| Fault::CloseFailed)?;
        let chat = found.ok_or(Fault::NotFound)?.chat;
        if chat.assigned.as_ref() != Some(&agent) {
            return Err(Fault::NotAllowed);
        }
        match Status::of(&chat) {
            Status::Open => return Err(Fault::NotYetAssigned),
            Status::Closed => return Err(Fault::AlreadyClosed),
            Status::Assigned => {}
        }
        match self.conversations.end(id, Actor::Agent(agent)).await {
            Ok(()) => {}
            Err(Failure::Refused(Refusal::Over)) => return Err(Fault::AlreadyClosed),
            Err(Failure::Refused(Refusal::NotEngaged)) => return Err(Fault::NotYetAssigned),
            Err(Failure::Refused(_)) => return Err(Fault::NotAllowed),
            Err(Failure::Store(_)) => return Err(Fault::CloseFailed),
        }
        // In the room it comes with the feed, after everything that was said before it.
        match self.rooms.contains_key(&id) {
            true => Ok(Reply::nothing()),
            false => Ok(Reply::frame(event::closed(id))),
        }
    }

    /// Whether the bearer is neither an end user nor an agent.
    fn looks_on(&self) -> bool {
        let role = self.bearer.as_ref().map(|bearer| bearer.claims.role);
        !matches!(role, Some(Role::Candidate | Role::Agent))
    }
}

impl Seat {
    fn actor(&self) -> Actor {
        match (self.side, self.support) {
            (Side::Support, Some(support)) => Actor::Support(support),
            _ => Actor::Visitor(self.visitor),
        }
    }
}
