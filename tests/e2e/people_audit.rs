//! docs/staff-api.md, the audit log: who signed in, who read and took along what, what was done to chats, and what a setting was
//! before; by person and by act, and all of it as a file.

use e2e::http::send;
use e2e::people::{ADMIN, ADMIN_PASSWORD, ask, post};
use e2e::{World, eventually, secs};
use reqwest::Method;
use serde_json::{Value, json};

use crate::desk::Seat;
use crate::house::{House, fails, get};

/// The entries that match, the latest first.
async fn entries(world: &World, admin: &str, query: &str) -> Vec<Value> {
    let log = get(world, &format!("/staff/audit?limit=500&{query}"), admin).await;
    assert_eq!(log.status, 200, "{}", log.body);
    log.json()["entries"].as_array().expect("entries").clone()
}

async fn put_settings(world: &World, admin: &str, body: Value) -> e2e::http::Answer {
    let path = "/staff/settings";
    ask(world.chat(0), Method::PUT, path, Some(admin), Some(&body)).await
}

#[tokio::test]
async fn sign_ins_are_noted_good_and_failed_in_every_dialect() {
    let world = World::with(|settings| {
        settings.http.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    });
    let admin = world.admin().await;
    let sasha = world.account("Sasha", "supervisor", None).await;
    let mina = world.account("Mina", "candidate", None).await;
    let from = "203.0.113.9";
    for path in ["/auth/login", "/user/login", "/staff/session"] {
        for (email, password) in [
            (sasha.email.as_str(), e2e::people::PASSWORD),
            (sasha.email.as_str(), "wrong password"),
            ("nobody@example.org", "my own password"),
            (mina.email.as_str(), "wrong password"),
        ] {
            let body = json!({"email": email, "password": password}).to_string();
            let headers = [("x-forwarded-for", from.to_owned())];
            send(world.chat(1), Method::POST, path, &headers, Some(body)).await;
        }
        for (action, id) in [
            ("signed_in", sasha.id.as_str()),
            ("sign_in_failed", sasha.id.as_str()),
        ] {
            let found = entries(&world, &admin, &format!("actor={id}&action={action}")).await;
            assert_eq!(found[0]["target"], id, "{path}: {found:?}");
            let details = json!({"address": from, "path": path});
            assert_eq!(found[0]["details"], details, "{action}");
        }
    }
    let all = entries(&world, &admin, "").await;
    let strangers = all.iter().filter(|entry| entry["actor"] == "");
    assert_eq!(
        strangers.count(),
        6,
        "nobody's tries and the end user's: {all:?}"
    );
    let text = json!(all).to_string();
    assert!(
        !text.contains("nobody@") && !text.contains("password\""),
        "{text}"
    );
    assert!(!text.contains("my own"), "{text}");
    let of_mina: Vec<&Value> = all
        .iter()
        .filter(|entry| entry["actor"] == mina.id.as_str() && entry["action"] != "account_created")
        .collect();
    assert_eq!(
        of_mina,
        Vec::<&Value>::new(),
        "an end user's sign-ins are not looked after"
    );
}

#[tokio::test]
async fn a_setting_stands_there_as_it_was_and_as_it_is() {
    let world = World::new();
    let admin = world.admin().await;
    let first = json!({"joinText": "Hi", "retentionDays": 365});
    assert_eq!(put_settings(&world, &admin, first).await.status, 200);
    let second = json!({"joinText": null, "leaveText": "Bye", "retentionDays": 30});
    assert_eq!(put_settings(&world, &admin, second).await.status, 200);
    let found = entries(&world, &admin, "action=settings_stored").await;
    assert_eq!(
        found[0]["details"],
        json!({
            "joinText": {"before": "Hi", "after": null},
            "leaveText": {"before": null, "after": "Bye"},
            "retentionDays": {"before": 365, "after": 30},
        })
    );
    assert_eq!(
        found[1]["details"],
        json!({
            "joinText": {"before": null, "after": "Hi"},
            "retentionDays": {"before": 0, "after": 365},
        })
    );
}

#[tokio::test]
async fn an_emptied_or_negative_number_is_refused_and_changes_nothing() {
    let world = World::new();
    let admin = world.admin().await;
    let kept = json!({"retentionDays": 30, "historyLoadCount": 7});
    assert_eq!(put_settings(&world, &admin, kept).await.status, 200);
    for name in ["retentionDays", "historyLoadCount"] {
        for bad in [
            json!(null),
            json!(""),
            json!(-1),
            json!("-1"),
            json!(1.5),
            json!("30"),
            json!([]),
            json!(1e9),
        ] {
            let answer = put_settings(&world, &admin, json!({name: bad, "joinText": "x"})).await;
            fails(&bad.to_string(), &answer, 400, &format!("Invalid {name}"));
        }
    }
    let stored = get(&world, "/staff/settings", &admin).await.json();
    assert_eq!(
        (&stored["retentionDays"], &stored["joinText"]),
        (&json!(30), &json!(null))
    );
    for bad in ["", "-1", "x", "1.5", "99999999"] {
        let answer = get(
            &world,
            &format!("/staff/settings/retention?days={bad}"),
            &admin,
        )
        .await;
        fails(bad, &answer, 400, "Invalid days");
    }
}

