//! One WebSocket: reads in place, writes at once when the kernel takes it.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;

use tokio::net::TcpStream;

use crate::address::Address;
use crate::frame::{self, Frame, Inbox};
use crate::http;
use crate::problem::Problem;

/// Bytes that may wait for a server that does not read. At this point the run has failed anyway.
const LONGEST_BACKLOG: usize = 8 << 20;

/// A socket: the half that reads. [`Socket::writer`] gives the other.
#[derive(Debug)]
pub(crate) struct Socket {
    writer: Writer,
    inbox: Inbox,
}

/// The half that writes; cheap to clone, never blocks.
#[derive(Debug, Clone)]
pub(crate) struct Writer(Rc<Outgoing>);

#[derive(Debug)]
struct Outgoing {
    stream: TcpStream,
    backlog: RefCell<Vec<u8>>,
}

impl Socket {
    pub(crate) async fn open(
        address: &Address,
        path: &str,
        protocols: &[&str],
    ) -> Result<Self, Problem> {
        let (stream, inbox) = http::upgrade(address, path, protocols).await?;
        let backlog = RefCell::default();
        let writer = Writer(Rc::new(Outgoing { stream, backlog }));
        Ok(Self { writer, inbox })
    }

    pub(crate) fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// Waits until something has arrived. Look at it with [`Socket::next_here`].
    pub(crate) async fn receive(&mut self) -> Result<(), Problem> {
        let stream = &self.writer.0.stream;
        loop {
            stream.readable().await?;
            match stream.try_read_buf(self.inbox.space()) {
                Ok(0) => return Err(Problem::Closed(None)),
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next text among what has arrived. Pings are answered, a close is an error.
    pub(crate) fn next_here(&mut self) -> Result<Option<&[u8]>, Problem> {
        loop {
            match self.inbox.next()? {
                None => return Ok(None),
                Some(Frame::Text(text)) => return Ok(Some(self.inbox.payload(text))),
                Some(Frame::Ping(ping)) => {
                    self.writer.send(&frame::pong(self.inbox.payload(ping)))?;
                }
                Some(Frame::Pong) => {}
                Some(Frame::Close(code)) => return Err(Problem::Closed(code)),
            }
        }
    }

    /// The next text, whenever it comes.
    pub(crate) async fn next_text(&mut self) -> Result<Vec<u8>, Problem> {
        loop {
            if let Some(text) = self.next_here()? {
                return Ok(text.to_vec());
            }
            self.receive().await?;
        }
    }

    /// Keeps the socket open and answers pings until the server closes it.
    pub(crate) async fn stay(mut self) -> Problem {
        self.inbox.shrink();
        loop {
            match self.next_here() {
                Ok(Some(_)) => continue,
                Ok(None) => {}
                Err(problem) => return problem,
            }
            if let Err(problem) = self.receive().await {
                return problem;
            }
        }
    }
}

impl Writer {
    /// Sends the bytes of a frame; what the kernel does not take now goes out in the background.
    pub(crate) fn send(&self, bytes: &[u8]) -> Result<(), Problem> {
        let mut backlog = self.0.backlog.borrow_mut();
        if !backlog.is_empty() {
            if backlog.len() > LONGEST_BACKLOG {
                return Err(Problem::Protocol(
                    "the server has stopped reading a socket".into(),
                ));
            }
            backlog.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = match self.0.stream.try_write(bytes) {
            Ok(sent) => sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error.into()),
        };
        if sent < bytes.len() {
            backlog.extend_from_slice(&bytes[sent..]);
            tokio::task::spawn_local(flush(self.0.clone()));
        }
        Ok(())
    }

    pub(crate) fn send_text(&self, text: &str) -> Result<(), Problem> {
        self.send(&frame::text(text.as_bytes()))
    }
}

/// Ends when everything is out, or when the connection fails, which the reading half reports.
async fn flush(outgoing: Rc<Outgoing>) {
    while outgoing.stream.writable().await.is_ok() {
        let mut backlog = outgoing.backlog.borrow_mut();
        match outgoing.stream.try_write(&backlog) {
            Ok(sent) => drop(backlog.drain(..sent)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        if backlog.is_empty() {
            return;
        }
    }
}
