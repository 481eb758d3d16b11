//! docs/staff-api.md: chats, exports and figures; and the rooms of contract 000.

use e2e::people::ask;
use e2e::{eventually, secs, tokens};
use helpline_records::Archived;
use reqwest::Method;
use serde_json::{Value, json};

use crate::happenings::{SECOND, Story};
use crate::house::{House, fails, get, records_of};

#[tokio::test]
async fn a_transcript_shows_what_was_said_at_once_and_after_the_end() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    visitor.says("My invoice is missing").await;
    agent.hears("My invoice is missing").await;
    agent.says("Which month?").await;
    visitor.hears("Which month?").await;
    let guest = visitor.guest.clone();
    let path = format!("/staff/chats/{}", guest.chat_id);
    let check = async |status: &str| {
        let answer = get(&house.world, &path, &house.otto.token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let chat = answer.json();
        assert_eq!(chat["status"], status, "{chat}");
        assert_eq!(chat["visitorName"], "Mina");
        assert_eq!(chat["assignedTo"], house.otto.id.as_str());
        assert_eq!(chat["messageCount"], 2);
        let said: Vec<_> = chat["messages"].as_array().expect("messages").clone();
        let said: Vec<_> = said
            .iter()
            .map(|said| {
                let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
                (
                    text("from"),
                    text("senderId"),
                    text("senderName"),
                    text("content"),
                )
            })
            .collect();
        let line = |from: &str, id: &str, name: &str, content: &str| {
            (
                from.to_owned(),
                id.to_owned(),
                name.to_owned(),
                content.to_owned(),
            )
        };
        let expected = [
            line("visitor", &guest.user_id, "Mina", "My invoice is missing"),
            line("agent", &house.otto.id, "Otto", "Which month?"),
        ];
        assert_eq!(said, expected);
        chat
    };
    let live = check("engaged").await;
    agent.leaves().await;
    visitor.expect("SupportLeft").await;
    let mut closed = check("closed").await;
    house.listed("status=closed", 1).await;
    // From the records it is the same, but for the end.
    let stored = records_of(&house.world).await;
    let stored = stored.transcript(&visitor.guest.chat_id).await;
    assert!(stored.expect("an answer").is_some());
    for name in ["status", "endedAt", "endReason"] {
        closed[name] = live[name].clone();
    }
    assert_eq!(closed, live);
}

#[tokio::test]
async fn who_may_read_what() {
    let house = House::open().await;
    let (mut visitor, _agent) = house.engaged("Mina").await;
    visitor.says("private").await;
    let guest = visitor.guest.clone();
    house.listed("status=engaged", 1).await;
    let chat = format!("/staff/chats/{}", guest.chat_id);
    let of_visitor = format!("/staff/visitors/{}/chats", guest.user_id);
    let notes = format!("{chat}/notes");
    let of_otto = format!("/staff/chats?agent={}", house.otto.id);
    let candidate = house.world.account("Cara", "candidate", None).await;
    let stranger = tokens::token("stranger", "agent");
    let (no, yes) = (403, 200);
    // The callers: the visitor, a candidate, another agent, the chat's agent, a supervisor, an admin.
    let table: &[(&str, [u16; 6])] = &[
        (&chat, [no, no, no, yes, yes, yes]),
        (&notes, [no, no, no, yes, yes, yes]),
        (&of_visitor, [no, no, no, yes, yes, yes]),
        (&of_otto, [no, no, no, yes, yes, yes]),
        ("/staff/chats", [no, no, yes, yes, yes, yes]),
        ("/staff/chats/export", [no, no, yes, yes, yes, yes]),
        ("/staff/follow-ups", [no, no, yes, yes, yes, yes]),
        ("/admin/reports", [no, no, no, no, yes, yes]),
    ];
    for (path, expected) in table {
        let callers = [
            &guest.token,
            &candidate.token,
            &house.vika.token,
            &house.otto.token,
            &house.boss.token,
            &house.admin,
        ];
        for (token, expected) in callers.into_iter().zip(expected) {
            let answer = get(&house.world, path, token).await;
            assert_eq!(answer.status, *expected, "{path}: {}", answer.body);
        }
        let nobody = ask(house.world.chat(0), Method::GET, path, None, None).await;
        fails(path, &nobody, 401, "No token provided");
        // A good signature is no account.
        let answer = get(&house.world, path, &stranger).await;
        assert_eq!(answer.status, 401, "{path}");
    }
    // The other agent's list is not empty by being refused, but by being its own.
    let own = get(&house.world, "/staff/chats", &house.vika.token).await;
    assert_eq!(own.json()["chats"], json!([]));
    let own = get(&house.world, "/staff/chats", &house.otto.token).await;
    assert_eq!(own.json()["chats"][0]["id"], guest.chat_id.as_str());
    let exported = get(&house.world, "/staff/chats/export", &house.vika.token).await;
    assert_eq!(exported.json(), json!([]));
    let path = format!("/staff/visitors/{}", guest.user_id);
    for token in [&house.boss.token, &house.otto.token, &guest.token] {
        let answer = ask(
            house.world.chat(0),
            Method::DELETE,
            &path,
            Some(token),
            None,
        )
        .await;
        assert!([401, 403].contains(&answer.status), "{}", answer.body);
    }
}

