//! A proxy in front of a service, as careless as some are: it loses upgrades, cuts quiet lines, or says who comes.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// What the proxy does to what it carries.
#[derive(Clone, Debug, Default)]
pub struct Manners {
    /// Leaves these headers out of each request.
    pub loses: Vec<&'static str>,
    /// Adds these lines to each request.
    pub adds: Vec<&'static str>,
    /// Cuts a line on which nothing has come for so long.
    pub cuts_after: Option<Duration>,
}

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct WayIn {
    /// Where clients connect.
    pub address: SocketAddr,
    stop: CancellationToken,
}

impl WayIn {
    /// Starts a proxy in front of `target`, on a thread of its own.
    #[must_use]
    pub fn to(target: SocketAddr, manners: Manners) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("non-blocking");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(stopped.run_until_cancelled(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    let manners = manners.clone();
                    tokio::spawn(async move { carry(client, target, manners).await });
                }
            }));
        });
        Self { address, stop }
    }

    /// Where clients connect, as an address for browsers.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for WayIn {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn carry(mut client: TcpStream, target: SocketAddr, manners: Manners) -> Option<()> {
    let mut server = TcpStream::connect(target).await.ok()?;
    let head = head(&mut client).await?;
    server.write_all(&rewritten(&head, &manners)).await.ok()?;
    let (mut client_in, mut client_out) = client.split();
    let (mut server_in, mut server_out) = server.split();
    let answers = async {
        let mut bytes = vec![0; 16 * 1024];
        let quiet = manners.cuts_after.unwrap_or(Duration::from_secs(600));
        while let Ok(Ok(count @ 1..)) = timeout(quiet, server_in.read(&mut bytes)).await {
            if client_out.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = answers => {}
        _ = copy(&mut client_in, &mut server_out) => {}
    }
    Some(())
}

/// The first request up to its empty line.
async fn head(client: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

fn rewritten(head: &str, manners: &Manners) -> Vec<u8> {
    let is_lost = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        !manners
            .loses
            .iter()
            .any(|lost| lost.eq_ignore_ascii_case(name))
    };
    let kept = head.trim_end().split("\r\n").filter(is_lost);
    let lines: Vec<&str> = kept.chain(manners.adds.iter().copied()).collect();
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}
