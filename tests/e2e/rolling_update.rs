//! The rolling-update drill: every process of the last release is replaced by one of this, while everybody talks.
//!
//! `HELPLINE_LAST_RELEASE` names the test program of the last release (`helpline-process`, built there, or a script that
//! takes the settings away which that release does not know). Without it both generations are this one, and what the last release keeps and says is read from golden files (`protocol`, `wires`).

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::{DEADLINE, Door, Frame, Guest, Party, Socket, World, eventually};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::PROCESS;
use crate::road::{Road, replace_by};

/// How many pairs talk.
const PAIRS: usize = 4;

/// The settings that this release knows and the last one does not; they come with it.
const NEW: [(&str, &str); 1] = [("HELPLINE__PRESENCE__RESTART_GRACE", "5s")];

/// One side of a chat, which goes on talking wherever the road leads.
struct Speaker {
    road: Road,
    chat: String,
    join: Value,
    name: String,
    side: &'static str,
    /// Everything it heard: sequence number and content, in the order of hearing.
    heard: Vec<(u64, String)>,
    epoch: Option<Value>,
    /// What it says now, until that is echoed.
    saying: Option<String>,
    said: usize,
    enough: Arc<AtomicBool>,
}

impl Speaker {
    fn new(road: &Road, party: Party, name: &str, enough: &Arc<AtomicBool>) -> Self {
        Self {
            road: road.clone(),
            chat: party.guest.chat_id.clone(),
            join: party.rejoin_args(),
            name: name.to_owned(),
            side: party.side.word(),
            heard: Vec::new(),
            epoch: None,
            saying: None,
            said: 0,
            enough: enough.clone(),
        }
    }

    fn last(&self) -> u64 {
        self.heard.last().map_or(0, |(seq, _)| *seq)
    }

    /// Talks until it is enough.
    async fn talks(mut self) -> Account {
        loop {
            let path = format!("/chat/{}", self.chat);
            let mut socket = self.road.open(&path, &Door::v1(), &self.name).await;
            let mut join = self.join.clone();
            if let Some(epoch) = &self.epoch {
                join["resume"] = json!({"epoch": epoch, "after": self.last()});
            }
            socket.send("Join", join).await;
            if self.is_done_at(&mut socket).await {
                socket.close().await;
                return Account {
                    heard: self.heard,
                    name: self.name,
                    said: self.said,
                };
            }
        }
    }

    /// Talks at one socket; `false`: it was sent elsewhere.
    async fn is_done_at(&mut self, socket: &mut Socket) -> bool {
        let mut joined = false;
        loop {
            let frame = match socket.next_within(Duration::from_secs(20)).await {
                Some(Frame::Text(frame)) => frame,
                Some(_) => return false,
                None => panic!("{}: no word for 20 s", self.name),
            };
            let args = &frame["args"];
            match frame["type"].as_str() {
                Some("ChatHistory") => {
                    let resumed = args["partial"] == json!(true);
                    assert!(
                        resumed || self.heard.is_empty(),
                        "{}: told from the beginning again",
                        self.name
                    );
                    self.epoch = Some(args["epoch"].clone());
                    for message in args["messages"].as_array().expect("messages") {
                        self.hears(message);
                    }
                    joined = true;
                    // What was not echoed is said again, under the same name.
                    if self.saying.is_some() {
                        self.says(socket).await;
                    }
                }
                Some("ChatMessage") => self.hears(args),
                Some("Error") => {
                    assert_eq!(args["code"], "unavailable", "{}: {frame}", self.name);
                    self.says(socket).await;
                }
                _ => {}
            }
            if joined && self.saying.is_none() {
                if self.enough.load(Ordering::Relaxed) {
                    return true;
                }
                self.said += 1;
                self.saying = Some(format!("{}-{}", self.name, self.said));
                self.says(socket).await;
            }
        }
    }

    async fn says(&self, socket: &mut Socket) {
        let content = self.saying.as_ref().expect("something to say");
        let mut args = json!({
            "userId": self.join["userId"], "from": self.side, "content": content, "clientId": content,
        });
        if let Some(support) = self.join.get("supportId") {
            args["supportId"] = support.clone();
        }
        // A socket that is closed under it is found out when the next frame is read.
        let _ = socket.try_send("ChatMessage", args).await;
    }

    fn hears(&mut self, message: &Value) {
        let seq = message["seq"].as_u64().expect("a seq");
        let content = message["content"].as_str().expect("a content").to_owned();
        if self.saying.as_ref() == Some(&content) {
            self.saying = None;
            if self.heard.iter().any(|(_, heard)| *heard == content) {
                // The echo of a repeat.
                return;
            }
        }
        if self
            .heard
            .iter()
            .any(|known| *known == (seq, content.clone()))
        {
            panic!("{}: {content} comes twice", self.name);
        }
        assert!(seq > self.last(), "{}: {content} comes late", self.name);
        self.heard.push((seq, content));
    }
}

