//! The loop that keeps the connections of a link: to one server, to the master that sentinels name, or to every primary
//! of a cluster.
//!
//! Each round asks whoever is connected whether it still serves, finds out where the keys are, and connects to whoever is
//! missing. Nobody is written to whose role is not that of a primary, and no connection outlives a change of what its
//! server has: whatever was listened to there is asked for again.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use redis::{
    AsyncConnectionConfig, ConnectionAddr,
    aio::{AsyncPushSender, MultiplexedConnection},
};
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tracing::{info, warn};

use crate::{
    address::{Address, Kind},
    answer::{Answer, ask, cluster, master_of},
    layout::{Layout, Primary, Range},
};

/// How often a connection is looked at.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long two looks are apart at least.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// Where the keys are, and who can be reached.
#[derive(Clone)]
pub(crate) struct State {
    /// The primaries, as far as there is a connection.
    pub(crate) nodes: Vec<Option<Node>>,
    /// Who has which slots; `primary` counts in `nodes`.
    pub(crate) ranges: Vec<Range>,
    /// Since when everything can be reached without a break, or not.
    pub(crate) up: Result<Instant, Instant>,
}

/// A connection to a primary.
#[derive(Clone)]
pub(crate) struct Node {
    /// No other connection of this process has it.
    pub(crate) id: u64,
    pub(crate) connection: MultiplexedConnection,
    server: Arc<ConnectionAddr>,
}

impl State {
    /// Nothing is known yet.
    pub(crate) fn unknown() -> Self {
        Self {
            nodes: Vec::new(),
            ranges: Vec::new(),
            up: Err(Instant::now()),
        }
    }

    /// Who has a slot; it is worked out only if that is a question.
    pub(crate) fn node(&self, slot: impl FnOnce() -> u16) -> Option<&Node> {
        let range = match self.ranges.as_slice() {
            [all] => all,
            ranges => {
                let slot = slot();
                ranges.get(ranges.partition_point(|range| range.last < slot))?
            }
        };
        self.nodes.get(range.primary?)?.as_ref()
    }

    /// The server of this name (`host:port`), if it can be reached.
    pub(crate) fn named(&self, name: &str) -> Option<&Node> {
        let mut nodes = self.nodes.iter().flatten();
        nodes.find(|node| node.server.to_string() == name)
    }
}

/// What makes the loop look at once.
#[derive(Default)]
pub(crate) struct Doubt {
    look: Notify,
    /// Connections that are to be made anew, whether or not they work.
    given_up: Mutex<Vec<u64>>,
}

impl Doubt {
    /// Something failed: is everybody still there?
    pub(crate) fn look(&self) {
        self.look.notify_one();
    }

    /// Makes connections anew.
    pub(crate) fn give_up(&self, nodes: impl IntoIterator<Item = u64>) {
        self.given_up().extend(nodes);
        self.look();
    }

