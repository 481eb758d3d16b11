//! Contract 004, section 4: every refusal of every event, with exactly its text and in the order of its column. What is
//! refused changes nothing and is sent to nobody.

use e2e::SocketIo;
use e2e::office::NOBODY;
use e2e::shift::content;
use serde_json::{Value, json};

use crate::socketio_scene::Scene;

const A: &str = "Missing/Invalid data";
const B: &str = "The chat room is either closed or doesn't exist.";
const C: &str = "Content is too long.";
const D: &str = "This chat is already claimed.";
const R: &str = "Missing/Invalid field: room";
const M: &str = "Missing/Invalid field: content";
const P: &str = "Missing/Invalid field: severity_level";
const N: &str = "You are not in this chat.";
const U: &str = "Cannot take over an unclaimed chat.";

const VISITORS_EVENTS: [&str; 4] = [
    "visitor_first_msg",
    "visitor_msg_unclaimed",
    "visitor_msg",
    "visitor_leave_room",
];
const STAFFS_EVENTS: [&str; 5] = [
    "staff_join",
    "staff_msg",
    "staff_leave_room",
    "take_over_chat",
    "change_chat_priority",
];

/// What is no content, in any event. `None` stands for no data at all.
fn no_contents() -> Vec<Option<Value>> {
    let mut values = vec![None];
    values.extend(
        [
            json!(null),
            json!({}),
            json!([]),
            json!([{"content": "x"}]),
            json!(""),
            json!("hello"),
            json!(5),
            json!(true),
        ]
        .map(Some),
    );
    values
}

fn too_long() -> Value {
    json!({"content": "x".repeat(4096)})
}

async fn all_refused(socket: &mut SocketIo, event: &str, data: Vec<Option<Value>>, text: &str) {
    for data in data {
        socket.is_refused(event, data, text).await;
    }
}

/// The fields with this one left out or in every wrong form.
fn without(fields: &Value, field: &str, wrong: &[Value]) -> Vec<Option<Value>> {
    let mut missing = fields.clone();
    missing.as_object_mut().expect("fields").remove(field);
    let mut all = vec![Some(missing)];
    for value in wrong {
        let mut fields = fields.clone();
        fields[field] = value.clone();
        all.push(Some(fields));
    }
    all
}

fn no_rooms() -> Vec<Value> {
    vec![
        json!(null),
        json!(""),
        json!(5),
        json!(true),
        json!([NOBODY]),
        json!({"id": NOBODY}),
    ]
}

/// What every staff event says of data that names no room, whatever else is in it.
async fn needs_a_room(socket: &mut SocketIo, event: &str, rest: &Value) {
    let no_data = vec![
        None,
        Some(json!(null)),
        Some(json!([])),
        Some(json!(NOBODY)),
        Some(json!(5)),
        Some(json!({})),
    ];
    all_refused(socket, event, no_data, R).await;
    let mut fields = rest.clone();
    fields["room"] = json!(NOBODY);
    all_refused(socket, event, without(&fields, "room", &no_rooms()), R).await;
}

/// Ids that are nobody's, and texts that are no ids.
const NO_CHATS: [&str; 4] = [NOBODY, "abc", "ffffffffffffffffffffffffffffffffff", "*"];

