//! The loop, fed by hand: no network, and a clock that runs when nothing else does.

use std::{cell::RefCell, rc::Rc};

use futures_util::stream;
use tokio::time::sleep;

use super::*;
use crate::settings::Settings;

/// What the client saw.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Text(Frame),
    Ping,
    Pong(Vec<u8>),
    Close(Close),
}

#[derive(Clone, Default)]
struct Client {
    seen: Rc<RefCell<Vec<Seen>>>,
    /// It does not read.
    stuck: bool,
}

impl Client {
    fn sees(&self, what: Seen) {
        self.seen.borrow_mut().push(what);
    }
}

impl Wire for Client {
    async fn text(&mut self, frame: Frame) -> ControlFlow<()> {
        if self.stuck {
            std::future::pending::<()>().await;
        }
        self.sees(Seen::Text(frame));
        ControlFlow::Continue(())
    }

    async fn ping(&mut self) -> ControlFlow<()> {
        self.sees(Seen::Ping);
        ControlFlow::Continue(())
    }

    async fn pong(&mut self, payload: &[u8]) -> ControlFlow<()> {
        self.sees(Seen::Pong(payload.to_vec()));
        ControlFlow::Continue(())
    }

    async fn close(&mut self, close: Close) {
        self.sees(Seen::Close(close));
    }
}

/// Says everything back; `bye` ends it.
#[derive(Clone, Default)]
struct Echo {
    join_by: Option<Instant>,
    slow: Rc<RefCell<bool>>,
    closed: Rc<RefCell<Option<Departure>>>,
    ended: CancellationToken,
}

impl Session for Echo {
    type Delivery = &'static str;

    async fn opened(&mut self) -> Reply {
        Reply::frame("hello")
    }

    async fn text(&mut self, text: &str) -> Reply {
        match text {
            "bye" => Reply::frame("bye").and_close(Close::Over),
            text => Reply::frame(text.to_owned()),
        }
    }

    fn binary(&mut self) -> Reply {
        Reply::frame("no bytes, please")
    }

    fn deliver(&mut self, delivery: &'static str) -> Reply {
        Reply::frame(delivery)
    }

    fn deadline(&self) -> Option<Instant> {
        self.join_by
    }

    fn due(&mut self) -> Reply {
        Reply::close(Close::Rule)
    }

    fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }

    fn end(&mut self) -> Reply {
        Reply::frame("no more")
    }

    fn silent(&self) -> Close {
        Close::Silent
    }

    fn too_slow(&mut self) {
        *self.slow.borrow_mut() = true;
    }

    async fn closed(&mut self, departure: Departure) {
        *self.closed.borrow_mut() = Some(departure);
    }
}

/// A served socket and what is said into it.
struct Case {
    client: Client,
    session: Echo,
    incoming: Vec<Incoming>,
    /// Whether the client stays when it has said that.
    stays: bool,
    drain: Drain,
    outbox: usize,
    deliveries: Vec<&'static str>,
}

impl Case {
    fn new(incoming: impl IntoIterator<Item = Incoming>) -> Self {
        Self {
            client: Client::default(),
            session: Echo::default(),
            incoming: incoming.into_iter().collect(),
            stays: true,
            drain: Drain {
                begun: CancellationToken::new(),
                spread: Duration::from_secs(5),
            },
            outbox: 8,
            deliveries: Vec::new(),
        }
    }

