//! A line: what goes between a session's task and whatever carries its packets.

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{Stream, stream};
use helpline_protocol::{
    close::{Close, ComeBack},
    socketio::{
        engine::{Packet, Revision},
        packet::DISCONNECT,
    },
};
use helpline_service::{socket::Incoming, wire::Frame};
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

/// How many packets may wait at the line, besides those in the session's own outbox.
const WAITING: usize = 32;
/// How many packets a request brings at most: python-socketio takes more for an attack and hangs up.
const A_PAYLOAD: usize = 16;
/// How many packets of the client may wait for the session.
const UNHEARD: usize = 32;

/// A line to one client.
pub(super) struct Line {
    sid: String,
    revision: Revision,
    state: Mutex<State>,
    /// Something happened at the session's end: packets, or the end.
    filled: Notify,
    /// The carrier has taken packets.
    emptied: Notify,
    closed: CancellationToken,
    incoming: mpsc::Sender<Incoming>,
    /// The client has hung up without a word.
    lost: CancellationToken,
}

struct State {
    packets: VecDeque<Frame>,
    carrier: Carrier,
    /// Whether a WebSocket tries to take over.
    tried: bool,
    /// Whether a request waits for packets.
    polled: bool,
    close: Option<Close>,
}

/// What carries the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carrier {
    Polling,
    /// A WebSocket is tried; packets wait until that is decided.
    Upgrading,
    WebSocket,
}

/// What a request gets that asks for packets.
#[derive(Debug)]
pub(super) enum Polled {
    /// These.
    Packets(Vec<Frame>),
    /// None: a WebSocket is about to take over.
    Nothing,
    /// These, and they are the last.
    Last(Vec<Frame>),
    /// Nothing more: the client is to come back.
    Gone,
    /// A WebSocket carries the packets.
    Mismatch,
    /// Another request waits already.
    Twice,
}

impl Line {
    /// A line that nothing has gone over. Gives the line, and what the client will send.
    pub(super) fn new(
        sid: String,
        revision: Revision,
        websocket: bool,
    ) -> (Arc<Self>, impl Stream<Item = Incoming>) {
        let (incoming, heard) = mpsc::channel(UNHEARD);
        let carrier = match websocket {
            true => Carrier::WebSocket,
            false => Carrier::Polling,
        };
        let line = Self {
            sid,
            revision,
            state: Mutex::new(State {
                packets: VecDeque::new(),
                carrier,
                tried: false,
                polled: false,
                close: None,
            }),
            filled: Notify::new(),
            emptied: Notify::new(),
            closed: CancellationToken::new(),
            incoming,
            lost: CancellationToken::new(),
        };
        let lost = line.lost.clone();
        let heard = stream::unfold((heard, lost), async |(mut heard, lost)| {
            let incoming = tokio::select! {
                // What it sent before is still heard.
                biased;
                incoming = heard.recv() => incoming?,
                () = lost.cancelled() => return None,
            };
            Some((incoming, (heard, lost)))
        });
        (Arc::new(line), heard)
    }

    /// By which the client names it.
    pub(super) fn sid(&self) -> &str {
        &self.sid
    }

