//! Contract 004 while a process does not reach Redis: sockets stay, what is missed comes late and in order, and what is not
//! confirmed is not called done.

use std::sync::Arc;

use e2e::shift::content;
use e2e::{RedisServer, Shift, World};
use serde_json::json;

use crate::socketio_scene::Scene;

async fn apart() -> Scene {
    let redis = Arc::new(RedisServer::own());
    let world = World::builder().redis(&redis).proxied();
    let mut scene = Scene::of(Shift::of(world).await).await;
    scene.asks("hello").await;
    scene.vika_claims().await;
    scene
}

#[tokio::test]
async fn what_is_missed_comes_late_and_in_order() {
    let mut scene = apart().await;
    // Vika's process hears nothing for a while.
    scene.shift.links[1].freeze();
    for number in 0..5 {
        let said = content(&number.to_string());
        scene.visitor.does("visitor_msg", said).await;
    }
    scene.shift.links[1].heal();
    for number in 0..5 {
        let said = content(&number.to_string());
        let told = scene.vika.hears("visitor_send").await;
        scene.mina.says_in(&told, &said);
    }
    let answer = json!({"room": scene.room, "content": content("I am here")});
    scene.vika.does("staff_msg", answer).await;
    let told = scene.visitor.hears("staff_send").await;
    scene.shift.vika.says_in(&told, &content("I am here"));
    scene.visitor.does("visitor_leave_room", None).await;
    scene
        .mina
        .alone_in(&scene.vika.hears("visitor_leave").await);
}

#[tokio::test]
async fn connections_that_are_cut_lose_and_double_nothing() {
    let mut scene = apart().await;
    for round in 0..4 {
        for link in &scene.shift.links {
            link.cut();
        }
        let said = content(&round.to_string());
        // Until it is confirmed: what was not may have been said all the same.
        let mut times = 1;
        while !scene.visitor.emit("visitor_msg", said.clone()).await.0 {
            times += 1;
        }
        let mut heard = 0;
        let last = content(&format!("that is all of {round}"));
        while !scene.visitor.emit("visitor_msg", last.clone()).await.0 {}
        loop {
            let told = scene.vika.hears("visitor_send").await;
            if told["content"] == last {
                break;
            }
            if told["content"] == said {
                heard += 1;
            }
        }
        assert!((1..=times).contains(&heard), "{heard} of {times}");
    }
    scene.visitor.does("visitor_leave_room", None).await;
    loop {
        let (name, _) = scene.vika.next_event("the end").await;
        if name == "visitor_leave" {
            break;
        }
        assert_eq!(name, "visitor_send");
    }
}
