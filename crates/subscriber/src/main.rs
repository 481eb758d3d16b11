//! The subscriber process.

use std::process::ExitCode;

use helpline_subscriber::Application;

/// A frame is a handful of small allocations on one thread and their release on another: the system's allocator
/// spends about a quarter of the process's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    helpline_service::process::run("subscriber", async |settings, stop| {
        Application::build(settings)?.run(stop).await
    })
}
