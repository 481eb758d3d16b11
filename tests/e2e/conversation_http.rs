//! Contract 002, section 3: conversations over HTTP, row by row of its table: what each request gives, and what is
//! wrong with it in which order.

use e2e::office::{NOBODY, Office, Person, assert_failure, data};
use e2e::people::ask_raw;
use e2e::shape::{assert_fields, differences};
use e2e::tokens;
use reqwest::Method;
use serde_json::{Value, json};

/// A block of `tests/golden/002`.
fn golden(name: &str) -> Value {
    let path = format!("{}/golden/002/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("a golden file");
    serde_json::from_str(&text).expect("JSON")
}

/// What somebody asks for, and what is wrong with it.
struct Row<'a> {
    what: &'a str,
    by: Option<&'a Person>,
    path: String,
    body: Option<Value>,
    status: u16,
    error: &'a str,
}

async fn all_fail(office: &Office, method: Method, rows: Vec<Row<'_>>) {
    for row in rows {
        let answer = office
            .ask(method.clone(), &row.path, row.by, row.body.as_ref())
            .await;
        assert_failure(row.what, &answer, row.status, row.error);
    }
}

#[tokio::test]
async fn a_conversation_is_begun_by_a_candidate_and_belongs_to_a_supervisor() {
    let office = Office::new().await;
    let body = json!({"supervisorId": office.supervisor.id});
    let answer = office
        .ask(
            Method::POST,
            "/conversations",
            Some(&office.candidate),
            Some(&body),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let found = differences(&golden("contract-created.server"), &answer.json(), &[]);
    assert!(found.is_empty(), "{found:?} in {}", answer.body);
    let begun = data(&answer);
    assert_eq!(begun["status"], "open");
    assert_eq!(begun["supervisorId"], office.supervisor.id);
    let seen = office
        .sees(&office.candidate, begun["_id"].as_str().expect("an id"))
        .await;
    assert_eq!(
        seen,
        json!({
            "_id": begun["_id"], "status": "open", "agentId": null, "supervisorId": office.supervisor.id,
            "candidateId": office.candidate.id, "messages": [],
        })
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_beginning_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let taken = office.begins(&office.candidate, &office.supervisor).await;
    let of = |id: &str| Some(json!({"supervisorId": id}));
    let candidate = Some(&office.other_candidate);
    let row = |what, by, body, status, error| Row {
        what,
        by,
        path: "/conversations".to_owned(),
        body,
        status,
        error,
    };
    let invalid = "supervisorId is required";
    let rows = vec![
        row("no token", None, None, 401, "No token provided"),
        row(
            "role before body",
            Some(&office.admin),
            None,
            403,
            "Forbidden for role: admin",
        ),
        row(
            "a supervisor",
            Some(&office.supervisor),
            of(&office.supervisor.id),
            403,
            "Forbidden for role: supervisor",
        ),
        row(
            "an agent",
            Some(&office.agent),
            of(&office.supervisor.id),
            403,
            "Forbidden for role: agent",
        ),
        row("no body", candidate, None, 400, invalid),
        row("no field", candidate, Some(json!({})), 400, invalid),
        row("an empty field", candidate, of(""), 400, invalid),
        row(
            "null",
            candidate,
            Some(json!({"supervisorId": null})),
            400,
            invalid,
        ),
        row("no id", candidate, of("abc"), 400, "Invalid _id: abc"),
        row("nobody", candidate, of(NOBODY), 404, "Supervisor not found"),
        row(
            "an agent's id",
            candidate,
            of(&office.agent.id),
            400,
            "supervisorId is not a supervisor",
        ),
        row(
            "the candidate's own id",
            candidate,
            of(&office.other_candidate.id),
            400,
            "supervisorId is not a supervisor",
        ),
        row(
            "a second one, with nobody: who it is for is looked at first",
            Some(&office.candidate),
            of(NOBODY),
            404,
            "Supervisor not found",
        ),
        row(
            "a second one",
            Some(&office.candidate),
            of(&office.supervisor.id),
            409,
            "Candidate already has an active conversation",
        ),
        row(
            "a second one, with another supervisor",
            Some(&office.candidate),
            of(&office.other_supervisor.id),
            409,
            "Candidate already has an active conversation",
        ),
    ];
    all_fail(&office, Method::POST, rows).await;
    assert_eq!(office.history(&taken).await, [""; 0]);
}

#[tokio::test]
async fn whoever_has_no_good_token_is_turned_away_first() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut stolen = office.admin.clone();
    stolen.token.pop();
    let nobody = tokens::claims(NOBODY, "admin");
    let nobody = office.bearer(&nobody).await;
    let over = office.with_token_for(&office.admin, -5).await;
    let callers = [
        (None, "No token provided"),
        (Some(&stolen), "Invalid token"),
        (Some(&over), "Token expired"),
        (Some(&nobody), "User not found"),
    ];
    let routes = [
        (Method::POST, "/conversations".to_owned()),
        (Method::POST, format!("/conversations/{id}/assign")),
        (Method::GET, format!("/conversations/{id}")),
        (Method::POST, format!("/conversations/{id}/close")),
        (Method::GET, "/admin/analytics".to_owned()),
    ];
    for (method, path) in routes {
        for (by, error) in callers {
            let answer = office.ask(method.clone(), &path, by, None).await;
            assert_failure(&format!("{method} {path}"), &answer, 401, error);
        }
    }
}

#[tokio::test]
async fn what_is_no_json_is_said_to_be_none() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let cases = [
        ("/conversations".to_owned(), &office.other_candidate),
        (format!("/conversations/{id}/assign"), &office.supervisor),
        (format!("/conversations/{id}/close"), &office.supervisor),
    ];
    for (path, by) in cases {
        for broken in ["{", "nonsense", r#"{"supervisorId":}"#] {
            let body = Some(broken.to_owned());
            let address = office.chat(0);
            let answer = ask_raw(address, Method::POST, &path, Some(&by.token), body).await;
            assert_failure(&path, &answer, 400, "Invalid JSON");
        }
    }
    // Who may not ask at all hears that first.
    let answer = ask_raw(
        office.chat(0),
        Method::POST,
        "/conversations",
        Some(&office.agent.token),
        Some("{".to_owned()),
    )
    .await;
    assert_failure(
        "role before body",
        &answer,
        403,
        "Forbidden for role: agent",
    );
}

