//! docs/staff-api.md: signing in and out, the own password, and how long whoever fails has to wait.

use e2e::http::{Answer, send};
use e2e::people::{ADMIN, ADMIN_PASSWORD, PASSWORD, ask, post, sign_in};
use e2e::{World, tokens};
use reqwest::Method;
use serde_json::{Value, json};

fn fails(what: &str, answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let expected = json!({"success": false, "error": text, "message": text});
    assert_eq!(answer.json(), expected, "{what}");
}

async fn begin(world: &World, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    post(world.chat(0), "/staff/session", &body).await
}

/// What a browser sends back.
fn cookie_of(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn renew(world: &World, cookie: &str) -> Answer {
    let headers = [
        ("cookie", cookie.to_owned()),
        ("x-helpline", "1".to_owned()),
    ];
    let path = "/staff/session/renew";
    send(world.chat(1), Method::POST, path, &headers, None).await
}

#[tokio::test]
async fn a_sign_in_lasts_by_its_cookie_until_it_is_ended() {
    let world = World::builder().tokens().start();
    let begun = begin(&world, ADMIN, ADMIN_PASSWORD).await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    let body = begun.json();
    let account = &body["account"];
    assert_eq!(
        (&account["email"], &account["role"]),
        (&json!(ADMIN), &json!("admin"))
    );
    assert_eq!(account["permissions"].as_array().map(Vec::len), Some(7));
    assert!(body["expiresAt"].as_str().expect("a time").ends_with('Z'));
    let claims = tokens::read(body["token"].as_str().expect("a token"));
    assert_eq!(claims["id"], account["id"]);
    let cookie = begun.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/staff"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure"), "it came by http: {cookie}");

    let cookie = cookie_of(&begun);
    let renewed = renew(&world, &cookie).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    assert_eq!(&renewed.json()["account"], account);
    let bare = [("cookie", cookie.clone())];
    let forged = send(
        world.chat(0),
        Method::POST,
        "/staff/session/renew",
        &bare,
        None,
    )
    .await;
    fails(
        "a form of another page",
        &forged,
        403,
        "X-Helpline is required",
    );
    let ended = send(world.chat(0), Method::DELETE, "/staff/session", &bare, None).await;
    assert_eq!(ended.status, 204);
    assert!(ended.header("set-cookie").contains("Max-Age=0"));
    fails(
        "it is over",
        &renew(&world, &cookie).await,
        401,
        "Signed out",
    );
    fails(
        "made up",
        &renew(&world, "helpline_session=abc").await,
        401,
        "Signed out",
    );
    let mut redis = world.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg("*session*")
        .query_async(&mut redis)
        .await
        .expect("keys");
    assert!(keys.is_empty());
}

#[tokio::test]
async fn only_a_trusted_proxy_can_say_that_it_was_https() {
    for trusted in [true, false] {
        let world = World::with(move |settings| {
            if trusted {
                settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            }
        });
        let headers = [("x-forwarded-proto", "https".to_owned())];
        let body = json!({"email": ADMIN, "password": ADMIN_PASSWORD}).to_string();
        let path = "/staff/session";
        let begun = send(world.chat(0), Method::POST, path, &headers, Some(body)).await;
        assert_eq!(begun.header("set-cookie").contains("; Secure"), trusted);
    }
}

#[tokio::test]
async fn whoever_does_not_work_here_cannot_sign_in_here() {
    let world = World::new();
    world.account("Mina", "candidate", None).await;
    let answer = begin(&world, "mina@example.org", PASSWORD).await;
    fails("a candidate", &answer, 403, "Forbidden");
    let answer = begin(&world, ADMIN, "wrong password").await;
    fails("wrong", &answer, 401, "Invalid email or password");
    let headers = [("content-type", "text/plain".to_owned())];
    let answer = send(
        world.chat(0),
        Method::POST,
        "/staff/session",
        &headers,
        None,
    )
    .await;
    fails("a form", &answer, 415, "Expected application/json");
}

