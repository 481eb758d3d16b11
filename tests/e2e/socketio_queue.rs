//! Contract 004: what a waiting visitor says and does, and what staff see of it.

use e2e::people::ask;
use e2e::shift::content;
use e2e::socketio::{CLIENTS, SocketIo, Transport};
use e2e::{Shift, shape};
use reqwest::Method;
use serde_json::{Value, json};

use crate::socketio_scene::{QUESTION, Scene};

#[tokio::test]
async fn the_first_message_opens_a_session_that_all_staff_see() {
    let mut scene = Scene::open().await;
    // Before it nobody has heard of the visitor.
    scene.asks(QUESTION).await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn more_messages_are_added_to_the_entry() {
    let mut scene = Scene::queued().await;
    let more = content("and my invoice is wrong");
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
        scene
            .mina
            .says_in(&staff.hears("visitor_unclaimed_msg").await, &more);
    }
    let (_sven, init) = scene.shift.begins(1, &scene.shift.sven).await;
    let waiting = init["unclaimed_chats"].as_array().expect("a list");
    assert_eq!(waiting.len(), 1, "{init}");
    assert_eq!(
        scene.mina.waits_in(&waiting[0], &[content(QUESTION), more]),
        scene.room
    );
}

#[tokio::test]
async fn whoever_sees_the_queue_sees_all_that_was_said_there() {
    const MANY: usize = 150;
    let shift = Shift::new().await;
    let mut sasha = shift.works(0, &shift.sasha).await;
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(1, &mina).await;
    let contents: Vec<Value> = (0..MANY)
        .map(|number| content(&number.to_string()))
        .collect();
    visitor.does("visitor_first_msg", contents[0].clone()).await;
    sasha.hears("append_unclaimed_chats").await;
    for said in &contents[1..] {
        visitor.does("visitor_msg_unclaimed", said.clone()).await;
        mina.says_in(&sasha.hears("visitor_unclaimed_msg").await, said);
    }
    let (mut vika, init) = shift.begins(1, &shift.vika).await;
    sasha.hears("staff_goes_online").await;
    let room = mina.waits_in(&init["unclaimed_chats"][0], &contents);
    vika.does("staff_join", json!({ "room": room })).await;
    sasha.hears("staff_claim_chat").await;
    let told = sasha.hears("agent_new_chat").await;
    let messages = told["contents"].as_array().expect("messages");
    let said: Vec<&Value> = messages.iter().map(|message| &message["content"]).collect();
    assert_eq!(said, contents.iter().collect::<Vec<_>>());
    assert_eq!(messages[0]["sequence_num"], 1);
}

#[tokio::test]
async fn a_message_for_a_claimed_chat_is_not_lost_while_it_still_waits() {
    let mut scene = Scene::queued().await;
    let more = content("hello?");
    scene.visitor.does("visitor_msg", more.clone()).await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        scene
            .mina
            .says_in(&staff.hears("visitor_unclaimed_msg").await, &more);
    }
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_second_first_message_replaces_the_entry() {
    let mut scene = Scene::queued().await;
    scene
        .visitor
        .does("visitor_msg_unclaimed", content("hello?"))
        .await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        staff.hears("visitor_unclaimed_msg").await;
    }
    let room = scene.room.clone();
    scene.asks("Never mind, another question").await;
    assert_eq!(scene.room, room);
    let (_sven, init) = scene.shift.begins(0, &scene.shift.sven).await;
    let waiting = init["unclaimed_chats"].as_array().expect("a list");
    assert_eq!(waiting.len(), 1, "{init}");
    scene
        .mina
        .waits_in(&waiting[0], &[content("Never mind, another question")]);
}

#[tokio::test]
async fn whoever_leaves_the_queue_is_taken_off_it_and_stays_connected() {
    let mut scene = Scene::queued().await;
    scene.visitor.does("visitor_leave_room", None).await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        scene
            .mina
            .alone_in(&staff.hears("visitor_leave_queue").await);
    }
    // Again: nothing is left to leave, and that is no mistake.
    scene.visitor.does("visitor_leave_room", None).await;
    scene.nothing_else().await;
    let room = scene.room.clone();
    scene.asks("Another question").await;
    assert_eq!(scene.room, room, "one chat a visitor");
}

#[tokio::test]
async fn contents_are_passed_on_as_they_are() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(0, &mina).await;
    let contents = [
        json!({"content": "text", "timestamp": 1_930_367_167_089_i64}),
        json!({"content": ""}),
        json!({"": null}),
        json!({"content": {"content": ["nested", {"deep": true}]}, "nothing": null, "pi": 3.25, "minus": -7}),
        json!({"content": "line\nbreak \"quoted\" \\ \u{0} \u{1e} \u{2028} é 語 😀 𝕏"}),
        json!({"z": 1, "a": 2, "m": {"y": 1, "b": 2}}),
        json!({"big": 9_007_199_254_740_991_i64}),
    ];
    for (number, sent) in contents.iter().enumerate() {
        if number == 0 {
            visitor.does("visitor_first_msg", sent.clone()).await;
            mina.waits_in(
                &vika.hears("append_unclaimed_chats").await,
                std::slice::from_ref(sent),
            );
        } else {
            visitor.does("visitor_msg_unclaimed", sent.clone()).await;
            mina.says_in(&vika.hears("visitor_unclaimed_msg").await, sent);
        }
    }
    let (_otto, init) = shift.begins(0, &shift.otto).await;
    mina.waits_in(&init["unclaimed_chats"][0], &contents);
}

