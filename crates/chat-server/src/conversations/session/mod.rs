//! One socket of conversations: what each frame means, what each event looks like (contract 002, section 5).
//!
//! A socket belongs to the bearer of the token it was opened with, and is in as many rooms as it has joined. What it
//! joined it hears; what may be done in a conversation the desk decides.

mod join;
mod seated;

use std::{collections::HashMap, sync::Arc};

use helpline_desk::{
    actor::Side,
    id::{AgentId, ChatId, SupportId, VisitorId},
    time::Timestamp,
};
use helpline_protocol::{
    close::Close,
    event::{self, ClientEvent, Fault},
};
use helpline_service::{
    access::{Binding, Claims, JoinRate, MessageRate, Role},
    admission::Admission,
    application::Commons,
    door::Visit,
    faults::Faults,
    hub::{Delivery, Hub, Inbox, Membership, Outbox},
    presence::Departure,
    socket::{Reply, Session},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::lookup::Conversations;

/// How many joins of one socket may come at once: as many as there are rooms that it may be in.
const JOINS: u32 = join::MAX_ROOMS as u32;
/// The same for rooms that it is in.
const JOINS_AGAIN: u32 = 5;

/// One socket of conversations.
pub(crate) struct ConversationSession {
    commons: Commons,
    conversations: Conversations,
    hub: Hub,
    visit: Visit,
    /// Whose socket it is; nobody's until the token was looked at.
    bearer: Option<Bearer>,
    outbox: Outbox,
    rooms: HashMap<ChatId, Seat>,
    faults: Faults,
    /// How fast it may say something.
    messages: MessageRate,
    /// How fast it may do anything else.
    others: MessageRate,
    /// How often it may come into a room.
    joins: JoinRate,
    /// How often it may come where it is already.
    joins_again: JoinRate,
}

/// Whose socket it is.
struct Bearer {
    claims: Claims,
    /// When the token runs out.
    until: Instant,
    /// Ties the socket to the token.
    _binding: Binding,
}

/// A seat in one room.
struct Seat {
    side: Side,
    /// The socket's number in this room.
    member: u64,
    visitor: VisitorId,
    /// The agent's part, on its side.
    support: Option<SupportId>,
    membership: Membership,
    /// How it came in.
    admission: Admission,
    /// When the last thing that the client knows of happened.
    after: Timestamp,
}

impl ConversationSession {
    /// A session for a socket that has just been opened.
    pub(crate) fn open(
        commons: &Commons,
        conversations: &Conversations,
        hub: &Hub,
        visit: Visit,
    ) -> (Self, Inbox) {
        let (outbox, inbox) = hub.outbox();
        let settings = &commons.settings;
        let session = Self {
            commons: commons.clone(),
            conversations: conversations.clone(),
            hub: hub.clone(),
            messages: visit.message_rate(commons),
            visit,
            bearer: None,
            outbox,
            rooms: HashMap::new(),
            faults: Faults::new(settings.sockets.error_window),
            others: MessageRate::of_others(),
            joins: JoinRate::with_burst(JOINS),
            joins_again: JoinRate::with_burst(JOINS_AGAIN),
        };
        (session, inbox)
    }

    /// Tells the client what is wrong; a client that cannot speak is shown the door.
    fn error(&mut self, fault: Fault) -> Reply {
        self.commons.metrics.error(fault.code());
        let reply = Reply::frame(event::error(fault));
        match fault.is_bad_frame() && self.faults.is_one_too_many() {
            true => reply.and_close(Close::Rule),
            false => reply,
        }
    }

    /// Who the bearer is in a conversation, by its role: an end user, an agent, or nobody.
    fn who(&self) -> Who {
        let Some(Bearer { claims, .. }) = &self.bearer else {
            return Who::Other;
        };
        match claims.role {
            Role::Candidate => VisitorId::parse(&claims.user_id).map_or(Who::Other, Who::Candidate),
            Role::Agent => Who::Agent(AgentId(claims.user_id.clone())),
            Role::Admin | Role::Supervisor | Role::Visitor => Who::Other,
        }
    }

    /// Takes the socket out of a room; tells the store.
    async fn go_out(&mut self, chat: ChatId) -> bool {
        let Some(seat) = self.rooms.remove(&chat) else {
            return false;
        };
        seat.depart().await;
        true
    }
}

impl Seat {
    /// Leaves the room, and tells the store.
    async fn depart(self) {
        drop(self.membership);
        self.admission.depart().await;
    }
}

/// Who somebody is in conversations.
enum Who {
    Candidate(VisitorId),
    Agent(AgentId),
    /// Looks after conversations, or has nothing to do with them.
    Other,
}

impl Session for ConversationSession {
    type Delivery = Arc<Delivery>;

    async fn opened(&mut self) -> Reply {
        let keys = self.commons.tokens().await;
        let token = self.visit.token.as_ref();
        let bearer = keys.zip(token).and_then(|(keys, token)| {
            let claims = keys.verify(token).ok()?;
            Some(Bearer {
                _binding: self.visit.bind(&self.commons, &claims).ok()?,
                until: Instant::now() + claims.remaining(),
                claims,
            })
        });
        if bearer.is_none() {
            return self.end();
        }
        self.bearer = bearer;
        Reply::nothing()
    }

    async fn text(&mut self, text: &str) -> Reply {
        let frame = match event::decode(text) {
            Ok(frame) => frame,
            Err(fault) => return self.error(fault),
        };
        let in_time = match frame {
            ClientEvent::Send { .. } => self.messages.allow(),
            ClientEvent::Join { conversation } if self.rooms.contains_key(&conversation) => {
                self.joins_again.allow()
            }
            ClientEvent::Join { .. } => self.joins.allow(),
            _ => self.others.allow(),
        };
        if !in_time {
            return self.error(Fault::SlowDown);
        }
        let done = match frame {
            ClientEvent::Join { conversation } => self.join(conversation).await,
            ClientEvent::Send {
                conversation,
                content,
            } => self.say(conversation, content).await,
            ClientEvent::Leave { conversation } => self.leave(conversation).await,
            ClientEvent::Close { conversation } => self.finish(conversation).await,
        };
        done.unwrap_or_else(|fault| self.error(fault))
    }

    fn binary(&mut self) -> Reply {
        self.error(Fault::Schema)
    }

    fn deliver(&mut self, delivery: Arc<Delivery>) -> Reply {
        if self.outbox.has_overflowed() {
            self.too_slow();
            return Reply::close(Close::Later);
        }
        // What a room had for a socket that has left it since is not for the socket any more.
        let Some(seat) = self.rooms.get_mut(&delivery.chat) else {
            return Reply::nothing();
        };
        if let Some(stands) = delivery.stands {
            if stands.at <= seat.after {
                return Reply::nothing();
            }
            seat.after = stands.at;
        }
        let out = matches!(delivery.close, Some(Close::Over | Close::GivenAway));
        let close = delivery.close.filter(|_| !out);
        if out {
            // The store is told that it is gone as soon as it can be.
            self.rooms.remove(&delivery.chat);
        }
        Reply {
            frames: delivery.frames.clone(),
            close,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.bearer.as_ref().map(|bearer| bearer.until)
    }

    fn due(&mut self) -> Reply {
        self.end()
    }

    fn ended(&self) -> CancellationToken {
        self.visit.ended.clone()
    }

    fn end(&mut self) -> Reply {
        self.error(Fault::Unauthorized)
            .and_close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        // Its pings are not answered: the line is dead, the conversations are not.
        Close::Later
    }

    fn too_slow(&mut self) {
        self.commons.metrics.slow_readers.inc();
    }

    async fn closed(&mut self, _: Departure) {
        let seats: Vec<Seat> = self.rooms.drain().map(|(_, seat)| seat).collect();
        for seat in seats {
            seat.depart().await;
        }
    }
}
