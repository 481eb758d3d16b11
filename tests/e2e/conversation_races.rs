//! Contract 002 under stress: many do at once what only one may do, and the store is lost.

use std::sync::Arc;

use e2e::office::{Office, assert_failure};
use e2e::{Door, RedisServer, World};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn of_twenty_beginnings_at_once_one_is_one() {
    let office = Office::new().await;
    let body = json!({"supervisorId": office.supervisor.id});
    for _ in 0..3 {
        let asked = (0..20).map(|number| {
            office.ask_at(
                number % 2,
                Method::POST,
                "/conversations",
                Some(&office.candidate),
                Some(&body),
            )
        });
        let answers = join_all(asked).await;
        let mut begun = Vec::new();
        for answer in &answers {
            if answer.status == 201 {
                begun.push(e2e::office::data(answer)["_id"].clone());
            } else {
                let text = "Candidate already has an active conversation";
                assert_failure("a second one", answer, 409, text);
            }
        }
        assert_eq!(begun.len(), 1, "{begun:?}");
        let id = begun[0].as_str().expect("an id");
        assert_eq!(office.sees(&office.candidate, id).await["status"], "open");
        office.closes(&office.admin, id).await;
    }
}

/// The console's agents all want the same conversation: one has it.
#[tokio::test]
async fn of_twenty_claims_at_once_one_wins() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let guest = e2e::Guest {
        user_id: office.candidate.id.clone(),
        username: "Mina".to_owned(),
        chat_id: id.clone(),
        token: String::new(),
        sends_token: false,
    };
    let claims = (0..20).map(async |number| {
        let name = format!("Agent-{number}");
        let mut socket = office.open(number % 2, &id, &Door::plain(), &name).await;
        socket.send("Join", guest.claim(&name)).await;
        let first = socket.json().await;
        let won = first["type"] == "Joined";
        assert!(won || first["args"]["code"] == "already_claimed", "{first}");
        (won, socket)
    });
    let claims = join_all(claims).await;
    assert_eq!(claims.iter().filter(|(won, _)| *won).count(), 1);
    assert_eq!(office.sees(&office.admin, &id).await["status"], "assigned");
}

/// One agent comes in twenty times at once: it has one part in the conversation, and twenty sockets.
#[tokio::test]
async fn an_agent_may_come_in_with_many_sockets_at_once() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let sockets = (0..20).map(|number| office.inside(number % 2, &office.agent, &id));
    let mut sockets = join_all(sockets).await;
    let mut candidate = office.inside(0, &office.candidate, &id).await;
    candidate.says(&id, "so many?").await;
    for socket in &mut sockets {
        socket.hears("so many?").await;
    }
    sockets[7].says(&id, "just me").await;
    let answer = candidate.hears("just me").await;
    assert_eq!(answer["senderId"], office.agent.id);
    for (number, socket) in sockets.iter_mut().enumerate() {
        if number != 7 {
            socket.hears("just me").await;
        }
        socket.has_heard_nothing().await;
    }
}

/// Whichever comes first, both know which it was, and what is over stays over.
#[tokio::test]
async fn an_assignment_and_a_close_at_once_come_one_after_the_other() {
    let office = Office::new().await;
    for _ in 0..10 {
        let id = office.begins(&office.candidate, &office.supervisor).await;
        let assign = format!("/conversations/{id}/assign");
        let body = json!({"agentId": office.agent.id});
        let close = format!("/conversations/{id}/close");
        let (assigned, closed) = futures_util::join!(
            office.ask_at(
                0,
                Method::POST,
                &assign,
                Some(&office.supervisor),
                Some(&body)
            ),
            office.ask_at(1, Method::POST, &close, Some(&office.admin), None),
        );
        assert_eq!(closed.status, 200, "{}", closed.body);
        if assigned.status != 200 {
            assert_failure("assign", &assigned, 400, "Conversation already closed");
        }
        let seen = office.sees(&office.admin, &id).await;
        assert_eq!(seen["status"], "closed");
        assert_eq!(seen["agentId"].is_null(), assigned.status != 200);
    }
}

/// Whoever looks while a conversation closes sees every message, whether it is still live or kept already.
#[tokio::test]
async fn a_message_is_never_in_neither_while_a_conversation_closes() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    for number in 0..20 {
        candidate.says(&id, &number.to_string()).await;
        agent.hears(&number.to_string()).await;
    }
    let look = async |server: usize| {
        let path = format!("/conversations/{id}");
        for _ in 0..100 {
            let answer = office
                .ask_at(server, Method::GET, &path, Some(&office.candidate), None)
                .await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let seen = e2e::office::data(&answer);
            assert_eq!(
                seen["messages"].as_array().map(Vec::len),
                Some(20),
                "{seen}"
            );
        }
    };
    let close = office.closes(&office.supervisor, &id);
    futures_util::join!(look(0), look(1), close);
    assert_eq!(office.sees(&office.admin, &id).await["status"], "closed");
}

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
    candidate.says(&id, "one").await;
    agent.hears("one").await;
    console.expect("ChatHistory").await;
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
