//! Contracts 001 and 004 in one chat: whoever asks and whoever answers may use either.

use e2e::shift::{Caller, Employee, content};
use e2e::{Agent, Door, Frame, Party, Shift, Side, Socket, SocketIo};
use serde_json::{Value, json};

use crate::desk::Seat;
use crate::socketio_scene::{QUESTION, Scene};

/// A member of staff at the feed of contract 001.
async fn at_the_feed(shift: &Shift, employee: &Employee) -> Agent {
    let door = Door::plain().bearer(&employee.token);
    let feed = Socket::open(shift.feed(0), "/joins", &door, &employee.name).await;
    Agent {
        name: employee.name.clone(),
        feed: feed.expect("an upgrade"),
    }
}

/// Its claim at the chat's socket, which has to win.
async fn claims(shift: &Shift, employee: &Employee, request: &Value) -> Party {
    let text = |field: &str| request[field].as_str().expect("a text").to_owned();
    let guest = e2e::Guest {
        user_id: text("userId"),
        username: text("username"),
        chat_id: text("chatId"),
        token: String::new(),
        sends_token: false,
    };
    let door = Door::plain().bearer(&employee.token);
    let mut socket = shift.open(1, &guest.chat_id, &door, &employee.name).await;
    socket.send("Join", guest.claim(&employee.name)).await;
    let mut party = Party {
        guest,
        side: Side::Support,
        support_id: None,
        support_name: None,
        door,
        socket,
    };
    party.meets(&employee.name).await;
    party
}

/// This text, as contract 004 shows what was written in another: with the time it was written.
fn is_text(data: &Value, text: &str) {
    assert_eq!(data["content"]["content"], text, "{data}");
    assert!(data["content"]["timestamp"].is_i64(), "{data}");
}

async fn asks(shift: &Shift, caller: &Caller, text: &str) -> SocketIo {
    let mut socket = shift.calls(0, caller).await;
    socket.does("visitor_first_msg", content(text)).await;
    socket
}

#[tokio::test]
async fn an_agent_of_contract_001_serves_a_visitor_of_contract_004() {
    let shift = Shift::new().await;
    let mut sasha = shift.works(1, &shift.sasha).await;
    let mut feed = at_the_feed(&shift, &shift.vika).await;
    shift
        .vika
        .is(&sasha.hears("staff_goes_online").await["user"]);
    let mina = shift.visitor("Mina");
    let mut visitor = asks(&shift, &mina, "My parcel is late").await;
    let request = feed.expect_request().await;
    assert_eq!(
        (&request["userId"], &request["username"]),
        (&json!(mina.id), &json!("Mina"))
    );
    let room = mina.waits_in(
        &sasha.hears("append_unclaimed_chats").await,
        &[content("My parcel is late")],
    );
    assert_eq!(request["chatId"], room);
    feed.send_text(mina.id.clone()).await;

    let mut agent = claims(&shift, &shift.vika, &request).await;
    let history = agent.expect("ChatHistory").await;
    assert_eq!(e2e::party::contents(&history), ["My parcel is late"]);
    assert_eq!(sasha.hears("staff_claim_chat").await["room"]["id"], room);
    let told = sasha.hears("agent_new_chat").await;
    shift.vika.is(&told["user"]);
    assert_eq!(told["contents"][0]["content"], content("My parcel is late"));
    shift.vika.alone_in(&visitor.hears("staff_join_room").await);

    agent.says("Let me look").await;
    let told = visitor.hears("staff_send").await;
    shift.vika.is(&told["user"]);
    is_text(&told, "Let me look");
    is_text(
        &sasha.hears("new_staff_msg_for_supervisor").await,
        "Let me look",
    );
    visitor.does("visitor_msg", content("thanks")).await;
    agent.hears("thanks").await;
    sasha.hears("new_visitor_msg_for_supervisor").await;
    // What is no text is shown as it was sent.
    let picture = json!({"picture": "cat.png", "size": [3, 4]});
    visitor.does("visitor_msg", picture.clone()).await;
    let shown = agent.expect("ChatMessage").await;
    let shown = shown["content"].as_str().expect("a text");
    assert_eq!(serde_json::from_str::<Value>(shown).expect("JSON"), picture);
    assert_eq!(
        sasha.hears("new_visitor_msg_for_supervisor").await["content"],
        picture
    );

    agent.leaves().await;
    shift.vika.alone_in(&visitor.hears("staff_leave").await);
    shift
        .vika
        .alone_in(&sasha.hears("staff_leave_chat_for_supervisor").await);
    // The visitor may ask again, and the feed shows it again.
    visitor
        .does("visitor_first_msg", content("one more thing"))
        .await;
    assert_eq!(
        sasha.hears("append_unclaimed_chats").await["room"]["id"],
        room
    );
    loop {
        let frame = feed.json().await;
        if frame["participant"] == "User" {
            assert_eq!(frame["chatId"], room);
            break;
        }
    }
}

