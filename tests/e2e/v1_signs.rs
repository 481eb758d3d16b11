//! Contract 001, section 5: `Typing` and `Seen`.

use e2e::{World, ms};
use serde_json::json;

#[tokio::test]
async fn typing_reaches_the_others_and_not_the_typist() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let (mut phone, _) = visitor.another_at(&world, 1).await;
    visitor.send("Typing", json!({"on": true})).await;
    assert_eq!(
        support.expect("Typing").await,
        json!({"participant": "User", "on": true})
    );
    assert_eq!(
        phone.expect("Typing").await,
        json!({"participant": "User", "on": true})
    );
    visitor.says("done").await;
    support.hears("done").await;
    support.send("Typing", json!({"on": false})).await;
    assert_eq!(
        visitor.expect("Typing").await,
        json!({"participant": "Support", "on": false})
    );
}

#[tokio::test]
async fn typing_beyond_one_a_second_is_dropped_silently() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    for _ in 0..10 {
        visitor.send("Typing", json!({"on": true})).await;
    }
    visitor.says("done").await;
    support.expect("Typing").await;
    support.hears("done").await;
    let start = std::time::Instant::now();
    let again = loop {
        visitor.send("Typing", json!({"on": true})).await;
        if let Some(frame) = support.next_within(ms(100)).await {
            break frame;
        }
        assert!(
            start.elapsed() < e2e::DEADLINE,
            "typing is never passed on again"
        );
    };
    assert!(matches!(again, e2e::Frame::Text(frame) if frame["type"] == "Typing"));
}

#[tokio::test]
async fn seen_reaches_all_of_the_chats_sockets_and_is_remembered() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let seq = visitor.says("hello").await["seq"].clone();
    support.hears("hello").await;
    support.send("Seen", json!({"seq": seq})).await;
    for party in [&mut visitor, &mut support] {
        assert_eq!(
            party.expect("Seen").await,
            json!({"participant": "Support", "seq": seq})
        );
    }
    let history = visitor.rejoins_at(&world, 1).await;
    assert_eq!(history["seen"]["Support"], seq);
    assert_eq!(history["seen"]["User"], 0);
}

#[tokio::test]
async fn only_a_higher_seen_counts() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let first = visitor.says("one").await["seq"].clone();
    let second = visitor.says("two").await["seq"].clone();
    support.hears("one").await;
    support.hears("two").await;
    support.send("Seen", json!({"seq": second})).await;
    visitor.expect("Seen").await;
    support.expect("Seen").await;
    support.send("Seen", json!({"seq": first})).await;
    support.send("Seen", json!({"seq": second})).await;
    support.says("and on").await;
    visitor.hears("and on").await;
    assert_eq!(
        visitor.rejoins_at(&world, 1).await["seen"]["Support"],
        second
    );
}

#[tokio::test]
async fn bad_signs_are_named() {
    let world = World::new();
    let mut visitor = world.visitor_v1("Mina").await;
    for (kind, args, field) in [
        ("Typing", json!({}), "on"),
        ("Typing", json!({"on": "yes"}), "on"),
        ("Seen", json!({}), "seq"),
        ("Seen", json!({"seq": "1"}), "seq"),
        ("Seen", json!({"seq": -1}), "seq"),
        ("Seen", json!({"seq": 1.5}), "seq"),
    ] {
        visitor.send(kind, args).await;
        visitor.expect_invalid(field).await;
    }
}
