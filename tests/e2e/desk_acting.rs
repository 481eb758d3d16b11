//! What supervisors do from the staff desk: take over, whisper, flag, give to another.

use e2e::party::contents;
use e2e::{Door, Guest, Party, World, tokens};
use serde_json::{Value, json};

use crate::desk::{Seat, comes, feed, told, world};

/// Whoever has the chat: an account of this role.
async fn has(world: &World, guest: &Guest, name: &str, role: &str) -> Party {
    let door = Door::v1().bearer(&tokens::token(name, role));
    let mut socket = world.open(1, &guest.chat_id, &door, name).await;
    socket.send("Join", guest.claim(name)).await;
    let mut party = Party {
        guest: guest.clone(),
        side: e2e::Side::Support,
        support_id: None,
        support_name: None,
        door,
        socket,
    };
    party.meets(name).await;
    party
}

#[tokio::test]
async fn a_supervisor_takes_a_chat_over() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut ines = Seat::take(&world, 1, "Ines", "admin").await;
    let (mut visitor, mut former) = world.engaged_v1().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("your colleague is no help").await;
    former.hears("your colleague is no help").await;
    let args = json!({"chatId": chat, "name": "  Rosa \u{1f339} "});
    let done = rosa.does("TakeOver", args).await;
    former.expect_error("forbidden").await;
    former.closed_with(1000).await;
    let joined = visitor.meets("Rosa \u{1f339}").await;
    assert_eq!(joined["supportId"], done["supportId"]);
    assert!(joined["text"].as_str().expect("a text").contains("Rosa"));
    for seat in [&mut rosa, &mut ines] {
        let is = |row: &Value| row["agentId"] == "Rosa";
        let row = seat.until("Chat", is).await;
        assert_eq!(row["agentName"], "Rosa \u{1f339}");
        assert_eq!(row["agentRole"], "supervisor");
        assert_eq!(row["status"], "engaged");
    }
    let (mut taker, history) = comes(&world, &visitor, "Rosa", &done["supportId"]).await;
    assert_eq!(contents(&history), ["your colleague is no help"]);
    taker.says("I am here now").await;
    visitor.hears("I am here now").await;
    visitor.says("thank you").await;
    taker.hears("thank you").await;
    // The former agent's part is nobody's any more.
    let args = former.rejoin_args();
    let mut back = world.open(1, &chat, &former.door, "Vika").await;
    back.send("Join", args).await;
    back.expect_error("forbidden").await;
    let lines = rosa.watches(&chat).await;
    let expected = [
        "note requested",
        "note claimed",
        "message your colleague is no help",
        "note taken_over",
        "message I am here now",
        "message thank you",
    ];
    assert_eq!(told(&lines), expected);
    taker.leaves().await;
    visitor.expect("SupportLeft").await;
}

#[tokio::test]
async fn only_who_stands_higher_takes_over() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut boss = Seat::take(&world, 1, "Boss", "admin").await;
    let mut waits = world.visitor("Mina").await;
    let mut refused = Vec::new();
    for role in ["agent", "supervisor", "admin"] {
        let mut visitor = world.visitor(&format!("Of-{role}")).await;
        let agent = has(&world, &visitor.guest, &format!("the-{role}"), role).await;
        visitor.meets(&format!("the-{role}")).await;
        refused.push((visitor, agent));
    }
    let of = |party: &Party| json!({"chatId": party.guest.chat_id, "name": "X"});
    let [(agents, _), (supervisors, _), (admins, _)] = &refused[..] else {
        panic!("three chats");
    };
    rosa.fails("TakeOver", of(supervisors), "outranked").await;
    rosa.fails("TakeOver", of(admins), "outranked").await;
    boss.fails("TakeOver", of(admins), "outranked").await;
    rosa.fails("TakeOver", of(&waits), "not_engaged").await;
    rosa.does("TakeOver", of(agents)).await;
    // What is one's own already is not lower.
    rosa.fails("TakeOver", of(agents), "outranked").await;
    boss.does("TakeOver", of(agents)).await;
    boss.does("TakeOver", of(supervisors)).await;
    waits.leaves().await;
    let id = waits.guest.chat_id.clone();
    waits.chat_is_over(&id).await;
    rosa.fails("TakeOver", of(&waits), "chat_expired").await;
    let nobodys = json!({"chatId": "0123456789abcdef0123456789abcdef", "name": "X"});
    rosa.fails("TakeOver", nobodys, "chat_expired").await;
    // Whoever was refused has changed nothing: the admin's visitor still talks to the admin.
    let (visitor, admin) = &mut refused[2];
    visitor.says("hello").await;
    admin.hears("hello").await;
}

