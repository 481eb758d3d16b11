//! The command line.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Parser, Subcommand};

use crate::address::Address;
use crate::process::Process;

/// Load generator for Helpline.
#[derive(Debug, Parser)]
#[command(name = "loadgen", version)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) mode: Mode,
}

/// The Helpline under load.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Target {
    /// chat-server; several addresses, separated by commas, put the two sides of a chat on different ones
    #[arg(
        long,
        global = true,
        value_delimiter = ',',
        default_value = "127.0.0.1:9000"
    )]
    pub(crate) chat: Vec<Address>,
    /// subscriber, used with --accept
    #[arg(long, global = true, default_value = "127.0.0.1:9001")]
    pub(crate) feed: Address,
    /// Redis, to count its commands and its CPU time
    #[arg(long, global = true)]
    pub(crate) redis: Option<Address>,
    /// A process to watch, as NAME=PID; may be repeated, also with one name for replicas
    #[arg(long = "pid", global = true, value_name = "NAME=PID")]
    pub(crate) processes: Vec<Process>,
    /// A staff token, for a Helpline in token mode
    #[arg(long, global = true)]
    pub(crate) token: Option<String>,
}

impl Target {
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
}

/// What to do to it.
#[derive(Debug, Subcommand)]
pub(crate) enum Mode {
    /// Pairs of a visitor and an agent who both write; every message is checked
    Talk(TalkArgs),
    /// Sockets that have joined and are silent: memory and CPU time for each
    Idle(IdleArgs),
    /// Sockets that all drop and come back at once: time until each has its history again
    Reconnect(ReconnectArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct TalkArgs {
    /// Chats, each with one visitor and one agent
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) pairs: u32,
    /// Messages a second, all chats together; or `max`: as many as come back
    #[arg(long, default_value = "5000")]
    pub(crate) rate: Rate,
    /// With `--rate max`: messages each writer has on the way at a time
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) window: u32,
    /// Measured time
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) time: Duration,
    /// Load before the measured time
    #[arg(long, default_value = "2s", value_parser = humantime::parse_duration)]
    pub(crate) warm_up: Duration,
    /// Length of each frame in bytes
    #[arg(long, default_value_t = 220, value_parser = clap::value_parser!(u32).range(190..=4_096))]
    pub(crate) bytes: u32,
    /// Agents accept each request on the feed before they join
    #[arg(long)]
    pub(crate) accept: bool,
    /// How long to wait for what is still on the way at the end
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) patience: Duration,
    /// Append the result to this file, as a row of a Markdown table
    #[arg(long, value_name = "FILE")]
    pub(crate) row: Option<PathBuf>,
    /// First cell of that row
    #[arg(long, default_value = "talk")]
    pub(crate) label: String,
}

#[derive(Debug, clap::Args)]
pub(crate) struct IdleArgs {
    /// Sockets
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=25_000))]
    pub(crate) sockets: u32,
    /// How long they stay
    #[arg(long, default_value = "10s", value_parser = humantime::parse_duration)]
    pub(crate) time: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ReconnectArgs {
    /// Sockets
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=25_000))]
    pub(crate) sockets: u32,
    /// Messages in the history of each chat
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=250))]
    pub(crate) history: u32,
    /// The longest that one socket may take
    #[arg(long, default_value = "30s", value_parser = humantime::parse_duration)]
    pub(crate) patience: Duration,
}

/// How fast messages are written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rate {
    /// On a timetable, whatever the server does.
    PerSecond(f64),
    /// The next one when the last one has arrived.
    Max,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "max" {
            return Ok(Self::Max);
        }
        match text.parse::<f64>() {
            Ok(rate) if (0.1..=1_000_000.0).contains(&rate) => Ok(Self::PerSecond(rate)),
            _ => Err("not a number of messages a second, nor `max`".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Args as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_rate_is_a_number_or_max() {
        assert_eq!("max".parse(), Ok(Rate::Max));
        assert_eq!("0.5".parse(), Ok(Rate::PerSecond(0.5)));
        for text in ["", "0", "-1", "NaN", "fast"] {
            assert!(text.parse::<Rate>().is_err(), "{text}");
        }
    }
}