#[tokio::test]
async fn what_is_done_to_a_chat_and_read_of_it_is_noted() {
    let house = House::open().await;
    let (visitor, _agent) = house.engaged("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    house.listed("status=engaged", 1).await;
    let admin = house.admin.as_str();

    let mut boss = Seat::with(&house.world, 0, &house.boss.token).await;
    boss.does(
        "Whisper",
        json!({"chatId": chat, "content": "psst, secret"}),
    )
    .await;
    boss.does("TakeOver", json!({"chatId": chat, "name": "Boss"}))
        .await;
    let transfer = format!("/staff/chats/{chat}/transfer");
    let to = json!({"to": house.vika.id});
    let given = ask(
        house.world.chat(0),
        Method::POST,
        &transfer,
        Some(admin),
        Some(&to),
    )
    .await;
    assert_eq!(given.status, 200, "{}", given.body);
    let by_boss = format!("actor={}", house.boss.id);
    eventually("the records to have it", secs(20), async || {
        let done = entries(&house.world, admin, &by_boss).await;
        let did = |action: &str| {
            let is = |entry: &&Value| entry["action"] == action && entry["target"] == chat.as_str();
            done.iter().filter(is).count()
        };
        ((did("whispered"), did("taken_over")) == (1, 1)).then_some(())
    })
    .await;
    let given = eventually("the records to have it", secs(20), async || {
        let given = entries(&house.world, admin, "action=reassigned").await;
        given.first().cloned()
    })
    .await;
    assert_eq!(given["target"], chat.as_str());
    assert_eq!(given["details"]["to"], house.vika.id.as_str());
    let all = json!(entries(&house.world, admin, "").await).to_string();
    assert!(
        !all.contains("secret"),
        "what was whispered stands with the chat: {all}"
    );

    for (path, token) in [
        (format!("/staff/chats/{chat}"), &house.boss.token),
        (format!("/rooms/{chat}"), &house.boss.token),
    ] {
        let before = entries(&house.world, admin, "action=transcript_read")
            .await
            .len();
        assert_eq!(get(&house.world, &path, token).await.status, 200, "{path}");
        let read = entries(&house.world, admin, "action=transcript_read").await;
        assert_eq!(read.len(), before + 1, "{path}");
        assert_eq!(read[0]["actor"], house.boss.id.as_str());
        assert_eq!(read[0]["target"], chat.as_str());
    }
    // Who may not read it has not read it, and its agent reads it all the time.
    let before = entries(&house.world, admin, "action=transcript_read")
        .await
        .len();
    for (token, status) in [(&house.otto.token, 403), (&house.vika.token, 200)] {
        let answer = get(&house.world, &format!("/staff/chats/{chat}"), token).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    let after = entries(&house.world, admin, "action=transcript_read")
        .await
        .len();
    assert_eq!(after, before);

    let path = "/staff/chats/export?format=csv&text=Mina&status=engaged";
    assert_eq!(get(&house.world, path, &house.boss.token).await.status, 200);
    let exported = entries(&house.world, admin, "action=chats_exported").await;
    assert_eq!(exported[0]["actor"], house.boss.id.as_str());
    assert_eq!(
        exported[0]["details"],
        json!({"format": "csv", "status": "engaged", "text": true})
    );
}

#[tokio::test]
async fn the_log_is_filtered_and_taken_along_whole() {
    let world = World::new();
    let admin = world.admin().await;
    for number in 0..510 {
        let body =
            json!({"email": format!("=nobody{number}@example.org"), "password": "wrong password"});
        if number % 50 == 0 {
            post(world.chat(0), "/auth/login", &body).await;
        }
        let count = json!({"historyLoadCount": number});
        assert_eq!(put_settings(&world, &admin, count).await.status, 200);
    }
    for query in ["action=nonsense", "actor=%00", "before=x"] {
        let answer = get(&world, &format!("/staff/audit?{query}"), &admin).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.body);
    }
    let actions = get(&world, "/staff/audit/actions", &admin).await.json();
    assert!(
        actions["actions"]
            .as_array()
            .expect("names")
            .contains(&json!("transcript_read"))
    );
    let path = "/staff/audit/export?action=settings_stored";
    let all = get(&world, path, &admin).await;
    let all = all.json();
    let all = all.as_array().expect("entries");
    assert_eq!(all.len(), 510);
    assert!(all.iter().all(|entry| entry["action"] == "settings_stored"));
    assert!(
        all.windows(2)
            .all(|pair| pair[0]["id"].as_i64() > pair[1]["id"].as_i64())
    );
    let csv = get(&world, &format!("{path}&format=csv"), &admin).await;
    assert!(
        csv.header("content-disposition").contains("audit-2"),
        "with its date"
    );
    let text = csv.body.trim_start_matches('\u{feff}');
    assert!(
        text.starts_with("id,at,actor,action,target,details\r\n"),
        "{}",
        &text[..80]
    );
    assert_eq!(text.matches("\r\n").count(), 511);
    let exported = entries(&world, &admin, "action=audit_exported").await;
    assert_eq!(exported.len(), 2);
    assert_eq!(exported[0]["details"]["format"], "csv");
    let sign_in = json!({"email": ADMIN, "password": ADMIN_PASSWORD});
    assert_eq!(
        post(world.chat(0), "/auth/login", &sign_in).await.status,
        200
    );
}
