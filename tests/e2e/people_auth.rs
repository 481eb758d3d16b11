//! Contract 002, sections 1 and 2: accounts, by every row of its tables.

use std::collections::BTreeSet;

use e2e::people::{ADMIN, ADMIN_PASSWORD, PASSWORD, ask, ask_raw, post, sign_in};
use e2e::shape::is_id;
use e2e::{World, tokens};
use reqwest::Method;
use serde_json::{Value, json};

fn fails(what: &str, answer: &e2e::http::Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let expected = json!({"success": false, "error": text});
    assert_eq!(answer.json(), expected, "{what}");
}

fn wanted(change: impl FnOnce(&mut Value)) -> Value {
    let mut body = json!({
        "name": "Mina", "email": "mina@example.org", "password": "secret", "role": "candidate",
    });
    change(&mut body);
    body
}

#[tokio::test]
async fn a_candidate_signs_up_signs_in_and_is_told_who_it_is() {
    let world = World::new();
    let body = wanted(|body| {
        body["email"] = json!(" Mina@Example.ORG ");
        body["supervisorId"] = json!("ignored");
    });
    let answer = post(world.chat(0), "/auth/signup", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()["data"]["_id"].clone();
    assert!(is_id(&id), "{id}");
    let account =
        json!({"_id": id, "name": "Mina", "email": "mina@example.org", "role": "candidate"});
    assert_eq!(answer.json(), json!({"success": true, "data": account}));
    let token = sign_in(world.chat(1), "MINA@example.org ", "secret").await;
    let answer = ask(world.chat(0), Method::GET, "/auth/me", Some(&token), None).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({"success": true, "data": account}));
}

#[tokio::test]
async fn every_fault_of_a_sign_up_has_its_status_its_text_and_its_turn() {
    let world = World::new();
    let supervisor = world.account("Sasha", "supervisor", None).await;
    let candidate = world.account("Otto", "candidate", None).await;
    let required = "Name, email, password, and role are required";
    let table = [
        (json!({}), 400, required),
        (json!([]), 400, required),
        (json!("text"), 400, required),
        (wanted(|b| b["name"] = json!("")), 400, required),
        (wanted(|b| b["name"] = json!(5)), 400, required),
        (wanted(|b| b["email"] = json!(null)), 400, required),
        (wanted(|b| b["password"] = json!(["secret"])), 400, required),
        // From here on each body has the faults of the rows below it too.
        (
            wanted(|b| (b["role"], b["email"]) = (json!(""), json!("no"))),
            400,
            required,
        ),
        (
            wanted(|b| (b["role"], b["email"]) = (json!("visitor"), json!("no"))),
            400,
            "Invalid role",
        ),
        (
            wanted(|b| (b["role"], b["email"]) = (json!("agent"), json!("no"))),
            400,
            "supervisorId is required for agents",
        ),
        (
            wanted(|b| {
                (b["role"], b["supervisorId"]) = (json!("agent"), json!("no id"));
                b["email"] = json!(candidate.email);
            }),
            400,
            "Invalid supervisor ID",
        ),
        (
            wanted(|b| {
                (b["role"], b["supervisorId"]) = (json!("agent"), json!(candidate.id));
                b["email"] = json!(candidate.email);
            }),
            400,
            "Invalid supervisor ID",
        ),
        (
            wanted(|b| {
                (b["role"], b["supervisorId"]) = (json!("agent"), json!("0".repeat(32)));
            }),
            400,
            "Invalid supervisor ID",
        ),
        (
            wanted(|b| {
                (b["role"], b["supervisorId"]) = (json!("agent"), json!(supervisor.id));
                (b["email"], b["password"]) = (json!(" OTTO@example.org"), json!("short"));
            }),
            409,
            "Email already exists",
        ),
        (
            wanted(|b| (b["email"], b["password"]) = (json!("no"), json!("short"))),
            400,
            "Please use a valid email address",
        ),
        (
            wanted(|b| (b["password"], b["name"]) = (json!("short"), json!(" "))),
            400,
            "Password must be at least 6 characters",
        ),
        (wanted(|b| b["name"] = json!(" ")), 400, "Invalid name"),
        (
            wanted(|b| b["name"] = json!("a\u{7}b")),
            400,
            "Invalid name",
        ),
        (
            wanted(|b| b["name"] = json!("x".repeat(65))),
            400,
            "Invalid name",
        ),
    ];
    for (body, status, text) in table {
        let answer = post(world.chat(0), "/auth/signup", &body).await;
        fails(&body.to_string(), &answer, status, text);
    }
    for email in [
        "a@",
        "@b.org",
        "a b@c.org",
        "a@b@c.org",
        "a\u{0}@b.org",
        "a\r\nBcc: x@b.org",
        "<a@b.org>",
        "Ann <a@b.org>",
    ] {
        let answer = post(
            world.chat(0),
            "/auth/signup",
            &wanted(|b| b["email"] = json!(email)),
        )
        .await;
        fails(email, &answer, 400, "Please use a valid email address");
    }
}

