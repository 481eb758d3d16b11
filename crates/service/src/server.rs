//! The TCP side of a listener: how connections come in, and what each one may cost.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_http::{Protocol, error::DispatchError};
use actix_web::rt::net::TcpStream;
use ipnet::IpNet;
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};

use crate::{access::SocketLimit, application::Commons, connection::Connection};

/// After a restart thousands of clients come back at once, and whoever finds the queue full waits a second or more.
const BACKLOG: i32 = 4096;
/// A client whose network is gone should be known to be gone before its chat has fallen silent.
const UNANSWERED: Duration = Duration::from_secs(30);
const KEEPALIVE: Duration = Duration::from_secs(60);
/// The kernel would otherwise let a connection grow to some megabytes, so a thousand readers that do not read would
/// keep gigabytes where no outbox sees them, and each would be found out only when all of that is full.
const SEND_BUFFER: usize = 256 * 1024;

/// A listener on `address`, ready to be served.
///
/// # Errors
/// The address cannot be had.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    // A restart must not wait until the connections of the process before it are forgotten.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Takes connections in. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Accept {
    limit: SocketLimit,
    trusted: Vec<IpNet>,
}

impl Accept {
    /// As the settings say.
    pub fn new(commons: &Commons) -> Self {
        Self {
            limit: commons.connections.clone(),
            trusted: commons.settings.http.trusted_proxies.clone(),
        }
    }

    /// A connection as the HTTP service takes it.
    ///
    /// # Errors
    /// Its address has as many as it may have. It is closed without a word: whoever has so many does not listen.
    pub fn accept(
        &self,
        stream: TcpStream,
    ) -> Result<(Connection, Protocol, Option<SocketAddr>), DispatchError> {
        let peer = stream.peer_addr()?;
        let address = peer.ip().to_canonical();
        let slot = match self.trusted.iter().any(|net| net.contains(&address)) {
            true => None,
            false => Some(self.limit.open(address.into()).ok_or_else(refused)?),
        };
        tune(&stream);
        Ok((Connection::new(stream, slot), Protocol::Http1, Some(peer)))
    }
}

fn refused() -> io::Error {
    tracing::debug!("an address has too many connections");
    io::ErrorKind::QuotaExceeded.into()
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
    use crate::settings::Settings;

    async fn connection(listener: TcpListener) -> (TcpStream, TcpStream) {
        let address = listener.local_addr().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        (client.unwrap(), accepted.unwrap().0)
    }

    #[tokio::test]
    async fn a_connection_is_prompt_and_cannot_hold_much() {
        let (_client, server) = connection(bind("127.0.0.1:0".parse().unwrap()).unwrap()).await;
        tune(&server);
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

    #[tokio::test]
    async fn connections_are_counted_by_address_and_those_of_proxies_are_not() {
        let accepts = |trusted: &[&str]| {
            let mut settings = Settings::default();
            settings.limits.connections_per_address = Some(2);
            let trusted = trusted.iter().map(|net| net.parse().unwrap());
            Accept {
                limit: SocketLimit::of_connections(&settings.limits),
                trusted: trusted.collect(),
            }
        };
        let listener = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let come = async |accept: &Accept| {
            let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
            let accepted = accept.accept(accepted.unwrap().0).map(|it| it.0).ok();
            (client.unwrap(), accepted)
        };
        let accept = accepts(&["10.0.0.0/8"]);
        let first = come(&accept).await;
        let second = come(&accept.clone()).await;
        assert!(first.1.is_some() && second.1.is_some());
        assert!(come(&accept).await.1.is_none());
        drop(first);
        assert!(come(&accept).await.1.is_some());
        let accept = accepts(&["127.0.0.0/8"]);
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(come(&accept).await);
        }
        assert!(all.iter().all(|(_, connection)| connection.is_some()));
    }
}
