//! One chat socket: what each frame means, what each event looks like (contract 001, sections 2, 3 and 5).
//!
//! Stages: at the door (nothing accepted yet), then seated. A seat binds the socket to one side of one chat;
//! every later frame is checked against it by the desk.

mod farewell;
mod join;
mod missed;
mod seated;

use std::sync::Arc;

use helpline_desk::{
    actor::Side,
    id::{ChatId, SupportId, VisitorId},
};
use helpline_protocol::{
    close::{Close, WireError},
    typed::{self, ClientFrame},
};
use helpline_service::{
    access::{Binding, JoinRate, MessageRate},
    admission::Admission,
    application::Commons,
    door::Visit,
    faults::Faults,
    handler::Handler,
    hub::{Delivery, Hub, Inbox, Membership},
    metrics::Metrics,
    presence::{Departure, Roster},
    socket::{Reply, Session},
    wire::Frame,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::people::Stored;

/// How many Joins of one socket may come at once: a client that is refused, or that was told to come back, tries again.
const JOINS: u32 = 5;

/// One chat socket.
pub(crate) struct ChatSession {
    commons: Commons,
    handler: Handler,
    /// Settings that people change, if this deployment keeps records.
    stored: Option<Stored>,
    visit: Visit,
    /// The chat as the address names it, which may be no id at all.
    address: String,
    place: Place,
    /// How it came into the chat, or tried to.
    admission: Option<Admission>,
    stage: Stage,
    /// The agent's part that this socket's claim would make. One for the socket's life, so that a claim that is
    /// repeated after a lost answer is the same claim.
    claim: SupportId,
    faults: Faults,
    /// How fast it may say something.
    messages: MessageRate,
    /// How fast it may do anything else.
    others: MessageRate,
    /// How often it may come in.
    joins: JoinRate,
    /// When it last passed on that somebody is writing.
    typed_at: Option<Instant>,
    /// When such a sign last started the chat's time anew.
    kept_alive_at: Option<Instant>,
    /// When the token that let it in runs out.
    token_ends: Option<Instant>,
    /// Ties the socket to that token.
    binding: Option<Binding>,
}

/// Where the address leads.
enum Place {
    /// To a chat, if it exists.
    Chat(ChatId, Membership),
    /// To none: it is no id. The sender keeps the inbox open, in which nothing will ever be.
    Nowhere { _inbox: mpsc::Sender<Arc<Delivery>> },
    /// The socket is closed.
    Left,
}

enum Stage {
    /// Nothing has come yet; a Join has to, by then.
    New { join_by: Instant },
    /// A Join has come and was refused.
    Refused,
    /// A Join was accepted.
    Seated(Seat),
}

/// The side and the part that a socket has in the chat.
struct Seat {
    side: Side,
    visitor: VisitorId,
    support: Option<SupportId>,
    /// Whether it is told how its request fares.
    follows_request: bool,
    /// Whether whoever has the socket open is not silent.
    keep_alive: bool,
    /// The last event that the client has.
    after: u64,
}

impl ChatSession {
    /// A session for a socket that has just been opened.
    pub(crate) fn open(
        commons: &Commons,
        handler: &Handler,
        hub: &Hub,
        stored: Option<Stored>,
        address: String,
        visit: Visit,
    ) -> (Self, Inbox) {
        let (place, inbox) = match ChatId::parse(&address) {
            Some(chat) => {
                let (membership, inbox) = hub.enter(chat, visit.socket);
                (Place::Chat(chat, membership), inbox)
            }
            None => {
                let (sender, inbox) = mpsc::channel(1);
                (Place::Nowhere { _inbox: sender }, inbox)
            }
        };
        let settings = &commons.settings;
        let session = Self {
            commons: commons.clone(),
            handler: handler.clone(),
            stored,
            messages: visit.message_rate(commons),
            visit,
            address,
            place,
            admission: None,
            stage: Stage::New {
                join_by: Instant::now() + settings.chat.join_timeout,
            },
            claim: SupportId::from_bits(rand::random()),
            faults: Faults::new(settings.sockets.error_window),
            others: MessageRate::of_others(),
            joins: JoinRate::with_burst(JOINS),
            typed_at: None,
            kept_alive_at: None,
            token_ends: None,
            binding: None,
        };
        (session, inbox)
    }

    fn chat(&self) -> Option<ChatId> {
        match &self.place {
            Place::Chat(chat, _) => Some(*chat),
            Place::Nowhere { .. } | Place::Left => None,
        }
    }

    fn membership(&self) -> Option<&Membership> {
        match &self.place {
            Place::Chat(_, membership) => Some(membership),
            Place::Nowhere { .. } | Place::Left => None,
        }
    }

    fn metrics(&self) -> &Metrics {
        &self.commons.metrics
    }

    fn roster(&self) -> &Roster {
        &self.commons.roster
    }

    /// Tells the client what is wrong; a client that cannot speak is shown the door.
    fn error(&mut self, error: WireError) -> Reply {
        self.faults.answer(error, &self.commons.metrics)
    }

    /// The chat is over, or was never there.
    fn expired(&self) -> Reply {
        Reply::frame(typed::chat_expired(&self.address)).and_close(Close::Over)
    }

    async fn frame(&mut self, frame: ClientFrame) -> Reply {
        if let ClientFrame::Join(join) = frame {
            return self.join(join).await;
        }
        match &self.stage {
            Stage::New { .. } => self.error(WireError::NotJoined).and_close(Close::Rule),
            Stage::Refused => self.error(WireError::NotJoined),
            Stage::Seated(_) => match frame {
                ClientFrame::Message(message) => self.say(message).await,
                ClientFrame::Leave => self.leave().await,
                ClientFrame::Typing { on } => self.typing(on).await,
                ClientFrame::Seen { seq } => self.seen(seq).await,
                ClientFrame::KeepAlive => self.keep_alive().await,
                ClientFrame::Life => self.life().await,
                ClientFrame::Release => self.release().await,
                ClientFrame::Join(_) => Reply::nothing(),
            },
        }
    }
}

impl Session for ChatSession {
    type Delivery = Arc<Delivery>;

    async fn opened(&mut self) -> Reply {
        Reply::nothing()
    }

    async fn text(&mut self, text: &str) -> Reply {
        let frame = match typed::decode(text, self.visit.level) {
            Ok(frame) => frame,
            Err(error) => return self.error(error),
        };
        let in_time = match frame {
            ClientFrame::Message(_) => self.messages.allow(),
            // Signs of typing have a limit of their own, and are dropped without a word.
            ClientFrame::Typing { .. } => true,
            // Whoever was told to slow down may still come back and leave.
            ClientFrame::Join(_) => self.joins.allow() && self.messages.address_allows(),
            ClientFrame::Leave
            | ClientFrame::Seen { .. }
            | ClientFrame::KeepAlive
            | ClientFrame::Release
            | ClientFrame::Life => self.others.allow(),
        };
        if !in_time {
            return self.error(WireError::SlowDown);
        }
        let joins = matches!(frame, ClientFrame::Join(_));
        let reply = self.frame(frame).await;
        if joins {
            // Whoever reads a long chat again and again costs as much as whoever writes one.
            self.messages
                .charge(reply.frames.iter().map(Frame::length).sum());
        }
        reply
    }

    fn binary(&mut self) -> Reply {
        self.error(WireError::Malformed)
    }

    fn deliver(&mut self, delivery: Arc<Delivery>) -> Reply {
        match (&mut self.stage, delivery.stands) {
            (Stage::Seated(seat), Some(stands)) => {
                if stands.seq <= seat.after && !delivery.resets {
                    return Reply::nothing();
                }
                seat.after = stands.seq;
            }
            (Stage::Seated(_), None) => {}
            // Somebody at the door hears of the end, and of nothing else.
            _ if delivery.close.is_none() => return Reply::nothing(),
            _ => {}
        }
        Reply {
            frames: delivery.frames.clone(),
            close: delivery.close,
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.stage {
            Stage::New { join_by } => Some(*join_by),
            Stage::Refused => None,
            Stage::Seated(_) => self.token_ends,
        }
    }

    fn due(&mut self) -> Reply {
        match &self.stage {
            Stage::New { .. } => self.error(WireError::JoinTimeout).and_close(Close::Rule),
            Stage::Refused | Stage::Seated(_) => self.end(),
        }
    }

    fn ended(&self) -> CancellationToken {
        self.visit.ended.clone()
    }

    fn end(&mut self) -> Reply {
        self.error(WireError::Unauthorized)
            .and_close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        // Its pings are not answered: the line is dead, the chat is not.
        Close::Later
    }

    fn too_slow(&mut self) {
        self.metrics().slow_readers.inc();
    }

    async fn closed(&mut self, _: Departure) {
        self.place = Place::Left;
        if let Some(admission) = self.admission.take() {
            admission.depart().await;
        }
    }
}
