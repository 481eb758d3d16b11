//! `Join`: who comes in, and what it finds there.
//!
//! Order: listen to the chat, commit the Join, take the seat, read the log to event N, tell it; from then on the
//! feed brings what is above N. So nothing is missed and nothing comes twice.

use std::{num::NonZeroUsize, sync::Arc};

use helpline_desk::{
    actor::{Actor, Rank, Side},
    command::Command,
    event::{Event, Recorded},
    id::{AgentId, ChatId},
    refusal::Refusal,
};
use helpline_live::{
    command_id,
    keys::Place,
    store::{Head, Loaded},
};
use helpline_protocol::{
    close::WireError,
    typed::{self, Join, Resume, Resumed, Scene},
};
use helpline_service::{
    access::Role,
    admission::Admission,
    handler::{Failure, Handled, Held, Known, Request},
    hub::{Membership, Reader},
    socket::Reply,
};
use tokio::time::Instant;
use tracing::info;

use super::{ChatSession, Seat, Stage};
use crate::people::texts;

/// Whose socket it is, by its token.
#[derive(Clone)]
pub(super) struct Bearer {
    pub(super) agent: AgentId,
    rank: Rank,
}

impl ChatSession {
    pub(super) async fn join(&mut self, join: Join) -> Reply {
        if let Stage::New { .. } = self.stage {
            self.stage = Stage::Refused;
        }
        let Some(chat) = self.chat() else {
            return self.expired();
        };
        if matches!(&self.stage, Stage::Seated(seat) if seat.side != join.side) {
            return self.error(WireError::Forbidden);
        }
        let bearer = match self.identify(chat, &join).await {
            Ok(bearer) => bearer,
            Err(error) => return self.turn_away(chat, error).await,
        };
        if let Some(membership) = self.membership()
            && membership.listening().await.is_err()
        {
            return self.error(WireError::Unavailable);
        }
        let newest = self.read_settings().await;
        let part = bearer.clone();
        let recorded = match self.come_in(chat, &join, bearer).await {
            Ok(recorded) => recorded,
            Err(Failure::Refused(Refusal::Over)) => return self.too_late(chat, &join, part).await,
            Err(failure) => return self.failed(failure).await,
        };
        self.sit_down(chat, &join, part, recorded, newest).await
    }

    /// Reads the settings that people change; says how many messages are shown on entering, if not all.
    async fn read_settings(&self) -> Option<NonZeroUsize> {
        let settings = self.stored.as_ref()?.get().await?;
        self.commons.policy.read(&texts(&settings));
        let count = usize::try_from(settings.history_load_count);
        NonZeroUsize::new(count.unwrap_or(usize::MAX))
    }

    /// Who comes, by its token. In open mode a token is not needed: a visitor is who it says it is, and an agent without a
    /// good one is its socket.
    async fn identify(&mut self, chat: ChatId, join: &Join) -> Result<Bearer, WireError> {
        let open = self.commons.settings.auth.is_open();
        let nobody = Bearer {
            agent: AgentId(format!("socket-{:016x}", self.visit.socket)),
            rank: Rank::Agent,
        };
        let token = join.token.as_ref().or(self.visit.token.as_ref());
        if open && (join.side == Side::Visitor || token.is_none()) {
            return Ok(nobody);
        }
        let keys = self.commons.tokens().await.ok_or(WireError::Unavailable)?;
        let claims = token.and_then(|token| keys.verify(token).ok());
        let claims = match claims {
            Some(claims) if open && !claims.is_staff() => return Ok(nobody),
            None if open => return Ok(nobody),
            claims => claims.ok_or(WireError::Unauthorized)?,
        };
        let belongs = match join.side {
            Side::Support => claims.is_staff(),
            Side::Visitor => {
                claims.role == Role::Visitor
                    && claims.chat_id == Some(chat.to_string())
                    && claims.user_id == join.visitor.to_string()
            }
        };
        if !belongs {
            return Err(WireError::Forbidden);
        }
        let binding = self.visit.bind(&self.commons, &claims);
        self.binding = Some(binding.map_err(|_| WireError::Unauthorized)?);
        self.token_ends = Some(Instant::now() + claims.remaining());
        Ok(Bearer {
            rank: claims.rank().unwrap_or(Rank::Agent),
            agent: AgentId(claims.user_id),
        })
    }

