//! The command line of both services: without arguments they serve, with `doctor` they look at the installation.

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use helpline_service::probe;

use crate::url::Site;

/// What a service is asked to do.
#[derive(Debug)]
pub enum Command {
    /// Serve, as the settings say.
    Serve,
    /// Look at the installation.
    Doctor(Doctor),
}

/// A service of Helpline. Without a command it serves, as HELPLINE_CONFIG and HELPLINE__... variables say.
#[derive(Debug, Parser)]
#[command(version)]
struct Line {
    #[command(subcommand)]
    command: Option<Asked>,
}

#[derive(Debug, Subcommand)]
enum Asked {
    /// Look at what this installation needs, and say what is wrong and how to mend it
    Doctor(Doctor),
}

/// Look at what this installation needs, and say what is wrong and how to mend it. Nothing is changed. Exit code 0:
/// nothing is wrong; 1: something is; 2: bad usage.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Where browsers reach the services, such as https://chat.example; may be repeated, for the other host
    #[arg(long = "url", value_name = "URL")]
    pub urls: Vec<Site>,
    /// For how long sockets through the URLs are left alone, to find proxies that cut quiet lines; 0: not at all
    #[arg(long, value_name = "DURATION", default_value = "75s", value_parser = idle)]
    pub idle: Duration,
    /// Print one JSON object in place of lines
    #[arg(long)]
    pub json: bool,
}

impl Command {
    /// Reads the command line of `program`, whose name comes first.
    ///
    /// # Errors
    /// When there is nothing to do: help was asked for (0), or the line makes no sense (2). What is to be said is said.
    pub fn read(
        program: &'static str,
        line: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, ExitCode> {
        let read = Line::command()
            .name(program)
            .bin_name(program)
            .try_get_matches_from(line)
            .and_then(|matches| Line::from_arg_matches(&matches));
        match read {
            Ok(Line { command: None }) => Ok(Self::Serve),
            Ok(Line {
                command: Some(Asked::Doctor(doctor)),
            }) => Ok(Self::Doctor(doctor)),
            Err(error) => {
                let _ = error.print();
                Err(match error.use_stderr() {
                    true => ExitCode::from(2),
                    false => ExitCode::SUCCESS,
                })
            }
        }
    }
}

fn idle(text: &str) -> Result<Duration, String> {
    let read = match text {
        "0" => Ok(Duration::ZERO),
        text => humantime::parse_duration(text),
    };
    match read {
        Ok(idle) if idle < probe::LIFE => Ok(idle),
        Ok(_) => Err(format!(
            "at most {}",
            humantime::format_duration(probe::LIFE - Duration::from_secs(1))
        )),
        Err(_) => Err("not a duration such as 75s".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &[&str]) -> Result<Command, ExitCode> {
        let line = ["chat-server"].iter().chain(line).map(OsString::from);
        Command::read("chat-server", line.collect::<Vec<_>>())
    }

    #[test]
    fn without_arguments_it_serves() {
        assert!(matches!(read(&[]), Ok(Command::Serve)));
    }

    #[test]
    fn the_doctor_has_defaults() {
        let Ok(Command::Doctor(doctor)) = read(&["doctor"]) else {
            panic!("no doctor");
        };
        assert!(doctor.urls.is_empty() && !doctor.json);
        assert_eq!(doctor.idle, Duration::from_secs(75));
    }

    #[test]
    fn both_hosts_can_be_named() {
        let line = "doctor --url https://chat.example --url http://127.0.0.1:9001/ --idle 0 --json";
        let line: Vec<&str> = line.split(' ').collect();
        let Ok(Command::Doctor(doctor)) = read(&line) else {
            panic!("no doctor");
        };
        let urls: Vec<String> = doctor.urls.iter().map(ToString::to_string).collect();
        assert_eq!(urls, ["https://chat.example", "http://127.0.0.1:9001"]);
        assert!(doctor.idle.is_zero() && doctor.json);
    }

    #[test]
    fn what_makes_no_sense_is_2_and_help_is_0() {
        for line in [
            &["docter"] as &[&str],
            &["doctor", "--idle", "soon"],
            &["doctor", "--idle", "1h"],
            &["doctor", "--url", "chat.example"],
            &["doctor", "--url", "https://ann:secret@chat.example"],
            &["doctor", "--url", "https://chat.example/helpline"],
            &["--serve"],
        ] {
            assert_eq!(read(line).unwrap_err(), ExitCode::from(2), "{line:?}");
        }
        for line in [
            &["--help"] as &[&str],
            &["doctor", "--help"],
            &["--version"],
        ] {
            assert_eq!(read(line).unwrap_err(), ExitCode::SUCCESS, "{line:?}");
        }
    }
}
