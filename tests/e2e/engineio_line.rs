//! Contract 004, section 1: a line from its beginning to its end, whatever carries it and whoever ends it.

use std::time::Instant;

use e2e::engineio::{Eio, Polling, Wire};
use e2e::socketio::{SocketIo, every};
use e2e::{World, eventually, http, ms, secs, tokens};
use serde_json::json;

use crate::PROCESS;

const VERSIONS: [Eio; 2] = [Eio::V3, Eio::V4];

/// A visitor's token, for worlds that nobody works in.
fn token(number: usize) -> String {
    tokens::token(&format!("{number:032x}"), "visitor")
}

async fn no_socket_is_left(world: &World, server: usize) {
    eventually("all sockets are gone", secs(10), async || {
        let figures = http::get(world.socketio(server), "/metrics").await.body;
        let open = http::metric(&figures, "helpline_sockets_open");
        (open == Some(0.0)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_client_comes_in_is_answered_and_goes() {
    let world = World::builder().tokens().start();
    for (number, (client, transport)) in every().enumerate() {
        let address = world.socketio(0);
        let token = token(number);
        let mut visitor = SocketIo::connect(address, client, transport, Some(&token), "Mina")
            .await
            .unwrap_or_else(|refused| panic!("{client:?}, {transport:?}: {refused:?}"));
        for round in 0..3 {
            visitor
                .is_refused("nonsense", json!({"😀": round}), "Unknown event.")
                .await;
            let room = json!({"room": "285495465e8c49dfb9f7c21e14623ee3"});
            visitor
                .is_refused("staff_join", room, "This event is for staff only.")
                .await;
        }
        visitor.goes().await;
    }
    no_socket_is_left(&world, 0).await;
}

#[tokio::test]
async fn who_stops_tells_everybody_and_waits_for_them() {
    let mut world = World::builder()
        .tokens()
        .processes(PROCESS, &[("SOCKETS__DRAIN", "1s")])
        .start();
    let address = world.socketio(0);
    let mut clients = Vec::new();
    for (number, (client, transport)) in every().enumerate() {
        let token = token(number);
        let client = SocketIo::connect(address, client, transport, Some(&token), "Mina").await;
        clients.push(client.expect("accepted"));
    }
    let mut by_hand = Polling::open(address, Eio::V4, &token(100)).await;
    by_hand.send(&["40"]).await;
    assert!(by_hand.next().await.starts_with("40"));
    let began = Instant::now();
    world.chat_process(0).signal("TERM");
    let (let_go, ()) = tokio::join!(by_hand.poll(), async {
        for client in &mut clients {
            client.is_disconnected().await;
        }
    });
    // With an error, not with a goodbye: python-socketio takes that for good and does not come back.
    assert_eq!(let_go.status, 400, "{}", let_go.body);
    assert_eq!(world.chat_process(0).exit_status().code(), Some(0));
    assert!(began.elapsed() < secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn two_requests_for_packets_at_once_end_the_line() {
    let world = World::builder().tokens().start();
    for (number, eio) in VERSIONS.into_iter().enumerate() {
        let mut polling = Polling::open(world.socketio(0), eio, &token(number)).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let (one, other) = tokio::join!(polling.poll(), polling.poll());
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "{eio:?}");
        eventually("the line is gone", secs(5), async || {
            (polling.poll().await.status == 400).then_some(())
        })
        .await;
    }
}

/// A tab that is closed while its request for packets waits says no goodbye.
#[tokio::test]
async fn who_hangs_up_on_a_request_that_waits_is_gone() {
    let world = World::builder().tokens().start();
    for (number, eio) in VERSIONS.into_iter().enumerate() {
        let mut polling = Polling::open(world.socketio(0), eio, &token(number)).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let waiting = tokio::time::timeout(ms(300), polling.poll()).await;
        assert!(waiting.is_err(), "{eio:?}: there is nothing to bring");
        eventually("the line is gone", secs(5), async || {
            let refused = polling.send(&["4"]).await;
            (refused.body.contains("Session ID unknown")).then_some(())
        })
        .await;
    }
    no_socket_is_left(&world, 0).await;
}

#[tokio::test]
async fn an_upgrade_that_is_not_gone_through_with_leaves_polling_as_it_was() {
    let world = World::builder().tokens().start();
    for (number, eio) in VERSIONS.into_iter().enumerate() {
        let mut polling = Polling::open(world.socketio(0), eio, &token(number)).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let sid = polling.open["sid"].as_str().expect("a session").to_owned();
        let path = format!("{}&sid={sid}", eio.path("websocket"));
        for first in ["2probe", "5", "40", "nonsense"] {
            let mut wire = Wire::open(world.socketio(0), &path, &[])
                .await
                .expect("an upgrade");
            wire.send(first).await;
            if first == "2probe" {
                assert_eq!(wire.next().await, "3probe");
                polling.send(&[r#"421["nonsense"]"#]).await;
                drop(wire);
                eventually("polling goes on", secs(5), async || {
                    (polling.next().await != "6").then_some(())
                })
                .await;
            } else {
                assert_eq!(wire.try_next().await, None, "{first}");
            }
        }
        polling.send(&[r#"422["nonsense"]"#]).await;
        assert_eq!(polling.next().await, r#"432[false,"Unknown event."]"#);
    }
}

#[tokio::test]
async fn there_is_one_namespace_and_nothing_is_said_outside_of_it() {
    let world = World::builder().tokens().start();
    let path = Eio::V4.path("websocket");
    let token = token(0);
    let headers = [("authorization", token.as_str())];
    let mut wire = Wire::open(world.socketio(0), &path, &headers)
        .await
        .expect("an upgrade");
    assert!(wire.next().await.starts_with("0{"));
    // Before it is in, nobody says anything; that counts as what cannot be read.
    wire.send(r#"421["nonsense"]"#).await;
    wire.send("40/admin,{}").await;
    assert_eq!(
        wire.next().await,
        r#"44/admin,{"message":"Invalid namespace"}"#
    );
    wire.send("40").await;
    assert!(wire.next().await.starts_with("40{"));
    wire.send("40").await;
    wire.send(r#"422["nonsense"]"#).await;
    assert_eq!(wire.next().await, r#"432[false,"Unknown event."]"#);
    wire.send("41").await;
    assert_eq!(wire.try_next().await, None);
}

#[tokio::test]
async fn a_frame_over_64_kib_ends_the_line() {
    let world = World::builder().tokens().start();
    let mut wire = Wire::connected(world.socketio(0), Eio::V4, &token(0)).await;
    wire.send(&format!("42[\"{}\"]", "x".repeat(65_536))).await;
    assert_eq!(wire.next().await, "41");
    assert_eq!(wire.try_next().await, None);
    no_socket_is_left(&world, 0).await;
}

#[tokio::test]
async fn an_address_has_only_so_many_sockets() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.limits.sockets_per_address = Some(2))
        .start();
    let address = world.socketio(0);
    let _one = Wire::connected(address, Eio::V4, &token(0)).await;
    let two = Wire::connected(address, Eio::V3, &token(1)).await;
    let path = format!("{}&token={}", Eio::V4.path("polling"), token(2));
    assert_eq!(http::get(address, &path).await.status, 429);
    drop(two);
    eventually("a place is free", secs(5), async || {
        (http::get(address, &path).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_token_that_runs_out_ends_its_line() {
    let world = World::builder().tokens().start();
    let mut claims = tokens::claims(&format!("{:032x}", 1), "visitor");
    let soon = claims["iat"].as_i64().expect("a time") + 2;
    claims["exp"] = json!(soon);
    let token = tokens::sign(&claims, tokens::SECRET);
    let mut wire = Wire::connected(world.socketio(0), Eio::V4, &token).await;
    assert_eq!(wire.next().await, "41");
    assert_eq!(wire.try_next().await, None);
}

#[tokio::test]
async fn who_says_too_much_is_told_to_slow_down() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.limits.messages_per_second = 1;
            settings.limits.message_burst = 2;
        })
        .start();
    let mut wire = Wire::connected(world.socketio(0), Eio::V4, &token(0)).await;
    for number in 0..3 {
        wire.send(&format!("42{number}[\"visitor_msg\",{{}}]"))
            .await;
    }
    for text in [
        "Missing/Invalid data",
        "Missing/Invalid data",
        "Too many events, this one was not taken.",
    ] {
        let answer = wire.next().await;
        assert!(answer.contains(text), "{answer}");
    }
}

/// Packets for a client that takes none are bounded, and it is told to come back.
#[tokio::test]
async fn a_client_that_does_not_read_is_let_go() {
    let world = World::builder()
        .tokens()
        .settings(|settings| {
            settings.sockets.send_timeout = ms(300);
            settings.limits.message_burst = 1_000_000;
            settings.limits.messages_per_second = 1_000_000;
        })
        .start();
    // By polling nobody takes anything unasked.
    let mut polling = Polling::open(world.socketio(0), Eio::V4, &token(0)).await;
    polling.send(&["40"]).await;
    assert!(polling.next().await.starts_with("40"));
    let question = r#"421["visitor_msg",{}]"#;
    eventually("it is let go", secs(20), async || {
        let gone = polling.send(&[question; 30]).await.status == 400;
        gone.then_some(())
    })
    .await;
    let figures = http::get(world.socketio(0), "/metrics").await.body;
    let slow = http::metric(&figures, "helpline_slow_readers_total");
    assert_eq!(slow, Some(1.0));
    no_socket_is_left(&world, 0).await;
}
