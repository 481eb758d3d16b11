//! Where requests may come from: in open mode from this machine's own pages only, in every mode WebSockets from the pages of
//! `http.cors_origin` only.

use std::net::SocketAddr;

use e2e::engineio::Eio;
use e2e::shift::Shift;
use e2e::{Raw, World, raw, secs};
use serde_json::{Value, json};

const EVIL: &str = "https://evil.example";

/// The status of an answer and its body.
async fn answer(address: SocketAddr, request: String) -> (u16, String) {
    let mut raw = Raw::connect(address).await;
    raw.send(request).await;
    let head = raw.head().await;
    let status = head[9..12].parse().expect("a status");
    let body = match status {
        101 => Vec::new(),
        _ => raw.until_closed(secs(10)).await,
    };
    (status, String::from_utf8_lossy(&body).into_owned())
}

fn request(method: &str, path: &str, host: &str, origin: Option<&str>) -> String {
    let origin = origin.map_or(String::new(), |origin| format!("Origin: {origin}\r\n"));
    format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\nContent-Length: 0\r\n\r\n"
    )
}

fn upgrade(path: &str, host: &str, origin: Option<&str>) -> String {
    let origin = origin.map(|origin| format!("Origin: {origin}"));
    let origin: Vec<&str> = origin.iter().map(String::as_str).collect();
    let any = SocketAddr::from(([127, 0, 0, 1], 1));
    raw::upgrade(any, path, &origin).replace("Host: 127.0.0.1:1\r\n", &format!("Host: {host}\r\n"))
}

/// Paths of each listener, each with a method: some that exist, one that does not.
fn places(world: &World) -> Vec<(SocketAddr, &'static str, &'static str)> {
    vec![
        (world.chat(0), "GET", "/health"),
        (world.chat(0), "GET", "/"),
        (world.chat(0), "HEAD", "/config.json"),
        (world.chat(0), "GET", "/user/join/Mina"),
        (world.chat(0), "POST", "/auth/signup"),
        (world.chat(0), "POST", "/user/login"),
        (world.chat(0), "OPTIONS", "/auth/signup"),
        (world.chat(0), "GET", "/nowhere"),
        (world.feed(0), "GET", "/ready"),
        (world.feed(0), "GET", "/"),
        (world.socketio(0), "GET", "/health"),
        (
            world.socketio(0),
            "GET",
            "/socket.io/?EIO=4&transport=polling",
        ),
    ]
}

fn sockets(world: &World) -> Vec<(SocketAddr, &'static str)> {
    vec![
        (world.chat(0), "/chat/x?probe"),
        (world.chat(0), "/chat/x"),
        (world.chat(0), "/ws"),
        (world.feed(0), "/joins"),
        (world.feed(0), "/desk?probe"),
        (world.socketio(0), "/socket.io/?EIO=3&transport=websocket"),
    ]
}

fn is_forbidden(world: &World, address: SocketAddr, status: u16, body: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let is_said = match address == world.socketio(0) {
        true => body == json!({"code": 4, "message": "Forbidden"}),
        false => {
            body["success"] == false
                && body["message"].is_string()
                && body["error"] == body["message"]
        }
    };
    status == 403 && is_said
}

#[tokio::test]
async fn in_open_mode_no_other_host_and_no_other_page_is_answered() {
    let world = World::new();
    let strange_hosts = ["evil.example", "localhost.evil.example:9000", "10.0.0.1"];
    let strange_pages = [EVIL, "http://localhost.evil.example", "null"];
    for (address, method, path) in places(&world) {
        let port = address.port();
        for host in strange_hosts {
            let (status, body) = answer(address, request(method, path, host, None)).await;
            let is_head = method == "HEAD" && status == 403;
            assert!(
                is_head || is_forbidden(&world, address, status, &body),
                "{host} {method} {path}: {status} {body}"
            );
        }
        for page in strange_pages {
            let host = format!("localhost:{port}");
            let (status, body) = answer(address, request(method, path, &host, Some(page))).await;
            let is_head = method == "HEAD" && status == 403;
            assert!(
                is_head || is_forbidden(&world, address, status, &body),
                "{page} {method} {path}: {status} {body}"
            );
        }
    }
    for (address, path) in sockets(&world) {
        for host in strange_hosts {
            let (status, body) = answer(address, upgrade(path, host, None)).await;
            assert!(
                is_forbidden(&world, address, status, &body),
                "{host} {path}: {status} {body}"
            );
        }
        for page in strange_pages {
            let (status, body) = answer(address, upgrade(path, "[::1]", Some(page))).await;
            assert!(
                is_forbidden(&world, address, status, &body),
                "{page} {path}: {status} {body}"
            );
        }
    }
}

#[tokio::test]
async fn in_open_mode_this_machines_own_pages_are_served() {
    let world = World::new();
    let port = world.chat(0).port();
    for host in ["localhost", "127.0.0.1", "[::1]", "shop.localhost"] {
        let host = format!("{host}:{port}");
        for page in [
            None,
            Some("http://localhost:3000"),
            Some("https://127.0.0.1"),
            Some("http://[::1]:8080"),
        ] {
            let (status, body) =
                answer(world.chat(0), request("GET", "/health", &host, page)).await;
            assert_eq!(status, 200, "{host} {page:?}: {body}");
            let (status, body) = answer(world.chat(0), upgrade("/chat/x?probe", &host, page)).await;
            assert_eq!(status, 101, "{host} {page:?}: {body}");
        }
    }
}

#[tokio::test]
async fn a_page_that_may_not_read_answers_opens_no_websocket() {
    let shift = Shift::of(World::builder().settings(|settings| {
        settings.http.cors_origin = "https://shop.example, https://help.example:8443".into();
        settings.pages.chat_server = Some("https://chat.example".into());
        settings.pages.subscriber = Some("https://desk.example/".into());
    }))
    .await;
    let world = &shift.world;
    let token = &shift.vika.token;
    let eio = Eio::V4.path("websocket");
    for (address, path) in [
        (world.chat(0), format!("/chat/x?probe&token={token}")),
        (world.chat(0), format!("/ws?token={token}")),
        (world.feed(0), format!("/joins?token={token}")),
        (world.feed(0), "/desk?probe".to_owned()),
        (world.socketio(0), format!("{eio}&token={token}")),
    ] {
        for page in [
            None,
            Some("https://shop.example"),
            Some("https://help.example:8443"),
            // Our own pages, and whoever asks the host that it came from.
            Some("https://chat.example"),
            Some("https://desk.example"),
            Some("https://this.example"),
        ] {
            let (status, body) = answer(address, upgrade(&path, "this.example", page)).await;
            assert_eq!(status, 101, "{page:?} {path}: {body}");
        }
        for page in [
            EVIL,
            "http://shop.example",
            "https://help.example",
            "null",
            "https://other.example",
        ] {
            let (status, body) = answer(address, upgrade(&path, "this.example", Some(page))).await;
            assert!(
                is_forbidden(world, address, status, &body),
                "{page} {path}: {status} {body}"
            );
        }
    }
    // Answers to plain requests are for whoever the browser lets read them.
    let (status, _) = answer(
        world.chat(0),
        request("GET", "/health", "this.example", Some(EVIL)),
    )
    .await;
    assert_eq!(status, 200);
}
