//! Pairs of a visitor and an agent who both write, at a fixed rate or as fast as messages come back.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::args::{Rate, TalkArgs, Target};
use crate::chat::{self, Feed};
use crate::ledger::{Ledger, Seat, Side, Sight, Verdict};
use crate::meter::{Reading, Usage};
use crate::problem::Problem;
use crate::socket::{Socket, Writer};
use crate::template::{self, Template};

/// Chats that are set up at a time: the server's first minute is not what we measure.
const SET_UP_AT_A_TIME: usize = 32;
/// One chat may take this long to be set up.
const SET_UP: Duration = Duration::from_secs(20);
/// A timer of the runtime is exact to a millisecond. Nearer than this we look again instead of sleeping.
const NEAR: Duration = Duration::from_micros(1_500);
/// So many messages may go out in a row before what has come in is looked at.
const IN_A_ROW: u64 = 32;

/// What a run has shown.
pub(crate) struct Talked {
    pub(crate) pairs: u32,
    pub(crate) bytes: u32,
    pub(crate) rate: Rate,
    /// Messages that reached the other side in the measured time.
    pub(crate) heard: u64,
    pub(crate) usage: Usage,
    /// From the moment a message was due until the other side had it, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
    /// From the moment a message was due until it was written, in nanoseconds: the generator's own share of it.
    pub(crate) lag: Histogram<u64>,
    pub(crate) verdict: Verdict,
}

/// Sets up the pairs, lets them talk, measures and checks.
pub(crate) async fn run(target: &Target, args: &TalkArgs) -> Result<Talked, Problem> {
    let seats = set_up(target, args).await?;
    let talk = Talk::new(args, &seats)?;
    let mut listeners = JoinSet::new();
    for ready in seats {
        listeners.spawn_local(listen(talk.clone(), ready.socket, ready.seat));
    }
    match args.rate {
        Rate::PerSecond(rate) => drop(tokio::task::spawn_local(pace(talk.clone(), rate))),
        Rate::Max => talk.fill_windows(args.window)?,
    }

    talk.hold(args.warm_up).await?;
    let before = Reading::take(target).await?;
    let (first, heard_before) = talk.progress();
    talk.measured.set(first..u64::MAX);
    talk.hold(args.time).await?;
    let after = Reading::take(target).await?;
    let (end, heard_after) = talk.progress();
    talk.measured.set(first..end);
    talk.writing.set(false);
    talk.settle(args.patience).await?;

    let verdict = talk.verdict();
    talk.leave(&mut listeners).await;
    Ok(Talked {
        pairs: args.pairs,
        bytes: args.bytes,
        rate: args.rate,
        heard: heard_after - heard_before,
        usage: after.since(&before, target),
        latency: talk.latency.borrow().clone(),
        lag: talk.lag.borrow().clone(),
        verdict,
    })
}

/// A person, ready to write.
struct Ready {
    seat: Seat,
    socket: Socket,
    user_id: String,
    support_id: Option<String>,
}

async fn set_up(target: &Target, args: &TalkArgs) -> Result<Vec<Ready>, Problem> {
    let chats: Vec<[Ready; 2]> = if args.accept {
        let mut feed = Feed::open(target).await?;
        let mut chats = Vec::new();
        for pair in 0..args.pairs {
            chats.push(in_time(set_up_pair(target, pair, Some(&mut feed))).await?);
        }
        chats
    } else {
        let pairs = (0..args.pairs).map(|pair| in_time(set_up_pair(target, pair, None)));
        let pairs = stream::iter(pairs).buffer_unordered(SET_UP_AT_A_TIME);
        pairs.try_collect().await?
    };
    let mut seats: Vec<Ready> = chats.into_iter().flatten().collect();
    seats.sort_by_key(|ready| (ready.seat.pair, ready.seat.side as usize));
    Ok(seats)
}

async fn in_time<T>(work: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let late = |_| Problem::Late {
        what: "chat",
        after: SET_UP,
    };
    timeout(SET_UP, work).await.map_err(late)?
}

