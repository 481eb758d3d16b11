//! Drives a running Helpline through its public HTTP and WebSocket interface and says what it costs.
//!
//! What it promises:
//! - **Latency is honest.** At a fixed rate it is measured from the moment a message was due, so a server that stalls
//!   is charged for every message that had to wait, also for those that were not sent yet.
//! - **Speed is not bought with loss.** Each message is numbered and must reach both sides of its chat exactly once and
//!   in one order; a run in which one did not ends with a non-zero code.
//! - **The generator is not the bottleneck.** Frames are built once and patched, received ones are not parsed beyond
//!   their number, everything runs on one thread; how late it sent is printed beside the results.

mod address;
mod args;
mod chat;
mod frame;
mod http;
mod idle;
mod ledger;
mod meter;
mod problem;
mod process;
mod reconnect;
mod redis;
mod report;
mod socket;
mod talk;
mod template;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::task::LocalSet;

use crate::args::{Args, Mode};
use crate::problem::Problem;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::parse();
    match LocalSet::new().run_until(run(args)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            let _ = writeln!(std::io::stderr(), "error: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Problem> {
    let text = match &args.mode {
        Mode::Talk(talk) => {
            let result = talk::run(&args.target, talk).await?;
            if let Some(path) = &talk.row {
                report::append_row(path, &talk.label, &result)?;
            }
            let text = report::talk(&result);
            print(&text)?;
            return result.verdict.check();
        }
        Mode::Idle(idle) => report::idle(&idle::run(&args.target, idle).await?),
        Mode::Reconnect(reconnect) => {
            report::reconnect(&reconnect::run(&args.target, reconnect).await?)
        }
    };
    print(&text)
}

fn print(text: &str) -> Result<(), Problem> {
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}
