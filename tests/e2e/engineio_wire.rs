//! Contract 004, section 1: the two versions of Engine.IO as they stand on the wire.

use e2e::engineio::{Eio, Polling, Wire};
use e2e::shift::content;
use e2e::{Shift, http, secs};
use serde_json::{Value, json};

/// An event with an ack id, as a packet.
fn event(ack: u32, name: &str, data: &Value) -> String {
    format!("42{ack}{}", json!([name, data]))
}

/// The two arguments of an acknowledgement.
fn accepted(ack: u32) -> String {
    format!("43{ack}[true,null]")
}

fn is_open_packet(open: &Value, upgrades: &[&str]) {
    assert!(
        open["sid"].as_str().is_some_and(|sid| !sid.is_empty()),
        "{open}"
    );
    assert_eq!(open["pingInterval"], 25_000, "{open}");
    assert_eq!(open["pingTimeout"], 20_000, "{open}");
    assert_eq!(open["maxPayload"], 65_536, "{open}");
    assert_eq!(open["upgrades"], json!(upgrades), "{open}");
}

#[tokio::test]
async fn the_handshake_names_the_limits_and_the_upgrade() {
    let shift = Shift::new().await;
    let token = shift.visitor("Mina").token;
    for eio in [Eio::V3, Eio::V4] {
        let polling = Polling::open(shift.socketio(0), eio, &token).await;
        is_open_packet(&polling.open, &["websocket"]);
        let headers = [("authorization", token.as_str())];
        let wire = Wire::open(shift.socketio(0), &eio.path("websocket"), &headers).await;
        let open = wire.expect("an upgrade").next().await;
        let open: Value = serde_json::from_str(&open[1..]).expect("JSON");
        is_open_packet(&open, &[]);
    }
}

#[tokio::test]
async fn in_version_3_the_server_sends_the_welcome_unasked() {
    let shift = Shift::new().await;
    let mut polling = Polling::open(shift.socketio(0), Eio::V3, &shift.visitor("Mina").token).await;
    assert_eq!(polling.next().await, "40");
    // It checks what `connected` does over a WebSocket.
    Wire::connected(shift.socketio(0), Eio::V3, &shift.visitor("Max").token).await;
}

#[tokio::test]
async fn in_version_4_the_client_asks_for_it_and_is_told_its_session() {
    let shift = Shift::new().await;
    let mut polling = Polling::open(shift.socketio(0), Eio::V4, &shift.visitor("Mina").token).await;
    assert_eq!(polling.send(&["40"]).await.body, "ok");
    let welcome = polling.next().await;
    let given: Value =
        serde_json::from_str(welcome.strip_prefix("40").expect("a welcome")).expect("JSON");
    assert!(given["sid"].is_string(), "{welcome}");
}

#[tokio::test]
async fn several_packets_share_a_payload() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let mut polling = Polling::open(shift.socketio(0), eio, &shift.visitor("Mina").token).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        // Characters of one, two, three and four bytes: lengths are no bytes in version 3.
        let first = event(1, "visitor_first_msg", &content("a é 語 😀"));
        let second = event(2, "visitor_msg_unclaimed", &content("😀 語 é a"));
        let answer = polling.send(&[&first, &second]).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "ok"),
            "{eio:?}"
        );
        assert_eq!(polling.next().await, accepted(1), "{eio:?}");
        assert_eq!(polling.next().await, accepted(2), "{eio:?}");
    }
}

#[tokio::test]
async fn without_an_ack_id_nothing_is_sent_back() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let mut wire = Wire::connected(shift.socketio(1), eio, &shift.visitor("Mina").token).await;
        wire.send(&format!(
            "42{}",
            json!(["visitor_first_msg", content("hello")])
        ))
        .await;
        wire.send(&format!("42{}", json!(["visitor_first_msg", 5])))
            .await;
        wire.send(&event(7, "visitor_msg_unclaimed", &content("anybody?")))
            .await;
        assert_eq!(wire.next().await, accepted(7), "{eio:?}");
    }
}

#[tokio::test]
async fn in_version_3_the_client_pings() {
    let shift = Shift::new().await;
    let mut wire = Wire::connected(shift.socketio(0), Eio::V3, &shift.visitor("Mina").token).await;
    for _ in 0..3 {
        wire.send("2").await;
        assert_eq!(wire.next().await, "3");
    }
}

#[tokio::test]
async fn in_version_4_the_server_pings() {
    let shift = Shift::new().await;
    let mut wire = Wire::connected(shift.socketio(0), Eio::V4, &shift.visitor("Mina").token).await;
    // The contract's interval is what this waits for.
    let ping = tokio::time::timeout(secs(40), wire.try_next())
        .await
        .expect("a ping in time");
    assert_eq!(ping.as_deref(), Some("2"));
    wire.send("3").await;
    wire.send(&event(1, "visitor_first_msg", &content("still here")))
        .await;
    assert_eq!(wire.next().await, accepted(1));
}

