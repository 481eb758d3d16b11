//! What one chat and one address may fill: a bound for a chat, for what an address says, for how often a socket comes in,
//! and a long chat that keeps nobody else waiting.

use std::time::{Duration, Instant};

use e2e::party::{contents, messages};
use e2e::{Door, Frame, Office, Party, Socket, World, eventually, ms, secs};
use futures_util::future::join_all;
use serde_json::{Value, json};

#[tokio::test]
async fn a_chat_that_is_full_takes_no_more_messages_of_either_side() {
    let world = World::with(|settings| settings.chat.max_messages = 3);
    let (mut visitor, mut support) = world.engaged().await;
    for content in ["one", "two", "three"] {
        visitor.says(content).await;
        support.hears(content).await;
    }
    for party in [&mut visitor, &mut support] {
        party.sends("four").await;
        party.expect_error("slow_down").await;
    }
    assert_eq!(
        contents(&visitor.rejoins_at(&world, 1).await),
        ["one", "two", "three"]
    );
    visitor.leaves().await;
    support.expect("UserLeft").await;
}

#[tokio::test]
async fn a_chat_is_full_by_bytes_too() {
    let world = World::with(|settings| settings.chat.max_bytes = 10_000);
    let mut visitor = world.visitor("Mina").await;
    let long = "x".repeat(4_000);
    visitor.says(&long).await;
    visitor.says(&long).await;
    visitor.sends(&long).await;
    visitor.expect_error("slow_down").await;
    visitor.says("short").await;
}

#[tokio::test]
async fn a_conversation_refuses_nobody_for_its_age() {
    let world = World::with(|settings| settings.chat.max_messages = 3);
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    for number in 0..10 {
        let content = format!("message {number}");
        candidate.says(&id, &content).await;
        agent.hears(&content).await;
    }
    let seen = office.sees(&office.candidate, &id).await;
    assert_eq!(seen["messages"].as_array().expect("messages").len(), 10);
}

