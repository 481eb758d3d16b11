//! A process confirms commands while it hears late, or nothing: nobody is told anything before what happened before it,
//! neither the answer to a repeat nor the end, and whoever comes back while the end is known gets the rest first.

use e2e::office::Office;
use e2e::party::contents;
use e2e::{Door, Frame, Party, Side, Socket, World, secs};
use serde_json::{Value, json};

const MISSED: [&str; 3] = ["one", "two", "three"];

fn proxied() -> World {
    World::builder().proxied().start()
}

fn doors() -> [Door; 2] {
    [Door::plain(), Door::v1()]
}

/// A visitor on the first chat-server and an agent on the second.
async fn engaged(world: &World, door: &Door) -> (Party, Party) {
    let guest = world.register("Mina").await;
    let mut visitor = world.joins(&guest, 0, door).await;
    if visitor.v1 {
        visitor.room("waiting").await;
    }
    let mut support = world.claims(&guest, "Vika", 1, door).await;
    visitor.meets("Vika").await;
    visitor.says("hello").await;
    support.hears("hello").await;
    (visitor, support)
}

/// The agent says what the visitor's process does not hear.
async fn unheard(world: &World, support: &mut Party) {
    world.links[0].deafen();
    for content in MISSED {
        support.says(content).await;
    }
}

async fn hears_all(visitor: &mut Party) {
    for content in MISSED {
        visitor.hears(content).await;
    }
}

async fn hears_the_end(visitor: &mut Party, by_agent: bool) {
    let chat = visitor.guest.chat_id.clone();
    if by_agent {
        visitor.expect("SupportLeft").await;
    }
    if visitor.v1 {
        visitor.room("closed").await;
    }
    visitor.chat_is_over(&chat).await;
}

#[tokio::test]
async fn the_answer_to_a_repeat_does_not_overtake_what_was_missed() {
    let world = proxied();
    let (mut visitor, mut support) = engaged(&world, &Door::v1()).await;
    unheard(&world, &mut support).await;
    visitor.sends_as("mine", "x").await;
    support.hears("mine").await;
    visitor.sends_as("mine", "x").await;
    hears_all(&mut visitor).await;
    let answer = visitor.hears("mine").await;
    // It has all of that now, and an answer is an answer.
    visitor.sends_as("mine", "x").await;
    assert_eq!(visitor.hears("mine").await, answer);
    world.links[0].heal();
    support.says("heard again").await;
    visitor.hears("heard again").await;
    let resume = json!({"epoch": epoch(&mut visitor, &world).await, "after": answer["seq"]});
    let mut args = visitor.rejoin_args();
    args["resume"] = resume;
    let rest = visitor.rejoins_with(&world, 1, args).await;
    assert_eq!(contents(&rest), ["heard again"]);
}

async fn epoch(party: &mut Party, world: &World) -> Value {
    party.rejoins_at(world, 1).await["epoch"].clone()
}

/// The agent has said something and ended the chat, and its visitor has heard of neither.
async fn ended_unheard(world: &World, door: &Door) -> Party {
    let (visitor, mut support) = engaged(world, door).await;
    unheard(world, &mut support).await;
    support.leaves().await;
    hears_the_end(&mut support, true).await;
    visitor
}

#[tokio::test]
async fn the_end_that_somebody_runs_into_comes_after_what_was_missed() {
    for door in doors() {
        let world = proxied();
        let mut visitor = ended_unheard(&world, &door).await;
        visitor.sends("are you there?").await;
        hears_all(&mut visitor).await;
        hears_the_end(&mut visitor, true).await;
    }
}

#[tokio::test]
async fn whoever_joins_again_on_its_own_socket_gets_the_rest_before_the_end() {
    for door in doors() {
        let world = proxied();
        let mut visitor = ended_unheard(&world, &door).await;
        let join = visitor.rejoin_args();
        visitor.send("Join", join).await;
        hears_all(&mut visitor).await;
        hears_the_end(&mut visitor, true).await;
    }
}

