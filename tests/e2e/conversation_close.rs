//! Contract 002, sections 3 and 4: closing a conversation over HTTP, what may follow, and the figures of what was handled.

use e2e::builder::Builder;
use e2e::office::{
    HttpRow as Row, NOBODY, Office, Person, all_refused, assert_failure, data, golden,
};
use e2e::shape::differences;
use reqwest::Method;
use serde_json::json;

on_each_store! { after_a_close_there_may_be_a_new_one_and_the_old_one_stays_readable }

#[tokio::test]
async fn whoever_may_closes_a_conversation_that_is_open_or_assigned() {
    let office = Office::new().await;
    // Open, by its supervisor, with an empty body; open, by an admin, with none; assigned, by each.
    for (by, body, engaged) in [
        (&office.supervisor, Some(json!({})), false),
        (&office.admin, None, false),
        (&office.supervisor, None, true),
        (&office.admin, Some(json!({})), true),
    ] {
        let id = office.begins(&office.candidate, &office.supervisor).await;
        if engaged {
            office.assigns(&office.supervisor, &id, &office.agent).await;
            office.inside(0, &office.agent, &id).await.goes().await;
        }
        let path = format!("/conversations/{id}/close");
        let answer = office
            .ask(Method::POST, &path, Some(by), body.as_ref())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let found = differences(
            &golden("contract-closed-answer.server"),
            &answer.json(),
            &[],
        );
        assert!(found.is_empty(), "{found:?} in {}", answer.body);
        assert_eq!(
            data(&answer),
            json!({"conversationId": id, "status": "closed"})
        );
        assert_eq!(office.sees(by, &id).await["status"], "closed");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_close_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let over = office
        .begins(&office.other_candidate, &office.supervisor)
        .await;
    office.closes(&office.admin, &over).await;
    let row = |what, by, id: &str, status, error| Row {
        what,
        by,
        path: format!("/conversations/{id}/close"),
        body: None,
        status,
        error,
    };
    let closed = "Cannot close conversation with status: closed";
    let rows = vec![
        row("no token", None, &id, 401, "No token provided"),
        row(
            "a candidate",
            Some(&office.candidate),
            &id,
            403,
            "Forbidden for role: candidate",
        ),
        row(
            "an agent",
            Some(&office.agent),
            &id,
            403,
            "Forbidden for role: agent",
        ),
        row("no id", Some(&office.admin), "abc", 400, "Invalid _id: abc"),
        row(
            "no such conversation",
            Some(&office.admin),
            NOBODY,
            404,
            "Conversation not found",
        ),
        row(
            "another's, and over",
            Some(&office.other_supervisor),
            &over,
            403,
            "Not allowed to close this conversation",
        ),
        row(
            "another's",
            Some(&office.other_supervisor),
            &id,
            403,
            "Not allowed to close this conversation",
        ),
        row("over", Some(&office.supervisor), &over, 400, closed),
        row(
            "over, for an admin",
            Some(&office.admin),
            &over,
            400,
            closed,
        ),
    ];
    all_refused(&office, Method::POST, rows).await;
    assert_eq!(office.sees(&office.admin, &id).await["status"], "open");
}

async fn after_a_close_there_may_be_a_new_one_and_the_old_one_stays_readable(store: Builder) {
    let office = Office::in_world(store.start()).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "one").await;
    agent.hears("one").await;
    office.closes(&office.supervisor, &id).await;
    for talker in [&mut candidate, &mut agent] {
        talker.hears_the_end(&id).await;
    }
    let next = office.begins(&office.candidate, &office.supervisor).await;
    assert_ne!(next, id);
    assert_eq!(office.history(&id).await, ["one"]);
    assert_eq!(office.history(&next).await, [""; 0]);
    let seen = office.sees(&office.agent, &id).await;
    assert_eq!(seen["agentId"], office.agent.id, "it was this agent's");
}

#[tokio::test]
async fn the_figures_have_a_row_for_each_supervisor() {
    let office = Office::new().await;
    // One with an agent, one without, one still open, one of another supervisor's agent.
    let handled = office.begins(&office.candidate, &office.supervisor).await;
    office
        .assigns(&office.supervisor, &handled, &office.agent)
        .await;
    office.inside(0, &office.agent, &handled).await.goes().await;
    office.closes(&office.supervisor, &handled).await;
    let unhandled = office.begins(&office.candidate, &office.supervisor).await;
    office.closes(&office.supervisor, &unhandled).await;
    let open = office.begins(&office.candidate, &office.supervisor).await;
    office
        .assigns(&office.supervisor, &open, &office.colleague)
        .await;

    let row = |supervisor: &Person, name: &str, agents: u64, handled: u64| {
        json!({
            "supervisorId": supervisor.id, "supervisorName": name, "agents": agents,
            "conversationsHandled": handled,
        })
    };
    let expected = [
        row(&office.supervisor, "Sasha", 2, 1),
        row(&office.other_supervisor, "Sven", 1, 0),
    ];
    let figures = office
        .gets(200, Method::GET, "/admin/analytics", &office.admin, None)
        .await;
    let figures = figures.as_array().expect("rows");
    assert_eq!(figures.len(), 2, "{figures:?}");
    for row in expected {
        assert!(figures.contains(&row), "{row} in {figures:?}");
    }
    let block = golden("contract-analytics.server");
    let found = differences(&block["data"][0], &figures[0], &[]);
    assert!(found.is_empty(), "{found:?}");
    let rows = [
        (None, 401, "No token provided"),
        (
            Some(&office.supervisor),
            403,
            "Forbidden for role: supervisor",
        ),
        (Some(&office.agent), 403, "Forbidden for role: agent"),
        (
            Some(&office.candidate),
            403,
            "Forbidden for role: candidate",
        ),
    ];
    for (by, status, error) in rows {
        let answer = office.ask(Method::GET, "/admin/analytics", by, None).await;
        assert_failure("analytics", &answer, status, error);
    }
}
