//! Contract 004 when a process dies without a word, and when one ends in good order: whoever was connected to it goes
//! offline by itself, or comes back to another.

use e2e::shift::content;
use e2e::socketio::all;
use e2e::{Shift, SocketIo, World, eventually, secs};
use serde_json::json;

use crate::PROCESS;

/// A lease that ends soon, and no time to come back.
const SHORT: &[(&str, &str)] = &[("SOCKETS__LEASE", "1s")];

#[tokio::test]
async fn the_people_of_a_dead_process_have_left() {
    let mut shift = Shift::of(World::builder().processes(PROCESS, SHORT)).await;
    // Vika and Max are at the second process, the others at the first.
    let mut ada = shift.works(0, &shift.ada).await;
    let mut vika = shift.works(1, &shift.vika).await;
    shift.vika.alone_in(&ada.hears("staff_goes_online").await);
    let (mina, max) = (shift.visitor("Mina"), shift.visitor("Max"));
    let mut staying = shift.calls(0, &mina).await;
    let mut dying = shift.calls(1, &max).await;
    staying.does("visitor_first_msg", content("hello")).await;
    let room = mina.waits_in(
        &vika.hears("append_unclaimed_chats").await,
        &[content("hello")],
    );
    vika.does("staff_join", json!({ "room": room })).await;
    staying.hears("staff_join_room").await;
    dying.does("visitor_first_msg", content("hello")).await;
    for event in [
        "append_unclaimed_chats",
        "staff_claim_chat",
        "agent_new_chat",
        "append_unclaimed_chats",
    ] {
        ada.hears(event).await;
    }
    shift.world.chat_process(1).kill();
    all(
        "the end of the connections",
        [&mut vika, &mut dying].map(SocketIo::is_disconnected),
    )
    .await;
    shift.vika.alone_in(&staying.hears("staff_leave").await);
    // What becomes of the visitor and what becomes of the agent have no order between them.
    let mut told = Vec::new();
    for _ in 0..3 {
        let (name, data) = ada.next_event("what the process's death means").await;
        match name.as_str() {
            "visitor_leave_queue" => max.alone_in(&data),
            _ => shift.vika.alone_in(&data),
        }
        told.push(name);
    }
    let left = told
        .iter()
        .position(|name| name == "staff_leave_chat_for_supervisor");
    let offline = told.iter().position(|name| name == "staff_goes_offline");
    assert!(
        left.is_some() && left < offline,
        "first its chat, then itself: {told:?}"
    );
    assert!(told.contains(&"visitor_leave_queue".to_owned()), "{told:?}");
    let (_sasha, init) = shift.begins(0, &shift.sasha).await;
    assert_eq!(
        init["online_users"].as_array().map(Vec::len),
        Some(2),
        "{init}"
    );
    assert_eq!(
        init["online_visitors"].as_array().map(Vec::len),
        Some(1),
        "{init}"
    );
    assert_eq!(init["unclaimed_chats"], json!([]));
}

#[tokio::test]
async fn who_comes_back_to_the_other_process_within_the_grace_has_not_left() {
    let env = [("SOCKETS__LEASE", "1s"), ("SOCKETIO__GRACE", "5s")];
    let mut shift = Shift::of(World::builder().processes(PROCESS, &env)).await;
    let mut ada = shift.works(0, &shift.ada).await;
    let mut vika = shift.works(1, &shift.vika).await;
    ada.hears("staff_goes_online").await;
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(1, &mina).await;
    visitor.does("visitor_first_msg", content("hello")).await;
    let room = mina.waits_in(
        &vika.hears("append_unclaimed_chats").await,
        &[content("hello")],
    );
    vika.does("staff_join", json!({ "room": room })).await;
    for event in [
        "append_unclaimed_chats",
        "staff_claim_chat",
        "agent_new_chat",
    ] {
        ada.hears(event).await;
    }
    shift.world.chat_process(1).kill();
    let mut vika = shift.works(0, &shift.vika).await;
    let mut visitor = shift.calls(0, &mina).await;
    visitor.does("visitor_msg", content("back")).await;
    mina.says_in(&vika.hears("visitor_send").await, &content("back"));
    ada.hears("new_visitor_msg_for_supervisor").await;
    shift.nothing_else([&mut ada, &mut vika]).await;
    visitor.does("visitor_leave_room", None).await;
}

#[tokio::test]
async fn a_process_that_ends_lets_its_clients_go_in_time() {
    let mut shift = Shift::of(World::builder().processes(PROCESS, &[])).await;
    let mut ada = shift.works(0, &shift.ada).await;
    let mut sockets = Vec::new();
    // Every library, every transport.
    for _ in 0..12 {
        sockets.push(shift.calls(1, &shift.visitor("Mina")).await);
    }
    shift.world.chat_process(1).end();
    all(
        "the end of the connections",
        sockets.iter_mut().map(SocketIo::is_disconnected),
    )
    .await;
    assert!(shift.world.chat_process(1).exit_status().success());
    shift.nothing_else([&mut ada]).await;
}

#[tokio::test]
async fn the_other_process_still_works() {
    let mut shift = Shift::of(World::builder().processes(PROCESS, SHORT)).await;
    let mut vika = shift.works(0, &shift.vika).await;
    let _otto = shift.works(1, &shift.otto).await;
    vika.hears("staff_goes_online").await;
    shift.world.chat_process(1).kill();
    vika.hears("staff_goes_offline").await;
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(0, &mina).await;
    visitor.does("visitor_first_msg", content("hello")).await;
    let room = mina.waits_in(
        &vika.hears("append_unclaimed_chats").await,
        &[content("hello")],
    );
    vika.does("staff_join", json!({ "room": room })).await;
    visitor.hears("staff_join_room").await;
    visitor.goes().await;
    mina.alone_in(&vika.hears("visitor_leave").await);
    eventually("nobody but Vika", secs(5), async || {
        let (_otto, init) = shift.begins(0, &shift.otto).await;
        (init["online_visitors"] == json!([])).then_some(())
    })
    .await;
}