#[tokio::test]
async fn whoever_fails_too_often_has_to_wait_in_every_dialect() {
    let world = World::new();
    let mina = world.account("Mina", "candidate", None).await;
    let wrong = json!({"email": mina.email, "password": "wrong password"});
    // All at once: counting comes before comparing.
    let tries = (0..20).map(|n| {
        let (address, body) = (world.chat(n % 2), wrong.clone());
        tokio::spawn(async move { post(address, "/auth/login", &body).await.status })
    });
    let mut compared = 0;
    for status in tries.collect::<Vec<_>>() {
        match status.await.expect("no panic") {
            401 => compared += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert!((5..=7).contains(&compared), "{compared} were compared");
    e2e::eventually("a wait of some seconds", e2e::secs(10), async || {
        let answer = post(world.chat(0), "/auth/login", &wrong).await;
        let wait: Option<u64> = answer.header("retry-after").parse().ok();
        wait.filter(|wait| *wait >= 4)
    })
    .await;
    let right = json!({"email": "MINA@example.org", "password": PASSWORD});
    for path in ["/auth/login", "/user/login", "/staff/session"] {
        let answer = post(world.chat(1), path, &right).await;
        assert_eq!(answer.status, 429, "{path}: {}", answer.body);
        let wait: u64 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=300).contains(&wait), "{path}: {wait}");
    }
    sign_in(world.chat(0), ADMIN, ADMIN_PASSWORD).await;
    let signed_in = e2e::eventually("the end of the wait", e2e::secs(10), async || {
        let answer = post(world.chat(0), "/auth/login", &right).await;
        (answer.status == 200).then_some(())
    });
    signed_in.await;
    let answer = post(world.chat(0), "/auth/login", &wrong).await;
    assert_eq!(answer.status, 401, "the count began anew");
}

#[tokio::test]
async fn somebody_who_is_not_known_has_to_wait_alike() {
    let world = World::new();
    let body = json!({"email": "nobody@example.org", "password": "wrong password"});
    let mut statuses = Vec::new();
    for _ in 0..7 {
        statuses.push(post(world.chat(0), "/auth/login", &body).await.status);
    }
    assert!(statuses.starts_with(&[401; 5]), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_it_and_other_sign_ins_end() {
    let world = World::new();
    let sasha = world.account("Sasha", "supervisor", None).await;
    let other = begin(&world, &sasha.email, PASSWORD).await;
    let other_token = other.json()["token"].as_str().expect("a token").to_owned();
    let mine = begin(&world, &sasha.email, PASSWORD).await;
    let token = mine.json()["token"].as_str().expect("a token").to_owned();
    let put = async |body: Value| {
        let path = "/staff/password";
        ask(world.chat(0), Method::PUT, path, Some(&token), Some(&body)).await
    };
    let new = "another correct horse";
    let wrong = put(json!({"current": "wrong", "new": new})).await;
    fails("wrong", &wrong, 400, "Wrong password");
    let short = put(json!({"current": PASSWORD, "new": "short"})).await;
    fails(
        "short",
        &short,
        400,
        "Password must be at least 8 characters",
    );
    let changed = put(json!({"current": PASSWORD, "new": new})).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    for token in [&token, &other_token] {
        let answer = ask(
            world.chat(1),
            Method::GET,
            "/staff/agents",
            Some(token),
            None,
        )
        .await;
        fails("before", &answer, 401, "Invalid token");
    }
    fails(
        "its cookie",
        &renew(&world, &cookie_of(&other)).await,
        401,
        "Signed out",
    );
    let fresh = changed.json()["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let answer = ask(
        world.chat(1),
        Method::GET,
        "/staff/agents",
        Some(&fresh),
        None,
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(renew(&world, &cookie_of(&changed)).await.status, 200);
    sign_in(world.chat(0), &sasha.email, new).await;
}
