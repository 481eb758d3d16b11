//! Contract 004: staff flags a chat, and the monitors see it.

use e2e::shift::content;
use serde_json::json;

use crate::socketio_scene::Scene;

#[tokio::test]
async fn the_other_monitors_are_told_and_nobody_else() {
    let mut scene = Scene::claimed().await;
    let data = json!({"room": scene.room, "severity_level": 2});
    scene.vika.does("change_chat_priority", data).await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        let told = monitor
            .hears("chat_has_changed_priority_for_supervisor")
            .await;
        scene.shift.vika.is(&told["user"]);
        assert_eq!(told, json!({"user": told["user"], "room": told["room"]}));
        assert_eq!(scene.mina.has_room(&told["room"], 2), scene.room);
        assert!(told["room"]["updated_at"].is_i64(), "{told}");
    }
    // Whoever flags is not told, monitor or not.
    let data = json!({"room": scene.room, "severity_level": 0});
    scene.sasha.does("change_chat_priority", data).await;
    let told = scene
        .ada
        .hears("chat_has_changed_priority_for_supervisor")
        .await;
    scene.shift.sasha.is(&told["user"]);
    scene.mina.has_room(&told["room"], 0);
    scene.nothing_else().await;
}

#[tokio::test]
async fn the_severity_that_a_chat_has_already_is_stored_and_told_all_the_same() {
    let mut scene = Scene::claimed().await;
    let mut updated = 0;
    for severity in [0, 2, 2, 2, 0, 0] {
        let data = json!({"room": scene.room, "severity_level": severity});
        scene.vika.does("change_chat_priority", data).await;
        for monitor in [&mut scene.ada, &mut scene.sasha] {
            let told = monitor
                .hears("chat_has_changed_priority_for_supervisor")
                .await;
            scene.mina.has_room(&told["room"], severity);
            let told = told["room"]["updated_at"].as_i64().expect("a time");
            assert!(told >= updated, "{told} is before {updated}");
            updated = told;
        }
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_chat_may_be_flagged_in_the_queue_by_an_agent_that_has_not_claimed_it_and_without_a_session()
 {
    let mut scene = Scene::queued().await;
    for severity in [1, 3] {
        let data = json!({"room": scene.room, "severity_level": severity});
        scene.otto.does("change_chat_priority", data).await;
        for monitor in [&mut scene.ada, &mut scene.sasha] {
            let told = monitor
                .hears("chat_has_changed_priority_for_supervisor")
                .await;
            scene.mina.has_room(&told["room"], severity);
        }
        if severity == 1 {
            scene.visitor.does("visitor_leave_room", None).await;
            for staff in [
                &mut scene.ada,
                &mut scene.sasha,
                &mut scene.vika,
                &mut scene.otto,
            ] {
                staff.hears("visitor_leave_queue").await;
            }
        }
    }
    // It is still flagged when the visitor comes back.
    scene
        .visitor
        .does("visitor_first_msg", content("again"))
        .await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        let told = staff.hears("append_unclaimed_chats").await;
        assert_eq!(scene.mina.has_room(&told["room"], 3), scene.room);
    }
    let data = json!({"room": scene.room, "severity_level": 0});
    scene.otto.does("change_chat_priority", data).await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor
            .hears("chat_has_changed_priority_for_supervisor")
            .await;
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn the_queue_of_this_contract_stays_oldest_first_whatever_is_flagged() {
    let mut scene = Scene::queued().await;
    let max = scene.shift.visitor("Max");
    let mut second = scene.shift.calls(1, &max).await;
    second.does("visitor_first_msg", content("urgent")).await;
    let room = max.waits_in(
        &scene.vika.hears("append_unclaimed_chats").await,
        &[content("urgent")],
    );
    let data = json!({"room": room, "severity_level": 9});
    scene.vika.does("change_chat_priority", data).await;
    let (_sven, init) = scene.shift.begins(0, &scene.shift.sven).await;
    let waiting = init["unclaimed_chats"].as_array().expect("a list");
    let names: Vec<_> = waiting.iter().map(|entry| &entry["user"]["name"]).collect();
    assert_eq!(names, ["Mina", "Max"]);
    max.has_room(&waiting[1]["room"], 9);
    let data = json!({"room": room, "severity_level": 0});
    scene.vika.does("change_chat_priority", data).await;
}
