//! Contract 002, section 5: the socket `/ws`, row by row of its tables: the door, what each event does, what is wrong
//! with it in which order.

use e2e::office::{NOBODY, Office, Person, Talker};
use e2e::{Door, Frame, Socket, World, eventually, http, secs, tokens};
use serde_json::{Value, json};

use crate::PROCESS;

#[tokio::test]
async fn without_a_good_token_there_is_an_error_and_then_the_end() {
    let office = Office::new().await;
    let stolen = tokens::sign(
        &tokens::claims(&office.candidate.id, "candidate"),
        "another secret, long enough to be one",
    );
    let doors = [
        ("none", Door::plain()),
        ("nonsense", Door::plain().query("token=nonsense")),
        ("empty", Door::plain().query("token=")),
        ("signed by another", Door::plain().bearer(&stolen)),
        (
            "nonsense beside subprotocols",
            Door::plain().protocols(&["bearer", "nonsense"]),
        ),
    ];
    for (what, door) in doors {
        let mut talker = Talker {
            socket: open(&office, &door).await,
        };
        talker.is_told(what, "Unauthorized or invalid token").await;
        talker.closed_with(4401).await;
    }
}

#[tokio::test]
async fn a_good_token_may_stand_in_each_of_its_places_and_nothing_is_said() {
    let office = Office::new().await;
    let token = &office.candidate.token;
    for door in [
        Door::plain().query(&format!("token={token}")),
        Door::plain().bearer(token),
        Door::plain().header("Authorization", token),
        Door::plain().header("X-Auth-Token", token),
        Door::plain().protocols(&["bearer", token]),
    ] {
        let mut talker = Talker {
            socket: open(&office, &door).await,
        };
        talker.has_heard_nothing().await;
    }
}

async fn open(office: &Office, door: &Door) -> Socket {
    Socket::open(office.chat(0), "/ws", door, "somebody")
        .await
        .expect("the upgrade succeeds whatever the token")
}

#[tokio::test]
async fn a_frame_that_is_none_is_answered_and_the_socket_stays_usable() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut talker = office.socket(0, &office.candidate).await;
    for (frame, error) in [
        ("", "Invalid request schema"),
        ("nonsense", "Invalid request schema"),
        (r#"{"event":"JOIN_CONVERSATION","#, "Invalid request schema"),
        ("5", "Invalid message format"),
        ("[]", "Invalid message format"),
        ("{}", "Invalid message format"),
        (r#"{"data":{}}"#, "Invalid message format"),
        (r#"{"event":7,"data":{}}"#, "Invalid message format"),
        (r#"{"event":"DANCE","data":{}}"#, "Unknown event"),
        (r#"{"event":"NEW_MESSAGE","data":{}}"#, "Unknown event"),
    ] {
        talker.send_text(frame).await;
        talker.is_told(frame, error).await;
    }
    talker.send_binary(b"bytes").await;
    talker
        .is_told("a binary frame", "Invalid request schema")
        .await;
    assert_eq!(talker.joins(&id).await, "open");
}

#[tokio::test]
async fn twenty_frames_that_are_none_end_the_socket() {
    let office = Office::new().await;
    let mut talker = office.socket(0, &office.candidate).await;
    for _ in 0..20 {
        talker.send_text("nonsense").await;
        talker.is_told("nonsense", "Invalid request schema").await;
    }
    talker.closed_with(1008).await;
}

#[tokio::test]
async fn a_frame_of_more_than_64_kib_closes_the_socket() {
    let office = Office::new().await;
    let mut talker = office.socket(0, &office.candidate).await;
    talker.send_text("x".repeat(65_537)).await;
    talker.closed_with(1009).await;
}

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
        .ask(reqwest::Method::GET, &path, Some(&office.admin), None)
        .await;
    e2e::office::assert_failure("GET", &answer, 404, "Conversation not found");
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

#[tokio::test]
async fn too_many_messages_are_refused_in_words() {
    let world = World::with(|settings| {
        (
            settings.limits.messages_per_second,
            settings.limits.message_burst,
        ) = (1, 3);
    });
    let office = Office::in_world(world).await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut candidate = office.inside(0, &office.candidate, &id).await;
    for number in 0..4 {
        candidate.says(&id, &number.to_string()).await;
    }
    candidate
        .is_told("one too many", "Too many frames, this one was not taken")
        .await;
    assert_eq!(office.history(&id).await, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let brief = office.with_token_for(&office.candidate, 2).await;
    let mut talker = office.inside(0, &brief, &id).await;
    talker
        .is_told("the end of the token", "Unauthorized or invalid token")
        .await;
    talker.closed_with(4401).await;
}

#[tokio::test]
async fn a_process_that_ends_sends_its_sockets_elsewhere() {
    let world = World::builder().processes(PROCESS, &[]).start();
    let mut office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    office.world.chat_process(1).signal("TERM");
    agent.closed_with(1012).await;
    let mut agent = office.inside(0, &office.agent, &id).await;
    candidate.says(&id, "still there?").await;
    agent.hears("still there?").await;
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_to_come_back() {
    let world = World::with(|settings| {
        settings.sockets.outbox = 32;
        settings.sockets.send_timeout = secs(1);
        settings.limits.message_burst = 100_000;
    });
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let door = Door::plain()
        .query(&format!("token={}", office.agent.token))
        .small_receive_buffer();
    let mut slow = Talker {
        socket: open(&office, &door).await,
    };
    slow.joins(&id).await;
    let mut sent = 0;
    eventually("the slow reader to be dropped", secs(20), async || {
        for _ in 0..4 {
            let content = format!("{sent} {}", "x".repeat(4000));
            candidate.says(&id, &content).await;
            agent.hears(&content).await;
            sent += 1;
        }
        let metrics = http::get(office.chat(0), "/metrics").await.body;
        (http::metric(&metrics, "helpline_slow_readers_total") >= Some(1.0)).then_some(())
    })
    .await;
    let mut next = 0;
    loop {
        match slow.next().await {
            Frame::Text(frame) => {
                let content = frame["data"]["content"].as_str().expect("content");
                let number = content.split(' ').next().expect("a number");
                assert_eq!(number, next.to_string(), "a gap before the close");
                next += 1;
            }
            Frame::Closed(code) => break assert_eq!(code, Some(1013)),
        }
    }
    assert_eq!(office.history(&id).await.len(), sent);
}
