//! The command line of both services: without arguments they serve, with `doctor` they look at the installation.

use std::{ffi::OsString, process::ExitCode, time::Duration};

use clap::{
    ArgMatches, Args, CommandFactory, Error, FromArgMatches, Parser, Subcommand, error::ErrorKind,
};
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

/// What the doctor is to look at, and how to say it.
#[derive(Debug)]
pub struct Doctor {
    /// Where browsers reach the services.
    pub urls: Vec<Site>,
    /// For how long sockets are left alone.
    pub idle: Duration,
    /// Whether nothing but the URLs is looked at.
    pub outside: bool,
    /// Whether one JSON object is wanted in place of lines.
    pub json: bool,
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
    ///
    /// Nothing is changed. The exit code is 0 when nothing is wrong, 1 when something is, 2 for bad usage.
    Doctor(Wishes),
}

#[derive(Debug, Args)]
struct Wishes {
    /// Where browsers reach the services, such as https://chat.example; may be repeated, for the other host
    #[arg(long = "url", value_name = "URL")]
    urls: Vec<String>,
    /// For how long sockets through the URLs are left alone, to find proxies that cut quiet lines; 0: not at all
    #[arg(long, value_name = "DURATION", default_value = "75s", value_parser = idle)]
    idle: Duration,
    /// Look at the URLs alone: for a machine from which the stores are not reached
    #[arg(long, requires = "urls")]
    outside: bool,
    /// Print one JSON object in place of lines
    #[arg(long)]
    json: bool,
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
        match parse(program, line, None) {
            Ok(Ok(command)) => Ok(command),
            // There is no further command.
            Ok(Err(_)) => Err(ExitCode::from(2)),
            Err(error) => Err(said(&error)),
        }
    }

    /// The same, where the program has one more command of its own: what was asked of that is returned as it stands.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn read_or(
        program: &'static str,
        line: impl IntoIterator<Item = OsString>,
        further: clap::Command,
    ) -> Result<Result<Self, ArgMatches>, ExitCode> {
        parse(program, line, Some(further)).map_err(|error| said(&error))
    }
}

fn said(error: &Error) -> ExitCode {
    // Whoever closed the other end of the pipe does not want to read it.
    let _ = error.print();
    match error.use_stderr() {
        true => ExitCode::from(2),
        false => ExitCode::SUCCESS,
    }
}

fn parse(
    program: &'static str,
    line: impl IntoIterator<Item = OsString>,
    further: Option<clap::Command>,
) -> Result<Result<Command, ArgMatches>, Error> {
    let mut definition = Line::command().name(program).bin_name(program);
    let name = further
        .as_ref()
        .map(|further| further.get_name().to_owned());
    definition = definition.subcommands(further);
    let mut matches = definition.try_get_matches_from_mut(line)?;
    if name.is_some()
        && matches.subcommand_name() == name.as_deref()
        && let Some((_, asked)) = matches.remove_subcommand()
    {
        return Ok(Err(asked));
    }
    let Some(Asked::Doctor(wishes)) = Line::from_arg_matches(&matches)?.command else {
        return Ok(Ok(Command::Serve));
    };
    // Not the parser's work, which repeats what it does not take: an address may have a password in it.
    let urls = wishes.urls.iter().map(|url| url.parse::<Site>());
    let urls = urls.collect::<Result<_, _>>().map_err(|reason| {
        definition.error(ErrorKind::ValueValidation, format!("--url {reason}"))
    })?;
    Ok(Ok(Command::Doctor(Doctor {
        urls,
        idle: wishes.idle,
        outside: wishes.outside,
        json: wishes.json,
    })))
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
    fn an_address_with_a_password_is_not_repeated() {
        let line = ["x", "doctor", "--url", "https://ann:hidden@chat.example"];
        let error = parse("chat-server", line.map(OsString::from), None).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("--url") && !said.contains("hidden"), "{said}");
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
            &["doctor", "--outside"],
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
