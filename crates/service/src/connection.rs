//! A client's TCP connection, from the side of HTTP: how long it may stay without a request, and when it has had its last.
//!
//! The server's own deadlines cover the head of the first request and a connection on which nothing at all comes. Here is the
//! rest: between two requests a connection has [`NEXT_REQUEST`] until the head of the next one is complete, however it comes. What a
//! request does itself (its body, its answer) is not counted; a WebSocket is one request for as long as it lives.

use std::{
    cell::{Cell, RefCell},
    io,
    net::SocketAddr,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use actix_web::rt::net::TcpStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};

use crate::access::SocketSlot;

/// From the end of an answer to the end of the next request's head. It covers the idle time that the server grants, too.
pub const NEXT_REQUEST: Duration = Duration::from_secs(15);

/// What its requests say of a connection. It stays on the connection's thread.
#[derive(Debug)]
pub struct State {
    serving: Cell<usize>,
    idle_since: Cell<Instant>,
    is_over: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl State {
    fn new() -> Self {
        Self {
            serving: Cell::new(0),
            idle_since: Cell::new(Instant::now()),
            is_over: Cell::new(false),
            reader: RefCell::new(None),
        }
    }

    /// A request is served until what this gives is dropped; `None` if the connection has had its last.
    #[must_use]
    pub fn serve(self: &Rc<Self>) -> Option<Serving> {
        if self.is_over.get() {
            return None;
        }
        self.serving.set(self.serving.get() + 1);
        Some(Serving(self.clone()))
    }

    /// When the next request has to be there, unless one is served.
    fn deadline(&self) -> Option<Instant> {
        (self.serving.get() == 0).then(|| self.idle_since.get() + NEXT_REQUEST)
    }

    fn is_over(&self) -> bool {
        self.is_over.get() && self.serving.get() == 0
    }
}

/// A request that is served.
#[derive(Debug)]
pub struct Serving(Rc<State>);

impl Serving {
    /// The connection ends with this request's answer: whatever comes after it is no request.
    pub fn is_last(&self) {
        self.0.is_over.set(true);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let state = &self.0;
        state.serving.set(state.serving.get() - 1);
        state.idle_since.set(Instant::now());
        // So that the deadline begins, or the end comes, although nothing comes from the client.
        if let Some(reader) = state.reader.borrow_mut().take() {
            reader.wake();
        }
    }
}

/// A connection, with its place among those of its address.
pub struct Connection {
    stream: TcpStream,
    state: Rc<State>,
    alarm: Pin<Box<Sleep>>,
    _slot: Option<SocketSlot>,
}

impl Connection {
    /// A connection that has just come.
    pub fn new(stream: TcpStream, slot: Option<SocketSlot>) -> Self {
        let state = State::new();
        Self {
            stream,
            alarm: Box::pin(sleep_until(state.idle_since.get() + NEXT_REQUEST)),
            state: Rc::new(state),
            _slot: slot,
        }
    }

    /// Who is at the other end.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.stream.peer_addr().ok()
    }

    /// What its requests know it by.
    pub fn state(&self) -> Rc<State> {
        self.state.clone()
    }

    /// Why nothing more is read, if that is so; otherwise the task is woken when it will be.
    fn refused(&mut self, context: &mut Context<'_>) -> Option<io::ErrorKind> {
        if self.state.is_over() {
            return Some(io::ErrorKind::ConnectionAborted);
        }
        let mut reader = self.state.reader.borrow_mut();
        if !reader
            .as_ref()
            .is_some_and(|waker| waker.will_wake(context.waker()))
        {
            *reader = Some(context.waker().clone());
        }
        let deadline = self.state.deadline()?;
        if self.alarm.deadline() != deadline {
            self.alarm.as_mut().reset(deadline);
        }
        let is_late = deadline <= Instant::now() || self.alarm.as_mut().poll(context).is_ready();
        is_late.then_some(io::ErrorKind::TimedOut)
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Looked at although there may be bytes: whoever sends them one by one is late all the same.
        match self.refused(context) {
            Some(kind) => Poll::Ready(Err(kind.into())),
            None => Pin::new(&mut self.stream).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        // The end of an answer may be long on its way to a client that is slow to read it.
        if written.is_ready() && self.state.serving.get() == 0 {
            self.state.idle_since.set(Instant::now());
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn pair() -> (TcpStream, Connection) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (client.unwrap(), Connection::new(accepted.unwrap().0, None))
    }

    async fn read(connection: &mut Connection) -> io::Result<usize> {
        connection.read(&mut [0; 64]).await
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_request_it_ends_in_time() {
        let (_client, mut connection) = pair().await;
        let start = Instant::now();
        let ended = read(&mut connection).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), NEXT_REQUEST);
    }

    #[tokio::test]
    async fn bytes_that_come_one_by_one_are_no_request() {
        let (mut client, mut connection) = pair().await;
        connection
            .state
            .idle_since
            .set(Instant::now() - NEXT_REQUEST);
        client.write_all(b"G").await.unwrap();
        let ended = read(&mut connection).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_may_take_its_time_and_the_next_one_has_its_own() {
        let (_client, mut connection) = pair().await;
        let serving = connection.state().serve().unwrap();
        let start = Instant::now();
        let served = async {
            tokio::time::sleep(4 * NEXT_REQUEST).await;
            drop(serving);
        };
        let (ended, ()) = tokio::join!(read(&mut connection), served);
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(start.elapsed(), 5 * NEXT_REQUEST);
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_with_its_last_answer() {
        let (mut client, mut connection) = pair().await;
        let serving = connection.state().serve().unwrap();
        serving.is_last();
        assert!(connection.state().serve().is_none());
        client.write_all(b"more").await.unwrap();
        // The answer may still be on its way.
        assert_eq!(read(&mut connection).await.unwrap(), 4);
        let (ended, ()) = tokio::join!(read(&mut connection), async { drop(serving) });
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::ConnectionAborted);
    }
}
