//! What every listener answers besides its own business: `/health`, `/ready`, `/serving`, `/metrics`, CORS, and unknown paths.

use std::net::SocketAddr;

use e2e::http::{self, metric};
use e2e::{World, eventually, secs};
use serde_json::json;

#[tokio::test]
async fn every_listener_is_alive_and_ready() {
    let world = World::new();
    for address in world.listeners() {
        assert_eq!(http::status(address, "/health").await, Some(200));
        eventually("readiness", secs(5), async || {
            (http::status(address, "/ready").await == Some(200)).then_some(())
        })
        .await;
        assert_eq!(http::status(address, "/serving").await, Some(200));
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let world = World::new();
    for address in world.listeners() {
        for path in ["/nowhere", "/user", "/chat", "/joins/1"] {
            let answer = http::get(address, path).await;
            assert_eq!(answer.status, 404, "{path}: {}", answer.body);
            let expected =
                json!({"success": false, "error": "Route not found", "message": "Route not found"});
            assert_eq!(answer.json(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn any_origin_may_ask() {
    // Without tokens only this machine's own pages may.
    let world = World::builder().tokens().start();
    for address in world.listeners() {
        let answer =
            http::get_with(address, "/health", &[("Origin", "https://shop.example")]).await;
        let allowed = answer.header("access-control-allow-origin");
        assert!(
            allowed == "*" || allowed == "https://shop.example",
            "{answer:?}"
        );
    }
    let answer = http::get_with(
        world.chat(0),
        "/user/join/Mina",
        &[("Origin", "https://shop.example")],
    )
    .await;
    assert!(
        !answer.header("access-control-allow-origin").is_empty(),
        "{answer:?}"
    );
    world.knows(&answer.json());
}

#[tokio::test]
async fn the_allowed_origin_is_a_setting() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.http.cors_origin = "https://shop.example".into())
        .start();
    let asked =
        async |origin| http::get_with(world.chat(0), "/health", &[("Origin", origin)]).await;
    assert_eq!(
        asked("https://shop.example")
            .await
            .header("access-control-allow-origin"),
        "https://shop.example"
    );
    assert_ne!(
        asked("https://elsewhere.example")
            .await
            .header("access-control-allow-origin"),
        "https://elsewhere.example"
    );
}

async fn value(address: SocketAddr, name: &str) -> f64 {
    let text = http::get(address, "/metrics").await.body;
    metric(&text, name).unwrap_or_else(|| panic!("no {name} in:\n{text}"))
}

#[tokio::test]
async fn every_metric_is_ours_by_name() {
    let world = World::new();
    for address in world.listeners() {
        let answer = http::get(address, "/metrics").await;
        assert_eq!(answer.status, 200);
        let samples: Vec<&str> = answer
            .body
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .collect();
        assert!(!samples.is_empty());
        for sample in samples {
            assert!(sample.starts_with("helpline_"), "{sample}");
        }
    }
}

#[tokio::test]
async fn chat_server_counts_sockets_chats_and_messages() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("hello").await;
    support.hears("hello").await;
    let (of_visitor, of_support) = (world.chat(0), world.chat(1));
    eventually("the counts of a conversation", secs(5), async || {
        let seen = [
            value(of_visitor, "helpline_sockets_open").await,
            value(of_visitor, "helpline_chats_open").await,
            value(of_visitor, "helpline_messages_in_total").await,
            value(of_support, "helpline_messages_out_total").await,
        ];
        seen.iter().all(|count| *count >= 1.0).then_some(())
    })
    .await;
    assert!(
        value(of_visitor, "helpline_commit_seconds_count").await >= 3.0,
        "a registration, a join, a message"
    );
    let mut late = world
        .open(0, &visitor.guest.chat_id, &e2e::Door::plain(), "Otto")
        .await;
    late.send("Join", visitor.guest.claim("Otto")).await;
    late.expect_error("already_claimed").await;
    assert!(value(of_visitor, "helpline_claim_conflicts_total").await >= 1.0);
    late.close().await;
    visitor.leaves().await;
    eventually("no open socket and no open chat", secs(5), async || {
        (value(of_visitor, "helpline_sockets_open").await == 0.0
            && value(of_visitor, "helpline_chats_open").await == 0.0)
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn subscriber_counts_who_waits() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    for server in 0..2 {
        eventually("one who waits", secs(5), async || {
            (value(world.feed(server), "helpline_waiting").await == 1.0).then_some(())
        })
        .await;
        eventually("a wait that grows", secs(5), async || {
            (value(world.feed(server), "helpline_oldest_wait_seconds").await > 0.0).then_some(())
        })
        .await;
    }
    let _support = world.support(&visitor.guest, "Vika").await;
    for server in 0..2 {
        eventually("nobody who waits", secs(5), async || {
            (value(world.feed(server), "helpline_waiting").await == 0.0).then_some(())
        })
        .await;
    }
}
