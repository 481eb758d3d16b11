//! A TCP proxy that breaks on request: it passes, is slow, freezes both ways, refuses, or cuts what it carries. It can also
//! hold back what is heard, and nothing else.
//!
//! It runs on a thread of its own, so that it also works while a test is busy or a world is being taken down.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// What the proxy does with bytes and with new connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Carries everything.
    Pass,
    /// Keeps connections open and carries nothing: the half-dead link that no error ever reports.
    Freeze,
    /// Drops each new connection at once.
    Refuse,
    /// Carries everything but what comes back on a connection by which somebody listens.
    Deafen,
    /// Carries what is asked, and no answer on a connection that was once asked this.
    MuteAt(&'static str),
}

#[derive(Clone, Copy, Debug)]
struct Orders {
    mode: Mode,
    /// How long each piece of up to 16 KiB takes.
    delay: Duration,
    /// Connections made under an earlier number are dropped.
    cut: u32,
}

/// A running proxy; dropping it stops it.
#[derive(Debug)]
pub struct Proxy {
    /// Where clients connect.
    pub address: SocketAddr,
    orders: watch::Sender<Orders>,
    stop: CancellationToken,
}

impl Proxy {
    /// Starts a proxy in front of `target`.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener
            .set_nonblocking(true)
            .expect("a non-blocking listener");
        let address = listener.local_addr().expect("an address");
        let (orders, seen) = watch::channel(Orders {
            mode: Mode::Pass,
            delay: Duration::ZERO,
            cut: 0,
        });
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(stopped.run_until_cancelled(accept(listener, target, seen)));
        });
        Self {
            address,
            orders,
            stop,
        }
    }

    /// Carries everything again.
    pub fn heal(&self) {
        self.orders.send_modify(|orders| {
            orders.mode = Mode::Pass;
            orders.delay = Duration::ZERO;
        });
    }

    /// From now on each piece of up to 16 KiB takes so long, either way.
    pub fn slow(&self, delay: Duration) {
        self.orders.send_modify(|orders| orders.delay = delay);
    }

    /// Holds every byte back, both ways, and keeps the connections.
    pub fn freeze(&self) {
        self.orders.send_modify(|orders| orders.mode = Mode::Freeze);
    }

    /// Holds back what is published: commands are confirmed, and nothing is heard.
    pub fn deafen(&self) {
        self.orders.send_modify(|orders| orders.mode = Mode::Deafen);
    }

    /// Holds back the answer to whatever holds this text, and what follows it: that is done, and not confirmed.
    pub fn mute_at(&self, text: &'static str) {
        self.orders
            .send_modify(|orders| orders.mode = Mode::MuteAt(text));
    }

    /// Drops all present connections; new ones are welcome.
    pub fn cut(&self) {
        self.orders.send_modify(|orders| orders.cut += 1);
    }

    /// Drops all present connections and every new one.
    pub fn refuse(&self) {
        self.orders.send_modify(|orders| {
            orders.mode = Mode::Refuse;
            orders.cut += 1;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn accept(
    listener: std::net::TcpListener,
    target: SocketAddr,
    orders: watch::Receiver<Orders>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    loop {
        let Ok((client, _)) = listener.accept().await else {
            continue;
        };
        if orders.borrow().mode == Mode::Refuse {
            continue;
        }
        let mut orders = orders.clone();
        tokio::spawn(async move {
            let made = orders.borrow_and_update().cut;
            let Ok(server) = TcpStream::connect(target).await else {
                return;
            };
            let _ = client.set_nodelay(true);
            let _ = server.set_nodelay(true);
            let (client_in, client_out) = client.into_split();
            let (server_in, server_out) = server.into_split();
            let gate = orders.clone();
            let (listens, is_mute) = (AtomicBool::new(false), AtomicBool::new(false));
            let watched = orders.clone();
            let asked = |bytes: &[u8]| {
                let has = |text: &str| bytes.windows(text.len()).any(|at| at == text.as_bytes());
                if has("SUBSCRIBE") {
                    listens.store(true, Ordering::Relaxed);
                }
                if let Mode::MuteAt(text) = watched.borrow().mode
                    && has(text)
                {
                    is_mute.store(true, Ordering::Relaxed);
                }
            };
            let is_held = |mode| match mode {
                Mode::Freeze => true,
                Mode::MuteAt(_) => is_mute.load(Ordering::Relaxed),
                Mode::Deafen => listens.load(Ordering::Relaxed),
                Mode::Pass | Mode::Refuse => false,
            };
            let is_frozen = |mode| mode == Mode::Freeze;
            tokio::select! {
                () = carry(client_in, server_out, gate.clone(), is_frozen, asked) => {}
                () = carry(server_in, client_out, gate, is_held, |_: &[u8]| {}) => {}
                _ = orders.wait_for(|now| now.cut != made) => {}
            }
        });
    }
}

async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut orders: watch::Receiver<Orders>,
    is_held: impl Fn(Mode) -> bool,
    passes: impl Fn(&[u8]),
) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let Ok(count @ 1..) = from.read(&mut bytes).await else {
            return;
        };
        let delay = orders.borrow().delay;
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        passes(&bytes[..count]);
        if orders.wait_for(|now| !is_held(now.mode)).await.is_err() {
            return;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}
