//! How a service is built, run and drained. Both services are this, with routes and rooms of their own.
//!
//! Build: check the settings, take the address. Run: serve at once (the process is alive), be ready when the
//! store is. Stop: not ready, tell the sockets to come back, wait for them with a deadline, then end.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_cors::Cors;
use actix_web::{dev::Server, web::ServiceConfig};
use helpline_live::{
    keys::Keys,
    link::{Address, BadUrl, Link},
    outbound::Outbound,
    setup::SetupError,
    store::{Shared, Store},
};
use secrecy::SecretString;
use tokio::{
    sync::SetOnce,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    access::{RegistrationLimit, Revocations, SocketLimit, TokenKeys, WriteLimit},
    backlog::Backlog,
    clock::StoreClock,
    handler::Handler,
    http::{self, Obstacle, Readiness},
    keeper::Keeper,
    listener::Listener,
    metrics::Metrics,
    policy::PolicyNow,
    presence::Roster,
    restore::Restorer,
    settings::{Settings, SettingsError},
    socket::Drain,
};

/// How long an ended chat stays known, so that every socket and retry hears of its end.
pub const TOMBSTONE: Duration = Duration::from_secs(60);
/// What a drain takes beyond the time over which sockets are told.
const LAST_CALL: Duration = Duration::from_secs(3);
/// What is said while some of the store does not answer.
const PARTLY: &str = "a part of the store does not answer; chats elsewhere go on";
/// How soon it tries again.
const SHORTLY: Duration = Duration::from_millis(50);
/// How long a request waits for the keys of tokens.
const TOKENS_DEADLINE: Duration = Duration::from_secs(2);
/// How often the store is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a service does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is impossible.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The store's address is impossible.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The records cannot be opened.
    #[error("the records cannot be opened: {0}")]
    Records(String),
    /// The listener's address cannot be had.
    #[error("cannot listen on {0}: {1}")]
    Bind(SocketAddr, io::Error),
    /// The store is not this deployment's.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The HTTP server failed.
    #[error("the server failed: {0}")]
    Server(#[from] io::Error),
}

/// What all parts of a process share. Cheap to clone.
#[derive(Clone)]
pub struct Commons {
    /// The settings.
    pub settings: Arc<Settings>,
    /// Where the store is.
    pub store: Address,
    /// The figures.
    pub metrics: Metrics,
    /// Whether clients may be sent here.
    pub readiness: Readiness,
    /// This process's sockets, as the store should know them.
    pub roster: Roster,
    /// Per-address limit on registrations.
    pub registrations: RegistrationLimit,
    /// Tokens that ended before their time.
    pub revocations: Revocations,
    /// Per-address limit on what is said.
    pub writes: WriteLimit,
    /// Per-address limit on open sockets.
    pub sockets: SocketLimit,
    /// Per-address limit on TCP connections.
    pub connections: SocketLimit,
    /// Says when sockets have to go.
    pub drain: Drain,
    /// The sockets' tasks.
    pub socket_tasks: TaskTracker,
    /// The process's own tasks.
    pub tasks: TaskTracker,
    /// Ends the process's own tasks.
    pub stop: CancellationToken,
    /// Who puts chats back that the store has lost.
    pub restorer: Restorer,
    /// What commands are decided by.
    pub policy: PolicyNow,
    shared: Arc<Shared>,
    clock: StoreClock,
    backlog: Backlog,
    tokens: Arc<SetOnce<TokenKeys>>,
    conditions: Arc<Mutex<Vec<Condition>>>,
}

/// What is said while a process is not ready for want of something.
type Condition = Box<dyn Fn() -> Option<Obstacle> + Send>;

impl Commons {
    fn new(settings: Settings) -> Result<Self, StartError> {
        let redis = &settings.redis;
        let keys = Keys::new(&redis.prefix, redis.partitions);
        let revocations = Revocations::default();
        let secret = settings.auth.jwt_secret.as_ref();
        let ttl = settings.auth.token_ttl;
        let tokens = secret.map(|secret| TokenKeys::new(secret, ttl, revocations.clone()));
        Ok(Self {
            store: redis.address()?,
            metrics: Metrics::new(),
            readiness: Readiness::new(),
            roster: Roster::default(),
            registrations: RegistrationLimit::new(&settings.limits),
            revocations,
            writes: WriteLimit::new(&settings.limits),
            sockets: SocketLimit::new(&settings.limits),
            connections: SocketLimit::of_connections(&settings.limits),
            drain: Drain {
                begun: CancellationToken::new(),
                spread: settings.sockets.drain,
            },
            socket_tasks: TaskTracker::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            restorer: Restorer::default(),
            policy: PolicyNow::new(&settings),
            shared: Arc::new(Shared::new(
                keys,
                &redis.join_channel,
                settings.records.url.is_some(),
            )),
            clock: StoreClock::default(),
            backlog: Backlog::new(redis.stream_max_bytes),
            tokens: Arc::new(SetOnce::new_with(tokens)),
            conditions: Arc::default(),
            settings: Arc::new(settings),
        })
    }

