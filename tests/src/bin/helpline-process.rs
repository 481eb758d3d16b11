//! Runs either service as a process of its own, for tests that kill, stop or signal it: `helpline-process chat-server`
//! or `helpline-process subscriber`. Settings come from the environment; the addresses are printed as one line,
//! Socket.IO's after the other, `-` for none.
#![allow(
    clippy::print_stdout,
    reason = "the addresses on standard output is this program's interface"
)]

use std::io::{Read, Write};
use std::process::ExitCode;

use e2e::services::{Kind, run_as_process, run_command};

fn main() -> ExitCode {
    let kind = match std::env::args().nth(1).as_deref() {
        Some("chat-server") => Kind::ChatServer,
        Some("subscriber") => Kind::Subscriber,
        _ => return ExitCode::from(2),
    };
    if std::env::args().len() > 2 {
        return run_command(kind);
    }
    // Standard input ends with the test binary: then nobody needs this process any more.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(3);
    });
    run_as_process(kind, |listening| {
        let socketio = listening
            .socketio
            .map_or_else(|| "-".to_owned(), |address| address.to_string());
        println!("listening {} {socketio}", listening.address);
        let _ = std::io::stdout().flush();
    })
}
