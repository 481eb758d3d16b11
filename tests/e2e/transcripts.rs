//! docs/staff-api.md: chats, notes, transfers, ratings, follow-ups, figures and erasing; and the rooms of contract 000.

use e2e::http::Answer;
use e2e::people::{Account, ask};
use e2e::{Door, Guest, Party, Side, World, eventually, secs, tokens};
use helpline_records::{Archived, Records};
use reqwest::Method;
use serde_json::{Value, json};

use crate::happenings::{SECOND, Story};

async fn get(world: &World, path: &str, token: &str) -> Answer {
    ask(world.chat(0), Method::GET, path, Some(token), None).await
}

async fn post(world: &World, path: &str, token: Option<&str>, body: &Value) -> Answer {
    ask(world.chat(1), Method::POST, path, token, Some(body)).await
}

fn fails(what: &str, answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let expected = json!({"success": false, "error": text, "message": text});
    assert_eq!(answer.json(), expected, "{what}");
}

async fn records_of(world: &World) -> Records {
    let url = format!("sqlite:{}/helpline.db", world.folder.path().display());
    Records::open(&url).await.expect("a good address")
}

/// A deployment with people.
struct House {
    world: World,
    admin: String,
    boss: Account,
    otto: Account,
    vika: Account,
}

impl House {
    async fn open() -> Self {
        let world = World::builder().tokens().start();
        let admin = world.admin().await;
        let boss = world.account("Boss", "supervisor", None).await;
        let otto = world.account("Otto", "agent", Some(&boss.id)).await;
        let vika = world.account("Vika", "agent", Some(&boss.id)).await;
        Self {
            world,
            admin,
            boss,
            otto,
            vika,
        }
    }

    /// A chat that waits.
    async fn waiting(&self, name: &str) -> Party {
        let guest = self.world.register(name).await;
        let door = Door::plain().bearer(&guest.token);
        self.world.joins(&guest, 0, &door).await
    }

    async fn claims(&self, guest: &Guest, agent: &Account, name: &str) -> Party {
        let door = Door::plain().bearer(&agent.token);
        let mut socket = self.world.open(1, &guest.chat_id, &door, name).await;
        socket.send("Join", guest.claim(name)).await;
        let mut party = Party {
            guest: guest.clone(),
            side: Side::Support,
            support_id: None,
            support_name: None,
            door,
            socket,
        };
        party.meets(name).await;
        party
    }

    /// A chat that the agent Otto has.
    async fn engaged(&self, name: &str) -> (Party, Party) {
        let mut visitor = self.waiting(name).await;
        let agent = self
            .claims(&visitor.guest.clone(), &self.otto, "Otto")
            .await;
        visitor.meets("Otto").await;
        (visitor, agent)
    }

    /// Waits until a list shows so many chats.
    async fn listed(&self, query: &str, count: usize) -> Vec<Value> {
        let path = format!("/staff/chats?{query}");
        eventually("the list", secs(15), async || {
            let answer = get(&self.world, &path, &self.admin).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            let chats = answer.json()["chats"].as_array().expect("chats").clone();
            (chats.len() == count).then_some(chats)
        })
        .await
    }
}

#[tokio::test]
async fn a_transcript_shows_what_was_said_at_once_and_after_the_end() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    visitor.says("My invoice is missing").await;
    agent.hears("My invoice is missing").await;
    agent.says("Which month?").await;
    visitor.hears("Which month?").await;
    let path = format!("/staff/chats/{}", visitor.guest.chat_id);
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
            line(
                "visitor",
                &visitor.guest.user_id,
                "Mina",
                "My invoice is missing",
            ),
            line("agent", &house.otto.id, "Otto", "Which month?"),
        ];
        assert_eq!(said, expected);
        chat
    };
    let live = check("engaged").await;
    agent.leaves().await;
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
        (&chat, [401, no, no, yes, yes, yes]),
        (&notes, [401, no, no, yes, yes, yes]),
        (&of_visitor, [401, no, no, yes, yes, yes]),
        (&of_otto, [401, no, no, yes, yes, yes]),
        ("/staff/chats", [401, no, yes, yes, yes, yes]),
        ("/staff/chats/export", [401, no, yes, yes, yes, yes]),
        ("/staff/follow-ups", [401, no, yes, yes, yes, yes]),
        ("/admin/reports", [401, no, no, no, yes, yes]),
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
async fn notes_are_for_staff() {
    let house = House::open().await;
    let (visitor, _agent) = house.engaged("Mina").await;
    let path = format!("/staff/chats/{}/notes", visitor.guest.chat_id);
    let text = "angry'; DROP TABLE notes; -- \u{1f620}";
    let made = post(
        &house.world,
        &path,
        Some(&house.otto.token),
        &json!({"text": format!(" {text} ")}),
    )
    .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let listed = get(&house.world, &path, &house.boss.token).await.json();
    assert_eq!(listed["notes"], json!([made.json()]));
    assert_eq!(listed["notes"][0]["text"], text);
    assert_eq!(listed["notes"][0]["authorName"], "Otto");
    for body in [
        json!({}),
        json!({"text": " "}),
        json!({"text": 7}),
        json!([]),
        json!({"text": "x".repeat(4097)}),
    ] {
        let refused = post(&house.world, &path, Some(&house.otto.token), &body).await;
        fails("a note", &refused, 400, "Invalid text");
    }
    let other = post(
        &house.world,
        &path,
        Some(&house.vika.token),
        &json!({"text": "x"}),
    )
    .await;
    fails("another agent", &other, 403, "Forbidden");
}

