//! Contract 001, section 1: `GET /user/join/{userName}`.

use e2e::shape::{assert_fields, is_id};
use e2e::{World, http};
use serde_json::json;

#[tokio::test]
async fn registration_gives_a_user_and_a_chat_of_its_own() {
    let world = World::new();
    let answer = http::get(world.chat(0), "/user/join/Mina").await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .header("content-type")
            .starts_with("application/json"),
        "{answer:?}"
    );
    let body = answer.json();
    world.knows(&body);
    assert_fields(&body, &["userId", "username", "chatId", "token"]);
    assert!(is_id(&body["userId"]) && is_id(&body["chatId"]), "{body}");
    assert_ne!(body["userId"], body["chatId"]);
    world.knows(&body);
    assert_eq!(body["username"], "Mina");
    assert!(
        body["token"]
            .as_str()
            .is_some_and(|token| !token.is_empty()),
        "{body}"
    );
}

#[tokio::test]
async fn two_people_may_have_one_name_and_get_different_chats() {
    let world = World::new();
    let (first, second) = (
        world.register_at(0, "Mina").await,
        world.register_at(1, "Mina").await,
    );
    assert_ne!(first.user_id, second.user_id);
    assert_ne!(first.chat_id, second.chat_id);
}

#[tokio::test]
async fn names_are_percent_decoded_and_trimmed() {
    let world = World::new();
    let longest = "%C3%A9".repeat(64);
    let cases = [
        ("Mina%20Ray", "Mina Ray".to_owned()),
        ("%20%20Mina%20", "Mina".to_owned()),
        ("%E6%98%8E", "明".to_owned()),
        ("Mina%2FRay", "Mina/Ray".to_owned()),
        ("100%25", "100%".to_owned()),
        ("a+b", "a+b".to_owned()),
        (longest.as_str(), "é".repeat(64)),
    ];
    for (path, name) in cases {
        assert_eq!(world.register(path).await.username, name, "{path}");
    }
}

#[tokio::test]
async fn bad_names_are_refused() {
    let world = World::new();
    let too_long = "x".repeat(65);
    for path in [
        "%20",
        "%20%09%20",
        "Mi%07na",
        "Mi%0Ana",
        "Mi%C2%85na",
        "Mi%FFna",
        too_long.as_str(),
    ] {
        let answer = http::get(world.chat(0), &format!("/user/join/{path}")).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.body);
        let expected =
            json!({"success": false, "error": "Invalid username", "message": "Invalid username"});
        assert_eq!(answer.json(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_registration_alone_is_no_request() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    world.register("Mina").await;
    let visitor = world.visitor("Otto").await;
    agent.sees(&visitor.guest).await;
}
