//! What is shown: a line for each finding as soon as it is found, and a sum; or one JSON object at the end.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    process::ExitCode,
};

use serde_json::json;

use crate::finding::{Finding, Level};

/// What was found so far.
#[derive(Debug)]
pub struct Report {
    json: bool,
    colours: bool,
    findings: Vec<Finding>,
}

impl Report {
    /// A report in this form, to standard output.
    #[must_use]
    pub fn new(json: bool) -> Self {
        Self {
            json,
            colours: stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            findings: Vec::new(),
        }
    }

    /// Shows more.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if !self.json {
                // Nobody reads any more: the exit code still says how it went.
                let _ = writeln!(stdout(), "{}", line(&finding, self.colours));
            }
            self.findings.push(finding);
        }
    }

    /// Tells who watches what takes so long.
    pub fn note(&self, text: &str) {
        if !self.json && stderr().is_terminal() {
            let _ = writeln!(stderr(), "...    {text}");
        }
    }

    /// Shows the sum, or all of it in JSON; gives the exit code.
    #[must_use]
    pub fn end(self) -> ExitCode {
        let text = match self.json {
            true => self.json().to_string(),
            false => self.sum(),
        };
        let _ = writeln!(stdout(), "{text}");
        match self.count(Level::Wrong) {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }

    fn count(&self, level: Level) -> usize {
        let of_level = self.findings.iter().filter(|found| found.level == level);
        of_level.count()
    }

    fn sum(&self) -> String {
        let [ok, warn, wrong] = [Level::Ok, Level::Warn, Level::Wrong].map(|of| self.count(of));
        format!("{ok} ok, {warn} warn, {wrong} wrong")
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "ok": self.count(Level::Ok),
            "warn": self.count(Level::Warn),
            "wrong": self.count(Level::Wrong),
            "findings": self.findings,
        })
    }
}

/// `wrong  redis     what was found; to mend it: what to do`
fn line(finding: &Finding, colours: bool) -> String {
    let word = finding.level.word();
    let (on, off) = match (colours, finding.level) {
        (false, _) => ("", ""),
        (true, Level::Ok) => ("\x1b[32m", "\x1b[0m"),
        (true, Level::Warn) => ("\x1b[33m", "\x1b[0m"),
        (true, Level::Wrong) => ("\x1b[1;31m", "\x1b[0m"),
    };
    let mut line = format!("{on}{word:<5}{off}  {:<8}  {}", finding.area, finding.found);
    if let Some(mend) = &finding.mend {
        line.push_str("; to mend it: ");
        line.push_str(mend);
    }
    // What others say may have line ends in it, and a finding is one line.
    line.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::new(true);
        report.add([
            Finding::ok("redis", "answers"),
            Finding::warn("records", "slow", "make it fast"),
            Finding::wrong("url", "refused\nat once", "open the port"),
        ]);
        report
    }

    #[test]
    fn a_finding_is_one_aligned_line() {
        let lines: Vec<String> = report()
            .findings
            .iter()
            .map(|finding| line(finding, false))
            .collect();
        assert_eq!(
            lines,
            [
                "ok     redis     answers",
                "warn   records   slow; to mend it: make it fast",
                "wrong  url       refused at once; to mend it: open the port",
            ]
        );
        assert!(line(&Finding::ok("redis", "x"), true).starts_with("\x1b[32mok   \x1b[0m  redis"));
    }

    #[test]
    fn the_sum_is_the_exit_code() {
        assert_eq!(report().sum(), "1 ok, 1 warn, 1 wrong");
        assert_eq!(report().end(), ExitCode::FAILURE);
        let mut report = Report::new(true);
        report.add([Finding::warn("records", "slow", "make it fast")]);
        assert_eq!(report.end(), ExitCode::SUCCESS);
    }

    #[test]
    fn machines_get_one_object() {
        let json = report().json();
        assert_eq!(json["wrong"], 1);
        assert_eq!(
            json["findings"][0],
            json!({"level": "ok", "area": "redis", "found": "answers"})
        );
        assert_eq!(json["findings"][2]["mend"], "open the port");
    }
}
