//! Contract 002, section 5.1: what each event on `/ws` does, and what is wrong with it in which order.

use e2e::office::{NOBODY, Office, Person, assert_failure};
use reqwest::Method;
use serde_json::{Value, json};

/// Somebody's frame, and what is wrong with it.
struct Row<'a> {
    what: &'a str,
    by: &'a Person,
    data: Value,
    error: &'a str,
}

async fn all_fail(office: &Office, event: &str, rows: Vec<Row<'_>>) {
    for row in rows {
        let mut talker = office.socket(1, row.by).await;
        talker.does(event, row.data).await;
        talker.is_told(row.what, row.error).await;
        talker.has_heard_nothing().await;
    }
}

/// What every event says of a frame that names no conversation.
fn without_id(by: &Person) -> Vec<Row<'_>> {
    [
        ("no data", json!(null)),
        ("no field", json!({})),
        ("null", json!({"conversationId": null})),
        ("empty", json!({"conversationId": ""})),
    ]
    .into_iter()
    .map(|(what, data)| Row {
        what,
        by,
        data,
        error: "conversationId is required",
    })
    .collect()
}

fn at(id: &str) -> Value {
    json!({ "conversationId": id })
}

#[tokio::test]
async fn what_is_wrong_with_a_join_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let over = office
        .begins(&office.other_candidate, &office.supervisor)
        .await;
    office.closes(&office.supervisor, &over).await;
    let mut rows = without_id(&office.admin);
    let mut row = |what, by, id: &str, error| {
        rows.push(Row {
            what,
            by,
            data: at(id),
            error,
        });
    };
    let failed = "Failed to join conversation";
    row("no id", &office.admin, "abc", failed);
    row("upper case", &office.candidate, &id.to_uppercase(), failed);
    row("nobody's", &office.admin, NOBODY, "Conversation not found");
    let closed = "Conversation already closed";
    for by in [&office.admin, &office.other_candidate, &office.stranger] {
        row("over, whoever asks", by, &over, closed);
    }
    for by in [&office.other_candidate, &office.colleague, &office.stranger] {
        row("not its own", by, &id, "not allowed");
    }
    for by in [&office.admin, &office.supervisor, &office.other_supervisor] {
        row("no role for it", by, &id, "Forbidden for this role");
    }
    rows.push(Row {
        what: "a number",
        by: &office.candidate,
        data: json!({"conversationId": 5}),
        error: failed,
    });
    all_fail(&office, "JOIN_CONVERSATION", rows).await;
}

#[tokio::test]
async fn an_agent_that_nobody_assigned_may_not_join() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut agent = office.socket(0, &office.agent).await;
    agent.does_at("JOIN_CONVERSATION", &id).await;
    agent.is_told("not assigned", "not allowed").await;
    assert_eq!(
        office.sees(&office.admin, &id).await["agentId"],
        json!(null)
    );
}

#[tokio::test]
async fn a_chat_without_an_account_is_no_conversation() {
    let office = Office::new().await;
    let visitor = office.visitor("Walter").await;
    let id = &visitor.guest.chat_id;
    for by in [&office.agent, &office.candidate, &office.admin] {
        let mut talker = office.socket(0, by).await;
        talker.does_at("JOIN_CONVERSATION", id).await;
        talker
            .is_told("somebody else's chat", "Conversation not found")
            .await;
    }
    let path = format!("/conversations/{id}");
    let answer = office
        .ask(Method::GET, &path, Some(&office.admin), None)
        .await;
    assert_failure("GET", &answer, 404, "Conversation not found");
}

#[tokio::test]
async fn the_agents_join_makes_an_open_conversation_an_assigned_one() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut candidate = office.socket(0, &office.candidate).await;
    assert_eq!(candidate.joins(&id).await, "open");
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let mut agent = office.socket(1, &office.agent).await;
    assert_eq!(agent.joins(&id).await, "assigned");
    assert_eq!(agent.joins(&id).await, "assigned", "again");
    let mut phone = office.socket(0, &office.agent).await;
    assert_eq!(phone.joins(&id).await, "assigned", "from another socket");
    assert_eq!(office.sees(&office.admin, &id).await["status"], "assigned");
    candidate.has_heard_nothing().await;
    let mut reloaded = office.socket(1, &office.candidate).await;
    assert_eq!(reloaded.joins(&id).await, "assigned");
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut rows = without_id(&office.candidate);
    let mut row = |what, by, data, error| {
        rows.push(Row {
            what,
            by,
            data,
            error,
        });
    };
    let say = |content: Value| json!({"conversationId": id, "content": content});
    let required = "content is required";
    row("no content", &office.candidate, at(&id), required);
    for content in [json!(null), json!(""), json!("  \n\t ")] {
        row("blank", &office.candidate, say(content), required);
    }
    let first = "You must join the conversation first";
    for by in [
        &office.candidate,
        &office.agent,
        &office.admin,
        &office.supervisor,
    ] {
        row("outside", by, say(json!("hello")), first);
        row("outside, and no string", by, say(json!(5)), first);
    }
    row(
        "no id",
        &office.candidate,
        json!({"conversationId": "abc", "content": "x"}),
        first,
    );
    all_fail(&office, "SEND_MESSAGE", rows).await;

    let mut inside = office.inside(0, &office.candidate, &id).await;
    let longest = "é".repeat(2048);
    for (content, error) in [
        (json!(5), "Failed to send message"),
        (json!(["x"]), "Failed to send message"),
        (json!({}), "Failed to send message"),
        (json!(true), "Failed to send message"),
        (json!("x".repeat(4097)), "content is too long"),
        (json!(format!("{longest}x")), "content is too long"),
        (json!(" "), required),
    ] {
        inside.does("SEND_MESSAGE", say(content.clone())).await;
        inside.is_told("inside", error).await;
    }
    inside.says(&id, &format!(" {longest} ")).await;
    inside.has_heard_nothing().await;
    assert_eq!(office.history(&id).await, [longest]);
}

