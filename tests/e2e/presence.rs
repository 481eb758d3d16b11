//! Who of the staff is here, as a waiting visitor sees it: people and not sockets, and nobody who only reloads.

use std::time::{Duration, Instant};

use e2e::builder::Builder;
use e2e::{Agent, DEADLINE, Door, Socket, World, eventually, http, ms, secs, tokens};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::waiting::waits;

on_each_store! { several_tabs_are_one_agent_until_the_last_is_closed }

/// A visitor who waits, and every number of agents it was told.
pub(crate) struct Line {
    socket: Socket,
    told: Vec<u64>,
}

impl Line {
    pub(crate) async fn of(world: &World) -> Self {
        let (_, socket) = waits(world, 0, "Mina").await;
        Self {
            socket,
            told: Vec::new(),
        }
    }

    /// Listens until so many agents are there.
    pub(crate) async fn until(&mut self, agents: u64) {
        loop {
            let queue = self.socket.expect("Queue").await;
            let told = queue["agentsOnline"].as_u64().expect("a number");
            self.told.push(told);
            if told == agents {
                return;
            }
        }
    }

    /// What was told since this was last asked, without repetition.
    pub(crate) fn told(&mut self) -> Vec<u64> {
        let mut told = std::mem::take(&mut self.told);
        told.dedup();
        told
    }
}

/// Two of each service, where agents have accounts, with this grace.
fn world(grace: Duration) -> World {
    world_on(World::builder(), grace)
}

fn world_on(store: Builder, grace: Duration) -> World {
    store
        .tokens()
        .settings(move |settings| settings.presence.grace = grace)
        .start()
}

/// One of an agent's sockets, at this subscriber.
pub(crate) async fn tab(world: &World, server: usize, name: &str) -> Agent {
    let door = Door::v1().bearer(&tokens::token(name, "agent"));
    let feed = Socket::open(world.feed(server), "/joins", &door, name).await;
    Agent {
        name: name.to_owned(),
        feed: feed.expect("an upgrade"),
    }
}

async fn says(tab: &mut Agent, available: bool) {
    tab.send("Availability", json!({ "available": available }))
        .await;
}

#[tokio::test]
async fn a_closed_tab_is_gone_after_the_grace() {
    let world = world(ms(700));
    let mut line = Line::of(&world).await;
    let agent = tab(&world, 0, "Vika").await;
    line.until(1).await;
    let closed = Instant::now();
    agent.feed.close().await;
    line.until(0).await;
    let took = closed.elapsed();
    assert!(took >= ms(700) && took < secs(5), "{took:?}");
}

#[tokio::test]
async fn a_reload_is_seen_by_nobody() {
    let world = world(secs(1));
    let mut line = Line::of(&world).await;
    let first = tab(&world, 0, "Vika").await;
    line.until(1).await;
    line.told();
    first.feed.close().await;
    let _second = tab(&world, 1, "Vika").await;
    let witness = tab(&world, 0, "Otto").await;
    line.until(2).await;
    // Otto goes after Vika reloaded: when he is gone, the grace of her first tab is over.
    witness.feed.close().await;
    line.until(1).await;
    assert_eq!(line.told(), [2, 1]);
}

async fn several_tabs_are_one_agent_until_the_last_is_closed(store: Builder) {
    let world = world_on(store, ms(300));
    let mut line = Line::of(&world).await;
    let (first, second) = (tab(&world, 0, "Vika").await, tab(&world, 1, "Vika").await);
    let witness = tab(&world, 0, "Otto").await;
    line.until(2).await;
    line.told();
    first.feed.close().await;
    witness.feed.close().await;
    line.until(1).await;
    assert_eq!(line.told(), [1], "Otto alone is missed");
    // A tab that crashes says nothing.
    drop(second);
    line.until(0).await;
}

#[tokio::test]
async fn away_holds_at_once_and_for_all_tabs_that_say_so() {
    let world = world(secs(2));
    let mut line = Line::of(&world).await;
    let (mut first, mut second) = (tab(&world, 0, "Vika").await, tab(&world, 1, "Vika").await);
    line.until(1).await;
    line.told();
    says(&mut first, false).await;
    let _witness = tab(&world, 0, "Otto").await;
    line.until(2).await;
    assert_eq!(line.told(), [2], "she takes requests in the other tab");
    let said = Instant::now();
    says(&mut second, false).await;
    line.until(1).await;
    assert!(said.elapsed() < secs(1), "{:?}", said.elapsed());
    says(&mut first, true).await;
    line.until(2).await;
}

