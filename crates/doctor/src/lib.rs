//! `chat-server doctor` and `subscriber doctor`: looks at what an installation needs and says, one line a finding, what is
//! well, what is wrong and how to mend it.
//!
//! - [`command`]: the command line of both services;
//! - [`finding`], [`report`]: what is found, and how it is shown;
//! - [`settings`], [`files`], [`store`], [`clock`]: what is judged, each from facts that somebody else gathered;
//! - [`url`]: the way that browsers take, tried from outside.
//!
//! Promised: nothing is changed (in Redis, one key for a second), no secret is shown, every wait has a deadline. The exit
//! code is 0 when nothing is wrong, 1 when something is, and 2 when the command line makes no sense.

pub mod clock;
pub mod command;
pub mod files;
pub mod finding;
pub mod report;
pub mod settings;
pub mod store;
pub mod url;

use std::{process::ExitCode, time::Duration};

use helpline_live::{checkup, keys::Keys};
use helpline_service::{descriptors, settings::Settings};

pub use self::{
    command::{Command, Doctor},
    finding::{Finding, Level},
};
use self::{report::Report, url::Trust};

impl Doctor {
    /// Looks at everything; `records` looks at the database, where the program knows one.
    pub fn run(self, records: impl AsyncFnOnce(&Settings) -> Vec<Finding>) -> ExitCode {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let mut report = Report::new(self.json);
        match runtime {
            Ok(runtime) => runtime.block_on(self.look(&mut report, records)),
            Err(error) => report.add([Finding::wrong(
                "doctor",
                format!("this machine gives no event loop: {error}"),
                "raise its limit of open files",
            )]),
        }
        report.end()
    }

    async fn look(self, report: &mut Report, records: impl AsyncFnOnce(&Settings) -> Vec<Finding>) {
        let settings = match Settings::load() {
            Ok(settings) => settings,
            Err(error) => {
                report.add([settings::unusable(&error)]);
                return;
            }
        };
        if !self.outside {
            report.add(settings::judge(&settings, Settings::file().as_deref()));
            report.add([files::judge(descriptors::most())]);
            report.add(look_at_store(&settings).await);
            report.add(records(&settings).await);
        }
        self.look_from_outside(report, settings.sockets.ping).await;
    }

    async fn look_from_outside(&self, report: &mut Report, ping: Duration) {
        if self.urls.is_empty() {
            return;
        }
        let trust = Trust::of_this_machine();
        let mut open = Vec::new();
        for site in &self.urls {
            let (findings, sockets) = url::look(site, trust.as_ref()).await;
            report.add(findings);
            open.extend(sockets);
        }
        if !self.idle.is_zero() && !open.is_empty() {
            report.note(&format!(
                "sockets are left alone for {} (--idle)",
                humantime::format_duration(self.idle)
            ));
            report.add(url::idle::look(open, self.idle, ping).await);
        }
    }
}

async fn look_at_store(settings: &Settings) -> Vec<Finding> {
    let redis = &settings.redis;
    let address = match redis.address() {
        Ok(address) => address,
        Err(error) => {
            let mend = "write it as redis://user:password@host:6379";
            return vec![Finding::wrong(store::AREA, error.to_string(), mend)];
        }
    };
    let mut findings = store::judge_sentinels(&checkup::sentinels(&address).await);
    let keys = Keys::new(&redis.prefix, redis.partitions);
    let now = helpline_service::clock::now_micros;
    match checkup::examine(&address, &keys, &redis.join_channel, now).await {
        Ok(checkups) => findings.extend(store::judge(&checkups, redis.partitions)),
        Err(error) => findings.push(store::unexamined(&error, &redis.url.to_string())),
    }
    findings
}
