//! What a server says of itself: whether it may be written to, what it knows of its cluster or its master.

use redis::{ConnectionAddr, FromRedisValue, RedisResult, Value, aio::MultiplexedConnection};
use tokio::time::timeout;

use crate::{
    address::{Address, Kind},
    layout::Layout,
    tend::LOOK_EVERY,
};

/// What a server says of itself.
pub(crate) enum Answer {
    /// It may be written to.
    Serves,
    /// It is a primary of a cluster that serves. The number rises with each change that it knows of.
    Knows(u64, Layout),
    /// It is there and does not serve, for this reason.
    Waits(String),
    /// It does not answer, or may not be written to.
    Gone,
}

/// Whether a server may be written to. Asked twice, so that a pause of a second is no loss.
pub(crate) async fn ask(
    address: &Address,
    server: &ConnectionAddr,
    connection: &mut MultiplexedConnection,
) -> Answer {
    for _ in 0..2 {
        let answer = match address.kind {
            Kind::Cluster => timeout(LOOK_EVERY, of_cluster(address, server, connection)).await,
            Kind::Server | Kind::Sentinel(_) => timeout(LOOK_EVERY, alone(connection)).await,
        };
        match answer {
            Ok(Ok(answer)) => return answer,
            Ok(Err(error)) if error.is_unrecoverable_error() => return Answer::Gone,
            // It answers, if only that it is busy loading, or that its role is none of our business.
            Ok(Err(_)) if address.kind == Kind::Server => return Answer::Serves,
            Ok(Err(error)) => return Answer::Waits(format!("{server}: {error}")),
            Err(_) => {}
        }
    }
    Answer::Gone
}

async fn alone(connection: &mut MultiplexedConnection) -> RedisResult<Answer> {
    let role: Vec<Value> = redis::cmd("ROLE").query_async(connection).await?;
    Ok(if is_primary(role) {
        Answer::Serves
    } else {
        Answer::Gone
    })
}

async fn of_cluster(
    address: &Address,
    server: &ConnectionAddr,
    connection: &mut MultiplexedConnection,
) -> RedisResult<Answer> {
    let seen = cluster(address, server, connection).await?;
    Ok(match seen {
        Seen {
            is_primary: false, ..
        } => Answer::Gone,
        Seen { serves: false, .. } => Answer::Waits("the cluster does not serve".to_owned()),
        Seen { epoch, layout, .. } => Answer::Knows(epoch, layout),
    })
}

/// The cluster, as one of its servers sees it.
pub(crate) struct Seen {
    is_primary: bool,
    /// Whether it takes commands: it has not lost touch with the others, and every slot has somebody.
    pub(crate) serves: bool,
    /// Rises with each change of the layout.
    epoch: u64,
    pub(crate) layout: Layout,
}

/// Asks a server, primary or not, how the cluster looks to it.
pub(crate) async fn cluster(
    address: &Address,
    server: &ConnectionAddr,
    connection: &mut MultiplexedConnection,
) -> RedisResult<Seen> {
    let mut questions = redis::pipe();
    questions.cmd("ROLE");
    questions.cmd("CLUSTER").arg("INFO");
    questions.cmd("CLUSTER").arg("SLOTS");
    let (role, info, slots): (Vec<Value>, String, Value) =
        questions.query_async(connection).await?;
    let info = |name: &str| {
        let mut lines = info.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    let layout = Layout::read(slots, address, server);
    Ok(Seen {
        is_primary: is_primary(role),
        serves: info("cluster_state") == Some("ok") && layout.is_some(),
        epoch: info("cluster_current_epoch")
            .and_then(|n| n.parse().ok())
            .unwrap_or(0),
        layout: layout.unwrap_or_default(),
    })
}

/// Asks a sentinel where the master of this name is: its host and port.
pub(crate) async fn master_of(
    sentinel: &mut MultiplexedConnection,
    name: &str,
) -> RedisResult<Option<(String, u16)>> {
    let mut question = redis::cmd("SENTINEL");
    question.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    question.query_async(sentinel).await
}

fn is_primary(role: Vec<Value>) -> bool {
    let name = role.into_iter().next().map(String::from_redis_value);
    matches!(name, Some(Ok(name)) if name == "master")
}