#[tokio::test]
async fn what_is_no_json_and_what_is_too_much_is_said_so() {
    let world = World::new();
    for path in ["/auth/signup", "/auth/login"] {
        for body in ["{", "nonsense", "{\"name\": \u{fffd}", "\u{0}"] {
            let answer = ask_raw(
                world.chat(0),
                Method::POST,
                path,
                None,
                Some(body.to_owned()),
            );
            fails(body, &answer.await, 400, "Invalid JSON");
        }
        let deep = "[".repeat(10_000);
        let answer = ask_raw(world.chat(0), Method::POST, path, None, Some(deep)).await;
        fails("deep", &answer, 400, "Invalid JSON");
        let huge = format!("{{\"name\": \"{}\"}}", "x".repeat(100_000));
        let answer = ask_raw(world.chat(0), Method::POST, path, None, Some(huge)).await;
        fails("huge", &answer, 413, "Request body too large");
    }
}

#[tokio::test]
async fn routes_that_are_none_are_not_found_in_this_dialect() {
    let world = World::new();
    for (method, path) in [
        (Method::GET, "/auth/login"),
        (Method::GET, "/auth"),
        (Method::PUT, "/auth/signup"),
        (Method::POST, "/auth/me"),
        (Method::POST, "/auth/login/more"),
    ] {
        let answer = ask(world.chat(0), method, path, None, None).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["success"], false, "{path}");
        assert_eq!(answer.json()["error"], "Route not found", "{path}");
    }
}

