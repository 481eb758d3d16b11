//! Contract 004: the claim, what is said after it and who hears it, and how a session ends.

use e2e::shape;
use e2e::shift::{assert_times, content};
use serde_json::{Value, json};

use crate::socketio_scene::{QUESTION, Scene};

/// A whole message of the visitor.
fn is_message(scene: &Scene, shown: &Value, number: u64, content: &Value) {
    let expected = json!({
        "id": shown["id"], "chat_id": scene.room, "sequence_num": number, "type_id": 1, "sender": null,
        "content": content, "created_at": shown["created_at"], "updated_at": shown["updated_at"],
    });
    assert_eq!(shown, &expected);
    assert!(shape::is_id(&shown["id"]), "{shown}");
    assert_times(shown);
}

#[tokio::test]
async fn a_claim_is_told_to_everybody_whom_it_concerns() {
    let mut scene = Scene::queued().await;
    let more = content("are you there?");
    scene
        .visitor
        .does("visitor_msg_unclaimed", more.clone())
        .await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        staff.hears("visitor_unclaimed_msg").await;
    }
    let shown = scene.vika_claims().await;
    let messages = shown.as_array().expect("messages").clone();
    assert_eq!(messages.len(), 2, "{shown}");
    is_message(&scene, &messages[0], 1, &content(QUESTION));
    is_message(&scene, &messages[1], 2, &more);
    scene.nothing_else().await;
    let (_sven, init) = scene.shift.begins(0, &scene.shift.sven).await;
    assert_eq!(init["unclaimed_chats"], json!([]));
}

