//! One agent's feed socket: what each frame means.

use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{ChatId, VisitorId},
    refusal::Refusal,
};
use helpline_live::presence::Arrival;
use helpline_protocol::{
    close::{Close, WireError},
    joins::{self, AgentFrame},
    typed::Level,
};
use helpline_service::{
    access::MessageRate,
    application::Commons,
    door::Visit,
    faults::Faults,
    handler::{Failure, Handler, Request},
    keeper::{review, review_one},
    presence::Departure,
    socket::{Reply, Session},
    wire::Frame,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::{agent::Agent, board::Board};

/// One agent's feed socket.
pub(crate) struct FeedSession {
    commons: Commons,
    handler: Handler,
    board: Board,
    visit: Visit,
    agent: Agent,
    /// Where the board puts what changes; the board's once the socket is open.
    outbox: Option<mpsc::Sender<Frame>>,
    faults: Faults,
    rate: MessageRate,
}

impl FeedSession {
    /// A session for a socket that has just been opened.
    pub(crate) fn open(
        commons: &Commons,
        handler: &Handler,
        board: &Board,
        visit: Visit,
        agent: Agent,
    ) -> (Self, mpsc::Receiver<Frame>) {
        let (outbox, inbox) = board.outbox();
        let settings = &commons.settings;
        let session = Self {
            commons: commons.clone(),
            handler: handler.clone(),
            board: board.clone(),
            faults: Faults::new(settings.sockets.error_window),
            rate: visit.message_rate(commons),
            visit,
            agent,
            outbox: Some(outbox),
        };
        (session, inbox)
    }

    /// Tells the client what is wrong; a client that cannot speak is shown the door.
    fn error(&mut self, error: WireError) -> Reply {
        self.faults.answer(error, &self.commons.metrics)
    }

    async fn take(&mut self, frame: AgentFrame) -> Reply {
        let (visitor, command) = match frame {
            AgentFrame::Accept(visitor) => (visitor, Command::Reserve),
            AgentFrame::Decline(visitor) => (visitor, Command::Decline),
            AgentFrame::Available(available) => return self.set_available(available).await,
        };
        let declines = command == Command::Decline;
        match self.give(visitor, command).await {
            Ok(Some(chat)) => {
                if declines && let Ok(online) = self.handler.store().agents().await {
                    review_one(&self.handler, chat, online).await;
                }
                Reply::nothing()
            }
            Ok(None) | Err(Failure::Refused(Refusal::Over)) => self.error(WireError::NotFound),
            Err(Failure::Refused(refusal)) => self.error(refusal.into()),
            Err(Failure::Store(_)) => self.error(WireError::Unavailable),
        }
    }

    /// An agent who is away still sees the queue, but nobody counts on it. Whoever says so wants to know how many
    /// there are.
    async fn set_available(&mut self, available: bool) -> Reply {
        self.board.count_agents_for(self.visit.socket);
        self.is_here(Some(available)).await;
        if !available && let Err(reason) = review(&self.handler).await {
            debug!(%reason, "requests were not reviewed after an agent went away");
        }
        Reply::nothing()
    }

    /// The agent is here, by this socket.
    async fn is_here(&self, available: Option<bool>) {
        let arrival = Arrival::Staff {
            profile: self.agent.profile.clone(),
            available,
        };
        let (roster, store) = (&self.commons.roster, self.handler.store());
        roster.arrive(store, self.visit.socket, arrival).await;
    }

    /// Gives a command for the chat of a waiting visitor; says which chat that was, if there was any.
    async fn give(&self, visitor: VisitorId, command: Command) -> Result<Option<ChatId>, Failure> {
        let found = self.board.chat_of(visitor).await;
        let Some(chat) = found.map_err(|error| Failure::Store(error.into()))? else {
            return Ok(None);
        };
        let actor = Actor::Agent(self.agent.profile.id.clone());
        self.handler
            .handle(Request::new(chat, actor, command))
            .await?;
        Ok(Some(chat))
    }
}

impl Session for FeedSession {
    type Delivery = Frame;

    async fn opened(&mut self) -> Reply {
        // A client that can say whether it takes requests will: until then its agent is as it was, so that whoever is
        // away and comes back by another socket stays away.
        let takes_requests = (self.visit.level == Level::Plain).then_some(true);
        self.is_here(takes_requests).await;
        let Some(outbox) = self.outbox.take() else {
            return Reply::nothing();
        };
        let (socket, agent) = (self.visit.socket, self.agent.profile.id.clone());
        let seen = self.board.watch(socket, agent, self.visit.level, outbox);
        Reply {
            frames: seen.await,
            close: None,
        }
    }

    async fn text(&mut self, text: &str) -> Reply {
        let frame = match joins::decode(text, self.visit.level) {
            Ok(frame) => frame,
            Err(error) => return self.error(error),
        };
        if !self.rate.allow() {
            return self.error(WireError::SlowDown);
        }
        self.take(frame).await
    }

    fn binary(&mut self) -> Reply {
        self.error(WireError::Malformed)
    }

    fn deliver(&mut self, frame: Frame) -> Reply {
        Reply::frame(frame)
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
        self.error(WireError::Unauthorized)
            .and_close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        Close::Silent
    }

    fn too_slow(&mut self) {
        self.commons.metrics.slow_readers.inc();
    }

    async fn closed(&mut self, departure: Departure) {
        self.board.unwatch(self.visit.socket);
        let grace = departure.grace(&self.commons.settings.presence);
        let (roster, socket) = (&self.commons.roster, self.visit.socket);
        roster.leave(&self.handler, socket, grace).await;
    }
}
