//! One loop per socket: frames in, events in, heartbeat, drain.
//!
//! The loop moves frames and keeps time; what a frame means is the [`Session`]'s business. It is generic over
//! the session and the wire, so it is tested by feeding it a stream.
//!
//! Promised: a frame is answered before the next is read; a client that does not read, does not answer pings,
//! or breaks a rule is closed with the code that says what to do; every write has a deadline.

use std::{ops::ControlFlow, time::Duration};

use bytestring::ByteString;
use futures_util::{Stream, StreamExt};
use helpline_protocol::close::Close;
use tokio::{
    sync::mpsc,
    task::coop::consume_budget,
    time::{Instant, sleep_until, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::{presence::Departure, settings::SocketSettings, wire::Frame};

/// How long a closed socket is still listened to for the client's own close.
const LINGER: Duration = Duration::from_secs(2);
/// And how many frames are listened to meanwhile.
const LINGERING: usize = 4096;
/// How long the close may take to find room: whoever reads slowly may still get to it.
const LAST_WORD: Duration = Duration::from_secs(5);
/// How many deliveries are written before the client is listened to again.
const AT_ONCE: usize = 32;

/// What comes from a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A text frame.
    Text(ByteString),
    /// A binary frame.
    Binary,
    /// A ping, to be answered.
    Ping(Vec<u8>),
    /// A pong.
    Pong,
    /// The client closes.
    Close,
    /// What came could not be read: the socket closes with this. Nothing comes after it.
    Broken(Close),
}

/// What goes to the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// These frames, in order.
    pub frames: Vec<Frame>,
    /// And then the end.
    pub close: Option<Close>,
}

impl Reply {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// One frame.
    pub fn frame(frame: impl Into<Frame>) -> Self {
        Self::frames([frame])
    }

    /// Several frames.
    pub fn frames(frames: impl IntoIterator<Item = impl Into<Frame>>) -> Self {
        Self {
            frames: frames.into_iter().map(Into::into).collect(),
            close: None,
        }
    }

    /// The end.
    pub fn close(close: Close) -> Self {
        Self::nothing().and_close(close)
    }

    /// The same, and then the end.
    pub fn and_close(mut self, close: Close) -> Self {
        self.close = Some(close);
        self
    }
}

/// What a socket is for: decides what each frame means and what each event looks like.
#[allow(async_fn_in_trait, reason = "sessions live on one thread")]
pub trait Session {
    /// What other parts of the process send to this socket.
    type Delivery;

    /// The socket is open.
    async fn opened(&mut self) -> Reply;
    /// A text frame came.
    async fn text(&mut self, text: &str) -> Reply;
    /// A binary frame came.
    fn binary(&mut self) -> Reply;
    /// Something for this socket came.
    fn deliver(&mut self, delivery: Self::Delivery) -> Reply;
    /// When [`Self::due`] is to be called, if at all.
    fn deadline(&self) -> Option<Instant>;
    /// The deadline has come.
    fn due(&mut self) -> Reply;
    /// Cancelled when whoever is behind the socket may not go on. Asked once, as the socket opens.
    fn ended(&self) -> CancellationToken;
    /// Whoever is behind the socket may not go on.
    fn end(&mut self) -> Reply;
    /// What a client that says nothing for too long is closed with.
    fn silent(&self) -> Close;
    /// The reader is too slow: its outbox has been taken away.
    fn too_slow(&mut self);
    /// The socket is closed, whoever closed it.
    async fn closed(&mut self, departure: Departure);
}

/// The way to the client.
#[allow(async_fn_in_trait, reason = "wires live on one thread")]
pub trait Wire {
    /// Sends a text frame; `Break` when the client is gone.
    async fn text(&mut self, frame: Frame) -> ControlFlow<()>;
    /// Sends a ping.
    async fn ping(&mut self) -> ControlFlow<()>;
    /// Answers a ping.
    async fn pong(&mut self, payload: &[u8]) -> ControlFlow<()>;
    /// Says the end.
    async fn close(&mut self, close: Close);
}

/// Tells sockets to come back elsewhere.
#[derive(Clone, Debug)]
pub struct Drain {
    /// Says that the process is about to end.
    pub begun: CancellationToken,
    /// Over which time the sockets are told.
    pub spread: Duration,
}

/// Serves one socket until it is closed.
pub async fn serve<S: Session>(
    mut wire: impl Wire,
    incoming: impl Stream<Item = Incoming>,
    mut session: S,
    inbox: mpsc::Receiver<S::Delivery>,
    settings: &SocketSettings,
    drain: Drain,
) {
    let mut incoming = std::pin::pin!(incoming);
    let draining = drain.begun.clone();
    let end = talk(
        &mut wire,
        incoming.as_mut(),
        &mut session,
        inbox,
        settings,
        drain,
    )
    .await;
    // First out of the room, then out of the door: nobody waits for this client's manners.
    let departure = match end {
        End::Close(Close::Restart) => Departure::Restart,
        // Whoever leads clients here cuts the lines of a process that stops.
        End::Gone if draining.is_cancelled() => Departure::Restart,
        End::Gone | End::Close(_) | End::Answer(_) => Departure::Closed,
    };
    session.closed(departure).await;
    let (End::Close(reason) | End::Answer(reason)) = end else {
        return;
    };
    match end {
        End::Answer(_) => drop(timeout(LAST_WORD, wire.close(reason)).await),
        _ => close(wire, incoming, reason).await,
    }
}