#[tokio::test]
async fn what_is_said_reaches_the_other_side_and_the_monitors_and_no_agent() {
    let mut scene = Scene::claimed().await;
    for round in 0..3 {
        scene
            .visitor_says(&format!("from the visitor {round}"))
            .await;
        scene.vika_says(&format!("from the agent {round}")).await;
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_message_for_the_queue_is_not_lost_once_the_chat_is_claimed() {
    let mut scene = Scene::claimed().await;
    let said = content("I did not see you come");
    scene
        .visitor
        .does("visitor_msg_unclaimed", said.clone())
        .await;
    scene
        .mina
        .says_in(&scene.vika.hears("visitor_send").await, &said);
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        scene.mina.says_in(
            &monitor.hears("new_visitor_msg_for_supervisor").await,
            &said,
        );
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_supervisor_who_serves_hears_the_visitor_under_both_names() {
    let mut scene = Scene::queued().await;
    scene.sasha.does("staff_join", scene.at()).await;
    for staff in [&mut scene.ada, &mut scene.vika, &mut scene.otto] {
        staff.hears("staff_claim_chat").await;
    }
    scene
        .shift
        .sasha
        .is(&scene.ada.hears("agent_new_chat").await["user"]);
    scene
        .shift
        .sasha
        .alone_in(&scene.visitor.hears("staff_join_room").await);
    let said = content("hello");
    scene.visitor.does("visitor_msg", said.clone()).await;
    scene
        .mina
        .says_in(&scene.sasha.hears("visitor_send").await, &said);
    scene.mina.says_in(
        &scene.sasha.hears("new_visitor_msg_for_supervisor").await,
        &said,
    );
    scene.mina.says_in(
        &scene.ada.hears("new_visitor_msg_for_supervisor").await,
        &said,
    );
    // What it says itself it does not hear.
    scene.sasha.does("staff_msg", scene.saying("hi")).await;
    scene
        .shift
        .sasha
        .says_in(&scene.visitor.hears("staff_send").await, &content("hi"));
    scene.shift.sasha.says_in(
        &scene.ada.hears("new_staff_msg_for_supervisor").await,
        &content("hi"),
    );
    scene.visitor.does("visitor_leave_room", None).await;
    scene
        .mina
        .alone_in(&scene.sasha.hears("visitor_leave_chat_for_supervisor").await);
    scene
        .mina
        .alone_in(&scene.sasha.hears("visitor_leave").await);
    scene
        .mina
        .alone_in(&scene.ada.hears("visitor_leave_chat_for_supervisor").await);
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_visitor_who_leaves_closes_the_session() {
    let mut scene = Scene::claimed().await;
    scene.visitor.does("visitor_leave_room", None).await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        scene
            .mina
            .alone_in(&monitor.hears("visitor_leave_chat_for_supervisor").await);
    }
    scene
        .mina
        .alone_in(&scene.vika.hears("visitor_leave").await);
    let closed = "The chat room is either closed or doesn't exist.";
    scene
        .visitor
        .is_refused("visitor_msg", content("too late"), closed)
        .await;
    scene
        .vika
        .is_refused("staff_msg", scene.saying("too late"), closed)
        .await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn an_agent_who_leaves_closes_the_session() {
    let mut scene = Scene::claimed().await;
    scene.vika.does("staff_leave_room", scene.at()).await;
    scene
        .shift
        .vika
        .alone_in(&scene.visitor.hears("staff_leave").await);
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        scene
            .shift
            .vika
            .alone_in(&monitor.hears("staff_leave_chat_for_supervisor").await);
    }
    let closed = "The chat room is either closed or doesn't exist.";
    scene
        .visitor
        .is_refused("visitor_msg", content("too late"), closed)
        .await;
    scene
        .vika
        .is_refused("staff_msg", scene.saying("too late"), closed)
        .await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn sessions_follow_one_another_without_a_new_connection_and_their_numbers_go_on() {
    let mut scene = Scene::claimed().await;
    let room = scene.room.clone();
    scene.vika_says("hello").await;
    scene.visitor_says("thanks").await;
    // The question, the claim, two messages and the leaving: five.
    scene.vika.does("staff_leave_room", scene.at()).await;
    scene.visitor.hears("staff_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("staff_leave_chat_for_supervisor").await;
    }
    scene.asks("one more thing").await;
    assert_eq!(scene.room, room, "one chat a visitor");
    let shown = scene.vika_claims().await;
    let messages = shown.as_array().expect("messages").clone();
    assert_eq!(messages.len(), 1, "only this session's: {shown}");
    is_message(&scene, &messages[0], 6, &content("one more thing"));
    // The claim is the seventh. Visitors leave without a message.
    scene.visitor_says("eight").await;
    scene.visitor.does("visitor_leave_room", None).await;
    scene.vika.hears("visitor_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("visitor_leave_chat_for_supervisor").await;
    }
    scene.asks("and another").await;
    let shown = scene.vika_claims().await;
    is_message(&scene, &shown[0], 9, &content("and another"));
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_visitor_who_reconnects_has_the_same_chat() {
    let mut scene = Scene::claimed().await;
    let room = scene.room.clone();
    let gone = std::mem::replace(&mut scene.visitor, scene.shift.calls(1, &scene.mina).await);
    // The second socket was there before the first was gone: nothing has ended.
    gone.goes().await;
    scene.vika_says("still here?").await;
    scene.visitor_says("on another server").await;
    scene.visitor.does("visitor_leave_room", None).await;
    scene.vika.hears("visitor_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("visitor_leave_chat_for_supervisor").await;
    }
    scene.asks("again").await;
    assert_eq!(scene.room, room);
}

#[tokio::test]
async fn everybody_hears_a_chat_in_one_order() {
    let mut scene = Scene::claimed().await;
    let mut sent = Vec::new();
    for number in 0..40 {
        sent.push(
            scene
                .visitor
                .sends_for_ack("visitor_msg", content(&number.to_string())),
        );
    }
    let mut answered = Vec::new();
    for number in 0..40 {
        answered.push(
            scene
                .vika
                .sends_for_ack("staff_msg", scene.saying(&number.to_string())),
        );
    }
    let mut heard = Vec::new();
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        let mut said = Vec::new();
        for _ in 0..80 {
            let (name, data) = monitor.next_event("a message").await;
            said.push(format!("{name} {}", data["content"]["content"]));
        }
        heard.push(said);
    }
    assert_eq!(heard[0], heard[1], "two processes, one order");
    for number in 0..40 {
        scene.mina.says_in(
            &scene.vika.hears("visitor_send").await,
            &content(&number.to_string()),
        );
        let told = scene.visitor.hears("staff_send").await;
        scene
            .shift
            .vika
            .says_in(&told, &content(&number.to_string()));
    }
    for (socket, acks) in [(&mut scene.visitor, sent), (&mut scene.vika, answered)] {
        for ack in acks {
            assert_eq!(socket.acknowledged(ack).await, (true, None));
        }
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_for_whoever_comes_next() {
    let mut scene = Scene::open().await;
    for round in 0..5 {
        scene.asks(&round.to_string()).await;
        let (sven, init) = scene.shift.begins(1, &scene.shift.sven).await;
        scene
            .mina
            .waits_in(&init["unclaimed_chats"][0], &[content(&round.to_string())]);
        for staff in [
            &mut scene.ada,
            &mut scene.sasha,
            &mut scene.vika,
            &mut scene.otto,
        ] {
            staff.hears("staff_goes_online").await;
        }
        sven.goes().await;
        for staff in [
            &mut scene.ada,
            &mut scene.sasha,
            &mut scene.vika,
            &mut scene.otto,
        ] {
            staff.hears("staff_goes_offline").await;
        }
    }
}
