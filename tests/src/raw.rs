//! A TCP connection with nothing between the test and its bytes: for clients that do what no client library does.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::wait::{DEADLINE, within};

/// A connection.
#[derive(Debug)]
pub struct Raw {
    stream: TcpStream,
    /// What has come and nobody has asked for yet.
    rest: Vec<u8>,
}

/// A request for a WebSocket, as a browser would send it, with further header lines.
#[must_use]
pub fn upgrade(address: SocketAddr, path: &str, further: &[&str]) -> String {
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    );
    for line in further {
        request.push_str(line);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request
}

impl Raw {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = within("connect", TcpStream::connect(address))
            .await
            .expect("a connection");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// Opens a WebSocket.
    pub async fn upgraded(address: SocketAddr, path: &str, further: &[&str]) -> Self {
        let mut raw = Self::connect(address).await;
        raw.send(upgrade(address, path, further)).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{path}: {head}");
        raw
    }

    /// Sends bytes; `false` when the connection does not take them any more.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        within("send", self.stream.write_all(bytes.as_ref()))
            .await
            .is_ok()
    }

    /// The head of the next answer, without its body.
    pub async fn head(&mut self) -> String {
        let end = loop {
            let found = self.rest.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(found) = found {
                break found + 4;
            }
            let more = within("an answer's head", self.more()).await;
            assert!(more, "closed after {:?}", self.text());
        };
        let head: Vec<u8> = self.rest.drain(..end).collect();
        String::from_utf8(head).expect("ascii")
    }

    /// Everything until the connection is closed, which has to be within `limit`.
    pub async fn until_closed(&mut self, limit: Duration) -> Vec<u8> {
        let reading = async { while self.more().await {} };
        if tokio::time::timeout(limit, reading).await.is_err() {
            panic!("still open after {limit:?}: {:?}", self.text());
        }
        std::mem::take(&mut self.rest)
    }

    /// The code of the close frame that ends a WebSocket, whatever came before it; `None` when it ends without one.
    pub async fn close_code(&mut self) -> Option<u16> {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(code) = close_code(&self.rest) {
                return Some(code);
            }
            let left = end.saturating_duration_since(Instant::now());
            match tokio::time::timeout(left, self.more()).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => panic!("neither closed nor ended: {:?}", self.text()),
            }
        }
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.rest.extend(&bytes[..count]);
                true
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.rest).into_owned()
    }
}

/// Walks over whole frames of a server as far as a close.
fn close_code(mut frames: &[u8]) -> Option<u16> {
    loop {
        let (&[first, second], rest) = frames.split_first_chunk()?;
        let (length, payload) = match second & 0x7f {
            126 => {
                let (length, payload) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), payload)
            }
            127 => {
                let (length, payload) = rest.split_first_chunk()?;
                let length = u64::from_be_bytes(*length);
                (usize::try_from(length).expect("a length"), payload)
            }
            short => (usize::from(short), rest),
        };
        if first & 0x0f == 8 {
            return payload.first_chunk().map(|code| u16::from_be_bytes(*code));
        }
        frames = payload.get(length..)?;
    }
}
