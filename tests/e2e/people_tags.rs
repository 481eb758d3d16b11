//! Contract 000, section 3: tags of users.

use e2e::World;
use e2e::people::ask;
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn tags_are_replaced_and_seen_by_everyone_who_may() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let admin = world.admin().await;
    let agent = world.account("Sasha", "supervisor", None).await;
    let path = format!("/users/tag?id={}", guest.user_id);
    let none = ask(world.chat(1), Method::GET, &path, Some(&admin), None).await;
    assert_eq!(none.status, 200, "{}", none.body);
    assert_eq!(none.json(), json!({"user": guest.user_id, "tags": []}));
    for tags in [
        json!(["vip", "'; DROP TABLE user_tags; --", "明日香"]),
        json!([]),
        json!(["one"]),
    ] {
        let body = json!({"id": guest.user_id, "tags": tags});
        for path in ["/users/tag", "/livechat/users/tag/"] {
            let stored = ask(world.chat(0), Method::PUT, path, Some(&admin), Some(&body)).await;
            assert_eq!(stored.status, 200, "{}", stored.body);
            assert_eq!(
                stored.json(),
                json!({"message": "Tags successfully updated"})
            );
        }
        let seen = ask(world.chat(1), Method::GET, &path, Some(&agent.token), None).await;
        assert_eq!(seen.json(), json!({"user": guest.user_id, "tags": tags}));
    }
    let body = json!({"id": guest.user_id});
    let path = "/users/tag?id=somebody-else";
    let seen = ask(world.chat(1), Method::GET, path, Some(&admin), Some(&body)).await;
    assert_eq!(seen.json()["user"], json!(guest.user_id), "the body wins");
}

#[tokio::test]
async fn an_account_is_a_user_too() {
    let world = World::new();
    let mina = world.account("Mina", "candidate", None).await;
    let admin = world.admin().await;
    let body = json!({"id": mina.id, "tags": ["new"]});
    let stored = ask(
        world.chat(0),
        Method::PUT,
        "/users/tag",
        Some(&admin),
        Some(&body),
    )
    .await;
    assert_eq!(stored.status, 200, "{}", stored.body);
}

#[tokio::test]
async fn every_fault_of_a_tag_has_its_answer() {
    let world = World::new();
    let guest = world.register("Mina").await;
    let admin = world.admin().await;
    let unknown = json!({"message": "User not found."});
    for id in ["nobody", "\u{0}", &"0".repeat(32), &"x".repeat(5000)] {
        for (method, body) in [
            (Method::GET, json!({"id": id})),
            (Method::PUT, json!({"id": id, "tags": []})),
        ] {
            let answer = ask(
                world.chat(0),
                method,
                "/users/tag",
                Some(&admin),
                Some(&body),
            )
            .await;
            assert_eq!((answer.status, answer.json()), (404, unknown.clone()));
        }
    }
    for (method, body, param, message) in [
        (Method::GET, json!({}), "id", "Field is required"),
        (Method::GET, json!({"id": 5}), "id", "Field is required"),
        (Method::PUT, json!({"tags": []}), "id", "Field is required"),
        (
            Method::PUT,
            json!({"id": guest.user_id}),
            "tags",
            "Expected Array[String]",
        ),
        (
            Method::PUT,
            json!({"id": guest.user_id, "tags": "vip"}),
            "tags",
            "Expected Array[String]",
        ),
        (
            Method::PUT,
            json!({"id": guest.user_id, "tags": ["vip", 5]}),
            "tags",
            "Expected Array[String]",
        ),
    ] {
        let answer = ask(
            world.chat(0),
            method,
            "/users/tag",
            Some(&admin),
            Some(&body),
        )
        .await;
        assert_eq!(answer.status, 400, "{body}");
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (&error["param"], &error["msg"]),
            (&json!(param), &json!(message)),
            "{body}"
        );
    }
}
