//! Contract 001, section 2.1: the rows of `Join` with `from: Support`.

use e2e::builder::Builder;
use e2e::party::contents;
use e2e::shape::{fields, is_id};
use e2e::{Door, Socket, World};
use futures_util::future::join_all;
use serde_json::{Value, json};

on_each_store! { of_twenty_racing_agents_exactly_one_wins }

#[tokio::test]
async fn a_claim_is_announced_to_all_of_the_chats_sockets() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    let support = world.support(&visitor.guest, "Vika").await;
    let joined = visitor.meets("Vika").await;
    assert_eq!(joined["userId"], visitor.guest.user_id);
    assert!(is_id(&joined["supportId"]), "{joined}");
    assert_eq!(joined["supportId"], json!(support.support_id));
    let known = [
        "participant",
        "supportId",
        "supportUserName",
        "text",
        "userId",
    ];
    assert!(
        fields(&joined).iter().all(|field| known.contains(field)),
        "{joined}"
    );
    assert!(joined.get("text").is_none_or(Value::is_string), "{joined}");
}

#[tokio::test]
async fn the_winner_gets_what_was_said_before() {
    let world = World::new();
    let mut visitor = world.visitor("Mina").await;
    visitor.says("first").await;
    visitor.says("second").await;
    let mut support = world.support(&visitor.guest, "Vika").await;
    let history = support.expect("ChatHistory").await;
    assert_eq!(contents(&history), ["first", "second"]);
    assert_eq!(
        history["messages"][0].get("supportId"),
        None,
        "nobody had joined yet"
    );
}

#[tokio::test]
async fn the_winner_of_a_chat_without_messages_gets_no_history() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("hello").await;
    support.hears("hello").await;
}

#[tokio::test]
async fn the_second_agent_learns_who_won_and_stays_outside() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    for server in [0, 1] {
        let mut late = world
            .open(server, &visitor.guest.chat_id, &Door::plain(), "Otto")
            .await;
        late.send("Join", visitor.guest.claim("Otto")).await;
        let error = late.expect_error("already_claimed").await;
        assert_eq!(error["supportUserName"], "Vika", "{error}");
        late.send("Join", visitor.guest.claim("Otto")).await;
        late.expect_error("already_claimed").await;
        late.send("ChatMessage", support.message("I am Vika too"))
            .await;
        late.expect_error("not_joined").await;
    }
    visitor.says("only the two of us").await;
    support.hears("only the two of us").await;
}

async fn of_twenty_racing_agents_exactly_one_wins(store: Builder) {
    let world = store.start();
    let mut visitor = world.visitor("Mina").await;
    let mut sockets = Vec::new();
    for number in 0..20 {
        let name = format!("Agent {number}");
        let socket = world
            .open(number % 2, &visitor.guest.chat_id, &Door::plain(), &name)
            .await;
        sockets.push((name, socket));
    }
    let guest = visitor.guest.clone();
    let outcomes = join_all(
        sockets
            .into_iter()
            .map(|(name, socket)| race(socket, guest.claim(&name), name)),
    )
    .await;
    let winners: Vec<&String> = outcomes
        .iter()
        .filter(|race| race.won)
        .map(|race| &race.name)
        .collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    for loser in outcomes.iter().filter(|race| !race.won) {
        assert_eq!(
            loser.answer["supportUserName"], **winners[0],
            "{} learns who won",
            loser.name
        );
    }
    visitor.meets(winners[0]).await;
    visitor.says("one agent is enough").await;
}

struct Race {
    name: String,
    won: bool,
    answer: Value,
    _open: Socket,
}

async fn race(mut socket: Socket, claim: Value, name: String) -> Race {
    socket.send("Join", claim).await;
    let frame = socket.json().await;
    let won = frame["type"] == "Joined";
    if !won {
        assert_eq!(frame["type"], "Error", "{frame}");
        assert_eq!(frame["args"]["code"], "already_claimed", "{frame}");
    }
    Race {
        name,
        won,
        answer: frame["args"].clone(),
        _open: socket,
    }
}

#[tokio::test]
async fn an_agent_who_reloads_gets_the_history_and_nobody_else_notices() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    support.says("hello").await;
    visitor.hears("hello").await;
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(contents(&history), ["hello"]);
    support.says("back").await;
    visitor.hears("back").await;
}

#[tokio::test]
async fn an_agent_cannot_rejoin_with_an_id_that_is_not_the_chats() {
    let world = World::new();
    let (visitor, support) = world.engaged().await;
    let mut stranger = world
        .open(0, &visitor.guest.chat_id, &Door::plain(), "a stranger")
        .await;
    let mut join = support.rejoin_args();
    join["supportId"] = json!("0123456789abcdef0123456789abcdef");
    stranger.send("Join", join).await;
    stranger.expect_error("forbidden").await;
}

#[tokio::test]
async fn a_support_id_before_any_claim_is_not_the_chats() {
    let world = World::new();
    let visitor = world.visitor("Mina").await;
    let mut stranger = world
        .open(1, &visitor.guest.chat_id, &Door::plain(), "a stranger")
        .await;
    let mut join = visitor.guest.claim("Otto");
    join["supportId"] = json!("0123456789abcdef0123456789abcdef");
    stranger.send("Join", join).await;
    stranger.expect_error("forbidden").await;
    stranger.send("Join", visitor.guest.claim("Otto")).await;
    stranger.expect("Joined").await;
}
