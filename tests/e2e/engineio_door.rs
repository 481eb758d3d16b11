//! Contract 004, section 1: who may connect, where the token stands, and what a browser is allowed, at the HTTP level.

use std::net::SocketAddr;

use e2e::engineio::{Eio, Wire, hang_up_on};
use e2e::http::{self, Answer};
use e2e::{Office, Shift, World, tokens};
use reqwest::Method;

const VERSIONS: [Eio; 2] = [Eio::V3, Eio::V4];
const ORIGIN: &str = "https://shop.example.org";

async fn handshake(address: SocketAddr, eio: Eio, query: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("{}{query}", eio.path("polling"));
    let answer = http::get_with(address, &path, headers).await;
    if answer.status == 200 {
        hang_up_on(address, eio, &answer.body);
    }
    answer
}

fn is_unauthorized(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.body);
    assert_eq!(answer.body, "Unauthorized", "{what}");
    let kind = answer.header("content-type");
    assert!(kind.starts_with("text/plain"), "{what}: {kind}");
}

#[tokio::test]
async fn without_a_good_token_there_is_no_handshake() {
    let world = World::builder().tokens().start();
    let address = world.socketio(0);
    let expired = tokens::expired("Vika", "agent");
    let forged = tokens::sign(
        &tokens::claims("Vika", "agent"),
        "another secret, just as long as ours",
    );
    let bad = [
        "",
        "Bearer",
        "Bearer ",
        "nonsense",
        "Bearer nonsense",
        &expired,
        &forged,
    ];
    for eio in VERSIONS {
        is_unauthorized("none", &handshake(address, eio, "", &[]).await);
        for token in bad {
            let headers = [("authorization", token)];
            is_unauthorized(token, &handshake(address, eio, "", &headers).await);
            let refused = Wire::open(address, &eio.path("websocket"), &headers).await;
            let (status, kind, body) = refused
                .err()
                .unwrap_or_else(|| panic!("{token} opens a WebSocket"));
            assert_eq!((status, body.as_str()), (401, "Unauthorized"), "{token}");
            assert!(kind.starts_with("text/plain"), "{token}: {kind}");
        }
    }
}

#[tokio::test]
async fn a_token_may_stand_in_each_of_the_usual_places() {
    let shift = Shift::new().await;
    let address = shift.socketio(0);
    let visitor = shift.visitor("Mina");
    for token in [&shift.vika.token, &visitor.token] {
        let bearer = format!("Bearer {token}");
        let subprotocols = format!("bearer, {token}");
        let query = format!("&token={token}");
        let places: [(&str, &str, &str); 4] = [
            ("", "authorization", token),
            ("", "authorization", &bearer),
            ("", "x-auth-token", token),
            (&query, "accept", "*/*"),
        ];
        for eio in VERSIONS {
            for (query, name, value) in places {
                let answer = handshake(address, eio, query, &[(name, value)]).await;
                assert_eq!(answer.status, 200, "{name}{query}: {}", answer.body);
                let path = format!("{}{query}", eio.path("websocket"));
                let opened = Wire::open(address, &path, &[(name, value)]).await;
                assert!(opened.is_ok(), "{name}{query}: {opened:?}");
            }
            let headers = [("sec-websocket-protocol", subprotocols.as_str())];
            let opened = Wire::open(address, &eio.path("websocket"), &headers).await;
            assert!(opened.is_ok(), "subprotocols: {opened:?}");
        }
    }
}

#[tokio::test]
async fn the_first_place_that_has_a_token_counts() {
    let shift = Shift::new().await;
    let address = shift.socketio(0);
    let good = &shift.vika.token;
    let query = format!("&token={good}");
    for eio in VERSIONS {
        let answer = handshake(address, eio, &query, &[("authorization", "nonsense")]).await;
        is_unauthorized("a bad header before a good query", &answer);
        let answer = handshake(address, eio, "&token=nonsense", &[("authorization", good)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn open_mode_asks_for_a_token_too() {
    let office = Office::new().await;
    let address = office.socketio(0);
    is_unauthorized("none", &handshake(address, Eio::V4, "", &[]).await);
    let headers = [("authorization", office.agent.token.as_str())];
    let answer = handshake(address, Eio::V4, "", &headers).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

fn lets_the_page_read(what: &str, answer: &Answer) {
    assert_eq!(
        answer.header("access-control-allow-origin"),
        ORIGIN,
        "{what}"
    );
    assert_eq!(
        answer.header("access-control-allow-credentials"),
        "true",
        "{what}"
    );
}

#[tokio::test]
async fn a_page_of_another_origin_may_read_what_it_is_answered() {
    let shift = Shift::new().await;
    let address = shift.socketio(0);
    for eio in VERSIONS {
        let refused = handshake(address, eio, "", &[("origin", ORIGIN)]).await;
        is_unauthorized("from a page", &refused);
        lets_the_page_read("a refusal", &refused);
        let headers = [("origin", ORIGIN), ("authorization", &shift.vika.token)];
        let accepted = handshake(address, eio, "", &headers).await;
        assert_eq!(accepted.status, 200, "{}", accepted.body);
        lets_the_page_read("a handshake", &accepted);
    }
}

#[tokio::test]
async fn the_preflight_allows_the_authorization_header() {
    let world = World::builder().tokens().start();
    let headers = [
        ("origin", ORIGIN.to_owned()),
        ("access-control-request-method", "GET".to_owned()),
        ("access-control-request-headers", "authorization".to_owned()),
    ];
    let path = Eio::V4.path("polling");
    let answer = http::send(world.socketio(0), Method::OPTIONS, &path, &headers, None).await;
    assert!(
        matches!(answer.status, 200 | 204),
        "{}: {}",
        answer.status,
        answer.body
    );
    lets_the_page_read("a preflight", &answer);
    let names = answer.header("access-control-allow-headers").to_lowercase();
    assert!(
        names.split(',').any(|name| name.trim() == "authorization"),
        "{names}"
    );
    let methods = answer.header("access-control-allow-methods");
    for method in ["GET", "POST"] {
        assert!(methods.contains(method), "{methods}");
    }
}

#[tokio::test]
async fn a_configured_origin_is_the_only_one() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.http.cors_origin = ORIGIN.to_owned())
        .start();
    let address = world.socketio(0);
    let ours = handshake(address, Eio::V4, "", &[("origin", ORIGIN)]).await;
    lets_the_page_read("ours", &ours);
    let theirs = handshake(
        address,
        Eio::V4,
        "",
        &[("origin", "https://evil.example.org")],
    )
    .await;
    let allowed = theirs.header("access-control-allow-origin");
    assert!(allowed.is_empty() || allowed == ORIGIN, "{allowed}");
}

#[tokio::test]
async fn the_listener_answers_to_those_who_look_after_it() {
    let world = World::builder().tokens().start();
    for server in 0..2 {
        for path in ["/health", "/ready", "/serving", "/metrics"] {
            let answer = http::get(world.socketio(server), path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_session_that_does_not_exist_is_no_way_in() {
    let shift = Shift::new().await;
    let headers = [("authorization", shift.vika.token.as_str())];
    for eio in VERSIONS {
        let answer = handshake(shift.socketio(0), eio, "&sid=AAAAAAAAAAAAAAAA", &headers).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}
