//! A visitor and an agent who keep talking whatever happens, and the account of what they said and heard.

use std::time::{Duration, Instant};

use e2e::party::messages;
use e2e::{DEADLINE, Frame, Party, World};
use serde_json::Value;

/// How long one side waits for the fate of one message before it looks whether to go on.
const FATE: Duration = Duration::from_secs(8);

/// One side of a conversation under load.
pub(crate) struct Talker {
    party: Party,
    name: &'static str,
    /// The messages that were echoed to this side as its own.
    echoed: Vec<String>,
    /// Every message this side heard, in order.
    heard: Vec<Value>,
    /// How often a message was answered with `unavailable`.
    pub(crate) unavailable: usize,
    said: usize,
}

impl Talker {
    pub(crate) fn new(party: Party, name: &'static str) -> Self {
        Self {
            party,
            name,
            echoed: Vec::new(),
            heard: Vec::new(),
            unavailable: 0,
            said: 0,
        }
    }

    /// Says one thing and listens until it is echoed (`true`) or refused as `unavailable` (`false`).
    pub(crate) async fn says_something(&mut self) -> bool {
        let content = format!("{} {}", self.name, self.said);
        self.said += 1;
        self.party.sends(&content).await;
        let end = Instant::now() + FATE;
        loop {
            assert!(
                Instant::now() < end,
                "{}: no word about a message in {FATE:?}",
                self.name
            );
            match self.party.next().await {
                Frame::Text(frame) if frame["type"] == "ChatMessage" => {
                    let own = frame["args"]["content"] == content.as_str();
                    self.heard.push(frame["args"].clone());
                    if own {
                        self.echoed.push(content);
                        return true;
                    }
                }
                Frame::Text(frame) if frame["args"]["code"] == "unavailable" => {
                    self.unavailable += 1;
                    return false;
                }
                other => panic!("{}: unexpected {other:?}", self.name),
            }
        }
    }

    /// Keeps talking until a message is echoed again; gives the time that took.
    pub(crate) async fn recovers(&mut self) -> Duration {
        let start = Instant::now();
        while !self.says_something().await {
            assert!(start.elapsed() < DEADLINE, "{} does not recover", self.name);
        }
        start.elapsed()
    }

    async fn hears_until(&mut self, content: &str) {
        while !self
            .heard
            .iter()
            .any(|message| message["content"] == content)
        {
            match self.party.next().await {
                Frame::Text(frame) if frame["type"] == "ChatMessage" => {
                    self.heard.push(frame["args"].clone())
                }
                other => panic!("{}: unexpected {other:?}", self.name),
            }
        }
    }
}

/// Both talk in turns, `rounds` times.
pub(crate) async fn talk(first: &mut Talker, second: &mut Talker, rounds: usize) {
    for _ in 0..rounds {
        tokio::join!(first.says_something(), second.says_something());
    }
}

/// Ends the conversation and checks the account: whatever was echoed is in the history once, and each side heard
/// exactly the history, in its order, each message once.
pub(crate) async fn settle(world: &World, mut first: Talker, mut second: Talker) {
    first.recovers().await;
    second.recovers().await;
    let (last_of_first, last_of_second) =
        (first.echoed.last().cloned(), second.echoed.last().cloned());
    for talker in [&mut first, &mut second] {
        for last in [&last_of_first, &last_of_second].into_iter().flatten() {
            talker.hears_until(last).await;
        }
    }
    let history = first.party.rejoins_at(world, 1).await;
    let history = messages(&history);
    let last = history.last().expect("messages")["content"]
        .as_str()
        .expect("a content");
    second.hears_until(last).await;
    for talker in [&first, &second] {
        assert_eq!(
            talker.heard, history,
            "{} heard something else than the history",
            talker.name
        );
        for echoed in &talker.echoed {
            let times = history
                .iter()
                .filter(|message| message["content"] == echoed.as_str())
                .count();
            assert_eq!(
                times, 1,
                "{echoed:?} was echoed and is {times} times in the history"
            );
        }
    }
}
