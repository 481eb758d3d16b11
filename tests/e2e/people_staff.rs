//! docs/staff-api.md: people, groups, settings, the audit log, the directory.

use e2e::World;
use e2e::http::Answer;
use e2e::people::{ask, sign_in};
use reqwest::Method;
use serde_json::{Value, json};

fn fails(what: &str, answer: &Answer, status: u16, text: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
    let expected = json!({"success": false, "error": text, "message": text});
    assert_eq!(answer.json(), expected, "{what}");
}

#[tokio::test]
async fn an_admin_makes_and_changes_people() {
    let world = World::new();
    let admin = world.admin().await;
    let does = async |method: Method, path: &str, body: Value| {
        ask(world.chat(0), method, path, Some(&admin), Some(&body)).await
    };
    let sasha = world.account("Sasha", "supervisor", None).await;
    let wanted = json!({"name": "Vika", "email": "Vika@example.org", "role": "agent", "supervisorId": sasha.id});
    let made = does(Method::POST, "/staff/accounts", wanted.clone()).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    let id = made["account"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(made["account"]["supervisorId"], json!(sasha.id));
    let password = made["password"].as_str().expect("shown once").to_owned();
    sign_in(world.chat(1), "vika@example.org", &password).await;
    let again = does(Method::POST, "/staff/accounts", wanted).await;
    fails("again", &again, 409, "Email already exists");

    let path = format!("/staff/accounts/{id}");
    for (body, status, text) in [
        (json!({"role": "visitor"}), 400, "Invalid role"),
        (json!({"name": "\u{7}"}), 400, "Invalid name"),
        (json!({"active": "no"}), 400, "Invalid active"),
        (json!({"supervisorId": "x"}), 400, "Invalid supervisor"),
        (json!({"supervisorId": id}), 400, "Invalid supervisor"),
    ] {
        fails(
            &body.to_string(),
            &does(Method::PATCH, &path, body.clone()).await,
            status,
            text,
        );
    }
    let changed = does(
        Method::PATCH,
        &path,
        json!({"name": "Vika R.", "supervisorId": null}),
    )
    .await;
    let account = changed.json()["account"].clone();
    assert_eq!(
        (&account["name"], &account["supervisorId"]),
        (&json!("Vika R."), &json!(null))
    );
    let reset = does(Method::POST, &format!("{path}/reset-password"), json!({})).await;
    let password = reset.json()["password"]
        .as_str()
        .expect("shown once")
        .to_owned();
    sign_in(world.chat(1), "vika@example.org", &password).await;

    let listed = does(Method::GET, "/staff/accounts?role=agent", json!(null))
        .await
        .json();
    assert_eq!(listed["accounts"], json!([account]));
    let first = does(Method::GET, "/staff/accounts?limit=1", json!(null))
        .await
        .json();
    let after = first["accounts"][0]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let rest = does(
        Method::GET,
        &format!("/staff/accounts?after={after}"),
        json!(null),
    )
    .await
    .json();
    assert_eq!(rest["accounts"].as_array().map(Vec::len), Some(2));
    assert!(!listed.to_string().contains("argon2"), "no hash leaves");
    for path in [
        "/staff/accounts/x",
        &format!("/staff/accounts/{}", "0".repeat(32)),
    ] {
        fails(
            path,
            &does(Method::PATCH, path, json!({})).await,
            404,
            "Account not found",
        );
    }
}

#[tokio::test]
async fn the_last_admin_stays_whatever_happens_at_once() {
    let world = World::new();
    let first = world.admin().await;
    let second = world.account("Ada", "admin", None).await;
    let me = ask(world.chat(0), Method::GET, "/auth/me", Some(&first), None).await;
    let first_id = me.json()["data"]["_id"].as_str().expect("an id").to_owned();
    // Each disables the other.
    let tries = [
        (first.clone(), second.id.clone()),
        (second.token.clone(), first_id),
    ];
    let tries = tries.map(|(token, id)| {
        let address = world.chat(0);
        tokio::spawn(async move {
            let path = format!("/staff/accounts/{id}");
            let body = json!({"active": false});
            ask(address, Method::PATCH, &path, Some(&token), Some(&body))
                .await
                .status
        })
    });
    let mut done = 0;
    for status in tries {
        let status = status.await.expect("no panic");
        done += usize::from(status == 200);
        assert!([200, 401, 409].contains(&status), "{status}");
    }
    assert_eq!(done, 1);
}

#[tokio::test]
async fn groups_are_made_given_and_removed() {
    let world = World::new();
    let admin = world.admin().await;
    let does = async |method: Method, path: &str, body: Value| {
        ask(world.chat(0), method, path, Some(&admin), Some(&body)).await
    };
    let listed = does(Method::GET, "/staff/groups", json!(null)).await.json();
    assert_eq!(listed["groups"][0]["name"], "default");
    assert_eq!(listed["permissions"].as_array().map(Vec::len), Some(7));
    assert_eq!(listed["roles"]["agent"], json!(["default"]));
    assert_eq!(listed["roles"]["candidate"], json!([]));
    let body = json!({"permissions": ["read_user_tag", "edit_user_tag"]});
    let stored = does(Method::PUT, "/staff/groups/tag%20gers", body).await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let shown = does(Method::GET, "/staff/groups/tag%20gers", json!(null))
        .await
        .json();
    assert_eq!(
        shown,
        json!({"name": "tag gers", "permissions": ["edit_user_tag", "read_user_tag"]})
    );
    let mapped = does(
        Method::PUT,
        "/staff/roles/agent",
        json!({"groups": ["tag gers", "default"]}),
    )
    .await;
    assert_eq!(
        mapped.json(),
        json!({"role": "agent", "groups": ["default", "tag gers"]})
    );
    for (method, path, body, status, text) in [
        (
            Method::PUT,
            "/staff/groups/x",
            json!({"permissions": ["fly"]}),
            400,
            "Invalid permissions",
        ),
        (
            Method::PUT,
            "/staff/groups/x",
            json!({}),
            400,
            "Invalid permissions",
        ),
        (
            Method::PUT,
            "/staff/groups/%20",
            json!({"permissions": []}),
            400,
            "Invalid name",
        ),
        (
            Method::PUT,
            "/staff/roles/agent",
            json!({"groups": ["nobody"]}),
            404,
            "Group not found",
        ),
        (
            Method::PUT,
            "/staff/roles/agent",
            json!({"groups": [5]}),
            400,
            "Invalid groups",
        ),
        (
            Method::PUT,
            "/staff/roles/visitor",
            json!({"groups": []}),
            404,
            "Role not found",
        ),
        (
            Method::GET,
            "/staff/groups/nobody",
            json!(null),
            404,
            "Group not found",
        ),
        (
            Method::DELETE,
            "/staff/groups/nobody",
            json!(null),
            404,
            "Group not found",
        ),
        (
            Method::DELETE,
            "/staff/groups/default",
            json!(null),
            409,
            "The group `default` has to stay",
        ),
    ] {
        fails(path, &does(method, path, body).await, status, text);
    }
    assert_eq!(
        does(Method::DELETE, "/staff/groups/tag%20gers", json!(null))
            .await
            .status,
        204
    );
    let listed = does(Method::GET, "/staff/groups", json!(null)).await.json();
    assert_eq!(
        listed["roles"]["agent"],
        json!(["default"]),
        "gone from the role too"
    );
}

#[tokio::test]
async fn every_change_is_in_the_audit_log_and_the_latest_is_first() {
    let world = World::new();
    let admin = world.admin().await;
    let settings = json!({"joinText": "Hi, {agent} here", "historyLoadCount": 5});
    let stored = ask(
        world.chat(0),
        Method::PUT,
        "/staff/settings",
        Some(&admin),
        Some(&settings),
    )
    .await;
    assert_eq!(stored.status, 200, "{}", stored.body);
    let stored = stored.json();
    assert_eq!(stored["joinText"], "Hi, {agent} here");
    assert_eq!(
        (&stored["leaveText"], &stored["retentionDays"]),
        (&json!(null), &json!(0))
    );
    assert_eq!(
        stored["defaults"]["leaveText"],
        "{agent} has left the chat."
    );
    for (name, value) in [
        ("joinText", json!("x".repeat(1025))),
        ("leaveText", json!("a\u{0}b")),
        ("historyLoadCount", json!(-1)),
        ("retentionDays", json!("5")),
    ] {
        let answer = ask(
            world.chat(0),
            Method::PUT,
            "/staff/settings",
            Some(&admin),
            Some(&json!({name: value})),
        )
        .await;
        fails(name, &answer, 400, &format!("Invalid {name}"));
    }
    let sasha = world.account("Sasha", "supervisor", None).await;
    let path = format!("/staff/accounts/{}", sasha.id);
    ask(
        world.chat(0),
        Method::PATCH,
        &path,
        Some(&admin),
        Some(&json!({"role": "admin"})),
    )
    .await;
    let log = ask(
        world.chat(1),
        Method::GET,
        "/staff/audit",
        Some(&admin),
        None,
    )
    .await
    .json();
    let all = log["entries"].as_array().expect("entries");
    // Sign-ins stand between them.
    let is_change = |entry: &&Value| entry["action"] != "signed_in";
    let changes = all.iter().filter(is_change).cloned();
    let entries: Vec<Value> = changes.take(3).collect();
    let said: Vec<(&Value, &Value)> = entries
        .iter()
        .map(|entry| (&entry["action"], &entry["target"]))
        .collect();
    assert_eq!(
        said,
        [
            (&json!("account_changed"), &json!(sasha.id)),
            (&json!("account_created"), &json!(sasha.id)),
            (&json!("settings_stored"), &json!("settings")),
        ]
    );
    assert_eq!(entries[0]["details"], json!({"role": "admin"}));
    let path = format!("/staff/audit?before={}", entries[2]["id"]);
    let earlier = ask(world.chat(1), Method::GET, &path, Some(&admin), None)
        .await
        .json();
    let earlier = earlier["entries"].as_array().expect("entries");
    let actions: Vec<&Value> = earlier.iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["signed_in", "account_created"], "the first admin");
}

#[tokio::test]
async fn the_directory_says_who_is_at_the_desk() {
    let world = World::builder().tokens().start();
    let sasha = world.account("Sasha", "supervisor", None).await;
    let door = e2e::Door::plain().bearer(&sasha.token);
    let _feed = e2e::Socket::open(world.feed(0), "/joins", &door, "sasha")
        .await
        .expect("an upgrade");
    e2e::eventually("sasha at the desk", e2e::secs(5), async || {
        let listed = ask(
            world.chat(0),
            Method::GET,
            "/staff/agents",
            Some(&sasha.token),
            None,
        )
        .await
        .json();
        let agents = listed["agents"].as_array().expect("agents").clone();
        let online: Vec<&Value> = agents
            .iter()
            .filter(|agent| agent["online"] == true)
            .collect();
        let expected =
            json!({"id": sasha.id, "name": "Sasha", "role": "supervisor", "online": true});
        (online == [&expected] && agents.len() == 2).then_some(())
    })
    .await;
}
