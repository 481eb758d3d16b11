//! Contract 004: whoever ranks higher takes a chat over.

use e2e::shift::{Employee, content};
use serde_json::{Value, json};

use crate::socketio_scene::Scene;

fn cannot(role: &str, from: &str) -> String {
    format!("A {role} cannot take over a chat from a {from}.")
}

/// `{user, room}`, the room as its id: the one place where it is.
fn is_taken_over(by: &Employee, room: &str, data: &Value) {
    by.is(&data["user"]);
    assert_eq!(data, &json!({"user": data["user"], "room": room}));
}

#[tokio::test]
async fn a_supervisor_takes_an_agents_chat_over() {
    let mut scene = Scene::claimed().await;
    scene.sasha.does("take_over_chat", scene.at()).await;
    for side in [&mut scene.vika, &mut scene.visitor] {
        scene
            .shift
            .sasha
            .alone_in(&side.hears("staff_being_taken_over_chat").await);
    }
    let told = scene.ada.hears("staff_take_over_chat").await;
    is_taken_over(&scene.shift.sasha, &scene.room, &told);
    // The chat is the supervisor's now, and the agent is out.
    let out = "You are not in this chat.";
    scene
        .vika
        .is_refused("staff_msg", scene.saying("mine"), out)
        .await;
    scene
        .vika
        .is_refused("staff_leave_room", scene.at(), out)
        .await;
    scene
        .sasha
        .does("staff_msg", scene.saying("I am Sasha"))
        .await;
    scene.shift.sasha.says_in(
        &scene.visitor.hears("staff_send").await,
        &content("I am Sasha"),
    );
    scene.ada.hears("new_staff_msg_for_supervisor").await;
    scene
        .visitor
        .does("visitor_msg", content("hello Sasha"))
        .await;
    scene.mina.says_in(
        &scene.sasha.hears("visitor_send").await,
        &content("hello Sasha"),
    );
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("new_visitor_msg_for_supervisor").await;
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn the_take_over_is_a_message_of_the_chat() {
    let mut scene = Scene::claimed().await;
    // The question, the claim and the take-over; then the leaving.
    scene.sasha.does("take_over_chat", scene.at()).await;
    scene.vika.hears("staff_being_taken_over_chat").await;
    scene.visitor.hears("staff_being_taken_over_chat").await;
    scene.ada.hears("staff_take_over_chat").await;
    scene.sasha.does("staff_leave_room", scene.at()).await;
    scene
        .shift
        .sasha
        .alone_in(&scene.visitor.hears("staff_leave").await);
    scene
        .shift
        .sasha
        .alone_in(&scene.ada.hears("staff_leave_chat_for_supervisor").await);
    scene.asks("again").await;
    let shown = scene.vika_claims().await;
    assert_eq!(shown[0]["sequence_num"], 5, "{shown}");
    scene.nothing_else().await;
}

#[tokio::test]
async fn it_needs_a_strictly_higher_role() {
    let mut scene = Scene::claimed().await;
    let mut sven = scene.shift.works(1, &scene.shift.sven).await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        scene
            .shift
            .sven
            .alone_in(&staff.hears("staff_goes_online").await);
    }
    let same = cannot("agent", "agent");
    scene
        .otto
        .is_refused("take_over_chat", scene.at(), &same)
        .await;
    scene
        .vika
        .is_refused("take_over_chat", scene.at(), &same)
        .await;

    scene.sasha.does("take_over_chat", scene.at()).await;
    scene.vika.hears("staff_being_taken_over_chat").await;
    scene.visitor.hears("staff_being_taken_over_chat").await;
    for monitor in [&mut scene.ada, &mut sven] {
        let told = monitor.hears("staff_take_over_chat").await;
        is_taken_over(&scene.shift.sasha, &scene.room, &told);
    }
    scene
        .vika
        .is_refused("take_over_chat", scene.at(), &cannot("agent", "supervisor"))
        .await;
    sven.is_refused(
        "take_over_chat",
        scene.at(),
        &cannot("supervisor", "supervisor"),
    )
    .await;
    scene
        .sasha
        .is_refused(
            "take_over_chat",
            scene.at(),
            &cannot("supervisor", "supervisor"),
        )
        .await;

    scene.ada.does("take_over_chat", scene.at()).await;
    // The former staff is a monitor as well, and hears both, the room's event first.
    scene
        .shift
        .ada
        .alone_in(&scene.sasha.hears("staff_being_taken_over_chat").await);
    scene
        .shift
        .ada
        .is(&scene.sasha.hears("staff_take_over_chat").await["user"]);
    scene
        .shift
        .ada
        .alone_in(&scene.visitor.hears("staff_being_taken_over_chat").await);
    scene
        .shift
        .ada
        .is(&sven.hears("staff_take_over_chat").await["user"]);
    scene
        .otto
        .is_refused("take_over_chat", scene.at(), &cannot("agent", "admin"))
        .await;
    scene
        .sasha
        .is_refused("take_over_chat", scene.at(), &cannot("supervisor", "admin"))
        .await;
    scene
        .ada
        .is_refused("take_over_chat", scene.at(), &cannot("admin", "admin"))
        .await;
    scene.nothing_else().await;
    assert_eq!(
        sven.hears("append_unclaimed_chats").await["user"]["name"],
        "Walter"
    );
}

#[tokio::test]
async fn what_is_said_while_a_chat_changes_hands_reaches_somebody() {
    let mut scene = Scene::claimed().await;
    let mut acks = Vec::new();
    for number in 0..20 {
        acks.push(
            scene
                .visitor
                .sends_for_ack("visitor_msg", content(&number.to_string())),
        );
    }
    let taking = scene.sasha.sends_for_ack("take_over_chat", scene.at());
    for number in 20..40 {
        acks.push(
            scene
                .visitor
                .sends_for_ack("visitor_msg", content(&number.to_string())),
        );
    }
    for ack in acks {
        assert_eq!(scene.visitor.acknowledged(ack).await, (true, None));
    }
    assert_eq!(scene.sasha.acknowledged(taking).await, (true, None));
    let mut heard = Vec::new();
    loop {
        let (name, data) = scene.vika.next_event("the agent's part").await;
        if name == "staff_being_taken_over_chat" {
            break;
        }
        assert_eq!(name, "visitor_send");
        heard.push(
            data["content"]["content"]
                .as_str()
                .expect("a text")
                .to_owned(),
        );
    }
    while heard.len() < 40 {
        let (name, data) = scene.sasha.next_event("the supervisor's part").await;
        match name.as_str() {
            "visitor_send" => heard.push(
                data["content"]["content"]
                    .as_str()
                    .expect("a text")
                    .to_owned(),
            ),
            "new_visitor_msg_for_supervisor" => {}
            other => panic!("{other}: {data}"),
        }
    }
    let expected: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    assert_eq!(heard, expected);
}
