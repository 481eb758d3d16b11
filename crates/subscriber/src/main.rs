//! The subscriber process.

use std::process::ExitCode;

use helpline_doctor::Command;
use helpline_service::process;
use helpline_subscriber::Application;

/// A frame is a handful of small allocations on one thread and their release on another: the system's allocator
/// spends about a quarter of the process's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Command::read("subscriber", std::env::args_os()) {
        Ok(Command::Serve) => process::run("subscriber", async |settings, stop| {
            Application::build(settings)?.run(stop).await
        }),
        Ok(Command::Doctor(doctor)) => helpline_subscriber::doctor(doctor),
        Err(said) => said,
    }
}
