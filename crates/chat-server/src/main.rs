//! The chat-server process.

use std::process::ExitCode;

use helpline_chat_server::{Application, ResetPassword};
use helpline_doctor::Command;
use helpline_service::process;

/// A frame is a handful of small allocations on one thread and their release on another: the system's allocator
/// spends about a quarter of the process's time on that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let further = ResetPassword::command();
    match Command::read_or("chat-server", std::env::args_os(), further) {
        Ok(Ok(Command::Serve)) => process::run("chat-server", async |settings, stop| {
            Application::build(settings)?.run(stop).await
        }),
        Ok(Ok(Command::Doctor(doctor))) => helpline_chat_server::doctor(doctor),
        Ok(Err(asked)) => ResetPassword::of(&asked).run(),
        Err(said) => said,
    }
}
