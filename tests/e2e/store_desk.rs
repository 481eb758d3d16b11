//! What the store's own tests share: a deployment of the store on a real Redis, processes that use it, and decisions
//! to commit.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use e2e::{RedisServer, secs};
use helpline_desk::actor::Side;
use helpline_desk::decide::{Decision, Life};
use helpline_desk::event::{End, Event, Said};
use helpline_desk::id::{AgentId, ChatId, MessageId, SupportId, VisitorId};
use helpline_live::keys::Keys;
use helpline_live::link::{Address, Link};
use helpline_live::outbound::Outbound;
use helpline_live::store::{Commit, Committed, Head, Loaded, Shared, Store};
use redis::{PushKind, aio::MultiplexedConnection};
use tokio_util::sync::CancellationToken;

/// A life that ends in no test.
pub(crate) const LIFE: Duration = secs(60);

/// The keys of one deployment, and a look at them from outside.
pub(crate) struct Deployment {
    pub(crate) redis: SocketAddr,
    pub(crate) keys: Keys,
    pub(crate) join_channel: String,
    prefix: String,
    streaming: bool,
    stop: CancellationToken,
}

impl Deployment {
    /// One of this test's own, on the Redis that the tests of a run share.
    pub(crate) fn new() -> Self {
        Self::on(RedisServer::shared(), 1)
    }

    /// One with this many partitions.
    pub(crate) fn on(redis: SocketAddr, partitions: u16) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let prefix = format!("store-{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self {
            redis,
            keys: Keys::new(&prefix, partitions),
            join_channel: format!("{prefix}-join"),
            prefix,
            streaming: false,
            stop: CancellationToken::new(),
        }
    }

    /// The same deployment, as a process with other settings takes it.
    pub(crate) fn with_partitions(&self, partitions: u16) -> Self {
        Self {
            redis: self.redis,
            keys: Keys::new(&self.prefix, partitions),
            join_channel: self.join_channel.clone(),
            prefix: self.prefix.clone(),
            streaming: self.streaming,
            stop: CancellationToken::new(),
        }
    }

    /// The same with an event stream.
    pub(crate) fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    pub(crate) fn address(&self) -> Address {
        Address::parse(&format!("redis://{}/", self.redis)).expect("an address")
    }

    /// A process that uses it, before it is known whether Redis answers.
    pub(crate) fn starting_process(&self) -> Store {
        self.starting_process_at(self.address())
    }

    /// The same that finds Redis there.
    pub(crate) fn starting_process_at(&self, address: Address) -> Store {
        let link = Link::open(address, self.stop.child_token());
        Store::new(link, self.shared())
    }

    fn shared(&self) -> Arc<Shared> {
        let shared = Shared::new(self.keys.clone(), &self.join_channel, self.streaming);
        Arc::new(shared)
    }

    /// A process's hold on its event stream.
    pub(crate) fn outbound(&self) -> Outbound {
        Outbound::open(self.address(), self.shared(), self.stop.child_token())
    }

    /// A process that uses it.
    pub(crate) async fn process(&self) -> Store {
        self.process_at(self.address()).await
    }

    /// The same that finds Redis there.
    pub(crate) async fn process_at(&self, address: Address) -> Store {
        let store = self.starting_process_at(address);
        e2e::wait::within("a connection", store.link().up()).await;
        store
    }

    /// Stops what listens on this deployment's behalf when the test is over.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.stop.child_token()
    }

    pub(crate) async fn look(&self) -> MultiplexedConnection {
        self.client()
            .get_multiplexed_async_connection()
            .await
            .expect("redis answers")
    }

    /// What is said on one of the deployment's own channels from now on.
    pub(crate) async fn listen(&self, channel: &str) -> Spy {
        self.overhear("SSUBSCRIBE", channel).await
    }

    /// What is published to everybody on a channel from now on.
    pub(crate) async fn listen_in_public(&self, channel: &str) -> Spy {
        self.overhear("SUBSCRIBE", channel).await
    }

    async fn overhear(&self, subscribe: &str, channel: &str) -> Spy {
        let (sender, pushes) = tokio::sync::mpsc::unbounded_channel();
        let config = redis::AsyncConnectionConfig::new().set_push_sender(sender);
        let client = redis::Client::open(format!("redis://{}/?protocol=resp3", self.redis));
        let mut connection = client
            .expect("an address")
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .expect("redis answers");
        let mut command = redis::cmd(subscribe);
        let command = command.arg(channel);
        let _: redis::Value = command.query_async(&mut connection).await.expect("done");
        Spy {
            pushes,
            _connection: connection,
        }
    }

    fn client(&self) -> redis::Client {
        redis::Client::open(format!("redis://{}/", self.redis)).expect("an address")
    }

    /// A key of the first partition.
    pub(crate) fn key(&self, rest: impl std::fmt::Display) -> String {
        format!("{}:{{0}}:{rest}", self.prefix)
    }

    /// Every key there is, sorted.
    pub(crate) async fn all_keys(&self) -> Vec<String> {
        let mut all: Vec<String> = redis::cmd("KEYS")
            .arg(format!("{}:*", self.prefix))
            .query_async(&mut self.look().await)
            .await
            .expect("keys");
        all.sort();
        all
    }

    /// What remains of a key's life in milliseconds, as Redis says it.
    pub(crate) async fn life_of(&self, key: &str) -> i64 {
        self.ask(redis::cmd("PTTL").arg(key)).await
    }

    /// The answer to one command.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, command: &redis::Cmd) -> T {
        command
            .query_async(&mut self.look().await)
            .await
            .expect("an answer")
    }

    /// The timers that run, in the order in which they are due.
    pub(crate) async fn timers(&self) -> Vec<String> {
        let mut range = redis::cmd("ZRANGE");
        self.ask(range.arg(self.key("timers")).arg(0).arg(-1)).await
    }
}