    /// Tells somebody who may not come in why; but that a chat is over, anyone may know.
    async fn turn_away(&mut self, chat: ChatId, error: WireError) -> Reply {
        match self.handler.load(chat).await {
            Ok(None) => self.over().await,
            Ok(Some(held)) if held.chat.as_ref().is_none_or(|chat| chat.is_over()) => {
                self.over().await
            }
            _ => self.error(error),
        }
    }

    /// Asks to be let in; says what happened by that.
    async fn come_in(
        &mut self,
        chat: ChatId,
        join: &Join,
        bearer: Bearer,
    ) -> Result<Vec<Recorded>, Failure> {
        let agent = bearer.agent.clone();
        let (actor, command) = self.ask(join, bearer);
        let mut admission = self.admission(chat, join.side).await;
        let place = admission.place();
        let request = Request {
            command_id: match &command {
                Command::Claim { support, .. } => Some(match &join.client_id {
                    Some(id) => command_id::repeatable_claim(id),
                    None => command_id::claim(*support),
                }),
                _ => None,
            },
            arrives: Some((&place, self.visit.socket)),
            known: self
                .membership()
                .and_then(Membership::held)
                .map_or(Known::Nothing, Known::Held),
            ..Request::new(chat, actor, command)
        };
        let asked = match self.handler.handle(request).await {
            Ok(Handled::Done { recorded, .. }) => Ok(recorded),
            Ok(Handled::Repeat { seq }) => self.come_in_again(chat, join, agent, seq).await,
            Err(failure) => Err(failure),
        };
        match &asked {
            Ok(_) => admission.grant(),
            Err(failure) => admission.fail(failure).await,
        }
        self.admission = Some(admission);
        asked
    }

    /// The socket's way in: the one that it has, or that it tried before.
    async fn admission(&mut self, chat: ChatId, side: Side) -> Admission {
        match self.admission.take() {
            Some(before) if before.is_in() => return before,
            Some(mut before) if before.side() == side => {
                before.ask_again();
                return before;
            }
            Some(other) => other.depart().await,
            None => {}
        }
        Admission::ask(self.roster(), &self.handler, chat, side, self.visit.socket)
    }

    /// Comes in by a claim that had won before, but whose answer was lost.
    async fn come_in_again(
        &self,
        chat: ChatId,
        join: &Join,
        agent: AgentId,
        seq: u64,
    ) -> Result<Vec<Recorded>, Failure> {
        let before = seq.saturating_sub(1);
        let loaded = self.handler.store().load(chat, before).await?;
        let first = loaded.and_then(|loaded| loaded.recorded.into_iter().next());
        let Some((claimed, support)) = first.and_then(|first| match &first.event {
            Event::Claimed { support, .. } => Some((first.clone(), *support)),
            _ => None,
        }) else {
            return Err(Failure::Refused(Refusal::Over));
        };
        let place = Place::Chat(chat, join.side);
        let command = Command::Return {
            visitor: join.visitor,
            support,
        };
        let request = Request {
            arrives: Some((&place, self.visit.socket)),
            ..Request::new(chat, Actor::Agent(agent), command)
        };
        self.handler.handle(request).await?;
        Ok(vec![claimed])
    }

    /// What the Join asks for.
    pub(super) fn ask(&self, join: &Join, bearer: Bearer) -> (Actor, Command) {
        let Bearer { agent, rank } = bearer;
        let seated = match &self.stage {
            Stage::Seated(seat) => seat.support,
            _ => None,
        };
        let visitor = join.visitor;
        match (join.side, join.support.or(seated), &join.support_name) {
            (Side::Support, Some(support), _) => {
                (Actor::Agent(agent), Command::Return { visitor, support })
            }
            (Side::Support, None, Some(name)) => (
                Actor::Agent(agent),
                Command::Claim {
                    visitor,
                    support: self.claim,
                    name: name.clone(),
                    rank,
                },
            ),
            (_, support, _) => (
                Actor::Visitor(visitor),
                Command::Enter {
                    email: join.email.clone(),
                    support: support.filter(|_| join.side == Side::Visitor),
                },
            ),
        }
    }