#[tokio::test]
async fn a_sign_in_that_fails_does_not_say_why() {
    let world = World::new();
    world.account("Mina", "candidate", None).await;
    for body in [
        json!({}),
        json!({"email": "mina@example.org"}),
        json!({"email": "", "password": PASSWORD}),
        json!({"email": "mina@example.org", "password": 5}),
    ] {
        let answer = post(world.chat(0), "/auth/login", &body).await;
        fails(
            &body.to_string(),
            &answer,
            400,
            "Email and password are required",
        );
    }
    for (email, password) in [
        ("mina@example.org", "wrong"),
        ("nobody@example.org", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("mina@example.org\u{0}", PASSWORD),
        ("mina@example.org", "' OR '1'='1"),
    ] {
        let body = json!({"email": email, "password": password});
        let answer = post(world.chat(0), "/auth/login", &body).await;
        fails(email, &answer, 401, "Invalid email or password");
    }
}

#[tokio::test]
async fn every_fault_of_a_token_has_its_text() {
    let world = World::builder().tokens().start();
    let admin = world.admin().await;
    let claims = tokens::read(&admin);
    let mut expired = claims.clone();
    expired["exp"] = json!(claims["iat"].as_i64().expect("iat") - 1);
    let guest = world.register("Mina").await;
    for (token, text) in [
        (None, "No token provided"),
        (Some("nonsense".to_owned()), "Invalid token"),
        (
            Some(tokens::sign(&claims, "another secret, long enough")),
            "Invalid token",
        ),
        (
            Some(tokens::sign(&expired, tokens::SECRET)),
            "Token expired",
        ),
        (
            Some(tokens::token(&"0".repeat(32), "admin")),
            "User not found",
        ),
        (Some(tokens::token("vika\u{0}", "admin")), "User not found"),
        (Some(guest.token), "User not found"),
    ] {
        let answer = ask(
            world.chat(0),
            Method::GET,
            "/auth/me",
            token.as_deref(),
            None,
        )
        .await;
        fails(text, &answer, 401, text);
    }
}

#[tokio::test]
async fn a_token_carries_the_claims_of_every_contract() {
    let world = World::builder().tokens().start();
    let supervisor = world.account("Sasha", "supervisor", None).await;
    let claims = tokens::read(&supervisor.token);
    for name in ["userId", "user_id", "id"] {
        assert_eq!(claims[name], json!(supervisor.id), "{claims}");
    }
    assert_eq!(claims["role"], "supervisor");
    assert_eq!(claims["email"], "sasha@example.org");
    assert_eq!(claims["username"], "Sasha");
    assert_eq!(claims["permissions"].as_array().map(Vec::len), Some(7));
    let life = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(life, 24 * 3600);
}

#[tokio::test]
async fn in_token_mode_only_an_admin_makes_those_who_work_here() {
    let world = World::builder().tokens().start();
    let admin = world.admin().await;
    let supervisor = world.account("Sasha", "supervisor", None).await;
    for role in ["admin", "supervisor", "agent"] {
        let body = wanted(|body| body["role"] = json!(role));
        for (token, status, text) in [
            (None, 403, "Only an admin can create this role"),
            (
                Some(supervisor.token.as_str()),
                403,
                "Only an admin can create this role",
            ),
            (Some("nonsense"), 401, "Invalid token"),
        ] {
            let answer = ask(
                world.chat(0),
                Method::POST,
                "/auth/signup",
                token,
                Some(&body),
            )
            .await;
            fails(role, &answer, status, text);
        }
    }
    let body = wanted(|body| body["role"] = json!("admin"));
    let answer = ask(
        world.chat(0),
        Method::POST,
        "/auth/signup",
        Some(&admin),
        Some(&body),
    )
    .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
}

#[tokio::test]
async fn of_twenty_sign_ups_with_one_email_one_succeeds() {
    let world = World::new();
    let tries = (0..20).map(|n| {
        let (address, body) = (
            world.chat(n % 2),
            wanted(|b| b["name"] = json!(format!("Mina {n}"))),
        );
        tokio::spawn(async move { post(address, "/auth/signup", &body).await })
    });
    let mut made = 0;
    for answer in tries.collect::<Vec<_>>() {
        let answer = answer.await.expect("no panic");
        match answer.status {
            201 => made += 1,
            _ => fails("a race", &answer, 409, "Email already exists"),
        }
    }
    assert_eq!(made, 1);
}

#[tokio::test]
async fn of_processes_that_start_together_one_makes_the_admin() {
    let world = World::new();
    for server in 0..2 {
        sign_in(world.chat(server), ADMIN, ADMIN_PASSWORD).await;
    }
}

#[tokio::test]
async fn odd_names_go_in_and_come_out_unharmed() {
    let world = World::new();
    let mut ids = BTreeSet::new();
    for (n, name) in [
        "'; DROP TABLE accounts; --",
        "<script>alert(1)</script>",
        "${jndi:ldap://x}",
        "明日香",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd} live",
        "e\u{301}",
        "\u{1f469}\u{200d}\u{1f680}",
        "%00%0d%0aSet-Cookie: a=b",
        "\\\"'`",
        "null",
    ]
    .into_iter()
    .enumerate()
    {
        let email = format!("odd{n}@example.org");
        let body = wanted(|b| (b["name"], b["email"]) = (json!(name), json!(email)));
        let answer = post(world.chat(0), "/auth/signup", &body).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
        assert_eq!(answer.json()["data"]["name"], name);
        let token = sign_in(world.chat(0), &email, "secret").await;
        let me = ask(world.chat(1), Method::GET, "/auth/me", Some(&token), None).await;
        assert_eq!(me.json()["data"]["name"], name);
        ids.insert(me.json()["data"]["_id"].to_string());
    }
    assert_eq!(ids.len(), 10);
}