#[tokio::test]
async fn a_socket_that_joins_again_and_again_is_told_to_slow_down() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    visitor.says("hello").await;
    let join = visitor.guest.join();
    for _ in 0..15 {
        visitor.send("Join", join.clone()).await;
    }
    let mut slowed = 0;
    for _ in 0..15 {
        let frame = visitor.json().await;
        match frame["type"].as_str() {
            Some("ChatHistory") => {}
            _ => {
                assert_eq!(frame["args"]["code"], "slow_down", "{frame}");
                slowed += 1;
            }
        }
    }
    assert!(slowed >= 5, "slowed {slowed} times");
    eventually("a Join that is not too soon", secs(10), async || {
        visitor.send("Join", join.clone()).await;
        (visitor.json().await["type"] == "ChatHistory").then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_an_address_says_is_counted_over_all_of_its_sockets() {
    let world = World::with(|settings| settings.limits.messages_per_address = Some(1));
    let mut visitors = [
        world.visitor("Mina").await,
        world.visitor("Ines").await,
        world.visitor("Olga").await,
    ];
    let mut slowed = 0;
    for round in 0..5 {
        for visitor in &mut visitors {
            visitor.sends(&format!("message {round}")).await;
            slowed += usize::from(visitor.json().await["type"] == "Error");
        }
    }
    // Six at once, their Joins among them, and then one a second.
    assert!((3..=13).contains(&slowed), "slowed {slowed} times");
}

/// The pages of a history, up to the last.
async fn pages(socket: &mut Socket) -> Vec<Value> {
    let mut pages = Vec::new();
    loop {
        let page = socket.expect("ChatHistory").await;
        let more = page["more"] == true;
        pages.push(page);
        if !more {
            return pages;
        }
    }
}

#[tokio::test]
async fn a_long_history_comes_in_pages_to_whoever_asks_and_in_one_frame_to_others() {
    let world = World::with(|settings| settings.limits.message_burst = 100_000);
    let mut visitor = world.visitor("Mina").await;
    let said: Vec<String> = (0..450).map(|number| format!("message {number}")).collect();
    for content in &said {
        visitor.says(content).await;
    }
    let open = async || {
        let chat = &visitor.guest.chat_id;
        world.open(1, chat, &Door::v1(), "Mina").await
    };
    let mut join = visitor.guest.join();
    join["pages"] = json!(true);
    let mut socket = open().await;
    socket.send("Join", join.clone()).await;
    let pages = pages(&mut socket).await;
    assert!(pages.len() >= 3, "{} pages", pages.len());
    let together: Vec<String> = pages.iter().flat_map(contents).collect();
    assert_eq!(together, said);
    // Whoever was cut off after the first page gets the rest.
    let first = &pages[0];
    assert_eq!(first["partial"], false);
    join["resume"] = json!({"epoch": first["epoch"], "after": first["lastSeq"]});
    let mut socket = open().await;
    socket.send("Join", join).await;
    let rest = self::pages(&mut socket).await;
    let rest: Vec<String> = rest.iter().flat_map(contents).collect();
    assert_eq!([contents(first), rest].concat(), said);

    let mut plain = open().await;
    plain.send("Join", visitor.guest.join()).await;
    assert_eq!(contents(&plain.expect("ChatHistory").await), said);
}

/// How many messages are on their way from one socket at the same time.
const ON_THEIR_WAY: usize = 25;

/// Writes as fast as it gets echoes until the chat takes no more.
async fn fills(mut party: Party, name: usize) {
    let content = format!("{name} {}", "x".repeat(4_000));
    let mut full = false;
    while !full {
        for _ in 0..ON_THEIR_WAY {
            party.sends(&content).await;
        }
        let mut answered = 0;
        while answered < ON_THEIR_WAY {
            let frame = party.json().await;
            let is_error = frame["type"] == "Error";
            if is_error {
                assert_eq!(frame["args"]["code"], "slow_down", "{frame}");
            }
            full |= is_error;
            answered += usize::from(is_error || frame["args"]["content"] == *content);
        }
    }
}

/// In a thread of its own, so that reading all that keeps nobody waiting but itself: so many sockets join at once, and each
/// reads the whole history.
fn read_by(sockets: usize, world: &World, visitor: &Party) -> std::thread::JoinHandle<Vec<usize>> {
    let (chats, guest) = ([world.chat(0), world.chat(1)], visitor.guest.clone());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let read = (0..sockets).map(async |number| {
            let path = format!("/chat/{}", guest.chat_id);
            let opened = Socket::open(chats[number % 2], &path, &Door::plain(), "reader").await;
            let mut socket = opened.expect("an upgrade");
            socket.send("Join", guest.join()).await;
            // A reader may have to ask again, whoever only talks may not.
            for _ in 0..20 {
                match socket.next_within(secs(60)).await {
                    Some(Frame::Text(frame)) if frame["type"] == "ChatHistory" => {
                        return messages(&frame["args"]).len();
                    }
                    Some(Frame::Text(frame)) => assert_eq!(frame["type"], "Error", "{frame}"),
                    other => panic!("no history: {other:?}"),
                }
                socket.send("Join", guest.join()).await;
            }
            panic!("no history");
        });
        runtime.block_on(join_all(read))
    })
}

/// How long messages took, by the slowest of a hundred.
fn p99(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

/// What others may have to wait beyond what this machine makes them wait anyway.
const WAIT: Duration = ms(1_000);

#[tokio::test]
async fn a_chat_that_somebody_fills_keeps_nobody_else_waiting() {
    let world = World::with(|settings| {
        settings.limits.message_burst = 100_000;
        settings.chat.max_bytes = 2 * 1024 * 1024;
    });
    let mut flooder = world.visitor("Mallory").await;
    flooder.says("hello").await;
    flooder_fills(&world, &flooder).await;
    let (mut other, mut support) = world.engaged().await;
    let mut rounds = 0;
    let mut round = async || {
        let content = format!("round {rounds}");
        rounds += 1;
        let start = Instant::now();
        // Whatever is not an echo, `unavailable` for one, fails this.
        other.says(&content).await;
        let took = start.elapsed();
        support.hears(&content).await;
        took
    };
    let mut calm = Vec::new();
    for _ in 0..50 {
        calm.push(round().await);
    }
    let readers = read_by(20, &world, &flooder);
    let mut times = Vec::new();
    while !readers.is_finished() || times.len() < 50 {
        times.push(round().await);
    }
    let read = readers.join().expect("every reader gets its history");
    assert!(read.iter().all(|count| *count > 400), "{read:?}");
    let (calm, busy) = (p99(calm), p99(times));
    assert!(
        busy < WAIT + 4 * calm,
        "{busy:?}, and without them {calm:?}"
    );
}

/// Four sockets of one visitor write until the chat is full.
async fn flooder_fills(world: &World, flooder: &Party) {
    let sockets = join_all((0..4).map(async |number| {
        let (party, _) = flooder.another_at(world, number % 2).await;
        party
    }));
    let filling = sockets.await.into_iter().enumerate();
    join_all(filling.map(async |(name, party)| fills(party, name).await)).await;
}