    /// Serves until the end; says what the client saw and how long it took.
    async fn run(self) -> (Vec<Seen>, Duration) {
        let (outbox, inbox) = mpsc::channel(self.outbox);
        let kept = self
            .deliveries
            .iter()
            .all(|delivery| outbox.try_send(*delivery).is_ok());
        // Whoever hands out deliveries lets go of an outbox that is full.
        let _outbox = kept.then_some(outbox);
        let rest = if self.stays {
            stream::pending().left_stream()
        } else {
            stream::empty().right_stream()
        };
        let incoming = stream::iter(self.incoming).chain(rest);
        let settings = Settings::default().sockets;
        let started = Instant::now();
        let closed = self.session.closed.clone();
        serve(
            self.client.clone(),
            incoming,
            self.session,
            inbox,
            &settings,
            self.drain,
        )
        .await;
        assert!(
            closed.borrow().is_some(),
            "a session always hears of its end"
        );
        let seen = self.client.seen.borrow().clone();
        (seen, started.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn a_socket_whose_token_ended_is_told_and_closed() {
    let case = Case::new([]);
    case.session.ended.cancel();
    let (seen, took) = case.run().await;
    let last = [
        Seen::Text("no more".into()),
        Seen::Close(Close::TokenRefused),
    ];
    assert!(seen.ends_with(&last), "{seen:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

fn text(text: &'static str) -> Incoming {
    Incoming::Text(text.into())
}

fn said(text: &'static str) -> Seen {
    Seen::Text(text.into())
}

#[tokio::test(start_paused = true)]
async fn each_frame_is_answered_in_order() {
    let incoming = [
        text("one"),
        Incoming::Binary,
        Incoming::Ping(vec![7]),
        text("bye"),
        text("never read"),
        Incoming::Close,
    ];
    let (seen, _) = Case::new(incoming).run().await;
    let expected = [
        said("hello"),
        said("one"),
        said("no bytes, please"),
        Seen::Pong(vec![7]),
        said("bye"),
        Seen::Close(Close::Over),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_is_answered_and_one_that_vanishes_is_not() {
    let (seen, _) = Case::new([Incoming::Close]).run().await;
    assert_eq!(seen, [said("hello"), Seen::Close(Close::Over)]);
    let vanishes = Case {
        stays: false,
        ..Case::new([])
    };
    assert_eq!(vanishes.run().await.0, [said("hello")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_broken_is_closed_with_its_code() {
    let (seen, _) = Case::new([Incoming::Broken(Close::TooLarge)]).run().await;
    assert_eq!(seen, [said("hello"), Seen::Close(Close::TooLarge)]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_pinged_and_then_closed() {
    let (seen, took) = Case::new([]).run().await;
    let pings = seen.iter().filter(|seen| **seen == Seen::Ping).count();
    assert_eq!(pings, 3, "every 30 s for 120 s: {seen:?}");
    assert_eq!(seen.last(), Some(&Seen::Close(Close::Silent)));
    assert!((Duration::from_secs(120)..Duration::from_secs(125)).contains(&took));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_of_the_session_is_kept() {
    let mut case = Case::new([]);
    case.session.join_by = Some(Instant::now() + Duration::from_secs(10));
    let (seen, _) = case.run().await;
    assert_eq!(seen, [said("hello"), Seen::Close(Close::Rule)]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_told_to_come_back_later() {
    let mut case = Case::new([]);
    case.client.stuck = true;
    let slow = case.session.slow.clone();
    let (seen, took) = case.run().await;
    assert_eq!(seen, [Seen::Close(Close::Later)]);
    assert!(*slow.borrow());
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_outbox_ends_the_socket_after_what_was_in_it() {
    let case = Case {
        outbox: 2,
        deliveries: vec!["a", "b", "c"],
        ..Case::new([])
    };
    let slow = case.session.slow.clone();
    let (seen, _) = case.run().await;
    assert!(*slow.borrow());
    assert_eq!(
        seen,
        [
            said("hello"),
            said("a"),
            said("b"),
            Seen::Close(Close::Later)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_drain_tells_the_socket_within_its_time_and_the_session_why() {
    let case = Case::new([]);
    let closed = case.session.closed.clone();
    let begun = case.drain.begun.clone();
    let local = tokio::task::LocalSet::new();
    let (seen, took) = local
        .run_until(async {
            let served = tokio::task::spawn_local(case.run());
            sleep(Duration::from_secs(1)).await;
            begun.cancel();
            served.await.expect("served")
        })
        .await;
    assert_eq!(seen, [said("hello"), Seen::Close(Close::Restart)]);
    assert!(took <= Duration::from_secs(1 + 5) + LINGER, "{took:?}");
    assert_eq!(*closed.borrow(), Some(Departure::Restart));
}

#[tokio::test(start_paused = true)]
async fn only_a_line_that_breaks_while_the_process_stops_is_its_fault() {
    for (drains, said, departure) in [
        (false, None, Departure::Closed),
        (true, None, Departure::Restart),
        (true, Some(Incoming::Close), Departure::Closed),
    ] {
        let mut case = Case::new(said.clone());
        case.stays = false;
        if drains {
            case.drain.begun.cancel();
        }
        let closed = case.session.closed.clone();
        case.run().await;
        assert_eq!(*closed.borrow(), Some(departure), "{drains} {said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_stops_sending_does_not_keep_a_closed_socket() {
    for frame in [
        Incoming::Text("more".into()),
        Incoming::Pong,
        Incoming::Broken(Close::TooLarge),
    ] {
        // Always ready: no deadline is seen while such a stream is polled.
        linger(stream::repeat(frame)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_closed_socket_waits_for_the_clients_own_close_and_not_for_ever() {
    let start = Instant::now();
    linger(stream::iter([Incoming::Pong, Incoming::Close]).chain(stream::pending())).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    linger(stream::iter([Incoming::Pong]).chain(stream::pending())).await;
    assert_eq!(start.elapsed(), LINGER);
}
