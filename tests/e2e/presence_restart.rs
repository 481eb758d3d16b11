//! A rolling restart of every process: nobody's count of agents ever changes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::{DEADLINE, Door, Frame, Guest, Socket, World, eventually, ms, secs, tokens};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::PROCESS;
use crate::road::{Road, replace};

/// A client that comes back whenever it is sent away.
struct Client(JoinHandle<()>);

impl Client {
    /// Closes its socket: a world looks whether anybody is left, and lets no other task run meanwhile.
    async fn goes(self) {
        self.0.abort();
        assert!(
            self.0.await.is_err_and(|end| end.is_cancelled()),
            "it went on until now"
        );
    }
}

/// Each number of agents that somebody was told, without repetition.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u64>>>);

impl Told {
    fn take_note(&self, frame: &Value) {
        if let Some(agents) = frame["args"]["agentsOnline"].as_u64() {
            let mut told = self.0.lock().expect("not poisoned");
            told.push(agents);
            told.dedup();
        }
    }

    fn all(&self) -> Vec<u64> {
        self.0.lock().expect("not poisoned").clone()
    }

    async fn until(&self, agents: u64) {
        eventually("the number of agents", DEADLINE, async || {
            (self.all().last() == Some(&agents)).then_some(())
        })
        .await;
    }
}

/// An agent who says at each coming that it takes requests, or once that it does not.
fn agent(road: &Road, name: &'static str, available: bool, told: &Told) -> Client {
    let (road, told) = (road.clone(), told.clone());
    Client(tokio::spawn(async move {
        let door = Door::v1().bearer(&tokens::token(name, "agent"));
        let mut first = true;
        loop {
            let mut socket = road.open("/joins", &door, name).await;
            if std::mem::take(&mut first) || available {
                let said = json!({ "available": available });
                socket.send("Availability", said).await;
            }
            while let Frame::Text(frame) = read(&mut socket).await {
                told.take_note(&frame);
            }
        }
    }))
}

/// A visitor who waits and is told how many agents are there.
fn visitor(road: &Road, guest: &Guest, told: &Told) -> Client {
    let (road, told, guest) = (road.clone(), told.clone(), guest.clone());
    Client(tokio::spawn(async move {
        let path = format!("/chat/{}", guest.chat_id);
        let mut join = guest.join();
        join["queue"] = json!(true);
        loop {
            let mut socket = road.open(&path, &Door::v1(), "Mina").await;
            socket.send("Join", join.clone()).await;
            while let Frame::Text(frame) = read(&mut socket).await {
                told.take_note(&frame);
            }
        }
    }))
}

async fn read(socket: &mut Socket) -> Frame {
    loop {
        if let Some(frame) = socket.next_within(Duration::from_secs(60)).await {
            return frame;
        }
    }
}

#[tokio::test]
async fn nobody_is_missed_while_every_process_is_restarted() {
    let settings = &[
        ("PRESENCE__RESTART_GRACE", "5s"),
        ("SOCKETS__DRAIN", "300ms"),
    ];
    let mut world = World::builder()
        .tokens()
        .processes(PROCESS, settings)
        .start();
    let guest = world.register("Mina").await;
    let (chats, feeds) = (Road::default(), Road::default());
    chats.leads_to(vec![world.chat(0), world.chat(1)]);
    feeds.leads_to(vec![world.feed(0), world.feed(1)]);
    let [by_line, by_agent, unheard] = [Told::default(), Told::default(), Told::default()];
    let agents = [
        agent(&feeds, "Vika", true, &by_agent),
        agent(&feeds, "Otto", true, &unheard),
        agent(&feeds, "Ines", false, &unheard),
    ];
    let visitor = visitor(&chats, &guest, &by_line);
    by_line.until(2).await;
    by_agent.until(2).await;
    // Until here they came: Ines may have counted for a moment, until she said that she is away.
    let before = [by_line.all().len(), by_agent.all().len()];
    for server in 0..2 {
        let other = world.feed(1 - server);
        let process = world.feed_process(server);
        replace(process, |new| feeds.leads_to(vec![new, other])).await;
        let other = world.chat(1 - server);
        let process = world.chat_process(server);
        replace(process, |new| chats.leads_to(vec![new, other])).await;
    }
    let last = agent(&feeds, "Paul", true, &unheard);
    for (told, before) in [&by_line, &by_agent].into_iter().zip(before) {
        told.until(3).await;
        assert_eq!(told.all()[before..], [3]);
    }
    last.goes().await;
    by_line.until(2).await;
    for client in agents.into_iter().chain([visitor]) {
        client.goes().await;
    }
}

#[tokio::test]
async fn whoever_does_not_come_back_from_a_restart_is_gone_after_its_grace() {
    let settings = &[
        ("PRESENCE__RESTART_GRACE", "1s"),
        ("SOCKETS__DRAIN", "50ms"),
    ];
    let mut world = World::builder()
        .tokens()
        .processes(PROCESS, settings)
        .start();
    let mut line = crate::presence::Line::of(&world).await;
    let mut vika = crate::presence::tab(&world, 0, "Vika").await;
    line.until(1).await;
    let asked = std::time::Instant::now();
    world.feed_process(0).signal("TERM");
    vika.expect_request().await;
    vika.closed_with(1012).await;
    line.until(0).await;
    let took = asked.elapsed();
    assert!(took >= ms(1000) && took < secs(5), "{took:?}");
}
