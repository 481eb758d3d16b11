//! docs/staff-api.md: what is left with chats (notes, ratings, follow-ups), handing them on, and erasing their visitors.

use e2e::people::{Account, ask};
use e2e::{eventually, secs};
use helpline_records::{FollowUp, FollowUpKind};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, fails, get, post, records_of};

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
async fn the_oldest_of_many_follow_ups_is_reached() {
    const MANY: usize = 323;
    let house = House::open().await;
    let records = records_of(&house.world).await;
    for number in 0..MANY {
        // Many of one moment: a page that goes on by time alone would lose some of them.
        let wish = FollowUp {
            kind: FollowUpKind::Message,
            id: format!("{number:032x}"),
            name: format!("Visitor {number}"),
            email: "mina@example.org".to_owned(),
            text: "Call me".to_owned(),
            chat: None,
            created_at: 1_900_000_000_000_000 + number as i64 / 100,
            taken: None,
            closed: None,
        };
        records.add_follow_up(&wish).await.expect("stored");
    }
    for limit in [50, 200, 323] {
        let mut seen = Vec::new();
        let mut before = String::new();
        loop {
            let path = format!("/staff/follow-ups?limit={limit}{before}");
            let page = get(&house.world, &path, &house.otto.token).await.json();
            assert_eq!(page["count"], MANY, "{page}");
            let wishes = page["followUps"].as_array().expect("a list");
            let names = wishes.iter().map(|wish| wish["name"].as_str());
            seen.extend(names.map(|name| name.expect("a name").to_owned()));
            match page["next"].as_str() {
                Some(next) => before = format!("&before={next}"),
                None => break,
            }
        }
        let expected: Vec<String> = (0..MANY).rev().map(|n| format!("Visitor {n}")).collect();
        assert_eq!(seen, expected, "by {limit}");
    }
    let path = "/staff/follow-ups?before=yesterday";
    let bad = get(&house.world, path, &house.otto.token).await;
    fails("before", &bad, 400, "Invalid before");
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
    let over = visitor.guest.chat_id.clone();
    visitor.chat_is_over(&over).await;
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
    let audit = get(
        &house.world,
        "/staff/audit?action=visitor_erased",
        &house.admin,
    )
    .await
    .json();
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