#[tokio::test]
async fn a_connection_may_be_upgraded() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let token = shift.visitor("Mina").token;
        let mut polling = Polling::open(shift.socketio(0), eio, &token).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let sid = polling.open["sid"].as_str().expect("a session").to_owned();
        let path = format!("{}&sid={sid}", eio.path("websocket"));
        // The session is known by its id: nobody has to say the token again.
        let mut wire = Wire::open(shift.socketio(0), &path, &[])
            .await
            .expect("an upgrade");
        wire.send("2probe").await;
        assert_eq!(wire.next().await, "3probe", "{eio:?}");
        // Whatever poll still waits is let go, so that the client can stop.
        let poll = polling.poll().await;
        assert_eq!(eio.packets(&poll.body), ["6"], "{eio:?}");
        wire.send("5").await;
        wire.send(&event(1, "visitor_first_msg", &content("upgraded")))
            .await;
        assert_eq!(wire.next().await, accepted(1), "{eio:?}");
    }
}

/// python-socketio takes a payload of more packets for an attack and closes the connection.
#[tokio::test]
async fn a_poll_brings_sixteen_packets_at_most() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let token = shift.visitor("Mina").token;
        let mut polling = Polling::open(shift.socketio(0), eio, &token).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let asked: Vec<String> = (0..30)
            .map(|ack| event(ack, "nonsense", &json!({})))
            .collect();
        let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
        polling.send(&asked).await;
        let mut answered = Vec::new();
        while answered.len() < asked.len() {
            let packets = eio.packets(&polling.poll().await.body);
            assert!(packets.len() <= 16, "{eio:?}: {} packets", packets.len());
            answered.extend(packets);
        }
        for (ack, answer) in answered.iter().enumerate() {
            assert_eq!(answer, &format!(r#"43{ack}[false,"Unknown event."]"#));
        }
    }
}

#[tokio::test]
async fn a_body_over_64_kib_is_413() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let polling = Polling::open(shift.socketio(0), eio, &shift.visitor("Mina").token).await;
        let answer = polling.post("4".repeat(65_537)).await;
        assert_eq!(answer.status, 413, "{eio:?}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_content_that_is_too_long_fits_into_a_frame_and_is_refused() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let mut wire = Wire::connected(shift.socketio(0), eio, &shift.visitor("Mina").token).await;
        wire.send(&event(
            1,
            "visitor_first_msg",
            &content(&"x".repeat(60_000)),
        ))
        .await;
        assert_eq!(
            wire.next().await,
            r#"431[false,"Content is too long."]"#,
            "{eio:?}"
        );
    }
}

#[tokio::test]
async fn packets_that_cannot_be_decoded_are_counted() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let mut wire = Wire::connected(shift.socketio(0), eio, &shift.visitor("Mina").token).await;
        for _ in 0..19 {
            wire.send("42{nonsense").await;
        }
        wire.send(&event(1, "visitor_first_msg", &content("still here")))
            .await;
        assert_eq!(wire.next().await, accepted(1), "{eio:?}");
        wire.send("42[").await;
        let end = tokio::time::timeout(e2e::DEADLINE, async {
            while wire.try_next().await.is_some() {}
        });
        end.await.expect("the twentieth closes it");
    }
    assert_eq!(http::status(shift.socketio(0), "/ready").await, Some(200));
}

/// An event with bytes can be read, if not taken: what follows it is no malformed frame.
#[tokio::test]
async fn an_event_with_bytes_is_refused_and_not_counted() {
    let shift = Shift::new().await;
    for eio in [Eio::V3, Eio::V4] {
        let mut polling = Polling::open(shift.socketio(0), eio, &shift.visitor("Mina").token).await;
        if eio == Eio::V4 {
            polling.send(&["40"]).await;
        }
        assert!(polling.next().await.starts_with("40"));
        let data =
            json!(["visitor_first_msg", {"name": "a", "file": {"_placeholder": true, "num": 0}}]);
        let bytes = match eio {
            Eio::V3 => "b4AAAA",
            Eio::V4 => "bAAAA",
        };
        for ack in 0..25 {
            let answer = polling.send(&[&format!("451-{ack}{data}"), bytes]).await;
            assert_eq!(answer.status, 200, "{eio:?}: {}", answer.body);
            let refused = format!(r#"43{ack}[false,"Missing/Invalid data"]"#);
            assert_eq!(polling.next().await, refused, "{eio:?}");
        }
        let first = event(1, "visitor_first_msg", &content("in words"));
        polling.send(&[&first]).await;
        assert_eq!(polling.next().await, accepted(1), "{eio:?}");
    }
}
