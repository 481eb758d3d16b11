//! Contract 002, section 3: giving a conversation to an agent, and who may look at it.

use e2e::office::{HttpRow as Row, NOBODY, Office, all_refused, data, golden};
use e2e::shape::{assert_fields, differences};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn a_supervisor_assigns_its_own_agents() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let path = format!("/conversations/{id}/assign");
    let body = json!({"agentId": office.agent.id});
    for _ in 0..2 {
        let answer = office
            .ask(Method::POST, &path, Some(&office.supervisor), Some(&body))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let found = differences(&golden("contract-assigned.server"), &answer.json(), &[]);
        assert!(found.is_empty(), "{found:?} in {}", answer.body);
        assert_eq!(
            data(&answer),
            json!({"conversationId": id, "agentId": office.agent.id, "supervisorId": office.supervisor.id})
        );
    }
    let seen = office.sees(&office.agent, &id).await;
    assert_eq!(seen["status"], "open", "an agent has to come in first");
    assert_eq!(seen["agentId"], office.agent.id);
}

#[tokio::test]
async fn what_is_wrong_with_an_assignment_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let over = office
        .begins(&office.other_candidate, &office.supervisor)
        .await;
    office.closes(&office.supervisor, &over).await;
    let to = |id: &str| Some(json!({"agentId": id}));
    let row = |what, by, id: &str, body, status, error| Row {
        what,
        by,
        path: format!("/conversations/{id}/assign"),
        body,
        status,
        error,
    };
    let supervisor = Some(&office.supervisor);
    let other = Some(&office.other_supervisor);
    let agent = &office.agent.id;
    let rows = vec![
        row("no token", None, &id, None, 401, "No token provided"),
        row(
            "an admin",
            Some(&office.admin),
            &id,
            to(agent),
            403,
            "Forbidden for role: admin",
        ),
        row(
            "an agent",
            Some(&office.agent),
            &id,
            to(agent),
            403,
            "Forbidden for role: agent",
        ),
        row(
            "a candidate",
            Some(&office.candidate),
            &id,
            None,
            403,
            "Forbidden for role: candidate",
        ),
        row(
            "no agent, and no conversation either",
            supervisor,
            NOBODY,
            None,
            400,
            "agentId is required",
        ),
        row(
            "an empty id",
            supervisor,
            &id,
            to(""),
            400,
            "agentId is required",
        ),
        row(
            "an address that is no id",
            supervisor,
            "abc",
            to(agent),
            400,
            "Invalid _id: abc",
        ),
        row(
            "no such conversation",
            supervisor,
            NOBODY,
            to(NOBODY),
            404,
            "Conversation not found",
        ),
        row(
            "another's conversation, and nobody to assign",
            other,
            &id,
            to(NOBODY),
            403,
            "cannot assign agent",
        ),
        row(
            "an agent that is no id",
            supervisor,
            &id,
            to("abc"),
            400,
            "Invalid _id: abc",
        ),
        row(
            "nobody",
            supervisor,
            &id,
            to(NOBODY),
            404,
            "Agent not found",
        ),
        row(
            "a supervisor",
            supervisor,
            &id,
            to(&office.supervisor.id),
            400,
            "agentId is not an agent",
        ),
        row(
            "another's agent, of a conversation that is over",
            supervisor,
            &over,
            to(&office.stranger.id),
            403,
            "Agent doesn't belong to you",
        ),
        row(
            "a conversation that is over",
            supervisor,
            &over,
            to(agent),
            400,
            "Conversation already closed",
        ),
    ];
    all_refused(&office, Method::POST, rows).await;
    assert_eq!(
        office.sees(&office.supervisor, &id).await["agentId"],
        json!(null)
    );
}

#[tokio::test]
async fn a_conversation_is_seen_by_those_it_concerns() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "My invoice is missing").await;
    agent.hears("My invoice is missing").await;
    agent.says(&id, "Which month?").await;
    candidate.hears("Which month?").await;
    let seen = office
        .ask(
            Method::GET,
            &format!("/conversations/{id}"),
            Some(&office.admin),
            None,
        )
        .await
        .json();
    let found = differences(&golden("contract-conversation.server"), &seen, &[]);
    assert!(found.is_empty(), "{found:?} in {seen}");
    for message in seen["data"]["messages"].as_array().expect("messages") {
        assert_fields(message, &["senderId", "senderRole", "content", "createdAt"]);
    }
    for by in [&office.candidate, &office.supervisor, &office.agent] {
        assert_eq!(office.sees(by, &id).await, seen["data"], "{}", by.role);
    }
    let path = format!("/conversations/{id}");
    let row = |what, by, path: &str, status, error| Row {
        what,
        by,
        path: path.to_owned(),
        body: None,
        status,
        error,
    };
    let not_allowed = "Not allowed to access this conversation";
    let nowhere = format!("/conversations/{NOBODY}");
    let rows = vec![
        row("no token", None, &path, 401, "No token provided"),
        row(
            "another supervisor",
            Some(&office.other_supervisor),
            &path,
            403,
            not_allowed,
        ),
        row(
            "another candidate",
            Some(&office.other_candidate),
            &path,
            403,
            not_allowed,
        ),
        row(
            "an agent of the same supervisor",
            Some(&office.colleague),
            &path,
            403,
            not_allowed,
        ),
        row(
            "no such conversation",
            Some(&office.stranger),
            &nowhere,
            404,
            "Conversation not found",
        ),
        row(
            "no id",
            Some(&office.admin),
            "/conversations/abc",
            400,
            "Invalid _id: abc",
        ),
    ];
    all_refused(&office, Method::GET, rows).await;
}
