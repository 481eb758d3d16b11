//! Whole runs against the fake server.

use clap::Parser as _;
use tokio::task::LocalSet;

use crate::args::{Args, Mode};
use crate::fake::{self, Fault};
use crate::problem::Problem;
use crate::talk::{self, Talked};
use crate::{idle, reconnect, report};

/// Parses a command line, with the fake server's address in it, and runs `work` beside that server.
async fn beside<T>(fault: Fault, line: &str, work: impl AsyncFnOnce(Args) -> T) -> T {
    let run = async {
        let address = fake::start(fault).await;
        let line = format!("loadgen --chat {address} --feed {address} {line}");
        work(Args::parse_from(line.split(' '))).await
    };
    LocalSet::new().run_until(run).await
}

async fn talk(fault: Fault, line: &str) -> Talked {
    let line = format!("talk --time 200ms --warm-up 50ms --patience 300ms {line}");
    beside(fault, &line, async |args| {
        let Mode::Talk(talk) = &args.mode else {
            panic!("not talk");
        };
        talk::run(&args.target, talk).await.unwrap()
    })
    .await
}

#[tokio::test]
async fn a_timetable_is_kept_and_everything_arrives() {
    let result = talk(Fault::None, "--pairs 3 --rate 500").await;
    result.verdict.check().unwrap();
    // Due are 500 a second for at least a quarter of a second; a busy machine holds longer.
    assert!(result.verdict.sent >= 125, "{:?}", result.verdict);
    assert!(result.heard >= 100, "{} heard", result.heard);
    assert!(
        result.latency.len() >= 100,
        "{} timed",
        result.latency.len()
    );
    assert!(report::talk(&result).contains("messages/s"));
}

#[tokio::test]
async fn without_a_rate_the_next_message_follows_the_last() {
    let result = talk(Fault::None, "--pairs 3 --rate max --window 2").await;
    result.verdict.check().unwrap();
    // More than the windows of six writers hold.
    assert!(result.verdict.sent > 12, "{:?}", result.verdict);
}

#[tokio::test]
async fn agents_can_accept_on_the_feed_first() {
    let result = talk(Fault::None, "--pairs 2 --rate 100 --accept").await;
    result.verdict.check().unwrap();
}

#[tokio::test]
async fn a_lost_message_is_noticed() {
    let verdict = talk(Fault::Lose, "--pairs 1 --rate 200").await.verdict;
    assert_eq!((verdict.lost, verdict.doubled), (1, 0), "{verdict:?}");
}

#[tokio::test]
async fn a_doubled_message_is_noticed() {
    let verdict = talk(Fault::Double, "--pairs 1 --rate 200").await.verdict;
    assert_eq!((verdict.lost, verdict.doubled), (0, 1), "{verdict:?}");
}

#[tokio::test]
async fn a_changed_order_is_noticed() {
    // Both sides write in turn, so a copy that is held back is swapped with a message of the other side.
    let verdict = talk(Fault::Swap, "--pairs 1 --rate 200").await.verdict;
    assert_eq!(
        (verdict.lost, verdict.disordered_chats),
        (0, 1),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn a_refused_message_is_noticed() {
    let verdict = talk(Fault::Refuse, "--pairs 1 --rate 200").await.verdict;
    assert_eq!(verdict.lost, 1, "{verdict:?}");
    assert_eq!(verdict.errors, [("unavailable".to_owned(), 1)]);
}

#[tokio::test]
async fn silent_sockets_stay() {
    let pid = std::process::id();
    let line = format!("--pid self={pid} idle --sockets 20 --time 100ms");
    let text = beside(Fault::None, &line, async |args| {
        let Mode::Idle(idle) = &args.mode else {
            panic!("not idle");
        };
        report::idle(&idle::run(&args.target, idle).await.unwrap())
    })
    .await;
    assert!(text.contains("20 silent sockets"), "{text}");
    assert!(text.contains("memory self"), "{text}");
}

#[tokio::test]
async fn dropped_sockets_get_their_history_again() {
    let line = "reconnect --sockets 30 --history 5";
    let result = beside(Fault::None, line, async |args| {
        let Mode::Reconnect(reconnect) = &args.mode else {
            panic!("not reconnect");
        };
        reconnect::run(&args.target, reconnect).await
    })
    .await
    .unwrap();
    assert_eq!(result.times.len(), 30);
    assert!(report::reconnect(&result).contains("30 sockets, 5 messages each"));
}

#[tokio::test]
async fn a_history_with_a_hole_is_noticed() {
    let line = "reconnect --sockets 1 --history 12";
    let result = beside(Fault::Forget, line, async |args| {
        let Mode::Reconnect(reconnect) = &args.mode else {
            panic!("not reconnect");
        };
        reconnect::run(&args.target, reconnect).await
    });
    assert!(matches!(result.await, Err(Problem::Broken(_))));
}
