//! A supervisor reads no conversation of another supervisor's (contract 002, section 3), by no road: not over HTTP in any
//! dialect, not in lists, searches and exports, not from the staff desk.

use e2e::office::{Office, Person};
use e2e::{eventually, secs};
use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::Seat;

const WORDS: &str = "between the two of us";

async fn get(office: &Office, path: &str, by: &Person) -> (u16, Value) {
    let answer = office.ask(Method::GET, path, Some(by), None).await;
    let body = match answer.body.is_empty() {
        true => Value::Null,
        false => answer.json(),
    };
    (answer.status, body)
}

#[tokio::test]
async fn another_supervisors_conversation_is_read_by_no_road() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, WORDS).await;
    agent.hears(WORDS).await;
    eventually("the records to have it", secs(20), async || {
        let found = get(&office, "/staff/chats?text=between", &office.admin)
            .await
            .1;
        (found["chats"][0]["id"] == json!(id)).then_some(())
    })
    .await;
    reads(&office, &id).await;
    acts(&office, &id).await;
    drop((candidate, agent));
    office.closes(&office.supervisor, &id).await;
    eventually("the records to have its end", secs(20), async || {
        let found = get(&office, &format!("/staff/chats/{id}"), &office.admin)
            .await
            .1;
        (found["status"] == "closed").then_some(())
    })
    .await;
    reads(&office, &id).await;
}

/// Who reads it by HTTP: its supervisor and admins, and not the other supervisor.
async fn reads(office: &Office, id: &str) {
    let allowed = [&office.supervisor, &office.admin];
    let of_visitor = format!("/staff/visitors/{}/chats", office.candidate.id);
    for path in [
        format!("/conversations/{id}"),
        format!("/staff/chats/{id}"),
        format!("/staff/chats/{id}/notes"),
    ] {
        for by in allowed {
            assert_eq!(get(office, &path, by).await.0, 200, "{path} by {}", by.role);
        }
        let (status, body) = get(office, &path, &office.other_supervisor).await;
        assert_eq!(status, 403, "{path}: {body}");
        assert!(!body.to_string().contains(WORDS), "{path}");
    }
    for path in [
        "/staff/chats".to_owned(),
        "/staff/chats?text=between".to_owned(),
        format!("/staff/chats?agent={}", office.agent.id),
        format!("/staff/chats?visitor={}", office.candidate.id),
        "/staff/chats/export".to_owned(),
        of_visitor,
    ] {
        for by in allowed {
            let (status, body) = get(office, &path, by).await;
            assert_eq!(status, 200, "{path}");
            assert!(
                body.to_string().contains(id),
                "{path} by {}: {body}",
                by.role
            );
        }
        let (status, body) = get(office, &path, &office.other_supervisor).await;
        assert_eq!(status, 200, "{path}");
        assert!(!body.to_string().contains(id), "{path}: {body}");
    }
    for path in [format!("/rooms/{id}"), format!("/livechat/rooms/{id}/")] {
        for by in allowed {
            let (_, body) = get(office, &path, by).await;
            assert_eq!(body["messages"][0]["content"], WORDS, "{path}: {body}");
        }
        let (status, body) = get(office, &path, &office.other_supervisor).await;
        assert_eq!((status, &body["messages"]), (200, &json!([])), "{path}");
    }
    let csv = office
        .ask(
            Method::GET,
            "/staff/chats/export?format=csv",
            Some(&office.other_supervisor),
            None,
        )
        .await;
    assert!(!csv.body.contains(WORDS), "{}", csv.body);
}

/// What can be done to it from outside, and who sees it there.
async fn acts(office: &Office, id: &str) {
    let transfer = format!("/staff/chats/{id}/transfer");
    let body = json!({"to": office.stranger.id});
    let by = Some(&office.other_supervisor);
    let given = office.ask(Method::POST, &transfer, by, Some(&body)).await;
    assert_eq!(given.status, 403, "{}", given.body);

    let mut own = Seat::with(&office.world, 0, &office.supervisor.token).await;
    let mut other = Seat::with(&office.world, 1, &office.other_supervisor.token).await;
    assert_eq!(own.desk["chats"][0]["chatId"], json!(id), "{}", own.desk);
    assert_eq!(other.desk["chats"], json!([]));
    let chat = json!({"chatId": id});
    let with = |name: &str, value: &str| json!({"chatId": id, name: value});
    for (kind, args) in [
        ("Watch", chat.clone()),
        ("Whisper", with("content", "psst")),
        ("TakeOver", with("name", "Sven")),
        ("Reassign", with("to", &office.stranger.id)),
    ] {
        other.fails(kind, args, "forbidden").await;
    }
    let watched = json!(own.watches(id).await);
    assert!(watched.to_string().contains(WORDS), "{watched}");
}
