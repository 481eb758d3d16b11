//! Who comes to the staff desk, what each may ask there, and what a socket there may not do.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use e2e::people::ask;
use e2e::{Door, Frame, Socket, World, eventually, http, ms, secs, tokens};
use reqwest::Method;
use serde_json::json;

use crate::PROCESS;
use crate::desk::{Seat, world};
use crate::house::House;

/// Every request by an agent, a supervisor, an admin: `3` is refused as `forbidden`, `.` is not.
const REQUESTS: &[(&str, &str)] = &[
    ("Watch", "3.."),
    ("Unwatch", "3.."),
    ("Whisper", "3.."),
    ("TakeOver", "3.."),
    ("Flag", "..."),
    ("Reassign", "3.."),
];

/// The requests that the dialect reads, as its source names them.
fn read() -> BTreeSet<String> {
    let path = "../crates/protocol/src/staff_desk/decode.rs";
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = fs::read_to_string(source).expect("the dialect's source");
    let arms = text.lines().filter_map(|line| {
        let (name, _) = line.trim().strip_prefix('"')?.split_once("\" =>")?;
        Some(name.to_owned())
    });
    arms.collect()
}

#[tokio::test]
async fn every_request_is_answered_as_its_row_says() {
    let rows: BTreeSet<String> = REQUESTS
        .iter()
        .map(|(kind, _)| (*kind).to_owned())
        .collect();
    assert_eq!(
        rows,
        read(),
        "rows of this test, and requests of the dialect"
    );
    let world = world();
    let mut seats = Vec::new();
    for role in ["agent", "supervisor", "admin"] {
        seats.push(Seat::take(&world, 0, &format!("the-{role}"), role).await);
    }
    let args = json!({
        "chatId": "0123456789abcdef0123456789abcdef", "content": "x", "name": "X", "severity": 1, "to": "nobody",
    });
    for (kind, row) in REQUESTS {
        for (seat, expected) in seats.iter_mut().zip(row.chars()) {
            let (_, answer) = seat.asks(kind, args.clone()).await;
            let found = match answer["code"].as_str() {
                Some("forbidden") => '3',
                _ => '.',
            };
            assert_eq!(found, expected, "{kind}: {answer}");
        }
    }
}

async fn knock(world: &World, door: &Door) -> Result<Socket, u16> {
    Socket::open(world.feed(0), "/desk", door, "somebody")
        .await
        .map_err(|refused| refused.status)
}

#[tokio::test]
async fn the_desk_needs_a_staff_token_in_every_mode() {
    for world in [World::new(), world()] {
        let guest = world.register("Mina").await;
        let visitor = Door::v1().bearer(&guest.token);
        for (door, status) in [
            (Door::v1(), 401),
            (Door::plain(), 401),
            (Door::v1().bearer("nonsense"), 401),
            (Door::v1().bearer(&tokens::expired("vika", "admin")), 401),
            (visitor, 403),
        ] {
            assert_eq!(knock(&world, &door).await.err(), Some(status), "{door:?}");
        }
    }
    let world = world();
    let candidate = Door::v1().bearer(&tokens::token("mina", "candidate"));
    assert_eq!(knock(&world, &candidate).await.err(), Some(403));
    let plain = Door::plain().bearer(&tokens::token("vika", "agent"));
    assert_eq!(knock(&world, &plain).await.err(), Some(400));
    // As a browser does it.
    let token = tokens::token("vika", "agent");
    let door = Door::plain().protocols(&["helpline.v1", "bearer", &token]);
    let mut socket = knock(&world, &door).await.expect("an upgrade");
    assert_eq!(socket.protocol.as_deref(), Some("helpline.v1"));
    socket.expect("Desk").await;
}

#[tokio::test]
async fn in_open_mode_those_with_accounts_come_too() {
    let office = e2e::Office::new().await;
    let seat = Seat::with(&office.world, 0, &office.supervisor.token).await;
    assert_eq!(seat.desk["chats"], json!([]));
}

#[tokio::test]
async fn a_token_that_ends_closes_the_desk() {
    let world = world();
    let mut claims = tokens::claims("Rosa", "supervisor");
    let now = claims["iat"].as_i64().expect("seconds");
    claims["exp"] = json!(now + 2);
    let mut seat = Seat::with(&world, 0, &tokens::sign(&claims, tokens::SECRET)).await;
    seat.socket.expect_error("unauthorized").await;
    seat.socket.closed_with(4401).await;
}

