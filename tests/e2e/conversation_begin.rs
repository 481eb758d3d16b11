//! Contract 002, section 3: beginning a conversation over HTTP; and what every route of it says of bad tokens and bodies.

use e2e::office::{HttpRow as Row, NOBODY, Office, all_refused, assert_failure, data, golden};
use e2e::people::ask_raw;
use e2e::shape::differences;
use e2e::tokens;
use reqwest::Method;
use serde_json::json;

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
    all_refused(&office, Method::POST, rows).await;
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