async fn set_up_pair(
    target: &Target,
    pair: u32,
    feed: Option<&mut Feed>,
) -> Result<[Ready; 2], Problem> {
    // Neighbours in the list serve one chat: two processes, if there are two.
    let server = |offset| &target.chat[(pair as usize + offset) % target.chat.len()];
    let visitor = chat::register(server(0), "load").await?;
    let visitor_socket = visitor.join(server(0)).await?;
    if let Some(feed) = feed {
        feed.accept(&visitor).await?;
    }
    let (agent_socket, support_id) = visitor.join_agent(server(1), target.token()).await?;
    let ready = |side, socket, support_id| Ready {
        seat: Seat { pair, side },
        socket,
        user_id: visitor.user_id.clone(),
        support_id,
    };
    Ok([
        ready(Side::Visitor, visitor_socket, None),
        ready(Side::Agent, agent_socket, Some(support_id)),
    ])
}

/// The state that all tasks of a run share. Everything runs on one thread, so cells are enough; none is held over an await.
struct Talk {
    start: Instant,
    rate: Rate,
    writers: RefCell<Vec<(Writer, Template)>>,
    ledger: RefCell<Ledger>,
    writing: Cell<bool>,
    /// The numbers of the messages whose latency counts.
    measured: RangeCell,
    latency: RefCell<Histogram<u64>>,
    lag: RefCell<Histogram<u64>>,
    errors: RefCell<BTreeMap<String, u64>>,
    failure: RefCell<Option<Problem>>,
}

impl Talk {
    fn new(args: &TalkArgs, seats: &[Ready]) -> Result<Rc<Self>, Problem> {
        let writers = seats.iter().map(|ready| {
            let support_id = ready.support_id.as_deref();
            let template = Template::new(&ready.user_id, support_id, args.bytes as usize)?;
            Ok((ready.socket.writer(), template))
        });
        let talk = Self {
            start: Instant::now(),
            rate: args.rate,
            writers: RefCell::new(writers.collect::<Result<_, Problem>>()?),
            ledger: RefCell::new(Ledger::new(args.pairs)),
            writing: Cell::new(true),
            measured: RangeCell::default(),
            latency: RefCell::new(histogram()?),
            lag: RefCell::new(histogram()?),
            errors: RefCell::default(),
            failure: RefCell::default(),
        };
        Ok(Rc::new(talk))
    }

    /// Nanoseconds since the start.
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn write(&self, from: Seat, due: u64) -> Result<(), Problem> {
        let number = self.ledger.borrow_mut().send(from, due);
        let mut writers = self.writers.borrow_mut();
        let (writer, template) = &mut writers[from.pair as usize * 2 + from.side as usize];
        writer.send(template.numbered(number))
    }

    fn fill_windows(&self, window: u32) -> Result<(), Problem> {
        let seats = self.writers.borrow().len() as u64;
        for turn in 0..u64::from(window) * seats {
            self.write(seat_of_turn(turn % seats), self.now())?;
        }
        Ok(())
    }

    /// Everything that has arrived on a socket.
    fn hear(&self, socket: &mut Socket, at: Seat) -> Result<(), Problem> {
        let now = self.now();
        while let Some(text) = socket.next_here()? {
            let Some(number) = template::number_in(text) else {
                self.note(text);
                continue;
            };
            let sight = self.ledger.borrow_mut().see(at, number);
            let Sight::Heard { from, due } = sight else {
                continue;
            };
            if self.measured.contains(number) {
                self.latency
                    .borrow_mut()
                    .saturating_record(now.saturating_sub(due));
            }
            if self.rate == Rate::Max && self.writing.get() {
                self.write(from, now)?;
            }
        }
        Ok(())
    }

    /// Joined and the like are of no interest here; errors are.
    fn note(&self, text: &[u8]) {
        let frame: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
        if matches!(frame["type"].as_str(), Some("Error" | "ChatExpired") | None) {
            let code = frame["args"]["code"].as_str();
            let code = code.or(frame["type"].as_str()).unwrap_or("not understood");
            *self.errors.borrow_mut().entry(code.to_owned()).or_insert(0) += 1;
        }
    }

