//! Contracts' README, token mode: a missing or bad token is 401, a missing permission 403, in each dialect; and how long a
//! token is good.

use e2e::people::{PASSWORD, ask};
use e2e::{Door, Socket, World, eventually, secs, tokens};
use reqwest::Method;
use serde_json::{Value, json};

/// Where a staff token is needed, with what a visitor is told there.
fn refusals() -> Vec<(&'static str, Value)> {
    let permission = json!({"message": "You do not have permission to access this API"});
    let role = json!({"success": false, "error": "Forbidden for role: visitor"});
    let staff = json!({"success": false, "error": "Forbidden", "message": "Forbidden"});
    let mut all = Vec::new();
    for path in [
        "/canned-response",
        "/livechat/canned-response/",
        "/rooms",
        "/livechat/rooms",
        "/users/tag?id=1",
    ] {
        all.push((path, permission.clone()));
    }
    for path in [
        "/admin/analytics",
        "/conversations/00000000000000000000000000000000",
    ] {
        all.push((path, role.clone()));
    }
    for path in [
        "/staff/accounts",
        "/staff/settings",
        "/staff/chats",
        "/staff/agents",
        "/admin/reports",
    ] {
        all.push((path, staff.clone()));
    }
    all
}

#[tokio::test]
async fn a_visitors_good_token_is_forbidden_and_a_bad_one_is_none() {
    for open in [false, true] {
        let world = match open {
            true => World::new(),
            false => World::builder().tokens().start(),
        };
        let visitor = world.register("Mina").await;
        for (path, told) in refusals() {
            let by = async |token: Option<&str>| {
                ask(world.chat(0), Method::GET, path, token, None).await
            };
            let good = by(Some(&visitor.token)).await;
            assert_eq!(good.status, 403, "{path}: {}", good.body);
            assert_eq!(good.json(), told, "{path}");
            for bad in [None, Some("nonsense"), Some(&visitor.token[1..])] {
                let bad = by(bad).await;
                assert_eq!(bad.status, 401, "{path}: {}", bad.body);
            }
        }
        for path in ["/joins", "/desk"] {
            let answer = ask(world.feed(0), Method::GET, path, Some(&visitor.token), None).await;
            // In open mode anybody is an agent there; but this is no upgrade.
            let status = if open && path == "/joins" { 400 } else { 403 };
            assert_eq!(answer.status, status, "{path}");
        }
    }
}

/// A platform's token may live longer than any of ours: what ends it is remembered for as long.
#[tokio::test]
async fn a_platforms_token_stays_ended_when_ours_would_have_run_out() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.auth.token_ttl = secs(2))
        .start();
    let admin = world.admin().await;
    let body = json!({"name": "Vika", "email": "vika@example.org", "password": PASSWORD, "role": "supervisor"});
    let made = ask(
        world.chat(0),
        Method::POST,
        "/auth/signup",
        Some(&admin),
        Some(&body),
    )
    .await;
    let id = made.json()["data"]["_id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let mut claims = tokens::claims(&id, "supervisor");
    claims["exp"] = json!(claims["iat"].as_i64().expect("a time") + 10 * 365 * 24 * 3600);
    let token = tokens::sign(&claims, tokens::SECRET);
    let door = Door::plain().bearer(&token);
    let status = async |server| {
        let opened = Socket::open(world.feed(server), "/joins", &door, "the feed").await;
        opened.err().map(|refused| refused.status)
    };
    assert_eq!(status(0).await, None, "it is good");
    let admin = world.admin().await;
    let path = format!("/staff/accounts/{id}");
    let off = json!({"active": false});
    let off = ask(
        world.chat(0),
        Method::PATCH,
        &path,
        Some(&admin),
        Some(&off),
    )
    .await;
    assert_eq!(off.status, 200, "{}", off.body);
    for server in 0..2 {
        eventually("its end", secs(10), async || {
            (status(server).await == Some(401)).then_some(())
        })
        .await;
    }
    // A token of ours that was given when that one ended runs out.
    let ours = world.admin().await;
    eventually("the end of a token of ours", secs(20), async || {
        let answer = ask(
            world.chat(0),
            Method::GET,
            "/staff/agents",
            Some(&ours),
            None,
        )
        .await;
        (answer.status == 401).then_some(())
    })
    .await;
    // Three looks of each process at what is revoked: each second one.
    for _ in 0..3 {
        let at = std::time::Instant::now();
        eventually("a second", secs(5), async || {
            (at.elapsed() > secs(1)).then_some(())
        })
        .await;
        for server in 0..2 {
            assert_eq!(status(server).await, Some(401), "it stays ended");
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_a_little_ahead_keeps_nobody_out() {
    let world = World::builder().tokens().start();
    let status = async |ahead: i64| {
        let mut claims = tokens::claims("vika", "agent");
        claims["nbf"] = json!(claims["iat"].as_i64().expect("a time") + ahead);
        let door = Door::plain().bearer(&tokens::sign(&claims, tokens::SECRET));
        let opened = Socket::open(world.feed(0), "/joins", &door, "the feed").await;
        opened.err().map(|refused| refused.status)
    };
    assert_eq!(status(4).await, None);
    assert_eq!(status(0).await, None);
    assert_eq!(status(60).await, Some(401));
}