#[tokio::test]
async fn of_many_who_take_over_at_once_one_has_the_chat() {
    let world = world();
    let (mut visitor, _former) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut seats = Vec::new();
    for number in 0..6 {
        let name = format!("Rosa{number}");
        seats.push(Seat::take(&world, number % 2, &name, "supervisor").await);
    }
    let take = seats.iter_mut().enumerate().map(|(number, seat)| {
        let args = json!({"chatId": chat, "name": format!("Rosa{number}")});
        seat.asks("TakeOver", args)
    });
    let answers = futures_util::future::join_all(take).await;
    let done: Vec<_> = answers.iter().filter(|(kind, _)| kind == "Done").collect();
    assert_eq!(done.len(), 1, "{answers:?}");
    let joined = visitor.expect("Joined").await;
    assert_eq!(joined["supportId"], done[0].1["supportId"]);
    for (_, args) in answers.iter().filter(|(kind, _)| kind == "Error") {
        assert_eq!(args["code"], "outranked", "{args}");
    }
}

#[tokio::test]
async fn a_whisper_is_for_the_agent_and_never_for_the_visitor() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut ines = Seat::take(&world, 1, "Ines", "admin").await;
    let (mut visitor, mut support) = world.engaged_v1().await;
    let (mut plain, _) = support.another_at(&world, 0).await;
    let (mut other_tab, _) = visitor.another_at(&world, 1).await;
    let chat = visitor.guest.chat_id.clone();
    rosa.watches(&chat).await;
    let args = json!({"chatId": chat, "content": "offer \"10 %\"\n"});
    ines.does("Whisper", args).await;
    let mut whisper = support.expect("Whisper").await;
    assert_eq!(plain.expect("Whisper").await, whisper);
    assert!(e2e::shape::is_timestamp(&whisper["timestamp"].take()));
    assert!(e2e::shape::is_id(&whisper["id"].take()));
    assert!(whisper["seq"].take().is_u64());
    let expected = json!({"chatId": chat, "id": null, "seq": null, "by": "Ines",
        "content": "offer \"10 %\"\n", "timestamp": null});
    assert_eq!(whisper, expected);
    let mut line = rosa.of("Line", &chat).await;
    assert!(line["seq"].take().is_u64() && line["at"].take().is_string());
    let expected = json!({"chatId": chat, "kind": "whisper", "seq": null, "at": null, "by": "Ines",
        "content": "offer \"10 %\"\n"});
    assert_eq!(line, expected);
    // What the visitor hears next is the next message, in every tab, and after a reload there is no whisper.
    support.says("I can offer you something").await;
    visitor.hears("I can offer you something").await;
    other_tab.hears("I can offer you something").await;
    let history = visitor.rejoins_at(&world, 1).await;
    assert_eq!(contents(&history), ["I can offer you something"]);
    assert!(history.get("whispers").is_none(), "{history}");
    assert!(history.get("severity").is_none(), "{history}");
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(contents(&history), ["I can offer you something"]);
    assert_eq!(history["whispers"][0]["content"], "offer \"10 %\"\n");
    assert_eq!(history["whispers"][0]["by"], "Ines");
    assert_eq!(history["severity"], 0);
    let lines = ines.watches(&chat).await;
    assert_eq!(told(&lines)[2], "whisper offer \"10 %\"\n");
}

#[tokio::test]
async fn whispers_have_their_limits() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let mut waits = world.visitor("Mina").await;
    let id = waits.guest.chat_id.clone();
    let whisper = |chat: &str, content: &str| json!({"chatId": chat, "content": content});
    rosa.fails("Whisper", whisper(&id, "x"), "not_engaged")
        .await;
    let (_visitor, _support) = world.engaged().await;
    let is = |row: &Value| row["status"] == "engaged";
    let row = rosa.until("Chat", is).await;
    let engaged = row["chatId"].as_str().expect("an id").to_owned();
    for content in [String::new(), "x".repeat(4097), "é".repeat(2049)] {
        let refused = rosa
            .fails("Whisper", whisper(&engaged, &content), "invalid_field")
            .await;
        assert_eq!(refused["field"], "content");
    }
    rosa.does("Whisper", whisper(&engaged, &"x".repeat(4096)))
        .await;
    waits.leaves().await;
    waits.chat_is_over(&id).await;
    rosa.fails("Whisper", whisper(&id, "x"), "chat_expired")
        .await;
}

