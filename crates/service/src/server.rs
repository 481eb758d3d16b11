//! The TCP side of a listener: how connections come in, and what each one may cost.

use std::{
    any::Any,
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{dev::Extensions, rt::net::TcpStream};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

/// After a restart thousands of clients come back at once, and whoever finds the queue full waits a second or more.
const BACKLOG: i32 = 4096;
/// A client whose network is gone should be known to be gone before its chat has fallen silent.
const UNANSWERED: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The kernel would otherwise let a connection grow to some megabytes, so a thousand readers that do not read would
/// keep gigabytes where no outbox sees them, and each would be found out only when all of that is full.
const SEND_BUFFER: usize = 256 * 1024;

/// A listener on `address`, ready for `HttpServer::listen`.
///
/// # Errors
/// The address cannot be had.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    // A restart must not wait until the connections of the process before it are forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// [`tune`] in the form that `HttpServer::on_connect` takes.
pub fn on_connect(connection: &dyn Any, _: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<TcpStream>() {
        tune(stream);
    }
}

/// Sets what a connection needs. A connection without it is worse and still good, so failing is only noted.
pub fn tune(stream: &TcpStream) {
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE);
    // A frame is one small write that is waited for: holding it back to fill a segment costs 40 ms.
    let result = socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.set_tcp_keepalive(&keepalive))
        .and_then(|()| socket.set_send_buffer_size(SEND_BUFFER))
        .and_then(|()| set_user_timeout(&socket));
    if let Err(error) = result {
        tracing::debug!(%error, "a connection could not be tuned");
    }
}

#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &SockRef<'_>) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(UNANSWERED))
}

/// Elsewhere the ping and the send time-out find such clients, later.
#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &SockRef<'_>) -> io::Result<()> {
    let _ = UNANSWERED;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn connection(listener: TcpListener) -> (TcpStream, TcpStream) {
        let address = listener.local_addr().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (client.unwrap(), accepted.unwrap().0)
    }

    #[tokio::test]
    async fn a_connection_is_prompt_and_cannot_hold_much() {
        let (_client, server) = connection(bind("127.0.0.1:0".parse().unwrap()).unwrap()).await;
        on_connect(&server, &mut Extensions::new());
        let socket = SockRef::from(&server);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        // The kernel doubles what is asked for, for its own bookkeeping.
        assert!(socket.send_buffer_size().unwrap() <= 2 * SEND_BUFFER);
        #[cfg(target_os = "linux")]
        {
            assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE);
            assert_eq!(socket.tcp_user_timeout().unwrap(), Some(UNANSWERED));
        }
    }

    #[tokio::test]
    async fn an_address_can_be_had_again_at_once_and_not_twice() {
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(bind(address).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        let (client, server) = connection(listener).await;
        // The side that closes first is the one whose address lingers.
        drop(server);
        drop(client);
        assert_eq!(bind(address).unwrap().local_addr().unwrap(), address);
    }

    #[test]
    fn what_is_not_a_tcp_connection_is_left_alone() {
        on_connect(&"a unix socket", &mut Extensions::new());
    }
}