#[tokio::test]
async fn what_is_wrong_with_leaving_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut rows = without_id(&office.admin);
    for by in [&office.admin, &office.supervisor] {
        for id in [&id, "abc"] {
            rows.push(Row {
                what: "no role for it",
                by,
                data: at(id),
                error: "Forbidden for this role",
            });
        }
    }
    for id in [&id, NOBODY, "abc"] {
        for by in [&office.candidate, &office.agent] {
            rows.push(Row {
                what: "not inside",
                by,
                data: at(id),
                error: "You are not in this conversation",
            });
        }
    }
    all_fail(&office, "LEAVE_CONVERSATION", rows).await;
}

#[tokio::test]
async fn whoever_has_left_hears_nothing_and_may_come_back() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.does_at("LEAVE_CONVERSATION", &id).await;
    assert_eq!(candidate.gets("LEFT_CONVERSATION").await, at(&id));
    candidate.does_at("LEAVE_CONVERSATION", &id).await;
    candidate
        .is_told("twice", "You are not in this conversation")
        .await;
    agent.says(&id, "are you there?").await;
    agent.has_heard_nothing().await;
    candidate.says(&id, "no").await;
    candidate
        .is_told("outside", "You must join the conversation first")
        .await;
    assert_eq!(candidate.joins(&id).await, "assigned");
    candidate.has_heard_nothing().await;
    agent.says(&id, "welcome back").await;
    candidate.hears("welcome back").await;
}

#[tokio::test]
async fn what_is_wrong_with_closing_is_said_in_the_contracts_order() {
    let office = Office::new().await;
    // Assigned to the agent, who has not come in yet; and one that is over, which was the agent's.
    let id = office.begins(&office.candidate, &office.supervisor).await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let over = office
        .begins(&office.other_candidate, &office.supervisor)
        .await;
    office
        .assigns(&office.supervisor, &over, &office.agent)
        .await;
    office.closes(&office.supervisor, &over).await;
    let mut rows = without_id(&office.candidate);
    let mut row = |what, by, id: &str, error| {
        rows.push(Row {
            what,
            by,
            data: at(id),
            error,
        });
    };
    for by in [&office.candidate, &office.supervisor, &office.admin] {
        for id in [NOBODY, "abc", &over] {
            row("no role for it", by, id, "Forbidden for this role");
        }
    }
    row("nobody's", &office.agent, NOBODY, "Conversation not found");
    row("no id", &office.agent, "abc", "Conversation not found");
    for id in [&id, &over] {
        row("another agent's", &office.colleague, id, "not allowed");
    }
    row(
        "never come in",
        &office.agent,
        &id,
        "Conversation not yet assigned",
    );
    row("over", &office.agent, &over, "Conversation already closed");
    all_fail(&office, "CLOSE_CONVERSATION", rows).await;
}

#[tokio::test]
async fn the_agent_closes_and_everyone_in_the_room_hears_it_once() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "thanks").await;
    agent.hears("thanks").await;
    agent.does_at("CLOSE_CONVERSATION", &id).await;
    for talker in [&mut candidate, &mut agent] {
        talker.hears_the_end(&id).await;
        talker.has_heard_nothing().await;
        talker.says(&id, "too late").await;
        talker
            .is_told("after the end", "You must join the conversation first")
            .await;
        talker.does_at("JOIN_CONVERSATION", &id).await;
        talker
            .is_told("after the end", "Conversation already closed")
            .await;
    }
    let seen = office.sees(&office.candidate, &id).await;
    assert_eq!(seen["status"], "closed");
    assert_eq!(office.history(&id).await, ["thanks"]);
}

#[tokio::test]
async fn whoever_closes_from_outside_the_room_hears_it_too() {
    let office = Office::new().await;
    let (id, mut candidate, agent) = office.talk().await;
    agent.goes().await;
    let mut elsewhere = office.socket(0, &office.agent).await;
    elsewhere.does_at("CLOSE_CONVERSATION", &id).await;
    elsewhere.hears_the_end(&id).await;
    elsewhere.has_heard_nothing().await;
    candidate.hears_the_end(&id).await;
    elsewhere.does_at("CLOSE_CONVERSATION", &id).await;
    elsewhere
        .is_told("again", "Conversation already closed")
        .await;
}

#[tokio::test]
async fn a_close_over_http_empties_the_room() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    office.closes(&office.supervisor, &id).await;
    for talker in [&mut candidate, &mut agent] {
        talker.hears_the_end(&id).await;
        talker.says(&id, "too late").await;
        talker
            .is_told("after the end", "You must join the conversation first")
            .await;
        talker.has_heard_nothing().await;
    }
}
