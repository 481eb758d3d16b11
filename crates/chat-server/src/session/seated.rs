//! What a seated socket may do: say something, end the chat, show signs.

use std::time::Duration;

use helpline_desk::{
    actor::{Actor, Side},
    audience::Audience,
    chat::Chat,
    command::{Command, Say},
    id::{ChatId, MessageId},
    refusal::Refusal,
};
use helpline_live::{
    command_id,
    store::{Head, Marked, StoreError},
};
use helpline_protocol::{
    bus::Passing,
    close::{Close, WireError},
    typed::{self, Message, Reader, Scene},
};
use helpline_service::{
    handler::{Failure, Handled, Known, Request},
    hub::Reader as HubReader,
    socket::Reply,
};
use tokio::time::Instant;
use tracing::{info, warn};

use super::{
    ChatSession, Place, Seat, Stage,
    missed::{leavers, together, told_of},
};

/// Signs of typing are passed on at most once in so long.
const TYPING_EVERY: Duration = Duration::from_secs(1);
/// So long at most passes between two signs of typing that start the chat's time anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl ChatSession {
    pub(super) async fn say(&mut self, message: Message) -> Reply {
        let side = message.from;
        let command_id = message.client_id.as_ref();
        let command_id = command_id.map(|id| command_id::message(side, id));
        let say = Command::Say(Say {
            id: MessageId::from_bits(rand::random()),
            from: side,
            visitor: message.visitor,
            support: message.support,
            content: message.content,
            raw: None,
            client_id: message.client_id,
        });
        match self.command(say, command_id).await {
            Ok(Handled::Done { .. }) => {
                self.metrics().messages_in.inc();
                // The echo comes with the feed, in its place among all others'.
                Reply::nothing()
            }
            Ok(Handled::Repeat { seq }) => self.say_again(seq).await,
            Err(reply) => reply,
        }
    }

    /// Answers a repeated message with the first one. If that is behind something that the client does not have yet, it
    /// comes in its place, after all of that.
    async fn say_again(&mut self, seq: u64) -> Reply {
        match &self.stage {
            Stage::Seated(seat) if seat.after < seq => return self.read_on().await,
            Stage::Seated(_) => {}
            _ => return Reply::nothing(),
        }
        let (Some(chat), Some(reader)) = (self.chat(), self.reader()) else {
            return Reply::nothing();
        };
        let first = match self.handler.store().event(chat, seq).await {
            Ok(Some(first)) => first,
            Ok(None) => return Reply::nothing(),
            Err(error) => return self.store_failed(error),
        };
        let held = self.membership().and_then(|membership| membership.held());
        let Some(held) = held else {
            return Reply::nothing();
        };
        let scene = self.scene(chat, held.chat.as_deref(), &held.head);
        Reply::frames(typed::event_frames(scene, &first, reader))
    }

    pub(super) async fn leave(&mut self) -> Reply {
        let (recorded, held) = match self.command(Command::Leave, None).await {
            Ok(Handled::Done { held, recorded }) => (recorded, held),
            // Somebody else's end was faster.
            Ok(Handled::Repeat { .. }) => return self.over().await,
            Err(reply) => return reply,
        };
        let (Some(chat), Some(reader), Stage::Seated(seat)) =
            (self.chat(), self.reader(), &self.stage)
        else {
            return self.expired();
        };
        info!(%chat, "ended");
        let side = seat.side;
        let mut reply = match self.missed().await {
            Ok(Some(mut missed)) => match missed.pop() {
                // The end is the last of what it has not been told.
                Some(end) => {
                    let mut reply = together(missed);
                    reply.frames.extend(leavers(side, end).frames);
                    reply
                }
                None => Reply::nothing(),
            },
            Ok(None) => {
                let scene = self.scene(chat, held.chat.as_deref(), &held.head);
                let told = recorded.iter();
                let told = told.map(|event| told_of(HubReader::Typed(reader).event(scene, event)));
                together(told.map(|reply| leavers(side, reply)))
            }
            // It is over, and the room tells that in its place.
            Err(_) => return Reply::nothing(),
        };
        reply.close.get_or_insert(Close::Over);
        reply
    }

    pub(super) async fn typing(&mut self, on: bool) -> Reply {
        let now = Instant::now();
        let too_soon = self.typed_at.is_some_and(|at| now - at < TYPING_EVERY);
        let (Some(chat), Stage::Seated(seat)) = (self.chat(), &self.stage) else {
            return Reply::nothing();
        };
        if too_soon {
            return Reply::nothing();
        }
        let passing = Passing::Typing {
            side: seat.side,
            on,
            origin: self.visit.socket,
        };
        let is_activity = on && seat.keep_alive;
        self.typed_at = Some(now);
        // A sign that is lost is a sign that is lost.
        let _ = self.handler.store().pass_on(chat, &passing).await;
        if is_activity && self.may_keep_alive(now) {
            // So is this one: the next comes in a moment, or a message does.
            let _ = self.command(Command::KeepAlive, None).await;
        }
        Reply::nothing()
    }

    /// Whoever writes says so every second or two: the chat's time starts anew a few times in its length.
    fn may_keep_alive(&mut self, now: Instant) -> bool {
        let pause = (self.handler.policy().idle_timeout / 10).min(LONGEST_PAUSE);
        let due = self.kept_alive_at.is_none_or(|at| now - at >= pause);
        if due {
            self.kept_alive_at = Some(now);
        }
        due
    }

    /// The client says that somebody is still here.
    pub(super) async fn keep_alive(&mut self) -> Reply {
        match self.command(Command::KeepAlive, None).await {
            Ok(_) => self.life().await,
            Err(reply) => reply,
        }
    }

    /// The agent gives the chat back; what becomes of its sockets comes with the feed.
    pub(super) async fn release(&mut self) -> Reply {
        match self.command(Command::Release, None).await {
            Ok(_) => Reply::nothing(),
            Err(reply) => reply,
        }
    }

    /// Says how long the chat lives if nothing happens.
    pub(super) async fn life(&mut self) -> Reply {
        let Some(chat) = self.chat() else {
            return self.expired();
        };
        let left = match self.handler.store().load(chat, u64::MAX).await {
            Ok(Some(loaded)) => loaded.ttl,
            Ok(None) => return self.expired(),
            Err(error) => return self.store_failed(error),
        };
        let held = self.membership().and_then(|membership| membership.held());
        let chat = held.and_then(|held| held.chat);
        let kept = chat.is_some_and(|chat| chat.kept);
        let idle_timeout = self.handler.policy().idle_timeout;
        Reply::frame(typed::life_left(kept, left, idle_timeout))
    }

    pub(super) async fn seen(&mut self, seq: u64) -> Reply {
        let (Some(chat), Stage::Seated(seat)) = (self.chat(), &self.stage) else {
            return Reply::nothing();
        };
        match self.handler.store().mark_seen(chat, seat.side, seq).await {
            Ok(Marked::Raised | Marked::Old) => Reply::nothing(),
            Ok(Marked::Beyond) => self.error(WireError::InvalidField("seq")),
            Ok(Marked::Gone) => self.over().await,
            Err(error) => self.store_failed(error.into()),
        }
    }

    /// Gives a command in this seat's name, on the state that this process holds.
    async fn command(
        &mut self,
        command: Command,
        command_id: Option<String>,
    ) -> Result<Handled, Reply> {
        let (Place::Chat(chat, membership), Stage::Seated(seat)) = (&self.place, &self.stage)
        else {
            return Err(Reply::nothing());
        };
        let known = membership.held().map_or(Known::Nothing, Known::Held);
        let request = Request {
            known,
            command_id,
            ..Request::new(*chat, seat.actor(), command)
        };
        let handled = self.handler.handle(request).await;
        if let Ok(Handled::Done { held, .. }) = &handled {
            membership.advance(held);
        }
        match handled {
            Ok(handled) => Ok(handled),
            Err(failure) => Err(self.failed(failure).await),
        }
    }

    /// What the client is told of a command that failed.
    pub(super) async fn failed(&mut self, failure: Failure) -> Reply {
        match failure {
            Failure::Refused(Refusal::Over) => self.over().await,
            Failure::Refused(refusal) => self.error(refusal.into()),
            Failure::Store(error) => self.store_failed(error),
        }
    }

    pub(super) fn store_failed(&mut self, error: StoreError) -> Reply {
        match error {
            StoreError::Unavailable(_) => self.error(WireError::Unavailable),
            StoreError::Unreadable => {
                warn!(chat = %self.address, "written by a newer release: the socket is sent elsewhere");
                Reply::close(Close::Restart)
            }
        }
    }

    pub(super) fn scene<'a>(
        &self,
        id: ChatId,
        chat: Option<&'a Chat>,
        head: &'a Head,
    ) -> Scene<'a> {
        Scene {
            id,
            chat,
            epoch: &head.epoch,
            idle_timeout: self.handler.policy().idle_timeout,
        }
    }

    /// How this seat reads.
    pub(super) fn reader(&self) -> Option<Reader> {
        match &self.stage {
            Stage::Seated(seat) => Some(seat.reader(self.visit.level)),
            _ => None,
        }
    }
}

impl Seat {
    pub(super) fn actor(&self) -> Actor {
        match (self.side, self.support) {
            (Side::Support, Some(support)) => Actor::Support(support),
            _ => Actor::Visitor(self.visitor),
        }
    }

    pub(super) fn reader(&self, level: typed::Level) -> Reader {
        Reader {
            audience: Audience::Seat(self.side),
            level,
            follows_request: self.follows_request,
        }
    }
}
