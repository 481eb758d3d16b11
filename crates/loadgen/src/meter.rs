//! What the servers have used between two moments.

use std::time::{Duration, Instant};

use crate::args::Target;
use crate::problem::Problem;
use crate::process::Process;
use crate::redis::Counters;

/// The counters of all watched processes at one moment.
#[derive(Debug)]
pub(crate) struct Reading {
    at: Instant,
    cpu: Vec<Duration>,
    own_cpu: Duration,
    redis: Option<Counters>,
}

/// The difference of two readings.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) time: Duration,
    /// CPU time by name, Redis last. Processes of one name count together.
    pub(crate) cpu: Vec<(String, Duration)>,
    /// What the generator itself has used: near a whole core it measures itself, not the servers.
    pub(crate) own_cpu: Duration,
    /// Calls of each Redis command.
    pub(crate) redis_calls: Option<Vec<(String, u64)>>,
}

impl Reading {
    pub(crate) async fn take(target: &Target) -> Result<Self, Problem> {
        let redis = match &target.redis {
            Some(address) => Some(Counters::read(address).await?),
            None => None,
        };
        let cpu = target.processes.iter().map(|process| process.cpu());
        Ok(Self {
            cpu: cpu.collect::<Result<_, _>>()?,
            own_cpu: Process::own().cpu()?,
            redis,
            at: Instant::now(),
        })
    }

    pub(crate) fn since(&self, earlier: &Self, target: &Target) -> Usage {
        let times = self.cpu.iter().zip(&earlier.cpu);
        let times = times.map(|(now, then)| now.saturating_sub(*then));
        let mut cpu: Vec<(String, Duration)> = Vec::new();
        for (process, time) in target.processes.iter().zip(times) {
            match cpu.iter_mut().find(|(name, _)| *name == process.name) {
                Some((_, sum)) => *sum += time,
                None => cpu.push((process.name.clone(), time)),
            }
        }
        let mut redis_calls = None;
        if let (Some(now), Some(then)) = (&self.redis, &earlier.redis) {
            let between = now.since(then);
            cpu.push(("redis".to_owned(), between.cpu));
            let mut calls: Vec<_> = between.calls.into_iter().collect();
            calls.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            redis_calls = Some(calls);
        }
        Usage {
            time: self.at - earlier.at,
            cpu,
            own_cpu: self.own_cpu.saturating_sub(earlier.own_cpu),
            redis_calls,
        }
    }
}