#[tokio::test]
async fn a_visitor_of_contract_004_who_leaves_is_heard_by_an_agent_of_contract_001() {
    let shift = Shift::new().await;
    let mina = shift.visitor("Mina");
    let mut feed = at_the_feed(&shift, &shift.vika).await;
    let mut visitor = asks(&shift, &mina, "hello").await;
    let request = feed.expect_request().await;
    let mut agent = claims(&shift, &shift.vika, &request).await;
    agent.expect("ChatHistory").await;
    visitor.hears("staff_join_room").await;
    visitor.does("visitor_leave_room", None).await;
    agent.expect("UserLeft").await;
    while let Frame::Text(frame) = agent.next().await {
        assert_eq!(frame["type"], "ChatExpired", "{frame}");
    }
}

#[tokio::test]
async fn a_supervisor_takes_a_chat_over_from_an_agent_of_contract_001() {
    let shift = Shift::new().await;
    let mut sasha = shift.works(0, &shift.sasha).await;
    let mina = shift.visitor("Mina");
    let mut feed = at_the_feed(&shift, &shift.vika).await;
    sasha.hears("staff_goes_online").await;
    let mut visitor = asks(&shift, &mina, "hello").await;
    let request = feed.expect_request().await;
    let mut agent = claims(&shift, &shift.vika, &request).await;
    agent.expect("ChatHistory").await;
    visitor.hears("staff_join_room").await;
    for event in [
        "append_unclaimed_chats",
        "staff_claim_chat",
        "agent_new_chat",
    ] {
        sasha.hears(event).await;
    }
    sasha
        .does("take_over_chat", json!({"room": request["chatId"]}))
        .await;
    shift
        .sasha
        .alone_in(&visitor.hears("staff_being_taken_over_chat").await);
    let said = json!({"room": request["chatId"], "content": content("I take it from here")});
    sasha.does("staff_msg", said).await;
    shift.sasha.says_in(
        &visitor.hears("staff_send").await,
        &content("I take it from here"),
    );
    visitor.does("visitor_leave_room", None).await;
}

#[tokio::test]
async fn a_visitor_is_the_same_in_both_contracts() {
    let shift = Shift::new().await;
    let guest = shift.register("Walter").await;
    let _visitor = shift.joins(&guest, 0, &Door::plain()).await;
    let _elsewhere = shift.connects(1, &guest.token, "Walter").await;
    let (_vika, init) = shift.begins(1, &shift.vika).await;
    let waiting = &init["unclaimed_chats"][0]["user"];
    assert_eq!(waiting["id"], guest.user_id);
    assert_eq!(init["online_visitors"], json!([waiting]));
}

