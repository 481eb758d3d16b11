//! Contract 001, section 4: what chat-server publishes on the Redis channel `Join`, for our subscriber and for anyone's.

use e2e::World;
use e2e::builder::Builder;
use e2e::redis_server::ask;
use e2e::shape::assert_fields;
use futures_util::StreamExt;
use serde_json::{Value, json};

on_each_store! { the_channel_carries_the_bare_request_and_nothing_else }

async fn next_request(channel: &mut redis::aio::PubSub) -> Value {
    let message = e2e::wait::within("a published request", channel.on_message().next())
        .await
        .expect("a message");
    let text: String = message.get_payload().expect("text");
    serde_json::from_str(&text).expect("JSON")
}

async fn the_channel_carries_the_bare_request_and_nothing_else(store: Builder) {
    let world = store.start();
    let mut channel = world.requests().await;
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    let seen = agent.sees(&visitor.guest).await;
    let published = next_request(&mut channel).await;
    assert_fields(
        &published,
        &[
            "participant",
            "userId",
            "chatId",
            "username",
            "requestedAt",
            "platform",
        ],
    );
    assert_eq!(published, seen);
    // Neither talk, nor a reservation, nor a claim, nor an end is a request.
    visitor.says("hello").await;
    agent.accepts(&visitor.guest).await;
    let mut support = world.support(&visitor.guest, "Vika").await;
    support.expect("ChatHistory").await;
    support.leaves().await;
    let next = world.visitor("Otto").await;
    assert_eq!(
        next_request(&mut channel).await["userId"],
        json!(next.guest.user_id)
    );
}

#[tokio::test]
async fn a_published_request_that_is_not_in_the_waiting_set_adds_no_row() {
    let world = World::new();
    let mut agent = world.agent("Vika").await;
    let mut redis = world.redis().await;
    let invented = json!({
        "participant": "User", "userId": "0123456789abcdef0123456789abcdef", "chatId": "fedcba9876543210fedcba9876543210",
        "username": "Nobody", "requestedAt": "2031-03-04T05:05:58.120400Z", "platform": "web",
    });
    for noise in [
        invented.to_string(),
        "{".to_owned(),
        "0123456789abcdef0123456789abcdef".to_owned(),
    ] {
        redis::cmd("PUBLISH")
            .arg(&world.join_channel)
            .arg(noise)
            .query_async::<()>(&mut redis)
            .await
            .expect("published");
    }
    let ears = world.primaries().into_iter().map(|server| {
        let words = ["PUBSUB", "NUMSUB", &world.join_channel];
        let (_, ears): (String, u64) = ask(server, &words).expect("a number");
        ears
    });
    let ears: u64 = ears.sum();
    assert!(
        ears >= 2,
        "both subscribers listen on the channel, {ears} do"
    );
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let mut newcomer = world.agent("Otto").await;
    newcomer.sees(&visitor.guest).await;
    newcomer.accepts_by_object(&visitor.guest).await;
    agent.loses(&visitor.guest).await;
}
