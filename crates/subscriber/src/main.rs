//! The subscriber process.

use std::process::ExitCode;

use helpline_subscriber::Application;

fn main() -> ExitCode {
    helpline_service::process::run("subscriber", async |settings, stop| {
        Application::build(settings)?.run(stop).await
    })
}