#[tokio::test]
async fn the_longest_content_is_4096_bytes_as_compact_json() {
    let mut scene = Scene::open().await;
    // `{"content":"…"}`: fourteen bytes around the text.
    let longest = "é".repeat((4096 - 14) / 2);
    assert_eq!(json!({ "content": longest }).to_string().len(), 4096);
    let sent = json!({ "content": longest });
    let longer = json!({"content": format!("{longest}x")});
    let refusal = "Content is too long.";
    scene
        .visitor
        .is_refused("visitor_first_msg", longer.clone(), refusal)
        .await;
    scene.visitor.does("visitor_first_msg", sent.clone()).await;
    let told = scene.vika.hears("append_unclaimed_chats").await;
    scene.mina.waits_in(&told, std::slice::from_ref(&sent));
    scene
        .visitor
        .is_refused("visitor_msg_unclaimed", longer, refusal)
        .await;
    scene
        .visitor
        .does("visitor_msg_unclaimed", sent.clone())
        .await;
    scene
        .mina
        .says_in(&scene.vika.hears("visitor_unclaimed_msg").await, &sent);
}

/// Python's clients escape whatever is not ASCII.
#[tokio::test]
async fn what_is_too_long_does_not_depend_on_how_a_client_writes_it() {
    let shift = Shift::new().await;
    let longest = format!("é😀{}", "é".repeat((4096 - 14 - 6) / 2));
    let longer = json!({ "content": format!("{longest}x") });
    let longest = json!({ "content": longest });
    assert_eq!(longest.to_string().len(), 4096);
    for client in CLIENTS {
        let (mina, way) = (shift.visitor("Mina"), Transport::WebSocket);
        let visitor = SocketIo::connect(shift.socketio(0), client, way, Some(&mina.token), "Mina");
        let mut visitor = visitor.await.expect("accepted");
        visitor.does("visitor_first_msg", longest.clone()).await;
        visitor
            .is_refused("visitor_msg", longer.clone(), "Content is too long.")
            .await;
    }
}

#[tokio::test]
async fn the_queue_is_shown_oldest_first() {
    let shift = Shift::new().await;
    let mut callers = Vec::new();
    for number in 0..4_usize {
        let caller = shift.visitor(&format!("Visitor {number}"));
        let mut socket = shift.calls(number % 2, &caller).await;
        socket
            .does("visitor_first_msg", content(&number.to_string()))
            .await;
        callers.push((caller, socket));
    }
    // More words do not make a request younger.
    callers[0]
        .1
        .does("visitor_msg_unclaimed", content("again"))
        .await;
    let (_vika, init) = shift.begins(1, &shift.vika).await;
    let waiting = init["unclaimed_chats"].as_array().expect("a list");
    let names: Vec<&Value> = waiting.iter().map(|entry| &entry["user"]["name"]).collect();
    assert_eq!(names, ["Visitor 0", "Visitor 1", "Visitor 2", "Visitor 3"]);
    shape::assert_fields(&waiting[0], &["user", "room", "contents"]);
}

#[tokio::test]
async fn whoever_is_renamed_has_one_name_everywhere() {
    let shift = Shift::new().await;
    let mina = shift.candidate("Mina").await;
    let mut visitor = shift.calls(0, &mina).await;
    visitor.does("visitor_first_msg", content("hello")).await;
    visitor.does("visitor_leave_room", None).await;
    visitor.goes().await;
    let path = format!("/staff/accounts/{}", mina.id);
    let body = json!({"name": "Mina Bell"});
    let admin = Some(shift.ada.token.as_str());
    let answer = ask(shift.chat(0), Method::PATCH, &path, admin, Some(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut visitor = shift.calls(0, &mina).await;
    visitor.does("visitor_first_msg", content("again")).await;
    let (mut vika, init) = shift.begins(1, &shift.vika).await;
    let online = &init["online_visitors"][0];
    assert_eq!(online["name"], "Mina Bell");
    assert_eq!(&init["unclaimed_chats"][0]["user"], online);
    visitor.does("visitor_leave_room", None).await;
    assert_eq!(&vika.hears("visitor_leave_queue").await["user"], online);
}

#[tokio::test]
async fn a_candidate_is_a_visitor_with_an_account() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let candidate = shift.candidate("Kim").await;
    let mut socket = shift.calls(0, &candidate).await;
    socket.does("visitor_first_msg", content("hello")).await;
    candidate.waits_in(
        &vika.hears("append_unclaimed_chats").await,
        &[content("hello")],
    );
    socket.goes().await;
    candidate.alone_in(&vika.hears("visitor_leave_queue").await);
}
