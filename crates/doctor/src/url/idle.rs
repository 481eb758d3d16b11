//! For how long a quiet WebSocket stays open. Clients and services are silent for as long as nobody writes, except for
//! the service's ping (`sockets.ping`): whoever cuts quiet lines sooner than that cuts every socket, again and again.

use std::time::Duration;

use futures_util::{StreamExt, future::join_all};
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;

use super::{AREA, Open};
use crate::finding::Finding;

/// Told to come back by a service that stops: nothing that a proxy did.
const RESTART: u16 = 1012;

/// How a socket that was left alone fared.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    /// It is still open.
    Open,
    /// It ended after this silence; with a close code, if any came.
    Ended { quiet: Duration, code: Option<u16> },
}

/// Leaves sockets alone, all at once.
pub async fn look(sockets: Vec<Open>, idle: Duration, ping: Duration) -> Vec<Finding> {
    let judged = sockets.into_iter().map(async |mut open| {
        let fate = leave_alone(&mut open, idle).await;
        judge(&open.what, &fate, idle, ping)
    });
    join_all(judged).await
}

/// Only reads, which answers pings, as every client does.
async fn leave_alone(open: &mut Open, idle: Duration) -> Fate {
    let mut heard = Instant::now();
    let end = heard + idle;
    loop {
        let code = match timeout_at(end, open.socket.next()).await {
            Err(_) => return Fate::Open,
            Ok(Some(Ok(Message::Close(close)))) => close.map(|close| close.code.into()),
            Ok(Some(Err(_)) | None) => None,
            Ok(Some(Ok(_))) => {
                heard = Instant::now();
                continue;
            }
        };
        let quiet = heard.elapsed();
        return Fate::Ended { quiet, code };
    }
}

fn judge(what: &str, fate: &Fate, idle: Duration, ping: Duration) -> Finding {
    let shown = |time: Duration| format!("{:.0} s", time.as_secs_f64());
    match fate {
        Fate::Open if idle > ping => Finding::ok(
            AREA,
            format!(
                "{what} stays open for {} with a ping every {}",
                shown(idle),
                shown(ping)
            ),
        ),
        Fate::Open => Finding::ok(
            AREA,
            format!(
                "{what} stays open for {}, which is less than sockets.ping ({})",
                shown(idle),
                shown(ping)
            ),
        ),
        Fate::Ended {
            code: Some(RESTART),
            ..
        } => Finding::warn(
            AREA,
            format!(
                "{what}: the service was restarted meanwhile, so nothing is known of quiet lines"
            ),
            "run the doctor again",
        ),
        Fate::Ended { quiet, .. } => Finding::wrong(
            AREA,
            format!(
                "{what} is cut after {} of silence; pings come every {}",
                shown(*quiet),
                shown(ping)
            ),
            "let the proxy keep quiet lines for at least a minute (nginx: proxy_read_timeout and proxy_send_timeout), or make sockets.ping shorter than it does",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    #[test]
    fn a_cut_line_is_wrong_and_a_restart_says_nothing() {
        let (idle, ping) = (Duration::from_secs(75), Duration::from_secs(30));
        let ended = |code| Fate::Ended {
            quiet: Duration::from_secs(20),
            code,
        };
        for (fate, level, text) in [
            (Fate::Open, Level::Ok, "75 s"),
            (ended(None), Level::Wrong, "after 20 s of silence"),
            (ended(Some(1001)), Level::Wrong, "after 20 s"),
            (ended(Some(1012)), Level::Warn, "restarted"),
        ] {
            let finding = judge("/joins", &fate, idle, ping);
            assert!(
                finding.level == level && finding.found.contains(text),
                "{finding:?}"
            );
        }
        let short = judge("/joins", &Fate::Open, Duration::from_secs(3), ping);
        assert!(short.level == Level::Ok && short.found.contains("less than"));
    }
}
