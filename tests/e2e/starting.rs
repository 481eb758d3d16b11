//! What stops a start, and what only delays it.

use std::sync::Arc;

use e2e::builder::{environment, names};
use e2e::services::{self, Kind, Service};
use e2e::{Process, RedisServer, World, eventually, http, people, secs, tokens};

use crate::PROCESS;

fn settings() -> e2e::Settings {
    let (prefix, join_channel) = names();
    services::settings(RedisServer::shared(), &prefix, &join_channel)
}

#[test]
fn without_a_secret_only_loopback_is_served() {
    for kind in [Kind::ChatServer, Kind::Subscriber] {
        for address in ["0.0.0.0:0", "[::]:0"] {
            let mut open = settings();
            open.chat_server.bind = address.parse().expect("an address");
            open.subscriber.bind = address.parse().expect("an address");
            let said = Service::start(kind, open.clone()).expect_err("refused");
            assert!(said.contains("HELPLINE__AUTH__JWT_SECRET"), "{said}");
            open.auth.jwt_secret = Some(services::secret(tokens::SECRET));
            Service::start(kind, open)
                .expect("with a secret it may")
                .finish();
        }
    }
}

#[test]
fn socketio_is_served_on_loopback_only_too() {
    let mut open = settings();
    open.socketio.bind = "0.0.0.0:0".parse().expect("an address");
    let said = Service::start(Kind::ChatServer, open.clone()).expect_err("refused");
    assert!(said.contains("HELPLINE__AUTH__JWT_SECRET"), "{said}");
    open.auth.jwt_secret = Some(services::secret(tokens::SECRET));
    Service::start(Kind::ChatServer, open)
        .expect("with a secret it may")
        .finish();
}

#[test]
fn a_process_that_refuses_to_start_says_why() {
    let (prefix, join_channel) = names();
    let cases = [
        (
            "CHAT_SERVER__BIND",
            "0.0.0.0:0",
            "HELPLINE__AUTH__JWT_SECRET",
        ),
        ("AUTH__JWT_SECRET", "short", "jwt_secret"),
        ("CHAT__IDLE_TIMEOUT", "soon", "idle_timeout"),
        ("CHAT__IDEL_TIMEOUT", "120s", "idel_timeout"),
    ];
    for (name, value, named) in cases {
        let mut env = environment(RedisServer::shared(), &prefix, &join_channel, false);
        env.push((format!("HELPLINE__{name}"), value.to_owned()));
        let (status, said) = Process::refused(PROCESS, Kind::ChatServer, &env);
        assert!(!status.success(), "{name}");
        assert!(
            said.to_lowercase().contains(&named.to_lowercase()),
            "{name}: {said}"
        );
    }
}

#[tokio::test]
async fn services_that_start_before_redis_wait_for_it() {
    let redis = Arc::new(RedisServer::reserved());
    let world = World::builder().redis(&redis).start();
    for address in world.listeners() {
        assert_eq!(http::status(address, "/health").await, Some(200), "alive");
        assert_eq!(
            http::status(address, "/ready").await,
            Some(503),
            "and not ready"
        );
    }
    redis.start();
    eventually("readiness", secs(5), async || {
        world.is_ready().await.then_some(())
    })
    .await;
    for server in 0..2 {
        eventually("a registration", secs(5), async || {
            let answer = http::get(world.chat(server), "/user/join/Otto").await;
            (answer.status == 200).then(|| world.knows(&answer.json()))
        })
        .await;
    }
    let mut agent = world.agent("Vika").await;
    let mut visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    let mut support = world.support(&visitor.guest, "Vika").await;
    visitor.meets("Vika").await;
    agent.loses(&visitor.guest).await;
    visitor.says("worth the wait").await;
    support.hears("worth the wait").await;
}

#[tokio::test]
async fn a_redis_that_may_forget_is_not_good_enough() {
    let redis = Arc::new(RedisServer::own());
    let client = redis::Client::open(format!("redis://{}/", redis.address)).expect("an address");
    let mut connection = client
        .get_multiplexed_async_connection()
        .await
        .expect("redis answers");
    let set = |policy: &'static str| {
        redis::cmd("CONFIG")
            .arg("SET")
            .arg("maxmemory-policy")
            .arg(policy)
            .to_owned()
    };
    set("allkeys-lru")
        .query_async::<()>(&mut connection)
        .await
        .expect("set");
    let world = World::builder().redis(&redis).unready().start();
    eventually("a word about the policy", secs(5), async || {
        let answer = http::get(world.chat(0), "/ready").await;
        (answer.status == 503 && answer.body.contains("noeviction")).then_some(())
    })
    .await;
    set("noeviction")
        .query_async::<()>(&mut connection)
        .await
        .expect("set");
    eventually("readiness", secs(10), async || {
        world.is_ready().await.then_some(())
    })
    .await;
}

/// Chats do not need the records, so they do not wait for them; but nobody is sent where accounts cannot be looked up.
#[tokio::test]
async fn without_its_database_a_chat_server_chats_and_is_not_ready() {
    let mut away = settings();
    away.records.url = Some("postgres://helpline@127.0.0.1:1/helpline".into());
    let mut server = Service::start(Kind::ChatServer, away).expect("it starts");
    let ready = eventually("a word about the records", secs(10), async || {
        let answer = http::get(server.address, "/ready").await;
        answer.body.contains("records").then_some(answer)
    });
    assert_eq!(ready.await.status, 503);
    assert_eq!(http::status(server.address, "/serving").await, Some(503));
    let answer = http::get(server.address, "/user/join/Mina").await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = serde_json::json!({"email": "mina@example.org", "password": "correct horse"});
    let answer = people::post(server.address, "/auth/login", &body).await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert_eq!(answer.json()["error"], "Service unavailable");
    server.finish();
}
