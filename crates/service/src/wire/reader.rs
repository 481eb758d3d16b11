//! What a client sends over a WebSocket, frame by frame.
//!
//! Promised: a frame is judged by its header, before its payload comes; what is kept of a message that is not complete is
//! bounded; and whatever the bytes are, the reader gives a frame, waits for more of them, or gives
//! [`Incoming::Broken`] once and nothing after it. Bytes after a broken frame mean nothing: they are thrown away until the
//! client hangs up, so that it can still read why it was closed.

use actix_http::ws::{self, Codec, Item, ProtocolError};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::{Stream, StreamExt};
use helpline_protocol::close::Close;
use tokio::{sync::mpsc, task::coop::consume_budget};
use tokio_util::codec::Decoder;

use crate::socket::Incoming;

/// How many bytes after the end are thrown away before the connection is given up.
const THROWN_AWAY: usize = 8 * 1024 * 1024;
/// The longest payload of a ping, a pong or a close (RFC 6455, 5.5).
const CONTROL: u64 = 125;

/// Reads frames off one connection.
pub(super) struct Reader<P> {
    payload: P,
    /// Only to see that the other half of the connection is gone.
    connection: mpsc::Sender<Bytes>,
    codec: Codec,
    buffer: BytesMut,
    /// A message that comes in several frames, so far.
    parts: Option<Parts>,
    max_frame: usize,
    /// Nothing that comes has a meaning any more.
    is_over: bool,
}

struct Parts {
    text: bool,
    bytes: BytesMut,
}

impl<P, E> Reader<P>
where
    P: Stream<Item = Result<Bytes, E>> + Unpin,
{
    pub(super) fn new(payload: P, connection: mpsc::Sender<Bytes>, max_frame: usize) -> Self {
        Self {
            payload,
            connection,
            codec: Codec::new().max_size(max_frame),
            buffer: BytesMut::new(),
            parts: None,
            max_frame,
            is_over: false,
        }
    }

    /// What comes next; `None` once the client is gone, or has nothing more to say that could be understood.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        if self.is_over {
            self.throw_away().await;
            return None;
        }
        let incoming = self.read().await?;
        self.is_over = matches!(incoming, Incoming::Close | Incoming::Broken(_));
        Some(incoming)
    }

    async fn read(&mut self) -> Option<Incoming> {
        loop {
            if let Some(close) = self.refused() {
                return Some(Incoming::Broken(close));
            }
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(frame)) => {
                    if let Some(incoming) = self.take(frame) {
                        return Some(incoming);
                    }
                }
                Ok(None) => {
                    let chunk = self.chunk().await?;
                    self.buffer.extend_from_slice(&chunk);
                }
                Err(ProtocolError::Overflow) => return Some(Incoming::Broken(Close::TooLarge)),
                Err(_) => return Some(Incoming::Broken(Close::Unreadable)),
            }
        }
    }

    /// The next bytes; `None` when there are none to come.
    async fn chunk(&mut self) -> Option<Bytes> {
        tokio::select! {
            // What was sent before the connection went is still heard.
            biased;
            chunk = self.payload.next() => chunk?.ok(),
            () = self.connection.closed() => None,
        }
    }

    /// Why the frame that begins the buffer is refused, as far as its header has come.
    fn refused(&self) -> Option<Close> {
        let header = Header::read(&self.buffer)?;
        if header.is_broken() {
            return Some(Close::Unreadable);
        }
        let before = match (&self.parts, header.is_control()) {
            (Some(parts), false) => parts.bytes.len(),
            _ => 0,
        };
        let room = self.max_frame.saturating_sub(before);
        let room = u64::try_from(room).unwrap_or(u64::MAX);
        (header.length? > room).then_some(Close::TooLarge)
    }

    /// Takes what still comes, until the client hangs up.
    async fn throw_away(&mut self) {
        self.buffer = BytesMut::new();
        self.parts = None;
        let mut thrown = 0;
        while thrown < THROWN_AWAY {
            let Some(chunk) = self.chunk().await else {
                return;
            };
            thrown += chunk.len();
            // A client that sends faster than this is read would else keep the thread, and whoever waits for a deadline.
            consume_budget().await;
        }
    }

    /// What a frame brings, if it is not just a part of something.
    fn take(&mut self, frame: ws::Frame) -> Option<Incoming> {
        match frame {
            ws::Frame::Text(bytes) => Some(text(bytes)),
            ws::Frame::Binary(_) => Some(Incoming::Binary),
            ws::Frame::Ping(payload) => Some(Incoming::Ping(payload.to_vec())),
            ws::Frame::Pong(_) => Some(Incoming::Pong),
            ws::Frame::Close(_) => Some(Incoming::Close),
            ws::Frame::Continuation(item) => self.put_together(item),
        }
    }

    fn put_together(&mut self, item: Item) -> Option<Incoming> {
        let (bytes, last) = match item {
            Item::FirstText(bytes) => {
                self.parts = Some(Parts::new(true));
                (bytes, false)
            }
            Item::FirstBinary(bytes) => {
                self.parts = Some(Parts::new(false));
                (bytes, false)
            }
            Item::Continue(bytes) => (bytes, false),
            Item::Last(bytes) => (bytes, true),
        };
        // That there is room for them was seen when their header came.
        let parts = self.parts.as_mut()?;
        parts.bytes.extend_from_slice(&bytes);
        if !last {
            return None;
        }
        let whole = self.parts.take()?;
        Some(match whole.text {
            true => text(whole.bytes.freeze()),
            false => Incoming::Binary,
        })
    }
}

impl Parts {
    fn new(text: bool) -> Self {
        Self {
            text,
            bytes: BytesMut::new(),
        }
    }
}

fn text(bytes: Bytes) -> Incoming {
    match ByteString::try_from(bytes) {
        Ok(text) => Incoming::Text(text),
        Err(_) => Incoming::Broken(Close::NotText),
    }
}

/// The first bytes of a frame (RFC 6455, 5.2).
struct Header {
    first: u8,
    second: u8,
    /// How long the payload is, once that has come.
    length: Option<u64>,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (&[first, second], rest) = bytes.split_first_chunk()?;
        let length = match second & 0x7f {
            126 => rest
                .first_chunk()
                .map(|length| u16::from_be_bytes(*length).into()),
            127 => rest.first_chunk().map(|length| u64::from_be_bytes(*length)),
            short => Some(short.into()),
        };
        Some(Self {
            first,
            second,
            length,
        })
    }

    fn opcode(&self) -> u8 {
        self.first & 0x0f
    }

    fn is_control(&self) -> bool {
        self.opcode() & 0x08 != 0
    }

    /// Whether no client may send it: bits that nothing has given a meaning, an opcode that is none, no mask, or a ping, pong or
    /// close that is too long or in parts.
    fn is_broken(&self) -> bool {
        let is_last = self.first & 0x80 != 0;
        let is_long = self.second & 0x7f >= 126 || self.length.is_some_and(|it| it > CONTROL);
        self.first & 0x70 != 0
            || self.second & 0x80 == 0
            || matches!(self.opcode(), 0x3..=0x7 | 0xb..=0xf)
            || self.is_control() && (!is_last || is_long)
    }
}

#[cfg(test)]
mod tests;
