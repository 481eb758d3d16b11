//! Contract 000, section 2: canned responses.

use std::collections::BTreeSet;

use e2e::people::ask;
use e2e::shape::{assert_fields, is_id};
use e2e::{World, people::Account};
use reqwest::Method;
use serde_json::{Value, json};

const PATH: &str = "/canned-response/";

async fn does(world: &World, by: &Account, method: Method, body: Value) -> Value {
    let token = Some(by.token.as_str());
    let answer = ask(world.chat(0), method.clone(), PATH, token, Some(&body)).await;
    assert_eq!(answer.status, 200, "{method} {body}: {}", answer.body);
    answer.json()
}

async fn refused(world: &World, by: &Account, method: Method, body: Value) -> Value {
    let token = Some(by.token.as_str());
    let answer = ask(world.chat(0), method.clone(), PATH, token, Some(&body)).await;
    assert_eq!(answer.status, 400, "{method} {body}: {}", answer.body);
    answer.json()["errors"].clone()
}

fn greet() -> Value {
    json!({"name": "greet", "text": "Good day", "language": "EN"})
}

async fn two_agents(world: &World) -> (Account, Account) {
    let sasha = world.account("Sasha", "supervisor", None).await;
    (
        world.account("Vika", "agent", Some(&sasha.id)).await,
        world.account("Otto", "agent", Some(&sasha.id)).await,
    )
}

#[tokio::test]
async fn an_agent_has_a_set_of_its_own() {
    let world = World::new();
    let (vika, otto) = two_agents(&world).await;
    let added = does(&world, &vika, Method::POST, greet()).await["success"].clone();
    let fields = [
        "_id",
        "user",
        "name",
        "text",
        "is_active",
        "selected",
        "created_at",
        "updated_at",
    ];
    assert_fields(&added, &fields);
    assert!(is_id(&added["_id"]));
    assert_eq!(added["user"], json!(vika.id));
    assert_eq!(added["text"], json!({"EN": "Good day"}));
    assert_eq!(
        (&added["is_active"], &added["selected"]),
        (&json!(true), &json!(false))
    );
    let at = added["created_at"].as_str().expect("a time");
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
    let many = json!({"name": "bye", "text": {"FR": "Salut", "EN": "Bye"}});
    let second = does(&world, &vika, Method::POST, many).await["success"].clone();
    let hers = does(&world, &vika, Method::GET, json!({})).await;
    assert_eq!(hers, json!({"responses": [added, second]}));
    let his = does(&world, &otto, Method::GET, json!({})).await;
    assert_eq!(his, json!({"responses": []}));
    let same = does(&world, &otto, Method::POST, greet()).await;
    assert_eq!(same["success"]["user"], json!(otto.id));
    for method in [Method::PUT, Method::DELETE] {
        let body = json!({"responseId": added["_id"], "updatedResponse": {"name": "x", "text": {"EN": "x"}}});
        let nothing = does(&world, &otto, method, body).await;
        assert_eq!(nothing, json!({"response": null}));
    }
    assert_eq!(
        does(&world, &vika, Method::GET, json!({})).await["responses"][0],
        added
    );
}

#[tokio::test]
async fn a_response_is_replaced_as_a_whole_and_deleted_softly() {
    let world = World::new();
    let (vika, _) = two_agents(&world).await;
    let text = json!({"FR": "Bonjour", "EN": "Good day"});
    let added = does(
        &world,
        &vika,
        Method::POST,
        json!({"name": "greet", "text": text}),
    )
    .await;
    let added = &added["success"];
    let mut wanted = added.clone();
    (wanted["name"], wanted["text"], wanted["selected"]) =
        (json!("hello"), json!({"EN": "Hello"}), json!(true));
    (wanted["_id"], wanted["user"]) = (json!("0".repeat(32)), json!("somebody"));
    (wanted["created_at"], wanted["updated_at"]) =
        (json!("2000-01-01T00:00:00.000Z"), json!("never"));
    let body = json!({"responseId": added["_id"], "updatedResponse": wanted});
    let replaced = does(&world, &vika, Method::PUT, body).await["response"].clone();
    for name in ["_id", "user", "created_at"] {
        assert_eq!(replaced[name], added[name], "{name} stays");
    }
    assert_eq!(replaced["text"], json!({"EN": "Hello"}), "French is gone");
    assert_eq!(
        (&replaced["name"], &replaced["selected"]),
        (&json!("hello"), &json!(true))
    );
    assert!(replaced["updated_at"].as_str() > added["updated_at"].as_str());

    let body = json!({"responseId": added["_id"]});
    let deleted = does(&world, &vika, Method::DELETE, body).await["response"].clone();
    assert_eq!(deleted["is_active"], json!(false));
    let listed = does(&world, &vika, Method::GET, json!({})).await;
    assert_eq!(listed["responses"][0], deleted, "still listed");
    let again = json!({"name": "hello", "text": "Hello again", "language": "EN"});
    let again = does(&world, &vika, Method::POST, again).await["success"].clone();
    let mut back = deleted.clone();
    back["is_active"] = json!(true);
    let body = json!({"responseId": deleted["_id"], "updatedResponse": back});
    let exists = json!([{"msg": "Response already exist", "responseName": "hello"}]);
    assert_eq!(refused(&world, &vika, Method::PUT, body).await, exists);
    assert_eq!(again["name"], "hello", "the name was free");
}

