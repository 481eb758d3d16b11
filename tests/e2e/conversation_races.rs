//! Contract 002 under stress: many do at once what only one may do.

use e2e::Door;
use e2e::office::{Office, assert_failure};
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
