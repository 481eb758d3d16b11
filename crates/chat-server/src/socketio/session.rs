//! One Socket.IO socket: what each packet means, what each event becomes (contract 004).

use std::time::Duration;

use helpline_protocol::{
    close::Close,
    socketio::{
        ClientEvent, Content, Fault, decode,
        engine::Revision,
        packet::{self, Event, Packet},
    },
};
use helpline_service::{
    access::{Binding, MessageRate},
    application::Commons,
    faults::Faults,
    handler::Handler,
    presence::Departure,
    socket::{Reply, Session},
    wire::Frame,
};
use tokio::{sync::mpsc, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{engine::Opening, identity::User};

/// How long a client of revision 4 may take to ask to come in.
const CONNECT: Duration = Duration::from_secs(45);

/// One socket.
pub(crate) struct SocketIoSession {
    commons: Commons,
    #[allow(dead_code, reason = "commands come with the desk's rules for them")]
    handler: Handler,
    user: User,
    _outbox: mpsc::Sender<Frame>,
    revision: Revision,
    sid: String,
    /// Until when it has to be in; `None` once it is.
    connect_by: Option<Instant>,
    /// When its token runs out.
    until: Instant,
    ended: CancellationToken,
    /// Ties the socket to the token.
    _binding: Binding,
    faults: Faults,
    /// How fast it may say something.
    messages: MessageRate,
    /// How fast it may do anything else.
    others: MessageRate,
}

impl SocketIoSession {
    /// A session for a client that was let in.
    pub(super) fn open(
        commons: &Commons,
        handler: &Handler,
        user: User,
        (remaining, binding, ended): (Duration, Binding, CancellationToken),
        (revision, sid): (Revision, &str),
    ) -> Opening<Self> {
        let settings = &commons.settings;
        let (outbox, inbox) = mpsc::channel(settings.sockets.outbox);
        let now = Instant::now();
        let session = Self {
            commons: commons.clone(),
            handler: handler.clone(),
            user,
            _outbox: outbox,
            revision,
            sid: sid.to_owned(),
            connect_by: Some(now + CONNECT),
            until: now + remaining,
            ended,
            _binding: binding,
            faults: Faults::new(settings.sockets.error_window),
            messages: MessageRate::new(&settings.limits),
            others: MessageRate::of_others(),
        };
        (session, inbox)
    }

    /// The client comes in.
    async fn come_in(&mut self) -> Reply {
        if self.connect_by.take().is_none() {
            return Reply::nothing();
        }
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
            true => match decode(self.user.side(), &event.name, event.data.as_deref()) {
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
        if let ClientEvent::FirstMessage(content) = &asked {
            self.fits(content)?;
        }
        Err(Fault::Unavailable)
    }

    fn fits(&self, content: &Content) -> Result<(), Fault> {
        let most = self.commons.settings.chat.max_content_bytes;
        match content.as_str().len() <= most {
            true => Ok(()),
            false => Err(Fault::TooLong),
        }
    }
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
            Ok(Packet::Event(event)) if self.connect_by.is_none() => self.event(event).await,
            Ok(Packet::Ack) => Reply::nothing(),
            Ok(Packet::Event(_)) | Err(_) => self.malformed(),
        }
    }

    fn binary(&mut self) -> Reply {
        self.malformed()
    }

    fn deliver(&mut self, frame: Frame) -> Reply {
        Reply::frame(frame)
    }

    fn deadline(&self) -> Option<Instant> {
        Some(self.connect_by.map_or(self.until, |by| by.min(self.until)))
    }

    fn due(&mut self) -> Reply {
        match self.until <= Instant::now() {
            true => self.end(),
            false => Reply::close(Close::Over),
        }
    }

    fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    fn end(&mut self) -> Reply {
        Reply::close(Close::TokenRefused)
    }

    fn silent(&self) -> Close {
        // Its pings are not answered: the line is dead.
        Close::Later
    }

    fn too_slow(&mut self) {
        self.commons.metrics.slow_readers.inc();
    }

    async fn closed(&mut self, _: Departure) {}
}
