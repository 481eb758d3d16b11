//! Chats and requests spread over several partitions behave as if there were one.

use e2e::builder::{Builder, environment, names};
use e2e::services::Kind;
use e2e::{Process, RedisServer, eventually, http, ms, secs};

use crate::PROCESS;

on_each_store! { requests_of_all_partitions_are_one_queue, chats_of_all_partitions_expire }

async fn requests_of_all_partitions_are_one_queue(store: Builder) {
    let world = (store.settings(|settings| settings.redis.partitions = 5)).start();
    let mut early = world.agent("Vika").await;
    let mut waiting = Vec::new();
    for number in 0..10 {
        let visitor = world.visitor(&format!("Visitor-{number}")).await;
        early.sees(&visitor.guest).await;
        waiting.push(visitor);
    }
    let mut late = world.agent("Otto").await;
    for visitor in &waiting {
        late.sees(&visitor.guest).await;
    }
    for visitor in &waiting {
        early.accepts(&visitor.guest).await;
        late.loses(&visitor.guest).await;
    }
    for visitor in &mut waiting {
        let mut support = world.support(&visitor.guest, "Vika").await;
        visitor.meets("Vika").await;
        visitor.says("hello").await;
        support.hears("hello").await;
        early.loses(&visitor.guest).await;
    }
}

async fn chats_of_all_partitions_expire(store: Builder) {
    let expiring = store.settings(|settings| {
        settings.redis.partitions = 5;
        settings.chat.idle_timeout = ms(900);
    });
    let world = expiring.start();
    let mut visitors = Vec::new();
    for number in 0..10 {
        visitors.push(world.visitor(&format!("Visitor-{number}")).await);
    }
    for mut visitor in visitors {
        let chat = visitor.guest.chat_id.clone();
        visitor.chat_is_over(&chat).await;
    }
}

#[tokio::test]
async fn a_process_with_another_number_of_partitions_does_not_start() {
    let (prefix, join_channel) = names();
    let redis = RedisServer::shared();
    let mut env = environment(redis, &prefix, &join_channel, false);
    let first = Process::start(PROCESS, Kind::ChatServer, &env);
    eventually("readiness", secs(5), async || {
        (http::status(first.address, "/ready").await == Some(200)).then_some(())
    })
    .await;
    env.push(("HELPLINE__REDIS__PARTITIONS".to_owned(), "3".to_owned()));
    let (status, said) = Process::refused(PROCESS, Kind::Subscriber, &env);
    assert!(!status.success());
    assert!(said.contains("partitions"), "{said}");
}