#[tokio::test]
async fn whoever_leaves_gets_what_was_missed_before_the_end() {
    for door in doors() {
        let world = proxied();
        let (mut visitor, mut support) = engaged(&world, &door).await;
        unheard(&world, &mut support).await;
        visitor.leaves().await;
        hears_all(&mut visitor).await;
        hears_the_end(&mut visitor, false).await;
        support.expect("UserLeft").await;
        hears_the_end(&mut support, false).await;
    }
}

#[tokio::test]
async fn an_end_that_is_heard_late_comes_after_what_was_missed() {
    for door in doors() {
        let world = proxied();
        let (mut visitor, mut support) = engaged(&world, &door).await;
        let mut outside = world
            .open(0, &visitor.guest.chat_id, &door, "not joined")
            .await;
        unheard(&world, &mut support).await;
        support.leaves().await;
        hears_the_end(&mut support, true).await;
        world.links[0].heal();
        hears_all(&mut visitor).await;
        hears_the_end(&mut visitor, true).await;
        outside.chat_is_over(&visitor.guest.chat_id).await;
    }
}

#[tokio::test]
async fn a_conversation_is_closed_after_what_was_missed() {
    let office = Office::in_world(proxied()).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "hello").await;
    agent.hears("hello").await;
    office.links[0].deafen();
    for content in MISSED {
        agent.says(&id, content).await;
    }
    agent.does_at("CLOSE_CONVERSATION", &id).await;
    agent.hears_the_end(&id).await;
    office.links[0].heal();
    for content in MISSED {
        candidate.hears(content).await;
    }
    candidate.hears_the_end(&id).await;
}

/// The visitor's line breaks; meanwhile the agent says something, and ends the chat.
async fn ended_meanwhile(world: &World) -> (Party, Party, Value) {
    let (mut visitor, mut support) = world.engaged_v1().await;
    visitor.says("hello").await;
    support.hears("hello").await;
    let history = visitor.rejoins_at(world, 0).await;
    for content in MISSED {
        support.says(content).await;
    }
    support.leaves().await;
    hears_the_end(&mut support, true).await;
    hears_all(&mut visitor).await;
    hears_the_end(&mut visitor, true).await;
    let resume = json!({"epoch": history["epoch"], "after": history["lastSeq"]});
    (visitor, support, resume)
}

async fn knocks(world: &World, chat: &str, door: &Door, join: Value) -> Socket {
    let mut socket = world.open(1, chat, door, "who comes too late").await;
    socket.send("Join", join).await;
    socket
}

#[tokio::test]
async fn whoever_comes_back_to_a_chat_that_is_over_gets_the_rest_first() {
    let world = World::new();
    let (visitor, support, resume) = ended_meanwhile(&world).await;
    let chat = visitor.guest.chat_id.clone();
    for party in [&visitor, &support] {
        let mut join = party.rejoin_args();
        join["resume"] = resume.clone();
        let mut late = knocks(&world, &chat, &Door::v1(), join.clone()).await;
        let rest = late.expect("ChatHistory").await;
        assert_eq!(rest["partial"], true);
        assert_eq!(contents(&rest), MISSED);
        late.chat_is_over(&chat).await;
        // From nowhere that is known it gets all of it.
        join["resume"]["epoch"] = json!("another");
        let mut late = knocks(&world, &chat, &Door::v1(), join.clone()).await;
        let rest = late.expect("ChatHistory").await;
        assert_eq!(rest["partial"], false);
        assert_eq!(contents(&rest), ["hello", "one", "two", "three"]);
        late.chat_is_over(&chat).await;
        // Who has it all is told the end alone.
        join["resume"] = json!({"epoch": rest["epoch"], "after": rest["lastSeq"]});
        let mut late = knocks(&world, &chat, &Door::v1(), join).await;
        late.chat_is_over(&chat).await;
    }
}

