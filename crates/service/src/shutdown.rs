//! SIGTERM and SIGINT: the first asks the process to finish, the second does not ask.

use std::{io, process};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process that such a signal ended: 128 and the signal's number.
const INTERRUPTED: i32 = 130;
const TERMINATED: i32 = 143;

/// A token that the first signal cancels. The second signal ends the process at once, with 130 or 143.
///
/// From this call on signals no longer end the process by themselves. It must be made inside a tokio runtime.
///
/// # Errors
/// The system does not let signals be listened to.
pub fn signals() -> io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = CancellationToken::new();
    let first = stop.clone();
    tokio::spawn(async move {
        next(&mut interrupt, &mut terminate).await;
        tracing::info!("stopping; a second signal stops at once");
        first.cancel();
        let code = next(&mut interrupt, &mut terminate).await;
        tracing::warn!("stopped at once");
        process::exit(code);
    });
    Ok(stop)
}

async fn next(interrupt: &mut Signal, terminate: &mut Signal) -> i32 {
    tokio::select! {
        _ = interrupt.recv() => INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}

#[cfg(test)]
mod tests {
    use std::{
        env,
        io::{BufRead, BufReader, Write, stdout},
        process::{Child, ChildStdout, Command, Stdio},
    };

    use super::*;

    /// Set in the process that is sent signals, which is this test binary with only `the_signalled_process` to run.
    const SIGNALLED: &str = "HELPLINE_TEST_SIGNALLED";

    fn say(word: &str) {
        // Straight to the pipe: the test harness keeps what is printed to itself.
        let mut out = stdout().lock();
        out.write_all(format!("\nsaid {word}\n").as_bytes())
            .and_then(|()| out.flush())
            .unwrap();
    }

    #[tokio::test]
    async fn the_signalled_process() {
        if env::var_os(SIGNALLED).is_none() {
            return;
        }
        let stop = signals().unwrap();
        say("listening");
        stop.cancelled().await;
        say("stopping");
        std::future::pending::<()>().await;
    }

    /// Ends its process with the test, whatever the test found.
    struct Signalled(Child);

    impl Signalled {
        fn start() -> (Self, BufReader<ChildStdout>) {
            let mut child = Command::new(env::current_exe().unwrap())
                .args(["--exact", "shutdown::tests::the_signalled_process"])
                .env(SIGNALLED, "1")
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let out = BufReader::new(child.stdout.take().unwrap());
            (Self(child), out)
        }

        fn send(&self, signal: &str) {
            let sent = Command::new("kill")
                .args([signal, &self.0.id().to_string()])
                .status()
                .unwrap();
            assert!(sent.success());
        }
    }

    impl Drop for Signalled {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn heard(out: &mut BufReader<ChildStdout>, word: &str) -> bool {
        out.lines()
            .map_while(Result::ok)
            .any(|line| line == format!("said {word}"))
    }

    #[test]
    fn the_first_signal_asks_and_the_second_does_not() {
        for (first, second, code) in [
            ("-TERM", "-TERM", 143),
            ("-TERM", "-INT", 130),
            ("-INT", "-TERM", 143),
        ] {
            let (mut process, mut out) = Signalled::start();
            assert!(heard(&mut out, "listening"));
            process.send(first);
            assert!(heard(&mut out, "stopping"), "{first} was to be only asked");
            process.send(second);
            assert_eq!(
                process.0.wait().unwrap().code(),
                Some(code),
                "{first} {second}"
            );
        }
    }
}
