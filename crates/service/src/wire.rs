//! WebSocket over actix-web: frames in and out of one connection.
//!
//! A server's frames are not masked, so a frame looks the same to every client: it is encoded once, as
//! [`Frame`], and its bytes are shared by all sockets that get it. What comes in is `reader`'s.

mod reader;

use std::ops::ControlFlow;

use actix_http::ws::{CloseCode, CloseReason, Codec, HandshakeError, Message, handshake};
use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodyStream, MessageBody},
    http::header::SEC_WEBSOCKET_PROTOCOL,
    web,
};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::{Stream, stream};
use helpline_protocol::close::Close;
use tokio::sync::mpsc;
use tokio_util::codec::Encoder;

use self::reader::Reader;
use crate::{
    http::is_upgrade,
    socket::{Incoming, Wire},
};

/// How many frames may wait between a socket's task and its connection.
const QUEUE: usize = 16;

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
/// When the request is none, or the connection would go on to speak HTTP.
pub fn upgrade(
    request: &HttpRequest,
    body: web::Payload,
    subprotocol: Option<&'static str>,
    max_frame: usize,
) -> Result<Upgrade<impl Stream<Item = Incoming> + use<>>, actix_web::Error> {
    if !is_upgrade(request.head()) {
        return Err(HandshakeError::NoWebsocketUpgrade.into());
    }
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
    let reader = Reader::new(body.into_inner(), frames.clone(), max_frame);
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
