//! Redis loses everything while conversations are open: they come back from the records, with all that was said.

use std::sync::Arc;

use e2e::office::{Office, assert_failure};
use e2e::{Door, RedisServer, World};
use reqwest::Method;
use serde_json::json;

/// A world on a Redis of its own.
fn own_redis() -> (Arc<RedisServer>, World) {
    let server = Arc::new(RedisServer::own());
    let world = World::builder().redis(&server).start();
    (server, world)
}

/// Everything that is live is lost, and the program that lost it goes on.
async fn lose_everything(office: &Office) {
    let mut redis = office.redis().await;
    redis::cmd("FLUSHALL")
        .query_async::<()>(&mut redis)
        .await
        .expect("flushed");
}

/// Waits until all that was said is kept; what is not yet kept would be lost with Redis.
async fn archived(office: &Office, id: &str, messages: usize) {
    let mut redis = office.redis().await;
    let stream = format!("{}:{{0}}:stream", office.prefix);
    e2e::eventually("the archive", e2e::DEADLINE, async || {
        let left: u64 = redis::cmd("XLEN")
            .arg(&stream)
            .query_async(&mut redis)
            .await
            .expect("a length");
        (left == 0).then_some(())
    })
    .await;
    assert_eq!(office.history(id).await.len(), messages);
}

#[tokio::test]
async fn a_conversation_outlives_the_loss_of_redis() {
    let (_server, world) = own_redis();
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    for content in ["one", "two"] {
        candidate.says(&id, content).await;
        agent.hears(content).await;
    }
    archived(&office, &id, 2).await;
    let before = office.sees(&office.admin, &id).await;
    lose_everything(&office).await;
    assert_eq!(office.sees(&office.admin, &id).await, before);
    // Those who are in the room go on, and hear nothing twice.
    candidate.says(&id, "three").await;
    agent.hears("three").await;
    agent.says(&id, "four").await;
    candidate.hears("four").await;
    for talker in [&mut candidate, &mut agent] {
        talker.has_heard_nothing().await;
    }
    assert_eq!(office.history(&id).await, ["one", "two", "three", "four"]);
    let mut back = office.inside(0, &office.agent, &id).await;
    back.does_at("CLOSE_CONVERSATION", &id).await;
    for talker in [&mut candidate, &mut agent, &mut back] {
        talker.hears_the_end(&id).await;
    }
}

/// Nobody looks at it first: the next message itself finds that everything is gone.
#[tokio::test]
async fn the_first_message_after_the_loss_of_redis_is_not_lost() {
    let (_server, world) = own_redis();
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "one").await;
    agent.hears("one").await;
    archived(&office, &id, 1).await;
    lose_everything(&office).await;
    agent.says(&id, "two").await;
    candidate.hears("two").await;
    agent.has_heard_nothing().await;
    assert_eq!(office.history(&id).await, ["one", "two"]);
}

/// Nobody says a word: the processes find out when their ears are cut off too.
#[tokio::test]
async fn whoever_only_listens_is_told_after_the_loss_of_redis_too() {
    let (_server, world) = own_redis();
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let console = Door::plain().bearer(&office.agent.token);
    let guest = e2e::Guest {
        user_id: office.candidate.id.clone(),
        username: "Mina".to_owned(),
        chat_id: id.clone(),
        token: String::new(),
        sends_token: false,
    };
    let mut console = office.open(0, &id, &console, "the console").await;
    console.send("Join", guest.claim("Vika")).await;
    console.expect("ChatHistory").await;
    candidate.says(&id, "one").await;
    agent.hears("one").await;
    console.expect("ChatMessage").await;
    archived(&office, &id, 1).await;
    lose_everything(&office).await;
    let mut redis = office.redis().await;
    redis::cmd("CLIENT")
        .arg("KILL")
        .arg("TYPE")
        .arg("pubsub")
        .query_async::<u64>(&mut redis)
        .await
        .expect("killed");
    // The console is shown everything anew; who is told no histories misses nothing.
    let history = console.expect("ChatHistory").await;
    assert_eq!(e2e::party::contents(&history), ["one"]);
    candidate.says(&id, "two").await;
    agent.hears("two").await;
    let message = console.expect("ChatMessage").await;
    assert_eq!(message["content"], "two");
    for talker in [&mut candidate, &mut agent] {
        talker.has_heard_nothing().await;
    }
    assert_eq!(office.history(&id).await, ["one", "two"]);
}

/// A candidate whose conversation is lost with Redis still has it: it may not begin another.
#[tokio::test]
async fn after_the_loss_of_redis_a_candidate_still_has_its_conversation() {
    let (_server, world) = own_redis();
    let office = Office::in_world(world).await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    archived(&office, &id, 0).await;
    lose_everything(&office).await;
    let body = json!({"supervisorId": office.supervisor.id});
    let answer = office
        .ask(
            Method::POST,
            "/conversations",
            Some(&office.candidate),
            Some(&body),
        )
        .await;
    let text = "Candidate already has an active conversation";
    assert_failure("a second one", &answer, 409, text);
    office.closes(&office.supervisor, &id).await;
    office.begins(&office.candidate, &office.supervisor).await;
}