#[tokio::test]
async fn json_of_any_shape_is_answered() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let assign = format!("/conversations/{id}/assign");
    for body in ["[]", "5", "null", "\"text\"", "[{}]"] {
        for (path, by, error) in [
            (
                "/conversations",
                &office.other_candidate,
                "supervisorId is required",
            ),
            (&assign, &office.supervisor, "agentId is required"),
        ] {
            let body = Some(body.to_owned());
            let answer = ask_raw(office.chat(0), Method::POST, path, Some(&by.token), body).await;
            assert_failure(path, &answer, 400, error);
        }
    }
    for value in [json!(5), json!(true), json!({}), json!([1])] {
        let body = json!({"agentId": value});
        let answer = office
            .ask(Method::POST, &assign, Some(&office.supervisor), Some(&body))
            .await;
        assert_failure("no id", &answer, 400, &format!("Invalid _id: {value}"));
    }
}

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
    all_fail(&office, Method::POST, rows).await;
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
    all_fail(&office, Method::GET, rows).await;
}

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
    all_fail(&office, Method::POST, rows).await;
    assert_eq!(office.sees(&office.admin, &id).await["status"], "open");
}

#[tokio::test]
async fn after_a_close_there_may_be_a_new_one_and_the_old_one_stays_readable() {
    let office = Office::new().await;
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
async fn what_nobody_serves_under_these_paths_is_said_in_the_dialects_form() {
    let office = Office::new().await;
    for (method, path) in [
        (Method::GET, "/conversations"),
        (Method::DELETE, "/conversations"),
        (Method::GET, "/conversations/a/b"),
        (Method::PUT, "/conversations/abc"),
        (Method::GET, "/conversations/abc/assign"),
        (Method::GET, "/conversations/abc/close"),
        (Method::POST, "/conversations/abc/open"),
        (Method::POST, "/admin/analytics"),
        (Method::GET, "/admin/nothing"),
    ] {
        let answer = office
            .ask(method.clone(), path, Some(&office.admin), None)
            .await;
        assert_failure(&format!("{method} {path}"), &answer, 404, "Route not found");
    }
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
