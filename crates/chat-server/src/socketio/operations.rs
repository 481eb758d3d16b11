//! What clients ask of chats: the desk's commands for it, and what a refusal is called here.
//!
//! A fault is named in the contract's order, on a chat that was just loaded; what is accepted needs no look at it before.

use std::{collections::HashMap, sync::Arc};

use helpline_desk::{
    actor::{Actor, Rank, Side},
    chat::{Chat, Phase},
    command::{Command, Say},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    name::{Email, Name},
    refusal::Refusal,
    time::Timestamp,
};
use helpline_protocol::socketio::{Content, Fault, shapes};
use helpline_service::handler::{Failure, Handled, Handler, Held, Known, Request};

/// How many chats a socket remembers: those that it has lately said something in.
const REMEMBERED: usize = 32;
/// What somebody is called whose name cannot be one.
const NAMELESS: &str = "Visitor";

/// One socket's dealings with chats.
pub(super) struct Operations {
    handler: Handler,
    max_content: usize,
    /// The chats as they last were.
    held: HashMap<ChatId, Held>,
}

/// Somebody of the staff who acts.
#[derive(Clone, Debug)]
pub(super) struct Staff {
    pub(super) agent: AgentId,
    pub(super) name: Name,
    pub(super) rank: Rank,
}

/// A name that the desk takes.
pub(super) fn name_of(text: &str) -> Name {
    match Name::cut(text).or_else(|| Name::parse(NAMELESS)) {
        Some(name) => name,
        None => unreachable!("this is a name"),
    }
}

impl Operations {
    pub(super) fn new(handler: Handler, max_content: usize) -> Self {
        Self {
            handler,
            max_content,
            held: HashMap::new(),
        }
    }

