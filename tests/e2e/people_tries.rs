//! docs/staff-api.md, "Signing in": strangers who fail have to wait, and lock nobody out.

use e2e::http::{Answer, send};
use e2e::people::{ADMIN, ADMIN_PASSWORD, PASSWORD, ask};
use e2e::{World, eventually, secs};
use reqwest::Method;
use serde_json::{Value, json};

/// The routes that sign somebody in.
const ROUTES: [&str; 3] = ["/auth/login", "/user/login", "/staff/session"];

/// A deployment behind a proxy that says from where its clients come.
fn behind_a_proxy() -> World {
    World::with(|settings| {
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
}

/// A try from an address, with cookies.
async fn tries(world: &World, path: &str, from: &str, cookies: &str, body: &Value) -> Answer {
    let headers = [
        ("x-forwarded-for", from.to_owned()),
        ("cookie", cookies.to_owned()),
    ];
    let body = Some(body.to_string());
    send(world.chat(0), Method::POST, path, &headers, body).await
}

fn right() -> Value {
    json!({"email": ADMIN, "password": ADMIN_PASSWORD})
}

fn wrong() -> Value {
    json!({"email": ADMIN, "password": "wrong password"})
}

/// From this address it is tried until there is a wait of some seconds.
async fn attacks(world: &World, from: &str) {
    eventually("a wait", secs(60), async || {
        let answer = tries(world, "/auth/login", from, "", &wrong()).await;
        let wait: u64 = answer.header("retry-after").parse().unwrap_or(0);
        (wait > 8).then_some(())
    })
    .await;
}

/// Five tries are looked at, and after some more there is a wait: on a slow machine the first waits are over too soon.
async fn waits_after_five(looked_at: u16, fails: impl AsyncFn() -> u16) {
    for number in 0..5 {
        assert_eq!(fails().await, looked_at, "{number}");
    }
    eventually("a wait", secs(60), async || {
        (fails().await == 429).then_some(())
    })
    .await;
}

/// All cookies of an answer, as a browser sends them back.
fn cookies_of(answer: &Answer) -> Vec<String> {
    let all = answer.headers("set-cookie").into_iter();
    all.map(|cookie| cookie.split(';').next().expect("a cookie").to_owned())
        .collect()
}

#[tokio::test]
async fn a_stranger_locks_nobody_out() {
    let world = behind_a_proxy();
    let (stranger, owner) = ("203.0.113.9", "198.51.100.1");
    attacks(&world, stranger).await;
    for path in ROUTES {
        let answer = tries(&world, path, stranger, "", &right()).await;
        assert_eq!(answer.status, 429, "{path}: {}", answer.body);
        // From an address at which nobody ever was, and then from the one that is known by that.
        for _ in 0..2 {
            let answer = tries(&world, path, owner, "", &right()).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        }
    }
    // What the owner does opens nothing to the stranger.
    let answer = tries(&world, "/auth/login", stranger, "", &right()).await;
    assert_eq!(answer.status, 429, "{}", answer.body);
}

#[tokio::test]
async fn many_addresses_reach_a_bound_that_does_not_hold_for_the_owner() {
    let world = behind_a_proxy();
    let owner = "2001:db8::1";
    let answer = tries(&world, "/auth/login", owner, "", &right()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut refused = None;
    for number in 0..400 {
        let from = format!("203.0.{}.{}", number / 250, number % 250);
        let answer = tries(&world, "/auth/login", &from, "", &wrong()).await;
        if answer.status == 429 {
            refused = Some(number);
            break;
        }
        assert_eq!(answer.status, 401, "{number}: {}", answer.body);
    }
    let refused = refused.expect("there is a bound for the account");
    assert!(
        refused >= 50,
        "it is much higher than an address's: {refused}"
    );
    let elsewhere = tries(&world, "/auth/login", "192.0.2.77", "", &right()).await;
    assert_eq!(elsewhere.status, 429, "{}", elsewhere.body);
    for path in ROUTES {
        let answer = tries(&world, path, owner, "", &right()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    }
}

/// Behind one address there may be an office with a stranger in it.
#[tokio::test]
async fn a_browser_in_which_somebody_signed_in_has_a_counter_of_its_own() {
    let world = behind_a_proxy();
    let office = "203.0.113.9";
    let session = "/staff/session";
    let begun = tries(&world, session, office, "", &right()).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let cookies = cookies_of(&begun);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    for cookie in begun.headers("set-cookie") {
        for part in ["HttpOnly", "SameSite=Strict", "Path=/staff"] {
            assert!(cookie.contains(part), "{cookie}");
        }
    }
    attacks(&world, office).await;
    let answer = tries(&world, session, office, "", &right()).await;
    assert_eq!(answer.status, 429, "nothing tells it from the stranger");
    for known in [&cookies[..1], &cookies[1..], &cookies[..]] {
        let known = known.join("; ");
        let answer = tries(&world, session, office, &known, &right()).await;
        assert_eq!(answer.status, 200, "{known}: {}", answer.body);
        // Also from elsewhere.
        let answer = tries(&world, session, "192.0.2.4", &known, &right()).await;
        assert_eq!(answer.status, 200, "{known}: {}", answer.body);
    }
    // Its own failures count for it, so a stolen cookie is no way around.
    let own = async || tries(&world, session, office, &cookies[1], &wrong()).await;
    waits_after_five(401, async || own().await.status).await;
    // What was made up is no browser that anybody knows.
    attacks(&world, office).await;
    let made_up = format!("helpline_browser={}", "0".repeat(64));
    let answer = tries(&world, session, office, &made_up, &right()).await;
    assert_eq!(answer.status, 429, "{}", answer.body);
    // It is this account's: another's stays as it is counted.
    let sasha = world.account("Sasha", "supervisor", None).await;
    let body = json!({"email": sasha.email, "password": "wrong password"});
    eventually("a wait", secs(60), async || {
        let answer = tries(&world, session, office, &cookies[1], &body).await;
        (answer.status == 429).then_some(())
    })
    .await;
}

#[tokio::test]
async fn somebody_who_is_signed_in_changes_the_own_password_whatever_strangers_do() {
    let world = behind_a_proxy();
    let sasha = world.account("Sasha", "supervisor", None).await;
    let wrong = json!({"email": sasha.email, "password": "wrong password"});
    let stranger = "127.0.0.1";
    eventually("a wait", secs(60), async || {
        let answer = tries(&world, "/auth/login", stranger, "", &wrong).await;
        let wait: u64 = answer.header("retry-after").parse().unwrap_or(0);
        (wait > 8).then_some(())
    })
    .await;
    let put = async |token: &str, current: &str, new: &str| {
        let body = json!({"current": current, "new": new});
        let path = "/staff/password";
        ask(world.chat(0), Method::PUT, path, Some(token), Some(&body)).await
    };
    let changed = put(&sasha.token, PASSWORD, "another correct horse").await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let token = changed.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    // Whoever has the token alone may not try for ever either.
    waits_after_five(400, async || {
        put(&token, "wrong password", "yet another horse")
            .await
            .status
    })
    .await;
    // And that locks nobody out who signs in.
    let right = json!({"email": sasha.email, "password": "another correct horse"});
    let answer = tries(&world, "/auth/login", "192.0.2.9", "", &right).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn an_address_that_tries_many_accounts_has_to_wait() {
    let world = behind_a_proxy();
    let mut statuses = Vec::new();
    for number in 0..60 {
        let email = format!("nobody{number}@example.org");
        let body = json!({"email": email, "password": "wrong password"});
        let answer = tries(&world, "/auth/login", "203.0.113.9", "", &body).await;
        statuses.push(answer.status);
    }
    assert!(statuses.starts_with(&[401; 50]), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
}