#[tokio::test]
async fn queries_that_make_no_sense_are_told_so() {
    let house = House::open().await;
    for (query, text) in [
        ("status=asleep", "Invalid status"),
        ("visitor=1", "Invalid visitor"),
        ("from=yesterday", "Invalid from"),
        ("to=2031-02-30", "Invalid to"),
        ("before=x", "Invalid before"),
        ("before=1-%00", "Invalid before"),
        ("agent=%00", "Invalid agent"),
        ("limit=many", "Invalid query"),
    ] {
        for path in ["/staff/chats", "/staff/chats/export"] {
            let answer = get(&house.world, &format!("{path}?{query}"), &house.admin).await;
            fails(query, &answer, 400, text);
        }
    }
    let long = format!("/staff/chats?text={}", "x".repeat(201));
    fails(
        "long",
        &get(&house.world, &long, &house.admin).await,
        400,
        "Invalid text",
    );
    let good = "/staff/chats?text=%25%00'&from=2031-01-01&to=2031-02-01T00:00:00Z&limit=0";
    assert_eq!(get(&house.world, good, &house.admin).await.status, 200);
    for id in ["1", "../x", &"0".repeat(32)] {
        let answer = get(
            &house.world,
            &format!("/staff/chats/{id}/notes"),
            &house.admin,
        )
        .await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.body);
    }
    let bad = get(&house.world, "/staff/chats/export?format=pdf", &house.admin).await;
    fails("format", &bad, 400, "Invalid format");
}

#[tokio::test]
async fn a_thousand_chats_are_exported_whole() {
    let house = House::open().await;
    let records = records_of(&house.world).await;
    let now = 1_900_000_000 * SECOND;
    let stories: Vec<Story> = (0..1000)
        .map(|number| {
            Story::begin(&format!("=Visitor {number}"), now + number)
                .claimed("agent-1", "@Otto")
                .asks("=1+1; \"quoted\", \u{e4}\u{1f600}\nsecond line")
                .answers("+49 123")
                .ended()
        })
        .collect();
    let events: Vec<Archived> = stories.iter().flat_map(|s| s.events.clone()).collect();
    for batch in events.chunks(1000) {
        records.store(batch).await.expect("stored");
    }
    let exported = get(
        &house.world,
        "/staff/chats/export?format=json",
        &house.admin,
    )
    .await;
    assert_eq!(exported.status, 200);
    let chats = exported.json();
    let chats = chats.as_array().expect("a list");
    assert_eq!(chats.len(), 1000);
    assert_eq!(chats[0]["visitorName"], "=Visitor 999");
    assert_eq!(chats[0]["messages"][1]["content"], "+49 123");
    let exported = get(&house.world, "/staff/chats/export?format=csv", &house.admin).await;
    assert_eq!(exported.header("content-type"), "text/csv; charset=utf-8");
    let name = exported.header("content-disposition");
    assert!(
        name.starts_with("attachment; filename=\"chats-until-2"),
        "{name}"
    );
    let path = "/staff/chats/export?format=csv&from=2026-11-01&to=2026-11-03T00:00:00Z";
    let of_days = get(&house.world, path, &house.admin).await;
    assert_eq!(
        of_days.header("content-disposition"),
        "attachment; filename=\"chats-2026-11-01-to-2026-11-02.csv\""
    );
    let csv = &exported.body;
    assert!(
        csv.starts_with("\u{feff}chatId,platform,visitorId,visitorName,"),
        "{csv:.80}"
    );
    assert_eq!(csv.matches("'=Visitor").count(), 3000);
    assert_eq!(csv.matches("'+49 123").count(), 1000);
    assert_eq!(csv.matches("'@Otto").count(), 1000);
    assert_eq!(
        csv.matches("\"'=1+1; \"\"quoted\"\", \u{e4}\u{1f600}\nsecond line\"")
            .count(),
        1000
    );
    // Every chat once, page by page.
    let mut seen = std::collections::BTreeSet::new();
    let mut before = String::new();
    loop {
        let path = format!("/staff/chats?limit=170{before}");
        let page = get(&house.world, &path, &house.admin).await.json();
        for chat in page["chats"].as_array().expect("chats") {
            assert!(seen.insert(chat["id"].as_str().expect("an id").to_owned()));
        }
        match page["next"].as_str() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 1000);
}

