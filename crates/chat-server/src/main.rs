//! The chat-server process.

use std::process::ExitCode;

use helpline_chat_server::Application;

fn main() -> ExitCode {
    helpline_service::process::run("chat-server", async |settings, stop| {
        Application::build(settings)?.run(stop).await
    })
}