#[tokio::test]
async fn a_flag_shows_in_the_queue_in_the_chat_and_at_the_desk() {
    let world = world();
    let mut otto = feed(&world, 1, "Otto", "agent").await;
    let mut desk = Seat::take(&world, 0, "Otto", "agent").await;
    let mut rosa = Seat::supervisor(&world).await;
    let mut visitor = world.visitor_v1("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    otto.sees(&visitor.guest).await;
    // An agent may.
    desk.does("Flag", json!({"chatId": chat, "severity": 2}))
        .await;
    for seat in [&mut desk, &mut rosa] {
        let flagged = seat.until("Flagged", |_| true).await;
        assert_eq!(flagged["chatId"], chat);
        assert_eq!(flagged["userId"], visitor.guest.user_id);
        assert_eq!(flagged["username"], "Mina");
        assert_eq!(flagged["severity"], 2);
    }
    let row = rosa.until("Chat", |row| row["severity"] == 2).await;
    assert_eq!(row["chatId"], chat);
    let request = otto.expect_request().await;
    assert_eq!(
        (&request["chatId"], &request["severity"]),
        (&json!(chat), &json!(2))
    );
    // The same again is told at the desk, and no news of the request.
    for severity in [2, 0] {
        rosa.does("Flag", json!({"chatId": chat, "severity": severity}))
            .await;
        let flagged = desk.until("Flagged", |_| true).await;
        assert_eq!(flagged["severity"], severity);
    }
    let request = otto.expect_request().await;
    assert!(request.get("severity").is_none(), "{request}");
    rosa.does(
        "Flag",
        json!({"chatId": chat, "severity": 4_294_967_295_u32}),
    )
    .await;
    let mut support = world
        .claims(&visitor.guest.clone(), "Vika", 1, &Door::v1())
        .await;
    visitor.meets("Vika").await;
    rosa.does("Flag", json!({"chatId": chat, "severity": 1}))
        .await;
    assert_eq!(support.room("engaged").await["severity"], 1);
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(history["severity"], 1);
    // The visitor heard of none of it.
    visitor.says("hello?").await;
    for severity in [json!(-1), json!("1"), json!(null), json!(0.5)] {
        let args = json!({"chatId": chat, "severity": severity});
        let refused = rosa.fails("Flag", args, "invalid_field").await;
        assert_eq!(refused["field"], "severity");
    }
    let nobodys = json!({"chatId": "0123456789abcdef0123456789abcdef", "severity": 1});
    desk.fails("Flag", nobodys, "chat_expired").await;
}

#[tokio::test]
async fn a_flagged_request_comes_before_an_older_one() {
    let world = world();
    let mut rosa = Seat::supervisor(&world).await;
    let older = world.visitor("Older").await;
    let younger = world.visitor("Younger").await;
    let args = json!({"chatId": younger.guest.chat_id, "severity": 1});
    rosa.does("Flag", args).await;
    let mut otto = feed(&world, 1, "Otto", "agent").await;
    for guest in [&younger.guest, &older.guest] {
        let request = otto.expect_request().await;
        assert_eq!(request["chatId"], guest.chat_id);
    }
}

#[tokio::test]
async fn a_chat_is_given_to_another() {
    let world = world();
    let mut otto = feed(&world, 1, "Otto", "agent").await;
    let mut vera = feed(&world, 0, "Vera", "agent").await;
    let mut rosa = Seat::supervisor(&world).await;
    let (mut visitor, mut former) = world.engaged_v1().await;
    let chat = visitor.guest.chat_id.clone();
    for agent in [&mut otto, &mut vera] {
        agent.sees(&visitor.guest).await;
        agent.loses(&visitor.guest).await;
    }
    let to = |to: &str, note: &Value| json!({"chatId": chat, "to": to, "note": note});
    for (id, code) in [("Nobody", "not_found"), ("", "not_found")] {
        rosa.fails("Reassign", to(id, &json!("x")), code).await;
    }
    let long = json!("x".repeat(501));
    let refused = rosa.fails("Reassign", to("Otto", &long), "invalid_field");
    assert_eq!(refused.await["field"], "note");
    let note = json!(format!(" {} ", "é".repeat(500)));
    rosa.does("Reassign", to("Otto", &note)).await;
    former.expect_error("forbidden").await;
    former.closed_with(1000).await;
    visitor.expect("SupportLeft").await;
    let request = otto.expect_request().await;
    assert_eq!(request["chatId"], chat);
    assert_eq!(request["handedOverBy"], "Rosa");
    assert_eq!(request["note"], "é".repeat(500));
    let is = |row: &Value| row["status"] == "waiting" && row["agentId"].is_null();
    assert_eq!(rosa.until("Chat", is).await["chatId"], chat);
    let mut second = world
        .claims(&visitor.guest.clone(), "Otto", 1, &Door::v1())
        .await;
    visitor.meets("Otto").await;
    second.says("I have your case").await;
    visitor.hears("I have your case").await;
    // Vera was shown nothing: the next that she is shown is another's request.
    let next = world.visitor("Max").await;
    vera.sees(&next.guest).await;
    visitor.leaves().await;
    rosa.of("ChatGone", &chat).await;
    rosa.fails("Reassign", to("Otto", &json!("x")), "chat_expired")
        .await;
}
