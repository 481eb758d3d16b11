//! What goes over a line, and over the change of what carries it.

use super::*;

fn texts(packets: &[Frame]) -> Vec<String> {
    packets
        .iter()
        .map(|packet| packet.text().to_string())
        .collect()
}

async fn polled(line: &Line) -> Vec<String> {
    match line.poll().await {
        Polled::Packets(packets) => texts(&packets),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn packets_keep_their_order_over_the_upgrade() {
    let (line, _heard) = Line::new(String::new(), Revision::V4, false);
    let _ = line.put("4a".into()).await;
    assert_eq!(polled(&line).await, ["4a"]);
    let waiting = line.poll();
    let upgrade = async {
        let trial = line.try_websocket().expect("nobody else tries");
        assert!(trial.begin());
        trial
    };
    let (polled, trial) = tokio::join!(waiting, upgrade);
    assert!(matches!(polled, Polled::Nothing));
    let _ = line.put("4b".into()).await;
    assert!(matches!(line.poll().await, Polled::Nothing));
    trial.succeed();
    let _ = line.put("4c".into()).await;
    let (packets, close) = line.next().await;
    assert_eq!(
        (texts(&packets), close),
        (vec!["4b".into(), "4c".into()], None)
    );
    assert!(matches!(line.poll().await, Polled::Mismatch));
}

#[tokio::test]
async fn an_upgrade_that_fails_leaves_everything_to_polling() {
    let (line, _heard) = Line::new(String::new(), Revision::V3, false);
    let trial = line.try_websocket().expect("nobody else tries");
    assert!(trial.begin());
    let _ = line.put("4a".into()).await;
    drop(trial);
    assert_eq!(polled(&line).await, ["4a"]);
}

#[tokio::test]
async fn a_line_has_one_websocket_at_a_time() {
    let (line, _heard) = Line::new(String::new(), Revision::V4, false);
    let first = line.try_websocket().expect("nobody else tries");
    assert!(line.try_websocket().is_none());
    assert!(first.begin());
    assert!(line.try_websocket().is_none());
    drop(first);
    let second = line.try_websocket().expect("the first has given up");
    assert!(second.begin());
    second.succeed();
    assert!(line.try_websocket().is_none());
    let (line, _heard) = Line::new(String::new(), Revision::V4, true);
    assert!(line.try_websocket().is_none());
    let (line, _heard) = Line::new(String::new(), Revision::V3, false);
    line.close(Close::Over);
    assert!(line.try_websocket().is_none());
}

#[tokio::test]
async fn only_one_request_waits_at_a_time() {
    let (line, _heard) = Line::new(String::new(), Revision::V4, false);
    let second = async {
        assert!(matches!(line.poll().await, Polled::Twice));
        let _ = line.put("4a".into()).await;
    };
    let (first, ()) = tokio::join!(polled(&line), second);
    assert_eq!(first, ["4a"]);
    // A request whose client has hung up waits no more.
    drop(futures_util::FutureExt::now_or_never(line.poll()));
    let _ = line.put("4b".into()).await;
    assert_eq!(polled(&line).await, ["4b"]);
}

#[tokio::test]
async fn what_waits_is_bounded_and_the_end_comes_last() {
    let (line, _heard) = Line::new(String::new(), Revision::V4, false);
    for _ in 0..WAITING {
        assert!(line.put("4a".into()).await.is_continue());
    }
    assert!(futures_util::FutureExt::now_or_never(line.put("4b".into())).is_none());
    line.close(Close::Rule);
    assert!(line.put("4c".into()).await.is_break());
    assert_eq!(polled(&line).await.len(), A_PAYLOAD);
    assert_eq!(polled(&line).await.len(), A_PAYLOAD);
    match line.poll().await {
        Polled::Last(packets) => assert_eq!(texts(&packets), ["41"]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_request_of_who_is_to_come_back_fails_once_it_has_everything() {
    let (line, _heard) = Line::new(String::new(), Revision::V3, false);
    let _ = line.put("4a".into()).await;
    line.close(Close::Restart);
    assert_eq!(polled(&line).await, ["4a"]);
    assert!(matches!(line.poll().await, Polled::Gone));
}

#[tokio::test]
async fn who_is_to_come_back_is_not_told_to_stay_away() {
    for (close, last) in [
        (Close::Restart, &[][..]),
        (Close::Later, &[]),
        (Close::Over, &[]),
        (Close::TokenRefused, &["41"]),
    ] {
        let (line, _heard) = Line::new(String::new(), Revision::V4, true);
        line.close(close);
        let (packets, closed) = line.next().await;
        assert_eq!(
            (texts(&packets).as_slice(), closed),
            (
                last.iter()
                    .map(|text| (*text).to_owned())
                    .collect::<Vec<_>>()
                    .as_slice(),
                Some(close)
            )
        );
    }
}