    /// The store over a connection of its own, on this thread.
    fn open_store(&self) -> Store {
        let link = Link::open(self.store.clone(), self.stop.clone());
        Store::new(link, self.shared.clone())
    }

    /// A command handler for this thread, with a connection of its own.
    pub fn handler(&self) -> Handler {
        Handler::new(
            self.open_store(),
            self.policy.clone(),
            self.metrics.clone(),
            self.clock.clone(),
            self.backlog.clone(),
            self.restorer.clone(),
        )
    }

    /// This process's hold on the event stream, with a connection of its own; `None` when there are no records.
    pub fn outbound(&self) -> Option<Outbound> {
        let records = self.settings.records.url.as_ref();
        records.map(|_| Outbound::open(self.store.clone(), self.shared.clone(), self.stop.clone()))
    }

    /// Makes readiness depend on something more; `otherwise` says what is missing while it does not hold.
    pub fn ready_only_if(
        &self,
        otherwise: &'static str,
        condition: impl Fn() -> bool + Send + 'static,
    ) {
        self.ready_unless(move || (!condition()).then(|| Obstacle::Blocks(otherwise.to_owned())));
    }

    /// The same where `obstacle` says what stands in the way, if anything does.
    pub fn ready_unless(&self, obstacle: impl Fn() -> Option<Obstacle> + Send + 'static) {
        self.conditions().push(Box::new(obstacle));
    }

    /// The origin of the console's pages.
    #[must_use]
    pub fn console_origin(&self) -> String {
        let bind = self.settings.subscriber.bind;
        self.settings.pages.console_origin(bind)
    }

    /// Which pages may call: those of `http.cors_origin`, and the console.
    pub fn cors(&self) -> Cors {
        http::cors(&self.settings.http, &self.console_origin())
    }

    /// The same for pages whose requests may carry whatever the browser keeps for us: it is told which page may read the answer,
    /// never that all may.
    pub fn cors_with_credentials(&self) -> Cors {
        http::cors_with_credentials(&self.settings.http, &self.console_origin())
    }

    fn conditions(&self) -> MutexGuard<'_, Vec<Condition>> {
        // The list is whole between any two statements: a panic elsewhere cannot have broken it.
        let conditions = self.conditions.lock();
        conditions.unwrap_or_else(PoisonError::into_inner)
    }

    /// The worst of what stands in the way.
    fn obstacle(&self) -> Option<Obstacle> {
        let conditions = self.conditions();
        let obstacles = conditions.iter().filter_map(|obstacle| obstacle());
        let obstacles = obstacles.chain(self.backlog.obstacle());
        obstacles.max_by_key(|obstacle| matches!(obstacle, Obstacle::Blocks(_)))
    }

    /// The keys that tokens are signed with. In open mode they are known once the store has answered; at a start
    /// that is a moment away, so it is waited for.
    pub async fn tokens(&self) -> Option<&TokenKeys> {
        timeout(TOKENS_DEADLINE, self.tokens.wait()).await.ok()
    }
}

/// A service that has its address and is not yet running.
pub struct Application {
    commons: Commons,
    listener: Listener,
    further: Vec<Further>,
}

/// Begins to serve a listener that came with routes of its own.
type Further = Box<dyn FnOnce(&Commons) -> Result<Server, StartError>>;

