//! Contract 000, section 1: the accounts of agents.

use e2e::http::send;
use e2e::people::{ADMIN, ADMIN_PASSWORD, PASSWORD, ask, post};
use e2e::{World, tokens};
use reqwest::Method;
use serde_json::{Value, json};

/// Every form of a path.
fn forms(path: &str) -> [String; 4] {
    let (root, below) = (path.to_owned(), format!("/livechat{path}"));
    [format!("{root}/"), root, format!("{below}/"), below]
}

fn agent() -> Value {
    json!({"firstName": "Vika", "lastName": "Ray", "email": "vika@example.org", "password": PASSWORD})
}

#[tokio::test]
async fn a_login_gives_a_token_with_both_names_under_every_path() {
    let world = World::builder().tokens().start();
    let admin = world.admin().await;
    let answer = ask(
        world.chat(0),
        Method::POST,
        "/user/register",
        Some(&admin),
        Some(&agent()),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let message = json!({"message": "User [vika@example.org] registered successfully!"});
    assert_eq!(answer.json(), message);
    let body = json!({"email": "Vika@example.org", "password": PASSWORD});
    for path in forms("/user/login") {
        let answer = post(world.chat(1), &path, &body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let said = answer.json();
        assert_eq!(said["message"], "User logged in successfully!");
        let claims = tokens::read(said["token"].as_str().expect("a token"));
        assert_eq!(claims["firstName"], "Vika");
        assert_eq!(claims["lastName"], "Ray");
        assert_eq!(claims["username"], "Vika Ray");
        assert_eq!(claims["role"], "agent");
        let permissions = claims["permissions"].as_array().expect("permissions");
        assert_eq!(permissions.len(), 7, "{claims}");
    }
}

#[tokio::test]
async fn a_login_that_fails_says_what_is_wrong_with_its_form_and_nothing_else() {
    let world = World::new();
    let email = json!({"msg": "Invalid email", "param": "email", "location": "body"});
    let password = json!({"msg": "Require a minimum password length of 8", "param": "password", "location": "body"});
    let mut odd = email.clone();
    odd["value"] = json!(["x"]);
    for (body, errors) in [
        (json!({}), vec![email.clone(), password.clone()]),
        (
            json!({"email": ["x"], "password": "short"}),
            vec![odd, password.clone()],
        ),
        (
            json!({"email": ADMIN, "password": 12_345_678}),
            vec![password.clone()],
        ),
        (json!({"password": PASSWORD}), vec![email]),
    ] {
        let answer = post(world.chat(0), "/user/login", &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert_eq!(answer.json(), json!({"errors": errors}), "{body}");
    }
    let wrong = json!({"message": "Your account information was entered incorrectly."});
    for (email, password) in [
        (ADMIN, "wrong password"),
        ("nobody@example.org", ADMIN_PASSWORD),
    ] {
        let body = json!({"email": email, "password": password});
        let answer = post(world.chat(0), "/user/login", &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (401, wrong.clone()),
            "{email}"
        );
    }
}

#[tokio::test]
async fn a_registration_is_for_admins_outside_open_mode() {
    let no_token = json!({"message": "Forbidden access, token invalid"});
    let no_permission = json!({"message": "You do not have permission to access this API"});
    for open in [true, false] {
        let world = if open {
            World::new()
        } else {
            World::builder().tokens().start()
        };
        let supervisor = world.account("Sasha", "supervisor", None).await;
        let candidate = world.account("Mina", "candidate", None).await;
        let path = "/livechat/user/register/";
        for (token, status, said) in [
            (None, 401, &no_token),
            (Some("nonsense"), 401, &no_token),
            (Some(candidate.token.as_str()), 403, &no_permission),
        ] {
            let answer = ask(world.chat(0), Method::POST, path, token, Some(&agent())).await;
            assert_eq!((answer.status, &answer.json()), (status, said));
        }
        let token = Some(supervisor.token.as_str());
        let answer = ask(world.chat(0), Method::POST, path, token, Some(&agent())).await;
        assert_eq!(
            answer.status,
            if open { 200 } else { 403 },
            "{}",
            answer.body
        );
        let admin = world.admin().await;
        let answer = ask(
            world.chat(0),
            Method::POST,
            path,
            Some(&admin),
            Some(&agent()),
        )
        .await;
        assert_eq!(
            answer.status,
            if open { 409 } else { 200 },
            "{}",
            answer.body
        );
        if open {
            let taken = json!({"message": "User with same email already exists."});
            assert_eq!(answer.json(), taken);
        }
        let answer = ask(
            world.chat(0),
            Method::POST,
            path,
            Some(&admin),
            Some(&json!({})),
        )
        .await;
        let errors = answer.json()["errors"].as_array().expect("errors").clone();
        let fields: Vec<&Value> = errors.iter().map(|error| &error["param"]).collect();
        assert_eq!(fields, ["firstName", "lastName", "email", "password"]);
    }
}

#[tokio::test]
async fn the_second_word_of_authorization_is_the_token_whatever_the_first() {
    let world = World::new();
    let admin = world.admin().await;
    for (name, value) in [
        ("authorization", format!("Bearer {admin}")),
        ("authorization", format!("JWT {admin}")),
        ("authorization", format!("Basic  {admin}")),
        ("authorization", admin.clone()),
        ("x-auth-token", admin.clone()),
    ] {
        let headers = [(name, value.clone())];
        let path = "/user/register";
        let body = Some(json!({}).to_string());
        let answer = send(world.chat(0), Method::POST, path, &headers, body).await;
        assert_eq!(
            answer.status, 400,
            "let in, and told what is missing: {value}"
        );
    }
}
