//! Who may send what on `/ws` (contract 002, section 5.1): every event with every role. An event without a row fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use e2e::office::Office;
use serde_json::json;

const FORBIDDEN: &str = "Forbidden for this role";
const NOT_ALLOWED: &str = "not allowed";
const JOIN_FIRST: &str = "You must join the conversation first";
const NOT_INSIDE: &str = "You are not in this conversation";

/// An admin, its supervisor, another supervisor, another agent, another candidate, its candidate, its agent: what each is
/// answered that asks for the conversation of somebody from a socket that is not in it.
const EVENTS: &[(&str, [&str; 7])] = &[
    (
        "JOIN_CONVERSATION",
        [
            FORBIDDEN,
            FORBIDDEN,
            FORBIDDEN,
            NOT_ALLOWED,
            NOT_ALLOWED,
            "JOINED_CONVERSATION",
            "JOINED_CONVERSATION",
        ],
    ),
    ("SEND_MESSAGE", [JOIN_FIRST; 7]),
    (
        "LEAVE_CONVERSATION",
        [
            FORBIDDEN, FORBIDDEN, FORBIDDEN, NOT_INSIDE, NOT_INSIDE, NOT_INSIDE, NOT_INSIDE,
        ],
    ),
    (
        "CLOSE_CONVERSATION",
        [
            FORBIDDEN,
            FORBIDDEN,
            FORBIDDEN,
            NOT_ALLOWED,
            FORBIDDEN,
            FORBIDDEN,
            "CONVERSATION_CLOSED",
        ],
    ),
];

/// The events that the dialect reads, as its source names them.
fn read() -> BTreeSet<String> {
    let source =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/protocol/src/event/decode.rs");
    let text = fs::read_to_string(source).expect("the dialect's source");
    let arms = text.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix('"')?.split_once("\" =>")?;
        (!name.is_empty()).then(|| name.to_owned())
    });
    arms.collect()
}

#[tokio::test]
async fn every_event_is_answered_as_its_row_says() {
    let rows: BTreeSet<String> = EVENTS
        .iter()
        .map(|(event, _)| (*event).to_owned())
        .collect();
    assert_eq!(rows, read(), "rows of this test, and events of the dialect");

    let office = Office::new().await;
    let (id, _candidate, _agent) = office.talk().await;
    let people = [
        &office.admin,
        &office.supervisor,
        &office.other_supervisor,
        &office.stranger,
        &office.other_candidate,
        &office.candidate,
        &office.agent,
    ];
    for (event, row) in EVENTS {
        for (person, expected) in people.iter().zip(row) {
            let mut talker = office.socket(0, person).await;
            let data = json!({"conversationId": id, "content": "May I?"});
            talker.does(event, data).await;
            let frame = talker.socket.json().await;
            let answer = match frame["event"].as_str() {
                Some("ERROR") => &frame["data"]["message"],
                _ => &frame["event"],
            };
            assert_eq!(answer, expected, "{event} by {}", person.role);
        }
    }
    assert_eq!(office.history(&id).await, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_good_token_no_event_is_read() {
    let office = Office::new().await;
    let mut claims = e2e::tokens::claims(e2e::office::NOBODY, "admin");
    claims["exp"] = json!(1);
    let person = office.bearer(&claims).await;
    let mut talker = office.socket(1, &person).await;
    talker
        .is_told("nobody", "Unauthorized or invalid token")
        .await;
    talker.socket.closed_with(4401).await;
}
