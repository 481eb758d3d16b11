//! What Redis says about itself: CPU time and the commands it has run. INFO over plain TCP needs no client library.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::address::Address;
use crate::http;
use crate::problem::Problem;

/// Counters since the start of the server; the difference of two tells about the time between.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Counters {
    /// User and system time of the whole process.
    pub(crate) cpu: Duration,
    /// Calls of each command, those made by scripts included.
    pub(crate) calls: BTreeMap<String, u64>,
}

impl Counters {
    /// Asks a server.
    pub(crate) async fn read(address: &Address) -> Result<Self, Problem> {
        let mut stream = BufReader::new(http::connect(address).await?);
        let mut counters = Self::default();
        for section in ["cpu", "commandstats"] {
            stream
                .write_all(format!("INFO {section}\r\n").as_bytes())
                .await?;
            let mut head = String::new();
            stream.read_line(&mut head).await?;
            let length = head
                .trim_end()
                .strip_prefix('$')
                .and_then(|n| n.parse().ok());
            let Some(length) = length else {
                return Err(Problem::Protocol(format!("INFO: {}", head.trim_end())));
            };
            let mut body = vec![0_u8; length];
            stream.read_exact(&mut body).await?;
            stream.read_line(&mut head).await?; // the end of the bulk string
            counters.add(&String::from_utf8_lossy(&body));
        }
        Ok(counters)
    }

    fn add(&mut self, info: &str) {
        for (name, value) in info.lines().filter_map(|line| line.split_once(':')) {
            if matches!(name, "used_cpu_user" | "used_cpu_sys") {
                self.cpu += Duration::try_from_secs_f64(value.parse().unwrap_or(0.0))
                    .unwrap_or(Duration::ZERO);
            } else if let Some(command) = name.strip_prefix("cmdstat_") {
                let calls = value.strip_prefix("calls=").and_then(|rest| {
                    let (calls, _) = rest.split_once(',')?;
                    calls.parse().ok()
                });
                self.calls.insert(command.to_owned(), calls.unwrap_or(0));
            }
        }
    }

    /// What happened since an earlier reading. Our own INFO does not count.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let calls = self.calls.iter().filter_map(|(command, calls)| {
            let calls = calls - earlier.calls.get(command).copied().unwrap_or(0).min(*calls);
            (calls > 0 && command != "info").then(|| (command.clone(), calls))
        });
        Self {
            cpu: self.cpu.saturating_sub(earlier.cpu),
            calls: calls.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_two_readings_tells_about_the_time_between() {
        let mut before = Counters::default();
        before.add("# CPU\r\nused_cpu_sys:1.000000\r\nused_cpu_user:0.500000\r\nused_cpu_sys_children:9\r\n");
        before.add("# Commandstats\r\ncmdstat_get:calls=5,usec=9,usec_per_call=1.80\r\ncmdstat_info:calls=1,usec=1\r\n");
        let mut after = Counters::default();
        after.add("used_cpu_sys:2.000000\r\nused_cpu_user:1.250000\r\n");
        after.add("cmdstat_get:calls=5,usec=9\r\ncmdstat_info:calls=2,usec=1\r\ncmdstat_config|get:calls=3,usec=7\r\n");
        let between = after.since(&before);
        assert_eq!(between.cpu, Duration::from_millis(1_750));
        assert_eq!(between.calls, BTreeMap::from([("config|get".into(), 3)]));
    }
}