#[tokio::test]
async fn a_report_tells_what_happened_and_what_is_going_on() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    agent.says("Hello").await;
    visitor.hears("Hello").await;
    let waiting = house.waiting("Vera").await;
    house.listed("status=engaged", 1).await;
    house.listed("status=waiting", 1).await;
    let report = get(
        &house.world,
        "/admin/reports?to=2200-01-01&from=2020-01-01",
        &house.boss.token,
    )
    .await;
    assert_eq!(report.status, 200, "{}", report.body);
    let report = report.json();
    assert_eq!(
        report["chats"],
        json!({"requested": 2, "answered": 1, "missed": 0, "messages": 1})
    );
    assert_eq!(report["now"], json!({"open": 2, "waiting": 1}));
    assert_eq!(report["waitingSeconds"]["count"], 1);
    assert!(
        report["waitingSeconds"]["median"]
            .as_f64()
            .expect("a number")
            < 10.0
    );
    assert_eq!(report["days"][0]["chats"], 2);
    assert_eq!(report["agents"][0]["name"], "Otto");
    assert_eq!(report["supervisors"][0]["id"], house.boss.id.as_str());
    let bad = get(&house.world, "/admin/reports?from=2200-01-01", &house.admin).await;
    fails("backwards", &bad, 400, "Invalid from");
    drop(waiting);
}

async fn rooms(house: &House, path: &str, token: &str) -> Vec<Value> {
    let answer = get(&house.world, path, token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["rooms"].as_array().expect("rooms").clone()
}

#[tokio::test]
async fn rooms_are_chats_as_agents_see_them() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    agent.says("Hello").await;
    visitor.hears("Hello").await;
    let waiting = house.waiting("Vera").await;
    let guest = visitor.guest.clone();
    for prefix in ["", "/livechat"] {
        let path = |status: &str| format!("{prefix}/rooms/?status={status}");
        let engaged = rooms(&house, &path("engaged"), &house.vika.token).await;
        assert_eq!(engaged.len(), 1);
        let created = engaged[0]["createdAt"].clone();
        assert_eq!(
            engaged[0],
            json!({"roomId": guest.chat_id, "userId": guest.user_id, "username": "Mina",
                "platform": "web", "status": "engaged", "agent": "Otto", "createdAt": created})
        );
        let open = rooms(&house, &path("waiting"), &house.vika.token).await;
        assert_eq!(open[0]["roomId"], waiting.guest.chat_id.as_str());
        assert_eq!(open[0]["agent"], Value::Null);
        assert_eq!(
            rooms(&house, &format!("{prefix}/rooms"), &house.admin)
                .await
                .len(),
            2
        );
    }
    let room = format!("/rooms/{}", guest.chat_id);
    for (token, count) in [
        (&house.vika.token, 0),
        (&house.otto.token, 1),
        (&house.boss.token, 1),
        (&house.admin, 1),
    ] {
        let shown = get(&house.world, &room, token).await.json();
        assert_eq!(shown["room"]["status"], "engaged");
        assert_eq!(shown["messages"].as_array().expect("a list").len(), count);
    }
    agent.leaves().await;
    eventually("the closed room", secs(15), async || {
        let closed = rooms(&house, "/rooms?status=closed", &house.vika.token).await;
        (closed.len() == 1).then_some(())
    })
    .await;
    let unknown = get(
        &house.world,
        &format!("/rooms/{}", "0".repeat(32)),
        &house.admin,
    )
    .await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (404, json!({"message": "Room not found"}))
    );
    let bad = get(&house.world, "/rooms?status=x", &house.admin).await;
    assert_eq!(
        (bad.status, bad.json()),
        (400, json!({"message": "Invalid status"}))
    );
    let none = get(&house.world, &room, &guest.token).await;
    assert_eq!(
        (none.status, none.json()),
        (
            403,
            json!({"message": "You do not have permission to access this API"})
        )
    );
}
