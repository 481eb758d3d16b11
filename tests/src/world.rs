//! A whole Helpline: two chat-servers and two subscribers on one Redis, and the people who use them.
//!
//! Visitors go to the first chat-server and agents to the second unless a test says otherwise, so that every
//! conversation crosses processes. Dropping a world ends what is left in it and checks that nothing remains.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tempfile::TempDir;

use crate::agent::Agent;
use crate::builder::Builder;
use crate::guest::Guest;
use crate::party::{Party, Side};
use crate::process::Process;
use crate::proxy::Proxy;
use crate::services::{Service, Settings};
use crate::socket::{Door, Socket};
use crate::stores::Stores;
use crate::wait::DEADLINE;
use crate::{http, leftovers, tokens};

/// A service, inside this process or as one of its own.
#[derive(Debug)]
pub enum Server {
    /// On a thread of the test.
    Here(Service),
    /// As a process.
    Process(Process),
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Here(service) => service.address,
            Self::Process(process) => process.address,
        }
    }

    fn socketio(&self) -> Option<SocketAddr> {
        match self {
            Self::Here(service) => service.socketio,
            Self::Process(process) => process.socketio,
        }
    }
}

/// See the module's documentation.
#[derive(Debug)]
pub struct World {
    /// The Redis of this world; of a cluster the one that had the first partition at the start.
    pub redis: SocketAddr,
    /// What every key of this world starts with.
    pub prefix: String,
    /// The channel of requests.
    pub join_channel: String,
    /// The folder of its records.
    pub folder: TempDir,
    /// The chat-servers.
    pub chat_servers: Vec<Server>,
    /// The subscribers.
    pub subscribers: Vec<Server>,
    /// The links to Redis, one for each service, chat-servers first; empty unless asked for.
    pub links: Vec<Proxy>,
    tokens: bool,
    inspected: bool,
    guests: Mutex<Vec<Guest>>,
    next_subscriber: AtomicUsize,
    stores: Stores,
}