#[tokio::test]
async fn a_visitor_rates_its_own_chat_only() {
    let house = House::open().await;
    let (mut visitor, _agent) = house.engaged("Mina").await;
    let (guest, other) = (visitor.guest.clone(), house.world.register("Vera").await);
    let path = format!("/chats/{}/rating", guest.chat_id);
    let rate =
        async |token: Option<&str>, body: Value| post(&house.world, &path, token, &body).await;
    let good = || json!({"score": 5, "comment": " quick "});
    fails(
        "nobody",
        &rate(None, good()).await,
        401,
        "No token provided",
    );
    for token in [&other.token, &house.otto.token, &house.admin] {
        fails(
            "another",
            &rate(Some(token), good()).await,
            403,
            "Forbidden",
        );
    }
    for score in [
        json!(0),
        json!(6),
        json!(2.5),
        json!("5"),
        json!(null),
        json!(-1),
    ] {
        let refused = rate(Some(&guest.token), json!({"score": score})).await;
        fails("a score", &refused, 400, "Invalid score");
    }
    let refused = rate(
        Some(&guest.token),
        json!({"score": 1, "comment": "x".repeat(1001)}),
    )
    .await;
    fails("a comment", &refused, 400, "Invalid comment");
    assert_eq!(
        rate(Some(&guest.token), json!({"score": 1})).await.status,
        200
    );
    visitor.leaves().await;
    let rated = rate(Some(&guest.token), good()).await;
    assert_eq!((rated.status, &rated.json()["score"]), (200, &json!(5)));
    let chat = format!("/staff/chats/{}", guest.chat_id);
    let chat = get(&house.world, &chat, &house.admin).await.json();
    assert_eq!(chat["rating"]["score"], 5);
    assert_eq!(chat["rating"]["comment"], "quick");
}

#[tokio::test]
async fn who_found_nobody_leaves_word() {
    let house = House::open().await;
    let guest = house.world.register("Mina").await;
    let body = |change: Value| {
        let mut body = json!({"name": "Mina", "email": "mina@example.org", "text": "Call me"});
        for (name, value) in change.as_object().expect("an object") {
            body[name] = value.clone();
        }
        body
    };
    let send = async |token: Option<&str>, change: Value| {
        post(&house.world, "/follow-ups", token, &body(change)).await
    };
    for (change, text) in [
        (json!({"name": " "}), "Invalid name"),
        (json!({"name": "a\nb"}), "Invalid name"),
        (json!({"email": "mina"}), "Invalid email"),
        (json!({"email": ["a@b.c"]}), "Invalid email"),
        (json!({"text": ""}), "Invalid text"),
        (json!({"text": "x".repeat(4097)}), "Invalid text"),
        (json!({"chatId": "1"}), "Invalid chatId"),
    ] {
        fails("a follow-up", &send(None, change).await, 400, text);
    }
    let chat = json!({"chatId": guest.chat_id});
    fails(
        "a chat",
        &send(None, chat.clone()).await,
        401,
        "No token provided",
    );
    assert_eq!(send(Some(&guest.token), chat).await.status, 201);
    let made = send(None, json!({})).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let list = async |query: &str| {
        let path = format!("/staff/follow-ups{query}");
        let answer = get(&house.world, &path, &house.otto.token).await.json();
        answer["followUps"].as_array().expect("a list").clone()
    };
    let open = list("").await;
    assert_eq!(open.len(), 2);
    assert_eq!(open[0]["id"], id.as_str());
    assert_eq!(open[1]["chatId"], guest.chat_id.as_str());
    let change = async |what: &str, by: &Account| {
        let path = format!("/staff/follow-ups/{id}/{what}");
        post(&house.world, &path, Some(&by.token), &json!({})).await
    };
    assert_eq!(change("take", &house.otto).await.status, 200);
    fails(
        "taken",
        &change("take", &house.vika).await,
        409,
        "Already taken",
    );
    assert_eq!(change("close", &house.otto).await.status, 200);
    assert_eq!(list("").await.len(), 1);
    assert_eq!(
        list("?closed=true").await[0]["closed"]["by"],
        house.otto.id.as_str()
    );
    let nothing = format!("/staff/follow-ups/{}/take", "0".repeat(32));
    let unknown = post(&house.world, &nothing, Some(&house.admin), &json!({})).await;
    fails("unknown", &unknown, 404, "Follow-up not found");
}

