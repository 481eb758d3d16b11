//! Sockets that have joined and say nothing: what does one cost?

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::task::JoinSet;

use crate::args::{IdleArgs, Target};
use crate::chat;
use crate::meter::{Reading, Usage};
use crate::problem::Problem;

const AT_A_TIME: usize = 64;

/// What a run has shown.
#[derive(Debug)]
pub(crate) struct Idled {
    pub(crate) sockets: u32,
    /// Resident bytes of each process by name: before the first socket, with all of them.
    pub(crate) memory: Vec<(String, u64, u64)>,
    /// While they were silent.
    pub(crate) usage: Usage,
}

/// Opens the sockets, each the visitor of a chat of its own, and keeps them for a while.
pub(crate) async fn run(target: &Target, args: &IdleArgs) -> Result<Idled, Problem> {
    let before = memory(target)?;
    let sockets = (0..args.sockets as usize).map(async |number| {
        let server = &target.chat[number % target.chat.len()];
        chat::register(server, "idle").await?.join(server).await
    });
    let sockets = stream::iter(sockets).buffer_unordered(AT_A_TIME);
    let sockets: Vec<_> = sockets.try_collect().await?;
    let mut staying = JoinSet::new();
    for socket in sockets {
        staying.spawn_local(socket.stay());
    }
    let start = Reading::take(target).await?;
    if let Ok(Some(closed)) = tokio::time::timeout(args.time, staying.join_next()).await {
        return Err(closed.unwrap_or_else(|error| Problem::Protocol(error.to_string())));
    }
    let end = Reading::take(target).await?;
    let after = memory(target)?.into_iter();
    let memory = before.into_iter().zip(after);
    Ok(Idled {
        sockets: args.sockets,
        memory: memory
            .map(|((name, before), (_, after))| (name, before, after))
            .collect(),
        usage: end.since(&start, target),
    })
}

fn memory(target: &Target) -> Result<Vec<(String, u64)>, Problem> {
    let processes = target.processes.iter();
    processes
        .map(|process| Ok((process.name.clone(), process.memory()?)))
        .collect()
}

impl Idled {
    /// CPU time a process spends in a second on a thousand silent sockets.
    pub(crate) fn cpu_per_thousand(&self, cpu: Duration) -> Duration {
        cpu.div_f64(self.usage.time.as_secs_f64() * f64::from(self.sockets) / 1_000.0)
    }
}
