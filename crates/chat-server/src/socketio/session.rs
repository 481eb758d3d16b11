//! One Socket.IO socket: what each packet means, what each event becomes (contract 004).

use std::time::Duration;

use helpline_protocol::{
    close::Close,
    socketio::{
        ClientEvent, Fault, decode,
        engine::Revision,
        packet::{self, Event, Packet},
    },
};
use helpline_service::{
    access::{Binding, MessageRate},
    application::Commons,
    faults::Faults,
    floor::Watch,
    handler::Handler,
    presence::Departure,
    socket::{Reply, Session},
    wire::Frame,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{engine::Opening, house::House, identity::User, operations::Operations};

/// How long a client of revision 4 may take to ask to come in.
const CONNECT: Duration = Duration::from_secs(45);

/// What a socket stands on: until when, and what ends it before.
pub(super) struct Standing {
    /// How long its token is good.
    pub(super) remaining: Duration,
    /// Ties the socket to the token.
    pub(super) _binding: Binding,
    /// Says that the token has ended before its time.
    pub(super) ended: CancellationToken,
}

/// One socket.
pub(crate) struct SocketIoSession {
    commons: Commons,
    handler: Handler,
    house: House,
    operations: Operations,
    user: User,
    /// Names the socket in this deployment.
    socket: u64,
    revision: Revision,
    sid: String,
    place: Place,
    /// Whether it was sent away, and is to come back.
    is_sent_away: bool,
    /// When its token runs out.
    until: Instant,
    standing: Standing,
    faults: Faults,
    /// How many messages of bytes are still to come that belong to an event which was answered already.
    attachments: usize,
    /// How fast it may say something.
    messages: MessageRate,
    /// How fast it may do anything else.
    others: MessageRate,
}

impl SocketIoSession {
    /// A session for a client that was let in.
    pub(super) fn open(
        house: &House,
        handler: &Handler,
        user: User,
        socket: u64,
        messages: MessageRate,
        standing: Standing,
        (revision, sid): (Revision, &str),
    ) -> Opening<Self> {
        let commons = house.commons();
        let settings = &commons.settings;
        let (outbox, inbox) = mpsc::channel(settings.sockets.outbox);
        let now = Instant::now();
        let session = Self {
            commons: commons.clone(),
            handler: handler.clone(),
            house: house.clone(),
            operations: Operations::new(handler.clone(), settings.chat.max_content_bytes),
            user,
            socket,
            revision,
            sid: sid.to_owned(),
            place: Place::Outside {
                until: now + CONNECT,
                outbox,
            },
            is_sent_away: false,
            until: now + standing.remaining,
            standing,
            faults: Faults::new(settings.sockets.error_window),
            attachments: 0,
            messages,
            others: MessageRate::of_others(),
        };
        (session, inbox)
    }

    /// The client comes in: it is online from now on, and hears what there is to hear.
    async fn come_in(&mut self) -> Reply {
        let Place::Outside { outbox, .. } = &self.place else {
            return Reply::nothing();
        };
        let seat = self.user.seat(outbox.clone());
        let Ok(watch) = self.house.watch().await else {
            self.is_sent_away = true;
            return Reply::close(Close::Later);
        };
        let (roster, store) = (&self.commons.roster, self.handler.store());
        roster.arrive(store, self.socket, self.user.arrival()).await;
        self.house.enter(self.socket, seat);
        // The only way to it is the house's now: when that is gone, something was missed.
        self.place = Place::Inside(watch);
        Reply::frame(packet::connected(self.revision, &self.sid))
    }

    /// Something that cannot be read. A client that cannot speak is shown the door.
    fn malformed(&mut self) -> Reply {
        self.commons.metrics.error("malformed");
        if !self.faults.is_one_too_many() {
            return Reply::nothing();
        }
        self.commons.metrics.error("too_many_errors");
        Reply::close(Close::Rule)
    }

    /// Does what an event asks for; says what became of it if the client wants to hear of it.
    async fn event(&mut self, event: Event) -> Reply {
        let done = match self.is_in_time(&event.name) {
            true => match decode(self.user.side(), &event) {
                Ok(asked) => self.do_it(asked).await,
                Err(fault) => Err(fault),
            },
            false => Err(Fault::SlowDown),
        };
        if let Err(fault) = &done {
            self.commons.metrics.error(fault.code());
        }
        match event.ack {
            Some(id) => Reply::frame(packet::write_ack(id, done.as_ref().copied())),
            None => Reply::nothing(),
        }
    }

    fn is_in_time(&self, event: &str) -> bool {
        match event {
            "visitor_first_msg" | "visitor_msg" | "visitor_msg_unclaimed" | "staff_msg" => {
                self.messages.allow()
            }
            _ => self.others.allow(),
        }
    }

    async fn do_it(&mut self, asked: ClientEvent) -> Result<(), Fault> {
        let operations = &mut self.operations;
        let says = matches!(
            asked,
            ClientEvent::FirstMessage(_)
                | ClientEvent::Message(_)
                | ClientEvent::StaffMessage { .. }
        );
        match (&self.user, asked) {
            (User::Visitor { visitor, shape }, ClientEvent::FirstMessage(content)) => {
                operations.ask(*visitor, shape, &content).await
            }
            (User::Visitor { visitor, .. }, ClientEvent::Message(content)) => {
                operations.visitor_says(*visitor, &content).await
            }
            (User::Visitor { visitor, .. }, ClientEvent::VisitorLeave) => {
                operations.visitor_leaves(*visitor).await
            }
            (User::Staff { staff, .. }, ClientEvent::Join { room }) => {
                operations.join(staff, room).await
            }
            (User::Staff { staff, .. }, ClientEvent::StaffMessage { room, content }) => {
                operations.staff_says(staff, room, &content).await
            }
            (User::Staff { staff, .. }, ClientEvent::StaffLeave { room }) => {
                operations.staff_leaves(staff, room).await
            }
            (User::Staff { staff, .. }, ClientEvent::TakeOver { room }) => {
                operations.take_over(staff, room).await
            }
            (User::Staff { staff, .. }, ClientEvent::ChangePriority { room, severity }) => {
                operations.flag(staff, room, severity).await
            }
            // Which side may send what was looked at when it was read.
            (User::Staff { .. }, _) => Err(Fault::VisitorsOnly),
            (User::Visitor { .. }, _) => Err(Fault::StaffOnly),
        }?;
        if says {
            self.commons.metrics.messages_in.inc();
        }
        Ok(())
    }
}

/// Where the client is.
enum Place {
    /// Not in yet.
    Outside {
        /// Until when it has to come in.
        until: Instant,
        /// The way to it.
        outbox: mpsc::Sender<Frame>,
    },
    /// In, and hears what happens.
    Inside(Watch),
    /// Gone.
    Left,
}

impl Session for SocketIoSession {
    type Delivery = Frame;

    async fn opened(&mut self) -> Reply {
        match self.revision {
            // It is in unasked.
            Revision::V3 => self.come_in().await,
            Revision::V4 => Reply::nothing(),
        }
    }

    async fn text(&mut self, text: &str) -> Reply {
        match Packet::read(text) {
            Ok(Packet::Connect { namespace }) if namespace == "/" => self.come_in().await,
            Ok(Packet::Connect { namespace }) => {
                Reply::frame(packet::no_namespace(self.revision, &namespace))
            }
            Ok(Packet::Disconnect) => Reply::close(Close::Over),
            Ok(Packet::Event(event)) if matches!(self.place, Place::Inside(_)) => {
                self.attachments = event.attachments;
                self.event(event).await
            }
            Ok(Packet::Ack) => Reply::nothing(),
            Ok(Packet::Event(_)) | Err(_) => self.malformed(),
        }
    }

    fn binary(&mut self) -> Reply {
        match self.attachments.checked_sub(1) {
            Some(fewer) => self.attachments = fewer,
            None => return self.malformed(),
        }
        Reply::nothing()
    }

    fn deliver(&mut self, frame: Frame) -> Reply {
        Reply::frame(frame)
    }

    fn deadline(&self) -> Option<Instant> {
        Some(match &self.place {
            Place::Outside { until, .. } => self.until.min(*until),
            Place::Inside(_) | Place::Left => self.until,
        })
    }

    fn due(&mut self) -> Reply {
        match self.until <= Instant::now() {
            true => self.end(),
            false => Reply::close(Close::Over),
        }
    }

    fn ended(&self) -> CancellationToken {
        self.standing.ended.clone()
    }

    fn end(&mut self) -> Reply {
        Reply::close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        // Its pings are not answered: the line is dead.
        Close::Later
    }

    fn too_slow(&mut self) {
        self.is_sent_away = true;
        self.commons.metrics.slow_readers.inc();
    }

    async fn closed(&mut self, departure: Departure) {
        let Place::Inside(watch) = std::mem::replace(&mut self.place, Place::Left) else {
            return;
        };
        self.house.leave(self.socket);
        drop(watch);
        let settings = &self.commons.settings;
        let grace = match departure {
            // It was not its own wish to go.
            _ if self.is_sent_away => settings.presence.restart_grace,
            Departure::Restart => settings.presence.restart_grace,
            Departure::Closed => settings.socketio.grace,
        };
        let roster = &self.commons.roster;
        roster.leave(&self.handler, self.socket, grace).await;
    }
}