#[tokio::test]
async fn the_wrong_kind_of_user_is_told_so_before_anything_else() {
    let mut scene = Scene::claimed().await;
    for event in STAFFS_EVENTS {
        for data in [
            None,
            Some(json!({})),
            Some(scene.at()),
            Some(json!({"room": scene.room, "content": content("x"), "severity_level": 1})),
        ] {
            scene
                .visitor
                .is_refused(event, data, "This event is for staff only.")
                .await;
        }
    }
    for event in VISITORS_EVENTS {
        for data in [None, Some(json!({})), Some(content("x"))] {
            for staff in [&mut scene.vika, &mut scene.sasha, &mut scene.ada] {
                staff
                    .is_refused(event, data.clone(), "This event is for visitors only.")
                    .await;
            }
        }
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn what_no_contract_names_is_unknown() {
    let mut scene = Scene::open().await;
    for event in [
        "nonsense",
        "",
        "staff_init",
        "Visitor_msg",
        "visitor_msg ",
        "message",
        "staff_send",
        "é😀",
    ] {
        for data in [None, Some(json!({})), Some(content("x"))] {
            scene
                .visitor
                .is_refused(event, data.clone(), "Unknown event.")
                .await;
            scene.vika.is_refused(event, data, "Unknown event.").await;
        }
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn visitor_first_msg() {
    let mut scene = Scene::open().await;
    all_refused(&mut scene.visitor, "visitor_first_msg", no_contents(), A).await;
    scene
        .visitor
        .is_refused("visitor_first_msg", too_long(), C)
        .await;
    scene.asks("hello").await;
    scene.vika_claims().await;
    // In this order also when the chat is claimed.
    all_refused(&mut scene.visitor, "visitor_first_msg", no_contents(), A).await;
    scene
        .visitor
        .is_refused("visitor_first_msg", too_long(), C)
        .await;
    scene
        .visitor
        .is_refused("visitor_first_msg", content("again"), D)
        .await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn what_the_visitor_says_next() {
    let mut scene = Scene::open().await;
    let both = ["visitor_msg_unclaimed", "visitor_msg"];
    for event in both {
        all_refused(&mut scene.visitor, event, no_contents(), A).await;
        // There is no session, which is said before the length is looked at.
        scene.visitor.is_refused(event, too_long(), B).await;
        scene.visitor.is_refused(event, content("hello"), B).await;
    }
    scene.asks("hello").await;
    for event in both {
        all_refused(&mut scene.visitor, event, no_contents(), A).await;
        scene.visitor.is_refused(event, too_long(), C).await;
    }
    scene.vika_claims().await;
    for event in both {
        all_refused(&mut scene.visitor, event, no_contents(), A).await;
        scene.visitor.is_refused(event, too_long(), C).await;
    }
    scene.visitor.does("visitor_leave_room", None).await;
    scene.vika.hears("visitor_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("visitor_leave_chat_for_supervisor").await;
    }
    for event in both {
        scene.visitor.is_refused(event, too_long(), B).await;
        scene.visitor.is_refused(event, content("hello"), B).await;
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_visitor_may_always_leave() {
    let mut scene = Scene::open().await;
    for data in [
        None,
        Some(json!(null)),
        Some(json!({})),
        Some(json!("whatever")),
    ] {
        scene.visitor.does("visitor_leave_room", data).await;
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn staff_join() {
    let mut scene = Scene::queued().await;
    needs_a_room(&mut scene.vika, "staff_join", &json!({})).await;
    for room in NO_CHATS {
        scene
            .vika
            .is_refused("staff_join", json!({ "room": room }), B)
            .await;
    }
    scene.vika_claims().await;
    for staff in [&mut scene.otto, &mut scene.sasha, &mut scene.vika] {
        staff
            .is_refused("staff_join", json!({"room": scene.room}), D)
            .await;
    }
    scene.vika.does("staff_leave_room", scene.at()).await;
    scene.visitor.hears("staff_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("staff_leave_chat_for_supervisor").await;
    }
    scene.otto.is_refused("staff_join", scene.at(), B).await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn staff_msg() {
    let mut scene = Scene::queued().await;
    let room = scene.room.clone();
    let good = json!({"room": room, "content": content("hello")});
    needs_a_room(
        &mut scene.vika,
        "staff_msg",
        &json!({"content": content("x")}),
    )
    .await;
    // The room is looked for before the content, and the content before the chat.
    scene
        .vika
        .is_refused("staff_msg", json!({"content": 5}), R)
        .await;
    let contents: Vec<Value> = no_contents().into_iter().flatten().collect();
    for room in [room.as_str(), NOBODY, "abc"] {
        let fields = json!({"room": room, "content": content("x")});
        all_refused(
            &mut scene.vika,
            "staff_msg",
            without(&fields, "content", &contents),
            M,
        )
        .await;
    }
    for room in NO_CHATS {
        for said in [content("x"), too_long()] {
            scene
                .vika
                .is_refused("staff_msg", json!({"room": room, "content": said}), B)
                .await;
        }
    }
    let long = json!({"room": room, "content": too_long()});
    // Nobody has claimed it, so nobody is in it.
    scene.vika.is_refused("staff_msg", long.clone(), C).await;
    scene.vika.is_refused("staff_msg", good.clone(), N).await;
    scene.vika_claims().await;
    for staff in [&mut scene.otto, &mut scene.sasha, &mut scene.ada] {
        staff.is_refused("staff_msg", long.clone(), C).await;
        staff.is_refused("staff_msg", good.clone(), N).await;
    }
    scene.vika.is_refused("staff_msg", long.clone(), C).await;
    scene.visitor.does("visitor_leave_room", None).await;
    scene.vika.hears("visitor_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("visitor_leave_chat_for_supervisor").await;
    }
    scene.vika.is_refused("staff_msg", long, B).await;
    scene.vika.is_refused("staff_msg", good, B).await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn staff_leave_room() {
    let mut scene = Scene::queued().await;
    needs_a_room(&mut scene.vika, "staff_leave_room", &json!({})).await;
    for room in NO_CHATS {
        scene
            .vika
            .is_refused("staff_leave_room", json!({ "room": room }), B)
            .await;
    }
    scene
        .vika
        .is_refused("staff_leave_room", scene.at(), N)
        .await;
    scene.vika_claims().await;
    for staff in [&mut scene.otto, &mut scene.sasha, &mut scene.ada] {
        staff
            .is_refused("staff_leave_room", json!({"room": scene.room}), N)
            .await;
    }
    scene.vika.does("staff_leave_room", scene.at()).await;
    scene.visitor.hears("staff_leave").await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("staff_leave_chat_for_supervisor").await;
    }
    scene
        .vika
        .is_refused("staff_leave_room", scene.at(), B)
        .await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn take_over_chat() {
    let mut scene = Scene::queued().await;
    needs_a_room(&mut scene.sasha, "take_over_chat", &json!({})).await;
    for room in NO_CHATS {
        scene
            .sasha
            .is_refused("take_over_chat", json!({ "room": room }), B)
            .await;
    }
    for staff in [&mut scene.ada, &mut scene.sasha, &mut scene.vika] {
        staff
            .is_refused("take_over_chat", json!({"room": scene.room}), U)
            .await;
    }
    scene.visitor.does("visitor_leave_room", None).await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        staff.hears("visitor_leave_queue").await;
    }
    scene
        .sasha
        .is_refused("take_over_chat", scene.at(), B)
        .await;
    // Who outranks whom: socketio_takeover.rs.
    scene.nothing_else().await;
}

#[tokio::test]
async fn change_chat_priority() {
    let mut scene = Scene::queued().await;
    let event = "change_chat_priority";
    needs_a_room(&mut scene.vika, event, &json!({"severity_level": 1})).await;
    scene
        .vika
        .is_refused(event, json!({"severity_level": "high"}), R)
        .await;
    let wrong = [
        json!(null),
        json!("1"),
        json!(-1),
        json!(1.5),
        json!(true),
        json!([1]),
        json!({}),
    ];
    for room in [scene.room.as_str(), NOBODY, "abc"] {
        let fields = json!({"room": room, "severity_level": 1});
        all_refused(
            &mut scene.vika,
            event,
            without(&fields, "severity_level", &wrong),
            P,
        )
        .await;
    }
    for room in NO_CHATS {
        scene
            .vika
            .is_refused(event, json!({"room": room, "severity_level": 1}), B)
            .await;
    }
    scene.nothing_else().await;
}