/// Closes a socket, as politely as the client lets it.
pub async fn close(mut wire: impl Wire, incoming: impl Stream<Item = Incoming>, reason: Close) {
    let _ = timeout(LAST_WORD, wire.close(reason)).await;
    linger(std::pin::pin!(incoming)).await;
}

/// Listens to a client that was told the end, until it says its own: whoever hangs up while the other still talks may be
/// heard as a line that broke. It ends in time and after so many frames, whatever the client sends and however fast.
pub async fn linger(mut incoming: impl Stream<Item = Incoming> + Unpin) {
    let end = Instant::now() + LINGER;
    for _ in 0..LINGERING {
        match timeout_at(end, incoming.next()).await {
            Ok(None | Some(Incoming::Close)) | Err(_) => return,
            Ok(Some(_)) => {}
        }
        // A deadline is only seen when there is something to wait for, and there may always be one more frame.
        consume_budget().await;
        if Instant::now() >= end {
            return;
        }
    }
}

/// Delivers what is there, some of it at a time: a client that keeps sending is not kept from hearing.
fn deliver<S: Session>(
    session: &mut S,
    first: S::Delivery,
    inbox: &mut mpsc::Receiver<S::Delivery>,
) -> Reply {
    let mut reply = session.deliver(first);
    for _ in 1..AT_ONCE {
        if reply.close.is_some() {
            break;
        }
        let Ok(next) = inbox.try_recv() else {
            break;
        };
        let next = session.deliver(next);
        reply.frames.extend(next.frames);
        reply.close = next.close;
    }
    reply
}

/// How a socket ends.
enum End {
    /// The client is gone.
    Gone,
    /// We close, and the client answers.
    Close(Close),
    /// The client closes, and we answer.
    Answer(Close),
}

/// Talks until the end.
async fn talk<S: Session>(
    wire: &mut impl Wire,
    mut incoming: impl Stream<Item = Incoming> + Unpin,
    session: &mut S,
    mut inbox: mpsc::Receiver<S::Delivery>,
    settings: &SocketSettings,
    drain: Drain,
) -> End {
    let mut heard = Instant::now();
    let mut next_ping = heard + settings.ping;
    let mut leave_at = None;
    // All are kept over the turns: to enter and leave their lists for each frame would cost more than the frame.
    let mut drain_begins = std::pin::pin!(drain.begun.cancelled());
    let mut ended = std::pin::pin!(session.ended().cancelled_owned());
    let mut alarm = std::pin::pin!(sleep_until(next_ping));
    let mut reply = session.opened().await;
    loop {
        for frame in reply.frames {
            match timeout(settings.send_timeout, wire.text(frame)).await {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return End::Gone,
                Err(_) => {
                    session.too_slow();
                    return End::Close(Close::Later);
                }
            }
        }
        if let Some(close) = reply.close {
            return End::Close(close);
        }
        let silent_at = heard + settings.silence;
        let deadline = session.deadline();
        let wake = [Some(next_ping), Some(silent_at), deadline, leave_at];
        let wake = wake.into_iter().flatten().min().unwrap_or(silent_at);
        // Hearing something moves deadlines away; the alarm then rings too early once, and is set anew.
        if wake < alarm.deadline() {
            alarm.as_mut().reset(wake);
        }
        reply = tokio::select! {
            frame = incoming.next() => {
                heard = Instant::now();
                match frame {
                    Some(Incoming::Text(text)) => session.text(&text).await,
                    Some(Incoming::Binary) => session.binary(),
                    Some(Incoming::Ping(payload)) => {
                        let pong = timeout(settings.send_timeout, wire.pong(&payload)).await;
                        if pong.is_ok_and(|sent| sent.is_break()) {
                            return End::Gone;
                        }
                        Reply::nothing()
                    }
                    Some(Incoming::Pong) => Reply::nothing(),
                    Some(Incoming::Close) => return End::Answer(Close::Over),
                    Some(Incoming::Broken(close)) => Reply::close(close),
                    None => return End::Gone,
                }
            }
            delivery = inbox.recv() => match delivery {
                Some(delivery) => deliver(session, delivery, &mut inbox),
                None => {
                    session.too_slow();
                    return End::Close(Close::Later);
                }
            },
            () = &mut drain_begins, if leave_at.is_none() => {
                let share = rand::random_range(0.0..1.0);
                leave_at = Some(Instant::now() + drain.spread.mul_f64(share));
                Reply::nothing()
            }
            () = &mut ended => {
                let mut last = session.end();
                last.close.get_or_insert(Close::TokenRefused);
                last
            }
            () = &mut alarm => {
                let now = Instant::now();
                alarm.as_mut().reset(now + settings.silence);
                if now < wake {
                    Reply::nothing()
                } else if leave_at.is_some_and(|at| at <= now) {
                    Reply::close(Close::Restart)
                } else if silent_at <= now {
                    Reply::close(session.silent())
                } else if deadline.is_some_and(|at| at <= now) {
                    session.due()
                } else {
                    next_ping = now + settings.ping;
                    if let Ok(ControlFlow::Break(())) = timeout(settings.send_timeout, wire.ping()).await {
                        return End::Gone;
                    }
                    Reply::nothing()
                }
            }
        };
    }
}

#[cfg(test)]
mod tests;
