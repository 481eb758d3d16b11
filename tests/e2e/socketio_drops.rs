//! Contract 004, section 3: whose connections are gone has left, after the grace.

use e2e::engineio::{Eio, Wire};
use e2e::shift::content;
use e2e::{Shift, World, ms, secs};
use serde_json::json;

use crate::socketio_scene::Scene;

#[tokio::test]
async fn a_visitor_who_drops_in_the_queue_has_left_it() {
    let mut scene = Scene::queued().await;
    std::mem::replace(
        &mut scene.visitor,
        scene.shift.calls(1, &scene.shift.visitor("Max")).await,
    )
    .goes()
    .await;
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
    scene
        .vika
        .is_refused(
            "staff_join",
            scene.at(),
            "The chat room is either closed or doesn't exist.",
        )
        .await;
    scene.nothing_else().await;
}

#[tokio::test]
async fn a_visitor_who_drops_in_a_claimed_chat_has_left_it() {
    let mut scene = Scene::claimed().await;
    std::mem::replace(
        &mut scene.visitor,
        scene.shift.calls(1, &scene.shift.visitor("Max")).await,
    )
    .goes()
    .await;
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        scene
            .mina
            .alone_in(&monitor.hears("visitor_leave_chat_for_supervisor").await);
    }
    scene
        .mina
        .alone_in(&scene.vika.hears("visitor_leave").await);
    // It is the same visitor that comes back, to a chat of the same id.
    scene.visitor = scene.shift.calls(0, &scene.mina).await;
    let room = scene.room.clone();
    scene.asks("me again").await;
    assert_eq!(scene.room, room);
    scene.nothing_else().await;
}

#[tokio::test]
async fn staff_that_drops_leaves_each_of_its_chats_and_then_is_offline() {
    let mut scene = Scene::claimed().await;
    let max = scene.shift.visitor("Max");
    let mut second = scene.shift.calls(1, &max).await;
    second.does("visitor_first_msg", content("me too")).await;
    let mut room = String::new();
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        room = max.waits_in(
            &staff.hears("append_unclaimed_chats").await,
            &[content("me too")],
        );
    }
    scene.vika.does("staff_join", json!({ "room": room })).await;
    for staff in [&mut scene.ada, &mut scene.sasha, &mut scene.otto] {
        staff.hears("staff_claim_chat").await;
    }
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("agent_new_chat").await;
    }
    second.hears("staff_join_room").await;

    let replacement = scene.shift.works(0, &scene.shift.sven).await;
    for staff in [
        &mut scene.ada,
        &mut scene.sasha,
        &mut scene.vika,
        &mut scene.otto,
    ] {
        staff.hears("staff_goes_online").await;
    }
    std::mem::replace(&mut scene.vika, replacement).goes().await;
    for visitor in [&mut scene.visitor, &mut second] {
        scene
            .shift
            .vika
            .alone_in(&visitor.hears("staff_leave").await);
    }
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        for _ in 0..2 {
            scene
                .shift
                .vika
                .alone_in(&monitor.hears("staff_leave_chat_for_supervisor").await);
        }
        scene
            .shift
            .vika
            .alone_in(&monitor.hears("staff_goes_offline").await);
    }
    scene
        .shift
        .vika
        .alone_in(&scene.otto.hears("staff_goes_offline").await);
    let (_vika, init) = scene.shift.begins(1, &scene.shift.vika).await;
    assert_eq!(
        init["unclaimed_chats"],
        json!([]),
        "the sessions are closed, not queued again"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_is_gone_as_well() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    for eio in [Eio::V3, Eio::V4] {
        let mina = shift.visitor("Mina");
        let mut wire = Wire::connected(shift.socketio(0), eio, &mina.token).await;
        wire.send(&format!(
            "42{}",
            json!(["visitor_first_msg", content("hello")])
        ))
        .await;
        mina.waits_in(
            &vika.hears("append_unclaimed_chats").await,
            &[content("hello")],
        );
        drop(wire);
        mina.alone_in(&vika.hears("visitor_leave_queue").await);
        let otto = Wire::connected(shift.socketio(0), eio, &shift.otto.token).await;
        shift.otto.alone_in(&vika.hears("staff_goes_online").await);
        drop(otto);
        shift.otto.alone_in(&vika.hears("staff_goes_offline").await);
    }
}

/// A shift whose people may be away for a while.
async fn patient(grace: std::time::Duration) -> Shift {
    Shift::of(World::builder().settings(move |settings| settings.socketio.grace = grace)).await
}

#[tokio::test]
async fn who_comes_back_within_the_grace_has_not_left() {
    let mut scene = Scene::of(patient(secs(5)).await).await;
    scene.asks("hello").await;
    scene.vika_claims().await;
    let Scene { visitor, vika, .. } = scene;
    visitor.goes().await;
    vika.goes().await;
    let (mut vika, init) = scene.shift.begins(0, &scene.shift.vika).await;
    assert_eq!(
        init["online_users"].as_array().map(Vec::len),
        Some(4),
        "{init}"
    );
    assert_eq!(
        init["online_visitors"].as_array().map(Vec::len),
        Some(1),
        "{init}"
    );
    let mut visitor = scene.shift.calls(1, &scene.mina).await;
    visitor.does("visitor_msg", content("I am back")).await;
    scene
        .mina
        .says_in(&vika.hears("visitor_send").await, &content("I am back"));
    vika.does(
        "staff_msg",
        json!({"room": scene.room, "content": content("so am I")}),
    )
    .await;
    scene
        .shift
        .vika
        .says_in(&visitor.hears("staff_send").await, &content("so am I"));
    // Nobody was told of a departure or of an arrival.
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("new_visitor_msg_for_supervisor").await;
        monitor.hears("new_staff_msg_for_supervisor").await;
    }
    let staff = [&mut scene.ada, &mut scene.sasha, &mut vika, &mut scene.otto];
    scene.shift.nothing_else(staff).await;
    visitor.does("visitor_leave_room", None).await;
}

#[tokio::test]
async fn who_stays_away_longer_than_the_grace_has_left() {
    let mut scene = Scene::of(patient(ms(300)).await).await;
    scene.asks("hello").await;
    scene.vika_claims().await;
    let Scene {
        mut visitor, vika, ..
    } = scene;
    vika.goes().await;
    let gone = std::time::Instant::now();
    scene
        .shift
        .vika
        .alone_in(&visitor.hears("staff_leave").await);
    assert!(
        gone.elapsed() >= ms(250),
        "the grace was not kept: {:?}",
        gone.elapsed()
    );
    for monitor in [&mut scene.ada, &mut scene.sasha] {
        monitor.hears("staff_leave_chat_for_supervisor").await;
        monitor.hears("staff_goes_offline").await;
    }
    scene
        .shift
        .vika
        .alone_in(&scene.otto.hears("staff_goes_offline").await);
}
