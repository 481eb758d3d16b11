//! The doctor of either service, run as an operator runs it: as a program of its own, with settings in the environment.

use std::process::Stdio;

use tokio::process::Command;

use crate::process::command;
use crate::services::Kind;
use crate::wait::within;

/// What a doctor said.
#[derive(Debug)]
pub struct Visit {
    /// The exit code.
    pub code: i32,
    /// What it said on standard output.
    pub said: String,
    /// What it said on standard error.
    pub errors: String,
}

impl Visit {
    /// Runs `program` as the doctor of this service with these settings and arguments.
    pub async fn of(program: &str, kind: Kind, env: &[(String, String)], args: &[&str]) -> Self {
        let mut doctor = Command::from(command(program, kind, env));
        let doctor = doctor
            .arg("doctor")
            .args(args)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the doctor starts");
        let done = within("the doctor", doctor.wait_with_output()).await;
        let done = done.expect("the doctor ends");
        Self {
            code: done.status.code().expect("a code"),
            said: String::from_utf8(done.stdout).expect("text"),
            errors: String::from_utf8(done.stderr).expect("text"),
        }
    }

    /// Whether there is a line of this level about this area that has this text.
    #[must_use]
    pub fn found(&self, level: &str, area: &str, text: &str) -> bool {
        let start = format!("{level:<5}  {area:<8}  ");
        let mut lines = self.said.lines();
        lines.any(|line| line.starts_with(&start) && line.contains(text))
    }

    /// Panics unless there is such a line.
    pub fn expect(&self, level: &str, area: &str, text: &str) {
        assert!(
            self.found(level, area, text),
            "no `{level} {area} ...{text}` in:\n{}{}",
            self.said,
            self.errors
        );
    }
}