    fn fail(&self, problem: Problem) {
        self.failure.borrow_mut().get_or_insert(problem);
    }

    fn check(&self) -> Result<(), Problem> {
        self.failure.borrow_mut().take().map_or(Ok(()), Err)
    }

    /// Lets the load run for this long.
    async fn hold(&self, time: Duration) -> Result<(), Problem> {
        sleep(time).await;
        self.check()
    }

    /// How many messages were sent and how many were heard.
    fn progress(&self) -> (u64, u64) {
        let ledger = self.ledger.borrow();
        (ledger.len(), ledger.heard())
    }

    /// Waits until everything that was sent has arrived. What has not by then is lost.
    async fn settle(&self, patience: Duration) -> Result<(), Problem> {
        let deadline = Instant::now() + patience;
        while !self.ledger.borrow().is_settled() && Instant::now() < deadline {
            self.hold(Duration::from_millis(5)).await?;
        }
        // A double comes after its original: give the stragglers a moment.
        self.hold(Duration::from_millis(100)).await
    }

    fn verdict(&self) -> Verdict {
        Verdict {
            errors: self.errors.borrow().clone().into_iter().collect(),
            ..self.ledger.borrow().verdict()
        }
    }

    /// Ends all chats, so that nothing of this run is on the servers during the next. A courtesy: failing is no error.
    async fn leave(&self, listeners: &mut JoinSet<()>) {
        for (writer, _) in self.writers.borrow().iter().step_by(2) {
            let _ = writer.send_text(r#"{"type":"Leave","args":{}}"#);
        }
        let closed = async { while listeners.join_next().await.is_some() {} };
        let _ = timeout(Duration::from_secs(2), closed).await;
    }
}

/// Sides take turns, then chats.
fn seat_of_turn(turn: u64) -> Seat {
    Seat {
        pair: (turn / 2) as u32,
        side: if turn.is_multiple_of(2) {
            Side::Visitor
        } else {
            Side::Agent
        },
    }
}

async fn listen(talk: Rc<Talk>, mut socket: Socket, seat: Seat) {
    loop {
        let heard = socket.receive().await;
        if let Err(problem) = heard.and_then(|()| talk.hear(&mut socket, seat)) {
            return talk.fail(problem);
        }
    }
}

/// Writes on a timetable. A message that goes out late keeps the time at which it was due.
async fn pace(talk: Rc<Talk>, rate: f64) {
    let seats = talk.writers.borrow().len() as u64;
    let begin = talk.now();
    let mut turn = 0;
    while talk.writing.get() {
        let due = begin + (turn as f64 * 1e9 / rate) as u64;
        let now = talk.now();
        if now < due {
            let wait = Duration::from_nanos(due - now);
            match wait.checked_sub(NEAR) {
                Some(long) => sleep(long).await,
                None => tokio::task::yield_now().await,
            }
            continue;
        }
        if talk.measured.contains(talk.ledger.borrow().len()) {
            talk.lag.borrow_mut().saturating_record(now - due);
        }
        if let Err(problem) = talk.write(seat_of_turn(turn % seats), due) {
            return talk.fail(problem);
        }
        turn += 1;
        if turn.is_multiple_of(IN_A_ROW) {
            tokio::task::yield_now().await;
        }
    }
}

fn histogram() -> Result<Histogram<u64>, Problem> {
    // A microsecond to a minute, three digits.
    Histogram::new_with_bounds(1_000, 60_000_000_000, 3)
        .map_err(|error| Problem::Usage(error.to_string()))
}

/// A range that can be changed through a shared reference.
#[derive(Debug, Default)]
struct RangeCell(Cell<(u64, u64)>);

impl RangeCell {
    fn set(&self, range: Range<u64>) {
        self.0.set((range.start, range.end));
    }

    fn contains(&self, number: u64) -> bool {
        let (start, end) = self.0.get();
        (start..end).contains(&number)
    }
}