/// What one side heard, and how much it said.
struct Account {
    heard: Vec<(u64, String)>,
    name: String,
    said: usize,
}

/// An agent who watches the queue, whoever serves it, and every chat that it was shown.
fn watcher(road: &Road, shown: &Arc<Mutex<BTreeSet<String>>>) -> JoinHandle<()> {
    let (road, shown) = (road.clone(), shown.clone());
    tokio::spawn(async move {
        loop {
            let mut socket = road.open("/joins", &Door::v1(), "Ines").await;
            while let Some(Frame::Text(frame)) = socket.next_within(Duration::from_secs(60)).await {
                if let Some(chat) = frame["chatId"].as_str() {
                    shown.lock().expect("not poisoned").insert(chat.to_owned());
                }
            }
        }
    })
}

async fn asks(road: &Road, guest: &Guest) -> Socket {
    let path = format!("/chat/{}", guest.chat_id);
    let mut socket = road.open(&path, &Door::v1(), &guest.username).await;
    socket.send("Join", guest.join()).await;
    socket
}

#[tokio::test]
async fn everybody_goes_on_talking_while_one_release_replaces_another() {
    let last_release =
        std::env::var("HELPLINE_LAST_RELEASE").unwrap_or_else(|_| PROCESS.to_owned());
    let mut world = World::builder()
        .processes(&last_release, &[("SOCKETS__DRAIN", "300ms")])
        .start();
    let (chats, feeds) = (Road::default(), Road::default());
    chats.leads_to(vec![world.chat(0), world.chat(1)]);
    feeds.leads_to(vec![world.feed(0), world.feed(1)]);
    let enough = Arc::new(AtomicBool::new(false));
    let mut speakers = Vec::new();
    for pair in 0..PAIRS {
        let (visitor, agent) = world.engaged_v1().await;
        for (party, side) in [(visitor, "visitor"), (agent, "agent")] {
            let speaker = Speaker::new(&chats, party, &format!("{side}{pair}"), &enough);
            speakers.push(tokio::spawn(speaker.talks()));
        }
    }
    let shown = Arc::new(Mutex::new(BTreeSet::new()));
    let watcher = watcher(&feeds, &shown);
    let mut asking = Vec::new();
    let further = NEW.map(|(name, value)| (name.to_owned(), value.to_owned()));
    for server in 0..2 {
        let other = world.chat(1 - server);
        let process = world.chat_process(server);
        let new = process.another_of(PROCESS, &further);
        replace_by(process, new, |new| chats.leads_to(vec![new, other])).await;
        let guest = world.register_at(server, "Mina").await;
        asking.push((asks(&chats, &guest).await, guest.chat_id));
        let other = world.feed(1 - server);
        let process = world.feed_process(server);
        let new = process.another_of(PROCESS, &further);
        replace_by(process, new, |new| feeds.leads_to(vec![new, other])).await;
        let guest = world.register_at(1 - server, "Nora").await;
        asking.push((asks(&chats, &guest).await, guest.chat_id));
    }
    eventually("every request to be shown", DEADLINE, async || {
        let shown = shown.lock().expect("not poisoned");
        asking
            .iter()
            .all(|(_, chat)| shown.contains(chat))
            .then_some(())
    })
    .await;
    tokio::time::timeout(DEADLINE, async {
        enough.store(true, Ordering::Relaxed);
        let mut accounts = Vec::new();
        for speaker in speakers {
            accounts.push(speaker.await.expect("a speaker"));
        }
        for pair in accounts.chunks(2) {
            check(pair);
        }
    })
    .await
    .expect("everybody comes to an end");
    watcher.abort();
    assert!(watcher.await.is_err_and(|end| end.is_cancelled()));
    for (socket, _) in asking {
        socket.close().await;
    }
}

/// Both sides heard the same in the same order, and what each said once.
fn check(pair: &[Account]) {
    let [first, second] = pair else {
        panic!("a pair");
    };
    let (first, second) = (&first.heard, &second.heard);
    // Whoever stopped first did not hear the last words of the other.
    let common = first.len().min(second.len());
    assert_eq!(first[..common], second[..common]);
    let longest = if first.len() > second.len() {
        first
    } else {
        second
    };
    for Account { name, said, .. } in pair {
        assert!(*said > 20, "{name} said only {said} things");
        for number in 1..=*said {
            let content = format!("{name}-{number}");
            let times = longest
                .iter()
                .filter(|(_, heard)| *heard == content)
                .count();
            assert_eq!(times, 1, "{content}");
        }
    }
}
