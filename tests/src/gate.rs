//! A TCP stream that can be made mute: what is written is swallowed, so that the other side hears nothing at all any
//! more, not even the pongs that a WebSocket library sends by itself.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The stream under every test socket.
#[derive(Debug)]
pub struct Gate {
    stream: TcpStream,
    mute: Arc<AtomicBool>,
}

impl Gate {
    /// Wraps a stream, and gives the switch that mutes it.
    #[must_use]
    pub fn new(stream: TcpStream) -> (Self, Arc<AtomicBool>) {
        let mute = Arc::new(AtomicBool::new(false));
        let gate = Self {
            stream,
            mute: Arc::clone(&mute),
        };
        (gate, mute)
    }
}

impl AsyncRead for Gate {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Gate {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.mute.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(bytes.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