    /// How the client speaks.
    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    /// Says when the session has ended.
    pub(super) fn closed(&self) -> &CancellationToken {
        &self.closed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements: a panic elsewhere cannot have broken it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a packet on the line; waits while there is no room.
    pub(super) async fn put(&self, packet: Frame) -> ControlFlow<()> {
        loop {
            {
                let mut state = self.state();
                if state.close.is_some() {
                    return ControlFlow::Break(());
                }
                if state.packets.len() < WAITING {
                    state.packets.push_back(packet);
                    break;
                }
            }
            // Only the session's task puts, so nobody else can take this call away from it.
            self.emptied.notified().await;
        }
        self.filled.notify_one();
        ControlFlow::Continue(())
    }

    /// The session has ended: what waits is still taken to the client.
    pub(super) fn close(&self, close: Close) {
        {
            let mut state = self.state();
            if state.close.is_some() {
                return;
            }
            // Whoever is only to come back is let down without a word: its library connects again by itself.
            let is_final = close.come_back() == ComeBack::Never;
            if is_final && !matches!(close, Close::Over | Close::Silent) {
                state.packets.push_back(DISCONNECT.into());
            }
            state.close = Some(close);
        }
        self.closed.cancel();
        self.filled.notify_one();
    }

    /// Hands what the client sent to the session. `Break` when there is none any more.
    pub(super) async fn hear(&self, incoming: Incoming) -> ControlFlow<()> {
        match self.incoming.send(incoming).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// The client has hung up, without a word.
    pub(super) fn lose(&self) {
        self.lost.cancel();
    }

    /// The same for a packet as text. One that cannot be read is counted by the session as it counts bytes.
    pub(super) async fn hear_packet(&self, text: &str) -> ControlFlow<()> {
        let incoming = match Packet::read(text) {
            Ok(Packet::Message(message)) => Incoming::Text(message.into()),
            Ok(Packet::Ping(payload)) => Incoming::Ping(payload.as_bytes().to_vec()),
            Ok(Packet::Pong | Packet::Upgrade | Packet::Noop) => Incoming::Pong,
            Ok(Packet::Close) => Incoming::Close,
            Err(_) => Incoming::Binary,
        };
        self.hear(incoming).await
    }

    /// Waits for packets, for a request that asks for them.
    pub(super) async fn poll(&self) -> Polled {
        {
            let mut state = self.state();
            if state.carrier == Carrier::WebSocket {
                return Polled::Mismatch;
            }
            if state.polled {
                return Polled::Twice;
            }
            state.polled = true;
        }
        let mut polling = Polling {
            line: self,
            is_answered: false,
        };
        loop {
            {
                let mut state = self.state();
                if state.carrier != Carrier::Polling && state.close.is_none() {
                    polling.is_answered = true;
                    return Polled::Nothing;
                }
                if state.close.is_some() || !state.packets.is_empty() {
                    let count = state.packets.len().min(A_PAYLOAD);
                    let packets = state.packets.drain(..count).collect();
                    self.emptied.notify_one();
                    polling.is_answered = true;
                    // That it is the end takes a packet too.
                    return match state.close.filter(|_| count < A_PAYLOAD) {
                        None => Polled::Packets(packets),
                        Some(close) if close.come_back() == ComeBack::Never => {
                            Polled::Last(packets)
                        }
                        // python-socketio stays away after a goodbye, and comes back when a request fails.
                        Some(_) if packets.is_empty() => Polled::Gone,
                        Some(_) => Polled::Packets(packets),
                    };
                }
            }
            self.filled.notified().await;
        }
    }

    /// Waits for packets, for a WebSocket; and says what they are followed by, if that is the end.
    pub(super) async fn next(&self) -> (Vec<Frame>, Option<Close>) {
        loop {
            {
                let mut state = self.state();
                if state.close.is_some() || !state.packets.is_empty() {
                    let packets = state.packets.drain(..).collect();
                    self.emptied.notify_one();
                    return (packets, state.close);
                }
            }
            self.filled.notified().await;
        }
    }

    /// A WebSocket wants to take over. `None` if one has already, or tries to: a client has one, so whatever comes beside it is
    /// not the client, or none of its business.
    pub(super) fn try_websocket(self: &Arc<Self>) -> Option<Trial> {
        let mut state = self.state();
        let may = state.carrier == Carrier::Polling && !state.tried && state.close.is_none();
        state.tried |= may;
        drop(state);
        may.then(|| Trial(self.clone()))
    }
}

/// A WebSocket that may take a line over. Unless it succeeds, polling goes on once this is dropped.
pub(super) struct Trial(Arc<Line>);

impl Trial {
    pub(super) fn line(&self) -> &Arc<Line> {
        &self.0
    }

    /// The client has said that it comes: requests get nothing more. `false` if the session has ended.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.0.state();
        let may = state.carrier == Carrier::Polling && state.close.is_none();
        if may {
            state.carrier = Carrier::Upgrading;
            self.0.filled.notify_one();
        }
        may
    }

    /// The WebSocket carries the packets from now on.
    pub(super) fn succeed(self) {
        self.0.state().carrier = Carrier::WebSocket;
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.tried = false;
        if state.carrier == Carrier::Upgrading {
            state.carrier = Carrier::Polling;
        }
    }
}

/// A request that waits for packets, until it has some or its client hangs up.
struct Polling<'a> {
    line: &'a Line,
    is_answered: bool,
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        self.line.state().polled = false;
        if !self.is_answered {
            // A client of Engine.IO whose request broke begins anew.
            self.line.lose();
        }
    }
}

#[cfg(test)]
mod tests;
