//! `chat-server reset-password`: gives an account another password at the machine, for when nobody can sign in who could do it
//! in the console. Whoever may run the service and read its settings may do this.
//!
//! Promised: the account's tokens, sign-ins and sockets end, as after a reset in the console, on every process within seconds;
//! the audit log says that it was done here.

use std::{
    io::{Read, Write, stdin, stdout},
    process::ExitCode,
};

use clap::{Arg, ArgAction, ArgMatches};
use helpline_records::{Account, Records, RecordsError};
use helpline_service::{
    clock,
    settings::{Settings, SettingsError},
    telemetry,
};
use secrecy::SecretString;
use tracing::error;

use crate::people::{Length, fits, normal_email, passwords, random_password};

/// Who the audit log says did it.
const AT_THE_MACHINE: &str = "chat-server";
/// The fewest characters of a password that is set here, as in the console.
const SHORTEST_PASSWORD: usize = 8;
/// More than that is read of nobody's standard input: the longest password, and the end of its line.
const LONGEST_INPUT: u64 = 4096;

/// Whose password, and where the new one comes from.
#[derive(Debug)]
pub struct ResetPassword {
    email: String,
    from_stdin: bool,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
enum NotReset {
    #[error("{0}")]
    Settings(#[from] SettingsError),
    #[error("records.url is empty: there are no accounts")]
    NoRecords,
    #[error("records.url {0}")]
    Address(#[from] helpline_records::BadUrl),
    #[error("{0}")]
    Records(#[from] RecordsError),
    #[error("no account has this e-mail")]
    Unknown,
    #[error("standard input cannot be read: {0}")]
    Input(std::io::Error),
    #[error("the password is shorter than 8 characters")]
    Short,
    #[error("the password is longer than 1024 bytes")]
    Long,
    #[error("this machine gives no event loop: {0}")]
    Machine(std::io::Error),
}

impl ResetPassword {
    /// How it stands on a command line.
    #[must_use]
    pub fn command() -> clap::Command {
        clap::Command::new("reset-password")
            .about("Give an account another password; its tokens and sign-ins end")
            .long_about(
                "Give an account another password, and print it once\n\n\
                 Settings are read as the service reads them. The account's tokens, sign-ins and sockets end. \
                 The exit code is 0 when it was done, 1 when it was not, 2 for bad usage.",
            )
            .arg(Arg::new("email").value_name("EMAIL").required(true).help("Whose account"))
            .arg(
                Arg::new("stdin")
                    .long("stdin")
                    .action(ArgAction::SetTrue)
                    .help("Read the password from standard input, the first line; nothing is printed then"),
            )
    }

    /// What a command line asked.
    #[must_use]
    pub fn of(asked: &ArgMatches) -> Self {
        let email = asked.get_one::<String>("email");
        Self {
            email: email.map(|email| normal_email(email)).unwrap_or_default(),
            from_stdin: asked.get_flag("stdin"),
        }
    }

    /// Does it.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let settings = Settings::load();
        let log = settings.as_ref().map(|settings| settings.log.clone());
        telemetry::init(&log.unwrap_or_else(|_| Settings::default().log));
        let done = settings.map_err(NotReset::from).and_then(|settings| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(NotReset::Machine)?;
            runtime.block_on(self.reset(&settings))
        });
        match done {
            Ok(made_up) => match made_up.map(|password| writeln!(stdout(), "{password}")) {
                Some(Err(reason)) => {
                    error!(%reason, "the password was changed, and could not be printed");
                    ExitCode::FAILURE
                }
                _ => ExitCode::SUCCESS,
            },
            Err(reason) => {
                error!(%reason, "the password was not changed");
                ExitCode::FAILURE
            }
        }
    }

    /// Gives the password that was made up, if one was.
    async fn reset(&self, settings: &Settings) -> Result<Option<String>, NotReset> {
        let url = settings.records.url.as_ref().ok_or(NotReset::NoRecords)?;
        let records = Records::open(url.expose()).await?;
        let done = self.reset_in(&records, settings).await;
        records.close().await;
        done
    }

    async fn reset_in(
        &self,
        records: &Records,
        settings: &Settings,
    ) -> Result<Option<String>, NotReset> {
        let found = records.account_by_email(&self.email).await?;
        let (account, _) = found.ok_or(NotReset::Unknown)?;
        let made_up = (!self.from_stdin).then(random_password);
        let password = match &made_up {
            Some(password) => password.clone(),
            None => given()?,
        };
        let hash = passwords(settings)?
            .hash(&SecretString::from(password))
            .await?;
        let now = clock::now_micros();
        let changed = records
            .set_password(&account.id, &hash, AT_THE_MACHINE, now)
            .await?;
        let account = changed.ok_or(NotReset::Unknown)?;
        tell(&account);
        Ok(made_up)
    }
}

/// The first line of standard input.
fn given() -> Result<String, NotReset> {
    let mut text = String::new();
    let read = stdin().take(LONGEST_INPUT).read_to_string(&mut text);
    read.map_err(NotReset::Input)?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    fits(&line, SHORTEST_PASSWORD).map_err(|length| match length {
        Length::Short => NotReset::Short,
        Length::Long => NotReset::Long,
    })?;
    Ok(line)
}

fn tell(account: &Account) {
    tracing::info!(
        account = account.id,
        role = account.role.as_str(),
        "the password was changed"
    );
    if !account.active {
        tracing::warn!(
            "the account is disabled: nobody signs in with it until an admin enables it"
        );
    }
}
