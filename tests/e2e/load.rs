//! A visitor and an agent who keep talking whatever happens, and the account of what they said and heard.

use std::time::{Duration, Instant};

use e2e::party::messages;
use e2e::{DEADLINE, Frame, Party, World};
use serde_json::Value;
use tokio::time::timeout;

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
    /// What was echoed and is not in the history that was given in its place; `None`: no history may be.
    lost: Option<Vec<String>>,
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
            lost: None,
        }
    }

    /// The same on a store that may lose what it confirmed: that has to be made good by a whole history.
    pub(crate) fn on_loss(party: Party, name: &'static str) -> Self {
        Self {
            lost: Some(Vec::new()),
            ..Self::new(party, name)
        }
    }

    /// What was echoed to this side, and was lost by the store.
    pub(crate) fn lost(&self) -> &[String] {
        self.lost.as_deref().unwrap_or_default()
    }

    /// Says one thing and listens until it is echoed (`true`) or refused as `unavailable` (`false`).
    pub(crate) async fn says_something(&mut self) -> bool {
        let content = format!("{} {}", self.name, self.said);
        self.said += 1;
        self.party.sends(&content).await;
        let end = Instant::now() + FATE;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(frame) = timeout(left, self.party.next()).await else {
                // It was stored and lost before anybody was told of it.
                assert!(
                    self.lost.is_some(),
                    "{}: no word about a message in {FATE:?}",
                    self.name
                );
                return false;
            };
            match frame {
                Frame::Text(frame) if frame["args"]["code"] == "unavailable" => {
                    self.unavailable += 1;
                    return false;
                }
                frame => self.takes(frame),
            }
            if self.has_heard(&content) {
                self.echoed.push(content);
                return true;
            }
        }
    }

    fn takes(&mut self, frame: Frame) {
        match (frame, &mut self.lost) {
            (Frame::Text(frame), _) if frame["type"] == "ChatMessage" => {
                self.heard.push(frame["args"].clone());
            }
            (Frame::Text(frame), Some(lost)) if frame["type"] == "ChatHistory" => {
                self.heard = messages(&frame["args"]).to_vec();
                let (kept, gone) = (self.echoed.drain(..))
                    .partition(|echoed| self.heard.iter().any(|m| m["content"] == **echoed));
                self.echoed = kept;
                lost.extend::<Vec<String>>(gone);
            }
            (other, _) => panic!("{}: unexpected {other:?}", self.name),
        }
    }

    fn has_heard(&self, content: &str) -> bool {
        self.heard
            .iter()
            .any(|message| message["content"] == content)
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
        while !self.has_heard(content) {
            let frame = self.party.next().await;
            self.takes(frame);
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