impl World {
    /// A world with the settings tests use as a matter of course.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().start()
    }

    /// A world with some settings changed.
    #[must_use]
    pub fn with(change: impl FnOnce(&mut Settings) + 'static) -> Self {
        Self::builder().settings(change).start()
    }

    /// A world to be put together.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "called once, by the builder, with everything it has made"
    )]
    pub(crate) fn assemble(
        redis: SocketAddr,
        stores: Stores,
        prefix: String,
        join_channel: String,
        folder: TempDir,
        chat_servers: Vec<Server>,
        subscribers: Vec<Server>,
        links: Vec<Proxy>,
        tokens: bool,
    ) -> Self {
        Self {
            redis,
            prefix,
            join_channel,
            folder,
            chat_servers,
            subscribers,
            links,
            tokens,
            inspected: true,
            guests: Mutex::default(),
            next_subscriber: AtomicUsize::new(0),
            stores,
        }
    }

    /// The address of a chat-server.
    #[must_use]
    pub fn chat(&self, server: usize) -> SocketAddr {
        self.chat_servers[server].address()
    }

    /// The address of a chat-server's Socket.IO listener.
    #[must_use]
    pub fn socketio(&self, server: usize) -> SocketAddr {
        self.chat_servers[server]
            .socketio()
            .expect("a chat-server has one")
    }

    /// The address of a subscriber.
    #[must_use]
    pub fn feed(&self, server: usize) -> SocketAddr {
        self.subscribers[server].address()
    }

    /// Every listener of this world.
    #[must_use]
    pub fn listeners(&self) -> Vec<SocketAddr> {
        self.chat_servers
            .iter()
            .chain(&self.subscribers)
            .map(Server::address)
            .collect()
    }

    /// Takes a process out of a world of processes, to do something to it.
    pub fn chat_process(&mut self, server: usize) -> &mut Process {
        match &mut self.chat_servers[server] {
            Server::Process(process) => process,
            Server::Here(_) => panic!("this world runs its services inside the test"),
        }
    }

    /// As [`Self::chat_process`], for a subscriber.
    pub fn feed_process(&mut self, server: usize) -> &mut Process {
        match &mut self.subscribers[server] {
            Server::Process(process) => process,
            Server::Here(_) => panic!("this world runs its services inside the test"),
        }
    }

    /// Registers a visitor over HTTP.
    pub async fn register(&self, name: &str) -> Guest {
        self.register_at(0, name).await
    }

    /// Registers a visitor at this chat-server.
    pub async fn register_at(&self, server: usize, name: &str) -> Guest {
        let answer = http::get(self.chat(server), &format!("/user/join/{name}")).await;
        assert_eq!(answer.status, 200, "registration: {}", answer.body);
        self.knows(&answer.json())
    }

    /// Takes note of a registration, so that its chat is ended with the world.
    pub fn knows(&self, registration: &serde_json::Value) -> Guest {
        let guest = Guest::from_body(registration, self.tokens);
        self.guests
            .lock()
            .expect("not poisoned")
            .push(guest.clone());
        guest
    }

    /// Opens a chat socket on this chat-server, without a Join.
    pub async fn open(&self, server: usize, chat_id: &str, door: &Door, who: &str) -> Socket {
        Socket::open(self.chat(server), &format!("/chat/{chat_id}"), door, who)
            .await
            .unwrap_or_else(|refused| panic!("{who}: the upgrade was refused: {refused:?}"))
    }

    /// A visitor who has registered, joined and waits.
    pub async fn visitor(&self, name: &str) -> Party {
        let guest = self.register(name).await;
        self.joins(&guest, 0, &Door::plain()).await
    }

    /// As [`Self::visitor`], with `helpline.v1`.
    pub async fn visitor_v1(&self, name: &str) -> Party {
        let guest = self.register(name).await;
        let mut visitor = self.joins(&guest, 0, &Door::v1()).await;
        visitor.room("waiting").await;
        visitor
    }

    /// The visitor's first Join, on this chat-server.
    pub async fn joins(&self, guest: &Guest, server: usize, door: &Door) -> Party {
        let mut socket = self
            .open(server, &guest.chat_id, door, &guest.username)
            .await;
        socket.send("Join", guest.join()).await;
        let joined = socket.expect("Joined").await;
        assert_eq!(joined["participant"], "User", "{joined}");
        assert_eq!(joined["userId"], guest.user_id, "{joined}");
        Party {
            guest: guest.clone(),
            side: Side::User,
            support_id: None,
            support_name: None,
            door: door.clone(),
            socket,
        }
    }

    /// An agent's chat socket on the second chat-server, with the claim won.
    pub async fn support(&self, guest: &Guest, name: &str) -> Party {
        self.claims(guest, name, 1, &Door::plain()).await
    }

    /// An agent's claim on this chat-server, which has to win.
    pub async fn claims(&self, guest: &Guest, name: &str, server: usize, door: &Door) -> Party {
        let door = if self.tokens {
            door.clone().bearer(&tokens::token(name, "agent"))
        } else {
            door.clone()
        };
        let mut socket = self.open(server, &guest.chat_id, &door, name).await;
        socket.send("Join", guest.claim(name)).await;
        let mut party = Party {
            guest: guest.clone(),
            side: Side::Support,
            support_id: None,
            support_name: None,
            door,
            socket,
        };
        party.meets(name).await;
        party
    }

    /// A visitor and an agent in one chat, on different chat-servers, ready to talk.
    pub async fn engaged(&self) -> (Party, Party) {
        self.engaged_through(&Door::plain()).await
    }

    /// As [`Self::engaged`], both with `helpline.v1`.
    pub async fn engaged_v1(&self) -> (Party, Party) {
        self.engaged_through(&Door::v1()).await
    }

    async fn engaged_through(&self, door: &Door) -> (Party, Party) {
        let guest = self.register("Mina").await;
        let mut visitor = self.joins(&guest, 0, door).await;
        if visitor.v1 {
            visitor.room("waiting").await;
        }
        let support = self.claims(&guest, "Vika", 1, door).await;
        visitor.meets("Vika").await;
        (visitor, support)
    }

    /// An agent at the feed; subscribers take turns.
    pub async fn agent(&self, name: &str) -> Agent {
        self.agent_through(name, &Door::plain()).await
    }

    /// As [`Self::agent`], with `helpline.v1`.
    pub async fn agent_v1(&self, name: &str) -> Agent {
        self.agent_through(name, &Door::v1()).await
    }

    async fn agent_through(&self, name: &str, door: &Door) -> Agent {
        let server = self.next_subscriber.fetch_add(1, Ordering::Relaxed) % self.subscribers.len();
        let door = if self.tokens {
            door.clone().bearer(&tokens::token(name, "agent"))
        } else {
            door.clone()
        };
        let feed = Socket::open(self.feed(server), "/joins", &door, name)
            .await
            .unwrap_or_else(|refused| panic!("{name}: the upgrade was refused: {refused:?}"));
        Agent {
            name: name.to_owned(),
            feed,
        }
    }

    /// The servers that have something of this world now.
    #[must_use]
    pub fn primaries(&self) -> Vec<SocketAddr> {
        self.stores.primaries()
    }

    /// A connection to this world's Redis, to look at it from outside.
    pub async fn redis(&self) -> redis::aio::MultiplexedConnection {
        let client =
            redis::Client::open(format!("redis://{}/", self.redis)).expect("a redis address");
        client
            .get_multiplexed_async_connection()
            .await
            .expect("redis answers")
    }

    /// What is published on this world's request channel from now on.
    pub async fn requests(&self) -> redis::aio::PubSub {
        let client =
            redis::Client::open(format!("redis://{}/", self.redis)).expect("a redis address");
        let mut channel = client.get_async_pubsub().await.expect("redis answers");
        channel
            .subscribe(&self.join_channel)
            .await
            .expect("a subscription");
        channel
    }

    /// Whether every listener says that it can serve.
    pub async fn is_ready(&self) -> bool {
        for address in self.listeners() {
            if http::status(address, "/ready").await != Some(200) {
                return false;
            }
        }
        true
    }

    /// Kills every process of this world, which leaves nobody to tidy up: it is not inspected at the end.
    pub fn kill_all(&mut self) {
        for server in self.chat_servers.iter_mut().chain(&mut self.subscribers) {
            if let Server::Process(process) = server {
                process.kill();
            }
        }
        self.inspected = false;
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// A chat-server that serves, if any is left that will.
    fn serving(&mut self) -> Option<SocketAddr> {
        let end = Instant::now() + DEADLINE;
        while self.chat_servers.iter_mut().any(Server::is_running) && Instant::now() < end {
            if let Some(address) = self.chat_servers.iter_mut().find_map(Server::serving) {
                return Some(address);
            }
            crate::wait::a_moment();
        }
        None
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for link in &self.links {
            link.heal();
        }
        let inspected = self.inspected && self.stores.is_running() && !std::thread::panicking();
        if inspected && let Some(address) = self.serving() {
            let guests = std::mem::take(&mut *self.guests.lock().expect("not poisoned"));
            leftovers::end_chats(address, guests);
            leftovers::assert_none(
                &self.stores.primaries(),
                &self.prefix,
                leftovers::Services::Running,
            );
        }
        let mut servers: Vec<Server> = self
            .chat_servers
            .drain(..)
            .chain(self.subscribers.drain(..))
            .collect();
        for server in &mut servers {
            server.tell_to_stop();
        }
        if !std::thread::panicking() {
            for server in &mut servers {
                server.finish();
            }
        }
        if inspected {
            leftovers::assert_none(
                &self.stores.primaries(),
                &self.prefix,
                leftovers::Services::Stopped,
            );
        }
    }
}

impl Server {
    fn is_running(&mut self) -> bool {
        match self {
            Self::Here(_) => true,
            Self::Process(process) => process.is_running(),
        }
    }

    /// Where it serves, unless it is dead, on its way out or not yet ready.
    fn serving(&mut self) -> Option<SocketAddr> {
        let address = self.address();
        (self.is_running() && http::is_ready(address).unwrap_or(false)).then_some(address)
    }

    fn tell_to_stop(&mut self) {
        match self {
            Self::Here(service) => service.cancel(),
            Self::Process(process) => process.end(),
        }
    }

    fn finish(&mut self) {
        match self {
            Self::Here(service) => service.finish(),
            Self::Process(process) => drop(process.exit_status()),
        }
    }
}
