//! WebSocket over actix-web: frames in and out of one connection.
//!
//! A server's frames are not masked, so a frame looks the same to every client: it is encoded once, as
//! [`Frame`], and its bytes are shared by all sockets that get it. Incoming frames are bounded while they
//! arrive, not only once they are complete.

use std::ops::ControlFlow;

use actix_http::ws::{
    self, CloseCode, CloseReason, Codec, Item, Message, ProtocolError, handshake,
};
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    http::header::SEC_WEBSOCKET_PROTOCOL,
    web,
};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::{Stream, StreamExt, stream};
use helpline_protocol::close::Close;
use tokio::sync::mpsc;
use tokio_util::codec::{Decoder, Encoder};

use crate::socket::{Incoming, Wire};

/// How many frames may wait between a socket's task and its connection.
const QUEUE: usize = 16;
/// The most that a frame's header takes.
const HEADER: usize = 14;

/// A text frame, encoded. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Bytes);

impl<T: Into<ByteString>> From<T> for Frame {
    fn from(text: T) -> Self {
        Self(encode(Message::Text(text.into())))
    }
}

impl Frame {
    /// How many bytes it is on the wire.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0.len()
    }

    /// The text, for a client that does not read frames.
    #[must_use]
    pub fn text(&self) -> ByteString {
        // A server's frame has its length in the second byte, or in the two or eight bytes after it.
        let header = match self.0.get(1) {
            Some(126) => 4,
            Some(127) => 10,
            _ => 2,
        };
        let text = self.0.slice(header.min(self.0.len())..);
        ByteString::try_from(text).unwrap_or_default()
    }
}

fn encode(message: Message) -> Bytes {
    let mut bytes = BytesMut::new();
    // The codec refuses continuations out of order only, and no message here is one.
    let _ = Codec::new().encode(message, &mut bytes);
    bytes.freeze()
}

/// An accepted upgrade.
pub struct Upgrade<I> {
    /// The answer to the HTTP request.
    pub response: HttpResponse,
    /// The way to the client.
    pub outgoing: Outgoing,
    /// What comes from it; ends when the client is gone.
    pub incoming: I,
}

/// Accepts an upgrade to a WebSocket.
///
/// # Errors
/// When the request is none.
pub fn upgrade(
    request: &HttpRequest,
    body: web::Payload,
    subprotocol: Option<&'static str>,
    max_frame: usize,
) -> Result<Upgrade<impl Stream<Item = Incoming> + use<>>, actix_web::Error> {
    let mut response = handshake(request.head())?;
    if let Some(subprotocol) = subprotocol {
        response.insert_header((SEC_WEBSOCKET_PROTOCOL, subprotocol));
    }
    let (frames, queue) = mpsc::channel::<Bytes>(QUEUE);
    let queue = stream::unfold(queue, async |mut queue| {
        let frame = queue.recv().await?;
        Some((Ok::<_, std::convert::Infallible>(frame), queue))
    });
    let response = response.message_body(BodyStream::new(Box::pin(queue)).boxed())?;
    let reader = Reader {
        payload: body.into_inner(),
        connection: frames.clone(),
        codec: Codec::new().max_size(max_frame),
        buffer: BytesMut::new(),
        parts: None,
        max_frame,
    };
    Ok(Upgrade {
        response: response.into(),
        outgoing: Outgoing { frames },
        incoming: stream::unfold(reader, async |mut reader| {
            let incoming = reader.next().await?;
            Some((incoming, reader))
        }),
    })
}

/// The way to the client. Clones lead to the same one.
#[derive(Clone)]
pub struct Outgoing {
    frames: mpsc::Sender<Bytes>,
}

impl Outgoing {
    async fn send(&mut self, frame: Bytes) -> ControlFlow<()> {
        match self.frames.send(frame).await {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

impl Wire for Outgoing {
    async fn text(&mut self, frame: Frame) -> ControlFlow<()> {
        self.send(frame.0).await
    }

    async fn ping(&mut self) -> ControlFlow<()> {
        self.send(encode(Message::Ping(Bytes::new()))).await
    }

    async fn pong(&mut self, payload: &[u8]) -> ControlFlow<()> {
        self.send(encode(Message::Pong(Bytes::copy_from_slice(payload))))
            .await
    }

    async fn close(&mut self, close: Close) {
        let reason = CloseReason {
            code: CloseCode::from(close.code()),
            description: Some(close.reason().to_owned()),
        };
        let _ = self.send(encode(Message::Close(Some(reason)))).await;
    }
}

/// Reads frames off one connection.
struct Reader {
    payload: actix_web::dev::Payload,
    /// Only to see that the other half of the connection is gone.
    connection: mpsc::Sender<Bytes>,
    codec: Codec,
    buffer: BytesMut,
    /// A message that comes in several frames, so far.
    parts: Option<Parts>,
    max_frame: usize,
}

struct Parts {
    text: bool,
    bytes: BytesMut,
}

impl Reader {
    async fn next(&mut self) -> Option<Incoming> {
        loop {
            match self.codec.decode(&mut self.buffer) {
                Ok(Some(frame)) => {
                    if let Some(incoming) = self.take(frame) {
                        return Some(incoming);
                    }
                }
                // A frame that fits would be complete by now.
                Ok(None) if self.buffer.len() > self.max_frame + HEADER => {
                    self.buffer.clear();
                    return Some(Incoming::Broken(Close::TooLarge));
                }
                Ok(None) => {
                    let chunk = tokio::select! {
                        // What was sent before the connection went is still heard.
                        biased;
                        chunk = self.payload.next() => chunk,
                        () = self.connection.closed() => None,
                    };
                    match chunk {
                        Some(Ok(chunk)) => self.buffer.extend_from_slice(&chunk),
                        Some(Err(_)) | None => return None,
                    }
                }
                Err(ProtocolError::Overflow) => {
                    return Some(Incoming::Broken(Close::TooLarge));
                }
                Err(_) => {
                    self.buffer.clear();
                    return Some(Incoming::Broken(Close::Unreadable));
                }
            }
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
        let parts = self.parts.as_mut()?;
        if parts.bytes.len() + bytes.len() > self.max_frame {
            self.parts = None;
            return Some(Incoming::Broken(Close::TooLarge));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_gives_its_text_back() {
        for length in [0, 1, 125, 126, 65_535, 65_536, 100_000] {
            let text = "x".repeat(length);
            assert_eq!(Frame::from(text.clone()).text(), text, "{length}");
        }
        assert_eq!(Frame::from("Grüße 😀").text(), "Grüße 😀");
    }
}