#[tokio::test]
async fn whoever_is_away_stays_away_through_a_reload() {
    let world = world(ms(500));
    let mut line = Line::of(&world).await;
    let mut agent = tab(&world, 0, "Vika").await;
    line.until(1).await;
    says(&mut agent, false).await;
    line.until(0).await;
    line.told();
    agent.feed.close().await;
    let mut agent = tab(&world, 1, "Vika").await;
    // Whoever asks is answered: by then the new socket is entered.
    says(&mut agent, false).await;
    while agent.feed.json().await["type"] != "Presence" {}
    let _witness = tab(&world, 0, "Otto").await;
    line.until(1).await;
    assert_eq!(line.told(), [1]);
}

#[tokio::test]
async fn a_hidden_tab_is_here_and_a_dead_line_is_not() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.sockets.ping = ms(100);
            settings.sockets.silence = ms(400);
        })
        .start();
    let mut line = Line::of(&world).await;
    let mut hidden = tab(&world, 0, "Vika").await;
    let mut dead = tab(&world, 1, "Otto").await;
    // Nothing but the pongs that its browser sends by itself.
    let answering =
        tokio::spawn(async move { while hidden.next_within(DEADLINE).await.is_some() {} });
    let mut told_by = tokio::spawn(async move {
        line.until(2).await;
        line.told();
        line.until(1).await;
        line
    });
    dead.falls_silent();
    let mut line = (&mut told_by).await.expect("no panic");
    assert_eq!(line.told(), [1]);
    let _witness = tab(&world, 1, "Ines").await;
    line.until(2).await;
    assert_eq!(line.told(), [2], "the hidden one was there all the time");
    answering.abort();
}

#[tokio::test]
async fn who_an_agent_is_comes_from_its_token() {
    let world = world(ms(100));
    let mut claims = tokens::claims("7", "supervisor");
    claims["username"] = json!("Vika \"V\"");
    claims["email"] = json!("vika@example.org");
    let door = Door::v1().bearer(&tokens::sign(&claims, tokens::SECRET));
    let _boss = Socket::open(world.feed(0), "/joins", &door, "Vika").await;
    let mut redis = world.redis().await;
    let entry = eventually("an entry", DEADLINE, async || {
        let entry: Option<String> = redis::cmd("HGET")
            .arg(format!("{}:{{0}}:staff", world.prefix))
            .arg("7")
            .query_async(&mut redis)
            .await
            .expect("an answer");
        entry
    })
    .await;
    let mut entry: Value = serde_json::from_str(&entry).expect("JSON");
    assert!(entry["since"].take().is_i64());
    assert_eq!(
        entry,
        json!({
            "id": "7", "name": "Vika \"V\"", "email": "vika@example.org",
            "rank": "supervisor", "status": "available", "since": null,
        })
    );
}

#[tokio::test]
async fn a_thousand_who_come_and_go_leave_nothing() {
    let world = world(ms(100));
    let figure = async |name: &str| {
        let metrics = http::get(world.feed(0), "/metrics").await.body;
        http::metric(&metrics, name).expect("a figure")
    };
    for round in 0..20 {
        let tabs = (0..50).map(|number| {
            let (server, name) = (number % 2, format!("agent-{}", number % 10));
            let world = &world;
            async move { tab(world, server, &name).await }
        });
        let tabs = join_all(tabs).await;
        if round == 0 {
            eventually("ten agents", DEADLINE, async || {
                let both = [
                    figure("helpline_staff_online").await,
                    figure("helpline_staff_available").await,
                ];
                (both == [10.0, 10.0]).then_some(())
            })
            .await;
        }
        for (number, tab) in tabs.into_iter().enumerate() {
            match number % 3 {
                0 => tab.feed.close().await,
                _ => drop(tab),
            }
        }
    }
    eventually("nobody", DEADLINE, async || {
        (figure("helpline_staff_online").await == 0.0).then_some(())
    })
    .await;
    // What is left in Redis is looked at when the world ends.
}