#[tokio::test]
async fn every_fault_of_a_response_is_named_with_its_field() {
    let world = World::new();
    let (vika, _) = two_agents(&world).await;
    does(&world, &vika, Method::POST, greet()).await;
    let exists = json!([{"msg": "Response already exist", "responseName": "greet"}]);
    assert_eq!(refused(&world, &vika, Method::POST, greet()).await, exists);
    let required = "Field is required";
    for (method, body, faults) in [
        (
            Method::POST,
            json!({}),
            vec![
                ("name", required),
                ("text", required),
                ("language", required),
            ],
        ),
        (
            Method::POST,
            json!({"name": "", "text": "x", "language": "EN"}),
            vec![("name", required)],
        ),
        (
            Method::POST,
            json!({"name": 5, "text": "x", "language": "EN"}),
            vec![("name", required)],
        ),
        (
            Method::POST,
            json!({"name": "a", "text": "x"}),
            vec![("language", required)],
        ),
        (
            Method::POST,
            json!({"name": "a", "text": {}, "language": "EN"}),
            vec![("text", required)],
        ),
        (
            Method::POST,
            json!({"name": "a", "text": {"EN": 5}}),
            vec![("text", "Invalid value")],
        ),
        (
            Method::POST,
            json!({"name": "x".repeat(65), "text": {"EN": "x"}}),
            vec![("name", "Invalid value")],
        ),
        (
            Method::PUT,
            json!({}),
            vec![
                ("responseId", "Response ID is required"),
                ("updatedResponse", required),
            ],
        ),
        (
            Method::PUT,
            json!({"responseId": "x", "updatedResponse": []}),
            vec![("updatedResponse", required)],
        ),
        (
            Method::PUT,
            json!({"responseId": "x", "updatedResponse": {}}),
            vec![
                ("name", required),
                ("text", required),
                ("language", required),
            ],
        ),
        (
            Method::DELETE,
            json!({}),
            vec![("responseId", "Response ID is required")],
        ),
    ] {
        let errors = refused(&world, &vika, method.clone(), body.clone()).await;
        let found: Vec<(&str, &str)> = errors
            .as_array()
            .expect("errors")
            .iter()
            .map(|error| {
                (
                    error["param"].as_str().expect("param"),
                    error["msg"].as_str().expect("msg"),
                )
            })
            .collect();
        assert_eq!(found, faults, "{method} {body}");
        for error in errors.as_array().expect("errors") {
            assert_eq!(error["location"], "body");
        }
    }
    for id in ["x", "\u{0}", &"0".repeat(32)] {
        let nothing = does(&world, &vika, Method::DELETE, json!({"responseId": id})).await;
        assert_eq!(nothing, json!({"response": null}));
    }
}

#[tokio::test]
async fn of_twenty_at_once_with_one_name_one_is_added() {
    let world = World::new();
    let (vika, _) = two_agents(&world).await;
    let tries = (0..20).map(|n| {
        let (address, token) = (world.chat(n % 2), vika.token.clone());
        tokio::spawn(async move {
            ask(address, Method::POST, PATH, Some(&token), Some(&greet()))
                .await
                .status
        })
    });
    let mut statuses = Vec::new();
    for status in tries.collect::<Vec<_>>() {
        statuses.push(status.await.expect("no panic"));
    }
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    let seen: BTreeSet<u16> = statuses.into_iter().collect();
    assert_eq!(seen, BTreeSet::from([200, 400]));
}

#[tokio::test]
async fn what_a_role_may_do_is_what_its_groups_say_now() {
    let world = World::new();
    let (vika, _) = two_agents(&world).await;
    let mina = world.account("Mina", "candidate", None).await;
    let admin = world.admin().await;
    let put = async |path: &str, body: Value| {
        let answer = ask(world.chat(1), Method::PUT, path, Some(&admin), Some(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    put(
        "/staff/groups/readers",
        json!({"permissions": ["read_canned_response"]}),
    )
    .await;
    put("/staff/roles/agent", json!({"groups": ["readers"]})).await;
    let denied = json!({"message": "You do not have permission to access this API"});
    let table = [
        (Method::GET, &vika, 200),
        (Method::POST, &vika, 403),
        (Method::PUT, &vika, 403),
        (Method::DELETE, &vika, 403),
        (Method::GET, &mina, 403),
    ];
    for (method, by, status) in table {
        let token = Some(by.token.as_str());
        let answer = ask(world.chat(0), method.clone(), PATH, token, Some(&json!({}))).await;
        assert_eq!(answer.status, status, "{method} {}", by.email);
        if status == 403 {
            assert_eq!(answer.json(), denied);
        }
    }
}