    /// Opens a session with this, or begins the one that waits anew.
    pub(super) async fn ask(
        &mut self,
        visitor: VisitorId,
        shape: &shapes::Visitor,
        content: &Content,
    ) -> Result<(), Fault> {
        self.fits(content)?;
        let email = match shape.is_anonymous {
            true => None,
            false => shape.email.as_deref().and_then(Email::parse),
        };
        let ask = Command::Ask {
            name: name_of(&shape.name),
            email,
            since: Timestamp(shape.created_at.saturating_mul(1000)),
            say: say(Side::Visitor, visitor, None, content),
        };
        let chat = ChatId::standing(visitor);
        match self.give(chat, Actor::Visitor(visitor), ask).await {
            Ok(()) => Ok(()),
            Err(Failure::Refused(Refusal::Invalid { .. })) => Err(Fault::TooLong),
            Err(Failure::Refused(Refusal::Full)) => Err(Fault::SlowDown),
            Err(Failure::Refused(_)) => Err(Fault::Claimed),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    /// Says this in the session, whether it waits or was claimed.
    pub(super) async fn visitor_says(
        &mut self,
        visitor: VisitorId,
        content: &Content,
    ) -> Result<(), Fault> {
        let chat = ChatId::standing(visitor);
        if let Err(too_long) = self.fits(content) {
            self.session(chat).await?;
            return Err(too_long);
        }
        let says = Command::Say(say(Side::Visitor, visitor, None, content));
        match self.give(chat, Actor::Visitor(visitor), says).await {
            Ok(()) => Ok(()),
            Err(Failure::Refused(Refusal::Full)) => Err(Fault::SlowDown),
            Err(Failure::Refused(_)) => Err(Fault::NoSession),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    /// Ends the session, if there is one.
    pub(super) async fn visitor_leaves(&mut self, visitor: VisitorId) -> Result<(), Fault> {
        let chat = ChatId::standing(visitor);
        let left = self.give(chat, Actor::Visitor(visitor), Command::Leave);
        match left.await {
            Ok(()) | Err(Failure::Refused(_)) => Ok(()),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    /// Claims a chat that waits.
    pub(super) async fn join(&mut self, staff: &Staff, room: Option<ChatId>) -> Result<(), Fault> {
        let room = room.ok_or(Fault::NoSession)?;
        let chat = self.session(room).await?;
        if chat.support.is_some() {
            return Err(Fault::Claimed);
        }
        let claim = Command::Claim {
            visitor: chat.visitor.id,
            support: new_part(),
            name: staff.name.clone(),
            rank: staff.rank,
        };
        match self
            .give(room, Actor::Agent(staff.agent.clone()), claim)
            .await
        {
            Ok(()) => Ok(()),
            Err(Failure::Refused(Refusal::AlreadyClaimed { .. })) => Err(Fault::Claimed),
            Err(Failure::Refused(_)) => Err(Fault::NoSession),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    /// Says something in a chat that this agent has.
    pub(super) async fn staff_says(
        &mut self,
        staff: &Staff,
        room: Option<ChatId>,
        content: &Content,
    ) -> Result<(), Fault> {
        let room = room.ok_or(Fault::NoSession)?;
        let known = self.known(room).and_then(|chat| part_of(chat, staff));
        let (part, visitor) = match (known, self.fits(content)) {
            (Some(known), Ok(())) => known,
            (_, fits) => {
                let chat = self.session(room).await?;
                fits?;
                part_of(&chat, staff).ok_or(Fault::NotInside)?
            }
        };
        let says = Command::Say(say(Side::Support, visitor, Some(part), content));
        let said = self.give(room, Actor::Support(part), says).await;
        self.or_not_inside(staff, room, said).await
    }

    /// Ends the session of a chat that this agent has.
    pub(super) async fn staff_leaves(
        &mut self,
        staff: &Staff,
        room: Option<ChatId>,
    ) -> Result<(), Fault> {
        let room = room.ok_or(Fault::NoSession)?;
        let chat = self.session(room).await?;
        let (part, _) = part_of(&chat, staff).ok_or(Fault::NotInside)?;
        let left = self.give(room, Actor::Support(part), Command::Leave).await;
        self.or_not_inside(staff, room, left).await
    }

    /// Takes a chat from the agent who has it.
    pub(super) async fn take_over(
        &mut self,
        staff: &Staff,
        room: Option<ChatId>,
    ) -> Result<(), Fault> {
        let room = room.ok_or(Fault::NoSession)?;
        let take_over = Command::TakeOver {
            support: new_part(),
            name: staff.name.clone(),
            rank: staff.rank,
        };
        match self
            .give(room, Actor::Agent(staff.agent.clone()), take_over)
            .await
        {
            Ok(()) => Ok(()),
            Err(Failure::Refused(Refusal::NotEngaged)) => Err(Fault::Unclaimed),
            Err(Failure::Refused(Refusal::Outranked { own, other })) => Err(Fault::NotHigher {
                asks: own,
                has: other,
            }),
            Err(Failure::Refused(_)) => Err(Fault::NoSession),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    /// Says how urgent a chat is, whether it has a session or not.
    pub(super) async fn flag(
        &mut self,
        staff: &Staff,
        room: Option<ChatId>,
        severity: u32,
    ) -> Result<(), Fault> {
        let room = room.ok_or(Fault::NoSession)?;
        let flag = Command::Flag {
            severity,
            by_name: staff.name.clone(),
        };
        match self
            .give(room, Actor::Agent(staff.agent.clone()), flag)
            .await
        {
            Ok(()) => Ok(()),
            Err(Failure::Refused(Refusal::Full)) => Err(Fault::SlowDown),
            Err(Failure::Refused(_)) => Err(Fault::NoSession),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
        }
    }

    fn fits(&self, content: &Content) -> Result<(), Fault> {
        match content.as_str().len() <= self.max_content {
            true => Ok(()),
            false => Err(Fault::TooLong),
        }
    }

    fn known(&self, room: ChatId) -> Option<&Chat> {
        self.held.get(&room)?.chat.as_deref()
    }

    /// The chat as it is now, if it has a session.
    async fn session(&mut self, room: ChatId) -> Result<Arc<Chat>, Fault> {
        let held = self.handler.refresh(room, self.held.get(&room)).await;
        let held = held.map_err(|_| Fault::Unavailable)?;
        let chat = held.as_ref().and_then(|held| held.chat.clone());
        match held {
            Some(held) => self.remember(room, held),
            None => drop(self.held.remove(&room)),
        }
        chat.filter(|chat| chat.is_open()).ok_or(Fault::NoSession)
    }

    /// What a refusal means of what only whoever has the chat may do: the session is over, or another one's now.
    async fn or_not_inside(
        &mut self,
        staff: &Staff,
        room: ChatId,
        done: Result<(), Failure>,
    ) -> Result<(), Fault> {
        match done {
            Ok(()) => Ok(()),
            Err(Failure::Store(_)) => Err(Fault::Unavailable),
            Err(Failure::Refused(Refusal::Full)) => Err(Fault::SlowDown),
            Err(Failure::Refused(_)) => {
                let chat = self.session(room).await?;
                // It may be this agent's again by now; what it had when it asked is over all the same.
                Err(part_of(&chat, staff).map_or(Fault::NotInside, |_| Fault::NoSession))
            }
        }
    }

    async fn give(&mut self, room: ChatId, actor: Actor, command: Command) -> Result<(), Failure> {
        let known = self.held.get(&room).cloned();
        let request = Request {
            known: known.map_or(Known::Nothing, Known::Held),
            ..Request::new(room, actor, command)
        };
        match self.handler.handle(request).await {
            Ok(Handled::Done { held, .. }) => self.remember(room, held),
            Ok(Handled::Repeat { .. }) => {}
            Err(failure) => {
                self.held.remove(&room);
                return Err(failure);
            }
        }
        Ok(())
    }

    fn remember(&mut self, room: ChatId, held: Held) {
        if self.held.len() >= REMEMBERED && !self.held.contains_key(&room) {
            // Whatever is forgotten is loaded again.
            self.held.clear();
        }
        self.held.insert(room, held);
    }
}

/// The part that somebody of the staff has in a chat right now, and whose chat it is.
fn part_of(chat: &Chat, staff: &Staff) -> Option<(SupportId, VisitorId)> {
    let support = chat.support.as_ref()?;
    (support.agent == staff.agent && chat.phase == Phase::Engaged)
        .then_some((support.id, chat.visitor.id))
}

fn new_part() -> SupportId {
    SupportId::from_bits(rand::random())
}

fn say(from: Side, visitor: VisitorId, support: Option<SupportId>, content: &Content) -> Say {
    Say {
        id: MessageId::from_bits(rand::random()),
        from,
        visitor,
        support,
        content: content.text(),
        raw: Some(content.as_str().to_owned()),
        client_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_has_a_name() {
        for (text, name) in [
            ("Mina", "Mina"),
            ("", NAMELESS),
            ("\u{7}", NAMELESS),
            ("Mi\u{7}na", "Mina"),
        ] {
            assert_eq!(name_of(text).as_str(), name);
        }
        assert_eq!(name_of(&"x".repeat(100)).as_str().len(), 64);
    }
}