/// Somebody who listens to one channel.
pub(crate) struct Spy {
    pushes: tokio::sync::mpsc::UnboundedReceiver<redis::PushInfo>,
    _connection: MultiplexedConnection,
}

impl Spy {
    /// What is said next.
    pub(crate) async fn next(&mut self) -> String {
        loop {
            let next = e2e::wait::within("something said", self.pushes.recv()).await;
            let push = next.expect("a connection");
            if let (PushKind::Message | PushKind::SMessage, [_, text]) =
                (push.kind, push.data.as_slice())
            {
                return redis::from_redis_value(text.clone()).expect("text");
            }
        }
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A chat that no other test has.
pub(crate) fn new_chat() -> ChatId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    ChatId::from_bits(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

pub(crate) fn decided(events: impl IntoIterator<Item = Event>, life: Life) -> Decision {
    Decision {
        events: events.into_iter().collect(),
        life,
        timers: Vec::new(),
        announce: false,
    }
}

/// A commit with nothing beside its events.
pub(crate) fn commit(chat: ChatId, revision: u64, decision: &Decision) -> Commit<'_> {
    Commit {
        chat,
        command_id: None,
        revision,
        decision,
        queue: None,
        engaged: None,
        flagged: None,
        announce: None,
        arrives: None,
        due: None,
    }
}

pub(crate) fn registered() -> Event {
    Event::Registered {
        visitor: VisitorId::from_bits(7),
        name: "Mina".to_owned(),
        platform: "web".to_owned(),
        topic: None,
        kept: false,
        supervisor: None,
        standing: false,
        since: None,
    }
}

pub(crate) fn said(content: &str) -> Event {
    Event::Said(Said {
        id: MessageId::from_bits(9),
        from: Side::Visitor,
        support: None,
        content: content.to_owned(),
        raw: None,
        client_id: None,
    })
}

pub(crate) fn claimed(name: &str) -> Event {
    Event::Claimed {
        support: SupportId::from_bits(3),
        name: name.to_owned(),
        agent: AgentId(name.to_owned()),
        rank: helpline_desk::actor::Rank::Agent,
        text: "Hello".to_owned(),
    }
}

/// A store's answers, where a test expects one.
pub(crate) trait Expect {
    /// Commits; the answer, whatever it is.
    async fn put(&self, commit: &Commit<'_>) -> Committed;
    /// Commits these events on a revision, and where the chat stands then.
    async fn add(&self, chat: ChatId, revision: u64, events: Vec<Event>) -> Head;
    /// Makes a chat that lives for [`LIFE`].
    async fn create(&self) -> ChatId;
    /// Ends a chat that was not changed since it was made.
    async fn end(&self, chat: ChatId);
    /// All of a chat.
    async fn all(&self, chat: ChatId) -> Loaded;
}

impl Expect for Store {
    async fn put(&self, commit: &Commit<'_>) -> Committed {
        self.commit(commit).await.expect("an answer")
    }

    async fn add(&self, chat: ChatId, revision: u64, events: Vec<Event>) -> Head {
        let decision = decided(events, Life::Extend(LIFE));
        match self.put(&commit(chat, revision, &decision)).await {
            Committed::Done { head, .. } => head,
            other => panic!("not done: {other:?}"),
        }
    }

    async fn create(&self) -> ChatId {
        let chat = new_chat();
        self.add(chat, 0, vec![registered()]).await;
        chat
    }

    async fn end(&self, chat: ChatId) {
        let ended = decided([Event::Ended(End::BySilence)], Life::End(LIFE));
        let done = self.put(&commit(chat, 1, &ended)).await;
        assert!(matches!(done, Committed::Done { .. }), "{done:?}");
    }

    async fn all(&self, chat: ChatId) -> Loaded {
        self.load(chat, 0)
            .await
            .expect("an answer")
            .expect("a chat")
    }
}