#[tokio::test]
async fn whose_chat_is_given_to_another_hears_to_whom() {
    let mut scene = Scene::claimed().await;
    let mut desk = Seat::with(&scene.shift, 0, &scene.shift.sasha.token).await;
    let args = json!({"chatId": scene.room, "to": scene.shift.otto.id});
    desk.does("Reassign", args).await;
    let told = scene.vika.hears("staff_being_taken_over_chat").await;
    scene.shift.otto.alone_in(&told);
    let wait = scene.saying("wait");
    let text = "You are not in this chat.";
    scene.vika.is_refused("staff_msg", wait, text).await;
    for staff in [
        &mut scene.vika,
        &mut scene.otto,
        &mut scene.ada,
        &mut scene.sasha,
    ] {
        let told = staff.hears("append_unclaimed_chats").await;
        scene.mina.waits_in(&told, &[content(QUESTION)]);
    }
    scene.otto.does("staff_join", scene.at()).await;
    scene
        .shift
        .otto
        .alone_in(&scene.visitor.hears("staff_join_room").await);
    scene.visitor.does("visitor_leave_room", None).await;
    scene
        .mina
        .alone_in(&scene.otto.hears("visitor_leave").await);
}

#[tokio::test]
async fn staff_of_contract_004_serves_a_visitor_of_contract_001() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let mut sasha = shift.works(0, &shift.sasha).await;
    vika.hears("staff_goes_online").await;
    let guest = shift.register("Walter").await;
    let mut visitor = shift.joins(&guest, 0, &Door::plain()).await;
    let mut room = Value::Null;
    for staff in [&mut vika, &mut sasha] {
        let told = staff.hears("append_unclaimed_chats").await;
        assert_eq!(
            (&told["user"]["id"], &told["user"]["name"]),
            (&json!(guest.user_id), &json!("Walter"))
        );
        assert_eq!(
            (&told["user"]["is_anonymous"], &told["contents"]),
            (&json!(true), &json!([]))
        );
        room = told["room"]["id"].clone();
    }
    assert_eq!(room, guest.chat_id);
    vika.does("staff_join", json!({ "room": room })).await;
    for event in ["staff_claim_chat", "agent_new_chat"] {
        sasha.hears(event).await;
    }
    visitor.meets("Vika").await;
    visitor.says("hello").await;
    let told = vika.hears("visitor_send").await;
    assert_eq!(told["user"]["name"], "Walter");
    is_text(&told, "hello");
    is_text(
        &sasha.hears("new_visitor_msg_for_supervisor").await,
        "hello",
    );
    vika.does(
        "staff_msg",
        json!({"room": room, "content": content("hello Walter")}),
    )
    .await;
    visitor.hears("hello Walter").await;
    shift.vika.says_in(
        &sasha.hears("new_staff_msg_for_supervisor").await,
        &content("hello Walter"),
    );
    visitor.leaves().await;
    assert_eq!(
        vika.hears("visitor_leave").await["user"]["id"],
        guest.user_id
    );
    assert_eq!(
        sasha.hears("visitor_leave_chat_for_supervisor").await["user"]["id"],
        guest.user_id
    );
}

#[tokio::test]
async fn staff_of_contract_004_that_leaves_is_heard_by_a_visitor_of_contract_001() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let guest = shift.register("Walter").await;
    let mut visitor = shift.joins(&guest, 0, &Door::plain()).await;
    vika.hears("append_unclaimed_chats").await;
    vika.does("staff_join", json!({ "room": guest.chat_id }))
        .await;
    visitor.meets("Vika").await;
    vika.does("staff_leave_room", json!({ "room": guest.chat_id }))
        .await;
    visitor.expect("SupportLeft").await;
    visitor.chat_is_over(&guest.chat_id).await;
}

#[tokio::test]
async fn one_request_is_claimed_by_one_of_both_contracts() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let guest = shift.register("Walter").await;
    let _visitor = shift.joins(&guest, 0, &Door::plain()).await;
    vika.hears("append_unclaimed_chats").await;
    let door = Door::plain().bearer(&shift.otto.token);
    let mut otto = shift.open(0, &guest.chat_id, &door, "Otto").await;
    otto.send("Join", guest.claim("Otto")).await;
    let (claimed, text) = vika
        .emit("staff_join", json!({ "room": guest.chat_id }))
        .await;
    let frame = otto.json().await;
    if claimed {
        assert_eq!(frame["type"], "Error", "{frame}");
    } else {
        assert_eq!(text.as_deref(), Some("This chat is already claimed."));
        assert_eq!(frame["type"], "Joined", "{frame}");
    }
}