    /// Takes the seat and tells what is there.
    async fn sit_down(
        &mut self,
        chat: ChatId,
        join: &Join,
        bearer: Bearer,
        recorded: Vec<Recorded>,
        newest: Option<NonZeroUsize>,
    ) -> Reply {
        let follows_request = join.queue && join.side == Side::Visitor;
        let mut seat = Seat {
            side: join.side,
            visitor: join.visitor,
            support: None,
            follows_request,
            keep_alive: join.keep_alive.unwrap_or(follows_request),
            after: 0,
        };
        let reader = seat.reader(self.visit.level);
        // From here on everything is heard; what comes before the log is read is in the log.
        if let Some(membership) = self.membership() {
            membership.seat(Reader::Typed(reader), seat.follows_request);
            if seat.keep_alive && seat.side == Side::Visitor {
                membership.keep_alive();
            }
        }
        let loaded = match self.handler.store().load(chat, 0).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return self.expired(),
            Err(error) => {
                self.not_seated().await;
                return self.store_failed(error);
            }
        };
        let Some(state) = loaded.chat(chat).filter(|state| !state.is_over()) else {
            self.not_seated().await;
            return self.too_late(chat, join, bearer).await;
        };
        if join.side == Side::Support {
            seat.support = state.support.as_ref().map(|support| support.id);
        }
        seat.after = loaded.head.seq;
        self.stage = Stage::Seated(seat);
        let idle_timeout = self.handler.policy().idle_timeout;
        let scene = Scene {
            id: state.id,
            chat: Some(&state),
            epoch: &loaded.head.epoch,
            idle_timeout,
        };
        let frames = found(scene, &loaded, join, &recorded, reader, newest);
        if let (Some(membership), Some(last)) = (self.membership(), loaded.recorded.last()) {
            let held = Held {
                head: loaded.head.clone(),
                chat: Some(Arc::new(state)),
            };
            membership.take_place(&held, last.into());
        }
        info!(%chat, side = ?join.side, "joined");
        Reply::frames(frames)
    }

    /// The Join was accepted, but what is there cannot be told: unless it had a seat before, it is outside again.
    async fn not_seated(&mut self) {
        if matches!(self.stage, Stage::Seated(_)) {
            return;
        }
        if let Some(membership) = self.membership() {
            membership.give_up_place();
        }
        if let Some(admission) = self.admission.take() {
            admission.depart().await;
        }
    }
}

/// What whoever joins is told: its `Joined`, if there is one, and the history, if there is any or it is a
/// re-join (contract 001, section 2.1).
fn found(
    scene: Scene<'_>,
    loaded: &Loaded,
    join: &Join,
    recorded: &[Recorded],
    reader: typed::Reader,
    newest: Option<NonZeroUsize>,
) -> Vec<String> {
    let head = &loaded.head;
    let Some(state) = scene.chat else {
        return Vec::new();
    };
    let mut frames: Vec<String> = recorded
        .iter()
        .flat_map(|event| typed::event_frames(scene, event, reader))
        .collect();
    let rejoins = frames.is_empty() || (join.side == Side::Visitor && join.support.is_some());
    if rejoins || state.messages > 0 {
        let after = join.resume.as_ref().and_then(|resume| point(resume, head));
        let known = after.unwrap_or_default();
        let first = match (after, newest) {
            // Whoever resumes gets all that it does not have: a gap could not be told from the end.
            (None, Some(newest)) => first_of_newest(&loaded.recorded, newest),
            _ => loaded.recorded.partition_point(|event| event.seq <= known),
        };
        let resumed = Resumed {
            epoch: &head.epoch,
            last_seq: head.seq,
            partial: after.is_some(),
            more: false,
            seen: loaded.seen,
            idle_timeout: scene.idle_timeout,
            expires_in: loaded.ttl,
        };
        let recorded = &loaded.recorded[first..];
        match join.pages {
            true => frames.extend(typed::history_in_pages(state, recorded, &resumed, reader)),
            false => frames.push(typed::history(state, recorded, &resumed, reader)),
        }
    }
    frames
}

/// Where the newest messages begin.
fn first_of_newest(recorded: &[Recorded], newest: NonZeroUsize) -> usize {
    let is_message = |(_, event): &(usize, &Recorded)| matches!(event.event, Event::Said(_));
    let messages = recorded.iter().enumerate().rev().filter(is_message);
    let first = messages.map(|(index, _)| index).nth(newest.get() - 1);
    first.unwrap_or_default()
}

/// From where a client can be told only what it does not have, if it can.
pub(super) fn point(resume: &Resume, head: &Head) -> Option<u64> {
    (*resume.epoch == *head.epoch && resume.after <= head.seq).then_some(resume.after)
}
