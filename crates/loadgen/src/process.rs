//! What the kernel says about a process: CPU time and resident memory (Linux).

use std::fs;
use std::str::FromStr;
use std::time::Duration;

use crate::problem::Problem;

/// The kernel counts in ticks of USER_HZ, which is 100 on every platform that Rust's tier 1 names.
const TICK: Duration = Duration::from_millis(10);

/// A process to watch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) name: String,
    pid: u32,
}

impl Process {
    /// This process itself.
    pub(crate) fn own() -> Self {
        Self {
            name: "loadgen".to_owned(),
            pid: std::process::id(),
        }
    }

    /// User and system time of all its threads so far.
    pub(crate) fn cpu(&self) -> Result<Duration, Problem> {
        let path = format!("/proc/{}/stat", self.pid);
        read(&path, parse_cpu)
    }

    /// Resident memory in bytes.
    pub(crate) fn memory(&self) -> Result<u64, Problem> {
        let path = format!("/proc/{}/status", self.pid);
        read(&path, parse_memory)
    }
}

impl FromStr for Process {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, pid)) if !name.is_empty() => Ok(Self {
                name: name.to_owned(),
                pid: pid
                    .parse()
                    .map_err(|_| format!("{pid:?} is not a process id"))?,
            }),
            _ => Err("not NAME=PID".to_owned()),
        }
    }
}

fn read<T>(path: &str, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
    let problem = |reason: String| Problem::Process {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|error| problem(error.to_string()))?;
    parse(&text).ok_or_else(|| problem("unknown form".into()))
}

/// Fields 14 and 15 of proc(5) `stat`; the second field, a name, may hold spaces and brackets.
fn parse_cpu(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(TICK * (user + system))
}

fn parse_memory(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_move_the_fields() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 9 0 0 0 150 25 7 7 20 0 3 0";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(parse_cpu("42"), None);
    }

    #[test]
    fn memory_is_the_resident_set() {
        let status = "VmPeak:\t  9 kB\nVmRSS:\t    2048 kB\n";
        assert_eq!(parse_memory(status), Some(2 << 20));
    }

    #[test]
    fn a_process_has_a_name_and_an_id() {
        assert!("chat=1".parse::<Process>().is_ok());
        for text in ["1", "=1", "chat=", "chat=x"] {
            assert!(text.parse::<Process>().is_err(), "{text}");
        }
    }
}