#[tokio::test]
async fn a_chat_is_handed_on() {
    let house = House::open().await;
    let (mut visitor, mut agent) = house.engaged("Mina").await;
    let path = format!("/staff/chats/{}/transfer", visitor.guest.chat_id);
    let hand = async |by: &str, body: Value| post(&house.world, &path, Some(by), &body).await;
    let to_vika = || json!({"to": house.vika.id, "note": "speaks French"});
    for body in [json!({}), json!({"to": "vika"}), json!({"to": 1})] {
        fails(
            "to",
            &hand(&house.otto.token, body).await,
            400,
            "Invalid to",
        );
    }
    let long = json!({"to": house.vika.id, "note": "x".repeat(501)});
    fails(
        "note",
        &hand(&house.otto.token, long).await,
        400,
        "Invalid note",
    );
    fails(
        "not hers",
        &hand(&house.vika.token, to_vika()).await,
        403,
        "Forbidden",
    );
    let nobody = json!({"to": "0".repeat(32)});
    fails(
        "nobody",
        &hand(&house.otto.token, nobody).await,
        404,
        "Agent not found",
    );
    let handed = hand(&house.otto.token, to_vika()).await;
    assert_eq!(handed.status, 200, "{}", handed.body);
    visitor.socket.expect("SupportLeft").await;
    agent.socket.expect_error("forbidden").await;
    house
        .claims(&visitor.guest.clone(), &house.vika, "Vika")
        .await;
    visitor.meets("Vika").await;
    visitor.leaves().await;
    fails(
        "over",
        &hand(&house.admin, to_vika()).await,
        409,
        "Chat is over",
    );
}

#[tokio::test]
async fn an_erased_visitor_is_gone_everywhere_and_its_chat_is_closed() {
    let house = House::open().await;
    let (mut visitor, _agent) = house.engaged("Mina Secret").await;
    visitor.says("my secret").await;
    let guest = visitor.guest.clone();
    let path = format!("/staff/visitors/{}", guest.user_id);
    let erase = async || {
        let admin = Some(house.admin.as_str());
        ask(house.world.chat(1), Method::DELETE, &path, admin, None).await
    };
    let erased = erase().await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    visitor.socket.expect("SupportLeft").await;
    visitor.socket.expect("ChatExpired").await;
    let chat = format!("/staff/chats/{}", guest.chat_id);
    eventually(
        "it to be gone, in whatever order its events arrive",
        secs(15),
        async || {
            let answer = get(&house.world, &chat, &house.admin).await;
            (answer.status == 404).then_some(())
        },
    )
    .await;
    house.listed("text=secret", 0).await;
    house.listed(&format!("visitor={}", guest.user_id), 0).await;
    let exported = get(&house.world, "/staff/chats/export", &house.admin).await;
    assert!(!exported.body.contains("ecret"), "{}", exported.body);
    let audit = get(&house.world, "/staff/audit", &house.admin).await.json();
    assert_eq!(audit["entries"][0]["action"], "visitor_erased");
    assert_eq!(audit["entries"][0]["target"], guest.user_id.as_str());
    assert_eq!(erase().await.status, 200);
}

#[tokio::test]
async fn messages_that_race_with_an_erasure_stay_nowhere() {
    let house = House::open().await;
    let (mut visitor, _agent) = house.engaged("Mina").await;
    let guest = visitor.guest.clone();
    let talking = tokio::spawn(async move {
        for number in 0..200 {
            visitor.sends(&format!("secret {number}")).await;
            tokio::task::yield_now().await;
        }
        visitor
    });
    let path = format!("/staff/visitors/{}", guest.user_id);
    let admin = Some(house.admin.as_str());
    let erased = ask(house.world.chat(1), Method::DELETE, &path, admin, None).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    drop(talking.await.expect("no panic"));
    let records = records_of(&house.world).await;
    eventually("everything to be archived", secs(15), async || {
        let metrics = e2e::http::get(house.world.chat(0), "/metrics").await.body;
        let waiting = e2e::http::metric(&metrics, "helpline_stream_length").expect("a figure");
        (waiting == 0.0).then_some(())
    })
    .await;
    let events = records.events_of(&guest.chat_id).await.expect("an answer");
    assert_eq!(events, []);
    house.listed("text=secret", 0).await;
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
    let csv = &exported.body;
    assert!(
        csv.starts_with("chatId,platform,visitorId,visitorName,"),
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
        (401, json!({"message": "Forbidden access, token invalid"}))
    );
}