#[tokio::test]
async fn an_account_that_is_disabled_is_out() {
    let house = House::open().await;
    let mut seat = Seat::with(&house.world, 1, &house.boss.token).await;
    let path = format!("/staff/accounts/{}", house.boss.id);
    let body = json!({"active": false});
    let chat = house.world.chat(0);
    let answer = ask(chat, Method::PATCH, &path, Some(&house.admin), Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    seat.until_error("unauthorized").await;
    seat.socket.closed_with(4401).await;
}

impl Seat {
    async fn until_error(&mut self, code: &str) {
        let error = self.until("Error", |_| true).await;
        assert_eq!(error["code"], code);
    }
}

#[tokio::test]
async fn frames_that_cannot_be_read_are_told_so_and_twenty_are_too_many() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let chat = "0123456789abcdef0123456789abcdef";
    let bad = [
        ("hello", "malformed"),
        (r#"{"type":"Watch"}"#, "malformed"),
        (r#"{"type":"Dance","args":{}}"#, "unknown_type"),
        (r#"{"type":"Watch","args":{"ref":7}}"#, "invalid_field"),
        (r#"{"type":"Watch","args":{}}"#, "invalid_field"),
    ];
    for (text, code) in bad {
        rosa.socket.send_text(text).await;
        let error = rosa.socket.expect_error(code).await;
        assert!(error.get("ref").is_none(), "{error}");
    }
    let error = rosa
        .fails("Flag", json!({"chatId": chat}), "invalid_field")
        .await;
    assert_eq!(
        (&error["field"], &error["ref"]),
        (&json!("severity"), &json!("Flag 1"))
    );
    // What is refused for another reason does not count, and without a reference the answer has none.
    for _ in 0..30 {
        rosa.socket.send("Watch", json!({"chatId": chat})).await;
        let error = rosa.socket.expect_error("chat_expired").await;
        assert!(error.get("ref").is_none(), "{error}");
    }
    rosa.socket.send("Unwatch", json!({"chatId": chat})).await;
    assert_eq!(rosa.socket.expect("Done").await, json!({}));
    rosa.socket.send_binary(b"x").await;
    rosa.socket.expect_error("malformed").await;
    for _ in 7..20 {
        rosa.socket.send_text("hello").await;
        rosa.socket.expect_error("malformed").await;
    }
    rosa.socket.expect_error("too_many_errors").await;
    rosa.socket.closed_with(1008).await;
}

#[tokio::test]
async fn whoever_asks_too_fast_is_told_to_slow_down() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.limits.messages_per_second = 1;
            settings.limits.message_burst = 3;
        })
        .start();
    let mut rosa = Seat::supervisor(&world).await;
    let mut slowed = 0;
    for _ in 0..8 {
        let (_, answer) = rosa.asks("Unwatch", json!({"chatId": "x"})).await;
        slowed += u32::from(answer["code"] == "slow_down");
    }
    assert!(slowed >= 3, "{slowed}");
}

#[tokio::test]
async fn whoever_does_not_read_is_sent_away_and_begins_anew() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.limits.message_burst = 100_000;
            settings.sockets.outbox = 16;
            settings.sockets.send_timeout = secs(1);
        })
        .start();
    let door = Door::v1()
        .bearer(&tokens::token("Rosa", "supervisor"))
        .small_receive_buffer();
    let mut slow = knock(&world, &door).await.expect("an upgrade");
    slow.expect("Desk").await;
    let mut quick = Seat::supervisor(&world).await;
    let (mut visitor, mut support) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    quick.sees(&chat, "engaged").await;
    slow.send("Watch", json!({"chatId": chat})).await;
    let words = "x".repeat(4000);
    eventually("the slow one to be sent away", secs(20), async || {
        for _ in 0..20 {
            visitor.says(&words).await;
            support.hears(&words).await;
            quick.of("Chat", &chat).await;
        }
        let metrics = http::get(world.feed(0), "/metrics").await.body;
        (http::metric(&metrics, "helpline_slow_readers_total") >= Some(1.0)).then_some(())
    })
    .await;
    while !matches!(slow.next().await, Frame::Closed(_)) {}
    let again = Seat::supervisor(&world).await;
    assert_eq!(again.desk["chats"][0]["chatId"], chat);
}

#[tokio::test]
async fn a_subscriber_that_stops_sends_its_desks_elsewhere() {
    let mut world = World::builder().processes(PROCESS, &[]).tokens().start();
    let mut rosa = Seat::supervisor(&world).await;
    let figure = async |server: usize| {
        let metrics = http::get(world.feed(server), "/metrics").await.body;
        let series = "helpline_sockets_open{kind=\"desk\"} ";
        let figure = metrics.lines().find_map(|line| line.strip_prefix(series));
        figure.expect("a figure").to_owned()
    };
    assert_eq!(
        (figure(0).await, figure(1).await),
        ("1".to_owned(), "0".to_owned())
    );
    world.feed_process(0).signal("TERM");
    rosa.socket.closed_with(1012).await;
    let visitor = world.visitor("Mina").await;
    let mut back = Seat::take(&world, 1, "Rosa", "supervisor").await;
    let chat = visitor.guest.chat_id.clone();
    if back.desk["chats"] == json!([]) {
        back.sees(&chat, "waiting").await;
    }
    assert!(world.feed_process(0).exit_status().success());
}

#[tokio::test]
async fn silence_is_noticed() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.sockets.ping = ms(100);
            settings.sockets.silence = ms(400);
        })
        .start();
    let mut rosa = Seat::supervisor(&world).await;
    rosa.socket.pinged().await;
    rosa.socket.falls_silent();
    while !matches!(rosa.socket.next().await, Frame::Closed(Some(1000))) {}
}