    fn given_up(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        // The list is whole between any two statements: a panic elsewhere cannot have broken it.
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what a connection hears, without ever waiting.
pub(crate) type Ear = Arc<dyn AsyncPushSender>;

struct Tended {
    address: Address,
    ear: Option<Ear>,
    layout: Layout,
    nodes: Vec<Option<Node>>,
    /// The sentinel that answered last.
    sentinel: Option<MultiplexedConnection>,
    /// Whether every node that there is serves.
    serving: bool,
    /// Why something is missing.
    reason: String,
}

/// Keeps a link's connections for ever, and tells `state` of every change.
pub(crate) async fn tend(
    address: Address,
    ear: Option<Ear>,
    state: watch::Sender<State>,
    doubt: Arc<Doubt>,
) {
    let mut tended = Tended::new(address, ear);
    let mut attempts = 0;
    loop {
        let given_up = std::mem::take(&mut *doubt.given_up());
        let found = tended.look(&given_up).await;
        tended.publish(&state);
        tended.find(found).await;
        tended.connect().await;
        if tended.publish(&state) {
            attempts = 0;
            let looked = Instant::now();
            // A failed command asks for a look at once.
            let _ = timeout(LOOK_EVERY, doubt.look.notified()).await;
            // A server that takes connections and nothing else would be asked as fast as it answers.
            sleep_until(looked + BETWEEN_LOOKS).await;
            continue;
        }
        // Worth a line in the log: the first failure and then every so often.
        if attempts % 20 == 0 {
            warn!(reason = %tended.reason, "waiting for the store");
        }
        pause(attempts).await;
        attempts += 1;
    }
}

/// Where the keys are, asked once.
///
/// # Errors
/// Why that cannot be said.
pub(crate) async fn layout(address: &Address) -> Result<Layout, String> {
    let mut tended = Tended::new(address.clone(), None);
    tended.find(None).await;
    match tended.layout.primaries.is_empty() {
        true => Err(tended.reason),
        false => Ok(tended.layout),
    }
}

/// Growing, and never two processes in step.
async fn pause(attempts: u32) {
    let longest = FIRST_PAUSE
        .saturating_mul(1 << attempts.min(8))
        .min(LONGEST_PAUSE);
    sleep(longest.mul_f64(rand::random_range(0.5..1.0))).await;
}

impl Tended {
    fn new(address: Address, ear: Option<Ear>) -> Self {
        let layout = match address.kind {
            Kind::Server => address.servers().next().cloned().map(Layout::one),
            Kind::Sentinel(_) | Kind::Cluster => None,
        };
        let mut tended = Self {
            address,
            ear,
            nodes: Vec::new(),
            layout: Layout::default(),
            sentinel: None,
            serving: true,
            reason: String::new(),
        };
        tended.adopt(layout.unwrap_or_default());
        tended
    }

    /// Asks everybody, and lets those go that may not be written to. Gives what the best informed says of the cluster.
    async fn look(&mut self, given_up: &[u64]) -> Option<Layout> {
        let asked = self.nodes.iter_mut().map(async |node| match node {
            Some(node) if given_up.contains(&node.id) => Some(Answer::Gone),
            Some(node) => Some(ask(&self.address, &node.server, &mut node.connection).await),
            None => None,
        });
        let answers = join_all(asked).await;
        self.serving = true;
        let mut best = None;
        for (node, answer) in self.nodes.iter_mut().zip(answers) {
            match answer {
                None | Some(Answer::Serves) => {}
                Some(Answer::Knows(epoch, layout)) => {
                    let newer = best.as_ref().is_none_or(|(known, _)| *known < epoch);
                    best = if newer { Some((epoch, layout)) } else { best };
                }
                Some(Answer::Waits(reason)) => {
                    self.serving = false;
                    self.reason = reason;
                }
                Some(Answer::Gone) => {
                    if let Some(lost) = node.take() {
                        self.address.count_reconnect();
                        warn!(server = %lost.server, "lost the store");
                    }
                }
            }
        }
        best.map(|(_, layout)| layout)
    }

    /// Finds out where the keys are; `found` is what those say who are connected.
    async fn find(&mut self, found: Option<Layout>) {
        let found = match self.address.kind.clone() {
            Kind::Server => return,
            Kind::Cluster if found.is_some() => found,
            Kind::Cluster => self.ask_around().await,
            Kind::Sentinel(name) => match self.ask_sentinels(&name).await {
                Some(master) => Some(Layout::one(master)),
                // As long as it serves it is the master, as far as we can know. Another one may not be taken for it.
                None if self.nodes.iter().any(Option::is_some) => None,
                None => Some(Layout::default()),
            },
        };
        if let Some(layout) = found
            && layout != self.layout
        {
            self.adopt(layout);
        }
    }

    fn adopt(&mut self, layout: Layout) {
        let mut nodes: Vec<Option<Node>> = vec![None; layout.primaries.len()];
        for (primary, node) in self.layout.primaries.iter().zip(&mut self.nodes) {
            // Only with what it had before: what is listened to at it has to be asked for where it is now.
            if let Some(at) = layout.primaries.iter().position(|now| now == primary) {
                nodes[at] = node.take();
            }
        }
        self.layout = layout;
        self.nodes = nodes;
    }

    /// Asks those who were primaries, then those who are named in the address, for the cluster's layout.
    async fn ask_around(&mut self) -> Option<Layout> {
        let known = self.layout.primaries.iter().map(|primary| &primary.server);
        let servers: Vec<_> = known.chain(self.address.servers()).cloned().collect();
        let mut fallback = None;
        for server in servers {
            let asked = async {
                let config = AsyncConnectionConfig::new();
                let mut connection = self.address.connect(&server, config).await?;
                let asked = cluster(&self.address, &server, &mut connection);
                match timeout(LOOK_EVERY, asked).await {
                    Ok(Ok(seen)) => Ok(seen),
                    Ok(Err(error)) => Err(error.to_string()),
                    Err(_) => Err("no answer in time".to_owned()),
                }
            };
            match asked.await {
                Ok(seen) if seen.serves => return Some(seen.layout),
                Ok(seen) => fallback = fallback.or(Some(seen.layout)),
                Err(reason) => self.reason = format!("{server}: {reason}"),
            }
        }
        // Nobody is sure. What was known is as good.
        fallback.filter(|_| self.layout.primaries.is_empty())
    }

    async fn ask_sentinels(&mut self, name: &str) -> Option<ConnectionAddr> {
        let count = self.address.servers().len();
        for index in 0..=count {
            let mut sentinel = match (self.sentinel.take(), index.checked_sub(1)) {
                (Some(sentinel), _) => sentinel,
                (None, None) => continue,
                (None, Some(index)) => match self.address.connect_to_sentinel(index).await {
                    Ok(sentinel) => sentinel,
                    Err(reason) => {
                        self.reason = format!("a sentinel: {reason}");
                        continue;
                    }
                },
            };
            match timeout(LOOK_EVERY, master_of(&mut sentinel, name)).await {
                Ok(Ok(Some((host, port)))) => {
                    self.sentinel = Some(sentinel);
                    return Some(self.address.server(&host, port));
                }
                Ok(Ok(None)) => self.reason = format!("the sentinels know no master `{name}`"),
                Ok(Err(error)) => self.reason = format!("a sentinel: {error}"),
                Err(_) => "a sentinel does not answer in time".clone_into(&mut self.reason),
            }
        }
        None
    }

    /// Connects to whoever is missing.
    async fn connect(&mut self) {
        let missing = (self.layout.primaries.iter().zip(&self.nodes)).map(
            async |(primary, node)| match node {
                Some(_) => None,
                None => Some(self.connect_to(primary).await),
            },
        );
        let connected = join_all(missing).await;
        for (node, connected) in self.nodes.iter_mut().zip(connected) {
            match connected {
                None => {}
                Some(Ok((connected, serves))) => {
                    info!(server = %connected.server, "connected to the store");
                    *node = Some(connected);
                    self.serving &= serves;
                }
                Some(Err(reason)) => self.reason = reason,
            }
        }
    }

    /// Connects; `true` if the server serves.
    async fn connect_to(&self, primary: &Primary) -> Result<(Node, bool), String> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let server = &primary.server;
        let mut config = AsyncConnectionConfig::new();
        if let Some(ear) = &self.ear {
            config = config.set_push_sender(ear.clone());
        }
        let connected = self.address.connect(server, config).await;
        let mut connection = connected.map_err(|reason| format!("{server}: {reason}"))?;
        let serves = match ask(&self.address, server, &mut connection).await {
            Answer::Serves | Answer::Knows(..) => true,
            Answer::Waits(_) => false,
            Answer::Gone => return Err(format!("{server} is no primary")),
        };
        let node = Node {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            connection,
            server: Arc::new(server.clone()),
        };
        Ok((node, serves))
    }

    /// Tells the link what has changed; `true` if everything can be reached.
    fn publish(&self, state: &watch::Sender<State>) -> bool {
        let ranges = self.layout.ranges();
        let complete = self.serving
            && self.nodes.iter().all(Option::is_some)
            && ranges.iter().all(|range| range.primary.is_some());
        state.send_if_modified(|state| {
            let ids = |nodes: &[Option<Node>]| -> Vec<Option<u64>> {
                nodes
                    .iter()
                    .map(|node| node.as_ref().map(|node| node.id))
                    .collect()
            };
            let changed = state.ranges != ranges || ids(&state.nodes) != ids(&self.nodes);
            let was_complete = state.up.is_ok();
            if changed {
                state.nodes.clone_from(&self.nodes);
                state.ranges = ranges;
            }
            if complete && (changed || !was_complete) {
                state.up = Ok(Instant::now());
            } else if !complete && was_complete {
                state.up = Err(Instant::now());
            }
            changed || complete != was_complete
        });
        complete
    }
}