#[tokio::test]
async fn nobody_else_learns_what_was_said_in_a_chat_that_is_over() {
    let world = World::new();
    let (visitor, support, resume) = ended_meanwhile(&world).await;
    let chat = visitor.guest.chat_id.clone();
    let mut strangers = Vec::new();
    let nobody = json!("0123456789abcdef0123456789abcdef");
    for (party, field) in [
        (&visitor, "userId"),
        (&support, "userId"),
        (&support, "supportId"),
    ] {
        let mut join = party.rejoin_args();
        join["resume"] = resume.clone();
        join[field] = nobody.clone();
        strangers.push((Door::v1(), join));
    }
    let mut claim = visitor.guest.claim("Otto");
    claim["resume"] = resume.clone();
    strangers.push((Door::v1(), claim));
    // Contract 001, section 2.1: any Join.
    let mut plain = visitor.rejoin_args();
    plain["resume"] = resume;
    strangers.push((Door::plain(), plain));
    strangers.push((Door::v1(), visitor.rejoin_args()));
    for (door, join) in strangers {
        let mut late = knocks(&world, &chat, &door, join).await;
        late.chat_is_over(&chat).await;
    }
}

#[tokio::test]
async fn in_token_mode_the_rest_is_for_whoever_had_the_chat() {
    let world = World::builder().tokens().start();
    let (visitor, support, resume) = ended_meanwhile(&world).await;
    let chat = visitor.guest.chat_id.clone();
    let vika = support.door.clone();
    let otto = Door::v1().bearer(&e2e::tokens::token("Otto", "agent"));
    for (door, knows) in [(&vika, true), (&otto, false)] {
        for names_its_part in [true, false] {
            let mut join = support.rejoin_args();
            join["resume"] = resume.clone();
            if !names_its_part {
                join.as_object_mut().expect("an object").remove("supportId");
            }
            let mut late = knocks(&world, &chat, door, join).await;
            if knows {
                assert_eq!(contents(&late.expect("ChatHistory").await), MISSED);
            }
            late.chat_is_over(&chat).await;
        }
    }
    assert_eq!(visitor.side, Side::User);
}

/// The store confirms nothing, and then refuses: nothing is left of whoever asked.
#[tokio::test]
async fn a_join_that_was_not_confirmed_and_is_then_refused_leaves_nobody_behind() {
    let world = World::builder()
        .proxied()
        .settings(|settings| settings.chat.leave_grace = secs(1))
        .start();
    let mut visitor = world.visitor("Mina").await;
    let guest = visitor.guest.clone();
    let mut otto = world.open(1, &guest.chat_id, &Door::v1(), "Otto").await;
    // By the time that it is refused the chat is listened to.
    let mut wrong = guest.claim("Otto");
    wrong["userId"] = json!("0123456789abcdef0123456789abcdef");
    otto.send("Join", wrong).await;
    otto.expect_error("forbidden").await;
    world.links[1].mute_at("\"claimed\"");
    let mut claim = guest.claim("Otto");
    claim["clientId"] = json!("the-first");
    otto.send("Join", claim.clone()).await;
    otto.expect_error("unavailable").await;
    visitor.meets("Otto").await;
    world.links[1].heal();
    claim["clientId"] = json!("the-second");
    loop {
        otto.send("Join", claim.clone()).await;
        match otto.next().await {
            Frame::Text(frame) if frame["args"]["code"] == "unavailable" => {}
            Frame::Text(frame) if frame["args"]["code"] == "already_claimed" => break,
            other => panic!("wanted a refusal, got {other:?}"),
        }
    }
    // It has the chat, and is not there.
    visitor.expect("SupportLeft").await;
    let mut redis = world.redis().await;
    let here = format!("{}:{{0}}:here:{}", world.prefix, guest.chat_id);
    let here: Vec<String> = redis::cmd("SMEMBERS")
        .arg(here)
        .query_async(&mut redis)
        .await
        .expect("members");
    assert!(
        here.iter().all(|socket| socket.starts_with("visitor/")),
        "{here:?}"
    );
}