impl Application {
    /// Checks the settings and takes the address.
    ///
    /// # Errors
    /// When a setting is impossible or the address cannot be had.
    pub fn build(settings: Settings, address: SocketAddr) -> Result<Self, StartError> {
        settings.validate()?;
        let listener = Listener::bind(&settings, address)?;
        Ok(Self {
            commons: Commons::new(settings)?,
            listener,
            further: Vec::new(),
        })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves this listener too, with routes of its own; `cors` says which pages may call it.
    pub fn serve_also(
        &mut self,
        listener: Listener,
        cors: fn(&Commons) -> Cors,
        routes: impl Fn(&mut ServiceConfig, Handler) + Clone + Send + 'static,
    ) {
        let serve = move |commons: &Commons| listener.serve(commons, cors, routes);
        self.further.push(Box::new(serve));
    }

    /// What its parts share.
    pub fn commons(&self) -> &Commons {
        &self.commons
    }

    /// Serves until `stop`, then drains. `routes` is called on each worker thread, with that thread's handler.
    ///
    /// # Errors
    /// When the store turns out to be another deployment's, or the server fails.
    pub async fn run(
        self,
        stop: CancellationToken,
        routes: impl Fn(&mut ServiceConfig, Handler) + Clone + Send + 'static,
    ) -> Result<(), StartError> {
        let commons = self.commons;
        let handler = commons.handler();
        let keeper = Keeper {
            handler: handler.clone(),
            leases: commons.open_store(),
            roster: commons.roster.clone(),
            lease: commons.settings.sockets.lease,
            grace: commons.settings.presence.grace,
        };
        commons
            .tasks
            .spawn(keep_up(handler.clone(), commons.clone()));
        let keeping = CancellationToken::new();
        let (end, last) = (keeping.clone(), keeper.clone());
        let kept = commons.tasks.spawn(async move { keeper.run(end).await });

        let address = self.listener.address();
        let mut servers = vec![self.listener.serve(&commons, Commons::cors, routes)?];
        for further in self.further {
            servers.push(further(&commons)?);
        }
        let handles: Vec<_> = servers.iter().map(Server::handle).collect();
        let mut serving = JoinSet::new();
        for server in servers {
            serving.spawn(server);
        }
        info!(%address, "serving");

        let result = tokio::select! {
            () = stop.cancelled() => Ok(()),
            error = watch_store(&commons, &handler) => Err(error.into()),
            Some(served) = serving.join_next() => served.map_err(io::Error::other).flatten().map_err(StartError::from),
        };
        drain(&commons).await;
        for handle in handles {
            handle.stop(false).await;
        }
        // Sockets that did not go in time have been cut off: the store would count them for ever.
        let grace = commons.settings.presence.restart_grace;
        let all_left = last.all_left(grace).await;
        keeping.cancel();
        let _ = kept.await;
        if all_left {
            last.give_lease_back().await;
        }
        commons.stop.cancel();
        commons.tasks.close();
        commons.tasks.wait().await;
        info!("stopped");
        result
    }
}

/// Keeps up with what people change: whose tokens end (their sockets end too), and what visitors are told.
async fn keep_up(handler: Handler, commons: Commons) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while commons
        .stop
        .run_until_cancelled(look.tick())
        .await
        .is_some()
    {
        if let Ok(revoked) = handler.store().revocations().await {
            let from = |from| u64::try_from(from).unwrap_or_default();
            let revoked = revoked
                .into_iter()
                .map(|(account, second)| (account, from(second)));
            commons.revocations.learn(revoked);
        }
        if let Ok(texts) = handler.store().texts().await {
            commons.policy.heard(&texts);
        }
    }
}

/// Keeps readiness true. Ends only when going on makes no sense.
async fn watch_store(commons: &Commons, handler: &Handler) -> SetupError {
    let store = handler.store();
    let mut look = interval(LOOK_EVERY);
    loop {
        // The first connection is news at once; after that a look a second is enough.
        if store.link().up_since().is_none() {
            let _ = timeout(LOOK_EVERY, store.link().up()).await;
        } else {
            look.tick().await;
        }
        let checked = match store.check_setup().await {
            Ok(()) => get_tokens(commons, handler).await,
            Err(error) => Err(error),
        };
        match checked.map(|()| commons.obstacle()) {
            Ok(None) => commons.readiness.set_ready(true),
            Ok(Some(Obstacle::Impairs(missing))) => commons.readiness.set_impaired(missing),
            Ok(Some(Obstacle::Blocks(missing))) => {
                commons.readiness.set_blocked(missing);
                look.reset_after(SHORTLY);
            }
            // A primary of a cluster is away from everybody, until its replica takes over.
            Err(SetupError::Unavailable)
                if commons.readiness.has_served() && store.link().is_partly_up() =>
            {
                commons.readiness.set_impaired(PARTLY);
            }
            Err(error) if error.may_pass() => {
                if commons.readiness.is_ready() {
                    warn!(%error, "not ready");
                }
                commons.readiness.set_blocked(error.to_string());
            }
            Err(error) => return error,
        }
    }
}

/// In open mode the secret is in the store, so that all processes share it.
async fn get_tokens(commons: &Commons, handler: &Handler) -> Result<(), SetupError> {
    if commons.tokens.initialized() {
        return Ok(());
    }
    let [one, two]: [u128; 2] = rand::random();
    let candidate = format!("{one:032x}{two:032x}");
    let secret = SecretString::from(handler.store().shared_secret(&candidate).await?);
    let ttl = commons.settings.auth.token_ttl;
    let keys = TokenKeys::new(&secret, ttl, commons.revocations.clone());
    // Nobody else sets it, and if anybody did it would be to the same.
    let _ = commons.tokens.set(keys);
    Ok(())
}

/// Sends the sockets elsewhere.
async fn drain(commons: &Commons) {
    commons.readiness.drain();
    commons.drain.begun.cancel();
    commons.socket_tasks.close();
    let deadline = commons.drain.spread + LAST_CALL;
    if timeout(deadline, commons.socket_tasks.wait())
        .await
        .is_err()
    {
        warn!(
            sockets = commons.socket_tasks.len(),
            "sockets did not go in time"
        );
    }
}
