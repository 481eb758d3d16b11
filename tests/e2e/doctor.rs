//! `chat-server doctor` and `subscriber doctor`: what an operator is told of an installation, good or bad.

use std::net::SocketAddr;
use std::time::Duration;

use e2e::builder::{environment, names};
use e2e::doctor::Visit;
use e2e::sentinels::MASTER;
use e2e::services::{self, Kind, Service};
use e2e::way_in::{Manners, WayIn};
use e2e::{
    RedisCluster, RedisServer, Sentinels, World, eventually, http, memory, postgres, secs, tokens,
};
use serde_json::Value;

use crate::PROCESS;

type Env = Vec<(String, String)>;

fn settings(redis: SocketAddr) -> Env {
    let (prefix, join_channel) = names();
    environment(redis, &prefix, &join_channel, true)
}

fn set(env: &mut Env, name: &str, value: impl Into<String>) {
    env.push((format!("HELPLINE__{name}"), value.into()));
}

async fn visit(env: &Env, args: &[&str]) -> Visit {
    Visit::of(PROCESS, Kind::ChatServer, env, args).await
}

async fn redis(server: SocketAddr, command: &str) {
    let client = redis::Client::open(format!("redis://{server}/")).expect("an address");
    let connection = client.get_multiplexed_async_connection().await;
    let mut connection = connection.expect("redis answers");
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().expect("a command"));
    words.for_each(|word| {
        command.arg(word);
    });
    let done = command.query_async::<()>(&mut connection).await;
    done.expect("redis does it");
}

#[tokio::test]
async fn an_installation_that_is_well() {
    let folder = memory::folder("doctor");
    let file = folder.path().join("data/helpline.db");
    for kind in [Kind::ChatServer, Kind::Subscriber] {
        let mut env = settings(RedisServer::shared());
        set(
            &mut env,
            "RECORDS__URL",
            format!("sqlite:{}", file.display()),
        );
        let seen = Visit::of(PROCESS, kind, &env, &[]).await;
        assert_eq!(seen.code, 0, "{}{}", seen.said, seen.errors);
        seen.expect("ok", "settings", "token mode");
        seen.expect("ok", "redis", "Redis 7");
        seen.expect("ok", "redis", "noeviction");
        seen.expect("ok", "redis", "appendfsync always");
        seen.expect("ok", "redis", "publishing and subscribing are allowed");
        seen.expect("ok", "clock", "agree");
        assert!(seen.said.ends_with(" 0 wrong\n"), "{}", seen.said);
        assert!(!seen.said.contains(tokens::SECRET));
        match kind {
            Kind::ChatServer => seen.expect("ok", "records", "the first start makes it"),
            Kind::Subscriber => seen.expect("ok", "records", "not used by subscriber"),
        }
    }
    let left: Vec<_> = folder.path().read_dir().expect("a folder").collect();
    assert!(left.is_empty(), "nothing is made: {left:?}");
}

#[tokio::test]
async fn machines_read_one_object() {
    let mut env = settings(RedisServer::shared());
    set(
        &mut env,
        "RECORDS__URL",
        "postgres://ann:hidden@127.0.0.1:1/helpline",
    );
    let seen = visit(&env, &["--json"]).await;
    assert_eq!(seen.code, 1);
    assert!(!seen.said.contains("hidden"), "{}", seen.said);
    let said: Value = serde_json::from_str(&seen.said).expect("one object");
    assert_eq!(said["wrong"], 1, "{said}");
    let findings = said["findings"].as_array().expect("a list");
    let wrong = findings.iter().find(|found| found["level"] == "wrong");
    let wrong = wrong.expect("one is wrong");
    assert_eq!(wrong["area"], "records", "{said}");
    assert!(
        wrong["mend"]
            .as_str()
            .expect("text")
            .contains("records.url")
    );
}

#[tokio::test]
async fn settings_that_stop_a_start_are_named() {
    let mut env = settings(RedisServer::shared());
    set(&mut env, "CHAT__IDEL_TIMEOUT", "120s");
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "settings", "chat.idel_timeout");

    let mut env = environment(RedisServer::shared(), "x", "x", false);
    set(&mut env, "CHAT_SERVER__BIND", "0.0.0.0:9000");
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "settings", "0.0.0.0:9000");

    for args in [
        &["--urll", "x"] as &[&str],
        &["--url", "chat.example"],
        &["now"],
    ] {
        let seen = visit(&env, args).await;
        assert_eq!(seen.code, 2, "{args:?} {}", seen.said);
        assert!(!seen.errors.is_empty(), "{args:?}");
    }
}

#[tokio::test]
async fn a_redis_that_would_lose_chats() {
    let server = RedisServer::own();
    for change in [
        "CONFIG SET maxmemory-policy allkeys-lru",
        "CONFIG SET appendonly no",
        "CONFIG SET maxmemory 1mb",
    ] {
        redis(server.address, change).await;
    }
    let env = settings(server.address);
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "redis", "maxmemory-policy is allkeys-lru");
    seen.expect("wrong", "redis", "a restart loses every open chat");
    seen.expect("warn", "redis", "of 1 MiB");
    seen.expect("wrong", "redis", "EVALSHA is refused");

    for change in [
        "CONFIG SET maxmemory 0",
        "CONFIG SET maxmemory-policy noeviction",
        "CONFIG SET appendonly yes",
        "CONFIG SET appendfsync no",
    ] {
        redis(server.address, change).await;
    }
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 0, "{}", seen.said);
    seen.expect("warn", "redis", "appendfsync no");

    let nowhere = RedisServer::reserved();
    let seen = visit(&settings(nowhere.address), &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "redis", &nowhere.address.to_string());
}

#[tokio::test]
async fn every_primary_of_a_cluster_is_looked_at() {
    let cluster = RedisCluster::shared();
    let primaries = cluster.primaries();
    let mut env = settings(primaries[0]);
    let seen = visit(&env, &[]).await;
    seen.expect("wrong", "redis", "is a cluster");
    set(&mut env, "REDIS__CLUSTER", "true");
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 0, "{}{}", seen.said, seen.errors);
    for primary in primaries {
        let line = format!("{primary}: maxmemory-policy is noeviction");
        seen.expect("ok", "redis", &line);
    }
    seen.expect("ok", "redis", "publishing and subscribing are allowed");
    let mut env = settings(RedisServer::shared());
    set(&mut env, "REDIS__CLUSTER", "true");
    let seen = visit(&env, &[]).await;
    seen.expect("wrong", "redis", "take HELPLINE__REDIS__CLUSTER away");
}

#[tokio::test]
async fn every_sentinel_is_asked() {
    let sentinels = Sentinels::start();
    sentinels.sentinel(0).crash();
    let mut env = settings(sentinels.sentinel(1).address);
    let seen = visit(&env, &[]).await;
    seen.expect("wrong", "redis", "set HELPLINE__REDIS__SENTINEL");
    set(&mut env, "REDIS__URL", sentinels.url());
    set(&mut env, "REDIS__SENTINEL", MASTER);
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 0, "{}{}", seen.said, seen.errors);
    let master = format!("2 of 3 sentinels name the master {}", sentinels.master());
    seen.expect("ok", "redis", &master);
    let silent = format!("sentinel {}: ", sentinels.sentinel(0).address);
    seen.expect("warn", "redis", &silent);
    set(&mut env, "REDIS__SENTINEL", "another");
    let seen = visit(&env, &[]).await;
    seen.expect("wrong", "redis", "SENTINEL MASTERS");
}

#[tokio::test]
async fn a_user_of_redis_who_may_too_little() {
    let server = RedisServer::own();
    redis(
        server.address,
        "ACL SETUSER ann on >hidden ~* &events +@all -evalsha -subscribe",
    )
    .await;
    let mut env = settings(server.address);
    set(
        &mut env,
        "REDIS__URL",
        format!("redis://ann:hidden@{}/", server.address),
    );
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "redis", "EVALSHA is refused");
    seen.expect("wrong", "redis", "PUBLISH is refused");
    seen.expect("wrong", "redis", "SUBSCRIBE is refused");
    assert!(!seen.said.contains("hidden"), "{}", seen.said);
    set(
        &mut env,
        "REDIS__URL",
        format!("redis://ann:wrong-one@{}/", server.address),
    );
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "redis", "ann:***@");
    assert!(!seen.said.contains("wrong-one"), "{}", seen.said);
}

#[tokio::test]
async fn a_deployment_with_another_number_of_partitions() {
    let (prefix, join_channel) = names();
    let redis = RedisServer::shared();
    let mut service = Service::start(
        Kind::Subscriber,
        services::settings(redis, &prefix, &join_channel),
    )
    .expect("it starts");
    eventually("readiness", secs(10), async || {
        (http::status(service.address, "/ready").await == Some(200)).then_some(())
    })
    .await;
    let mut env = environment(redis, &prefix, &join_channel, false);
    visit(&env, &[])
        .await
        .expect("ok", "redis", "partitions: 1");
    set(&mut env, "REDIS__PARTITIONS", "8");
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "redis", "has 1 partitions");
    service.finish();
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let folder = memory::folder("doctor");
    let file = folder.path().join("helpline.db");
    std::fs::write(&file, "this is a letter and no database at all").expect("written");
    let mut env = settings(RedisServer::shared());
    set(
        &mut env,
        "RECORDS__URL",
        format!("sqlite:{}", file.display()),
    );
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "records", "helpline.db");
}

/// Nobody goes on with tables that a newer release has changed, and everybody is told so.
#[tokio::test]
async fn tables_of_a_newer_release_are_named() {
    if postgres::is_left_out() {
        return;
    }
    let url = postgres::fresh();
    let start = || {
        let (prefix, join_channel) = names();
        let mut settings = services::settings(RedisServer::shared(), &prefix, &join_channel);
        settings.records.url = Some(url.as_str().into());
        Service::start(Kind::ChatServer, settings).expect("it starts")
    };
    let mut env = settings(RedisServer::shared());
    set(&mut env, "RECORDS__URL", url.clone());
    let seen = visit(&env, &[]).await;
    seen.expect(
        "ok",
        "records",
        "brings the tables up to date: m0001_settings",
    );
    seen.expect("ok", "records", "UTF8");
    seen.expect("ok", "clock", "PostgreSQL");

    let mut service = start();
    http::wait_until_ready(service.address);
    service.finish();
    visit(&env, &[]).await.expect("ok", "records", "up to date");

    let newer = "INSERT INTO seaql_migrations VALUES ('m0099_future', 0);";
    drop(postgres::Session::run(&url, newer));
    let seen = visit(&env, &[]).await;
    assert_eq!(seen.code, 1, "{}", seen.said);
    seen.expect("wrong", "records", "m0099_future");
    let mut service = start();
    eventually("a word about the tables", secs(10), async || {
        let answer = http::get(service.address, "/ready").await;
        (answer.status == 503 && answer.body.contains("m0099_future")).then_some(())
    })
    .await;
    service.finish();
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}

#[tokio::test]
async fn a_way_in_that_is_well() {
    let world = World::builder().tokens().start();
    let env = settings(RedisServer::shared());
    let (chat, joins) = (url(world.chat(0)), url(world.feed(0)));
    let args = ["--url", &chat, "--url", &joins, "--idle", "1s"];
    let seen = visit(&env, &args).await;
    assert_eq!(seen.code, 0, "{}{}", seen.said, seen.errors);
    let sockets = [
        (&chat, "/chat/doctor"),
        (&joins, "/joins"),
        (&joins, "/desk"),
    ];
    for (service, path) in sockets {
        for probe in ["/health", "/ready"] {
            seen.expect("ok", "url", &format!("{service}{probe} answers"));
        }
        let what = format!("{service}{path}");
        seen.expect(
            "ok",
            "url",
            &format!("{what} opens a WebSocket, subprotocol kept"),
        );
        seen.expect("ok", "url", &format!("{what} stays open for 1 s"));
    }
    let outside = Visit::of(
        PROCESS,
        Kind::Subscriber,
        &env,
        &["--outside", "--url", &joins, "--idle", "0"],
    )
    .await;
    assert_eq!(outside.code, 0, "{}", outside.said);
    assert!(!outside.said.contains("redis"), "{}", outside.said);
    // Nobody was online for it.
    let answer = http::get(world.chat(1), "/availability").await;
    assert_eq!(answer.json()["agentsOnline"], 0, "{}", answer.body);
}

#[tokio::test]
async fn a_proxy_that_loses_upgrades() {
    let world = World::new();
    let manners = Manners {
        loses: vec!["upgrade", "connection"],
        ..Manners::default()
    };
    let way = WayIn::to(world.chat(0), manners);
    let seen = visit(&settings(RedisServer::shared()), &["--url", &way.url()]).await;
    assert_eq!(seen.code, 1);
    seen.expect("ok", "url", "/ready answers");
    seen.expect(
        "wrong",
        "url",
        "/chat/doctor is reached without its upgrade",
    );
}

#[tokio::test]
async fn a_proxy_that_cuts_quiet_lines() {
    let world = World::new();
    let manners = Manners {
        cuts_after: Some(Duration::from_secs(1)),
        ..Manners::default()
    };
    let way = WayIn::to(world.chat(0), manners);
    let args = ["--url", &way.url(), "--idle", "3s"];
    let seen = visit(&settings(RedisServer::shared()), &args).await;
    assert_eq!(seen.code, 1);
    seen.expect("ok", "url", "/chat/doctor opens a WebSocket");
    seen.expect("wrong", "url", "is cut after 1 s of silence");
}

#[tokio::test]
async fn a_proxy_whose_word_on_addresses_is_not_taken() {
    let open = World::new();
    let trusting = World::with(|settings| {
        settings.http.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    });
    let manners = Manners {
        adds: vec!["X-Forwarded-For: 203.0.113.9"],
        ..Manners::default()
    };
    let env = settings(RedisServer::shared());
    let way = WayIn::to(open.feed(0), manners.clone());
    let seen = visit(&env, &["--url", &way.url(), "--idle", "0"]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "url", "a proxy that is not trusted");
    let way = WayIn::to(trusting.feed(0), manners);
    let seen = visit(&env, &["--url", &way.url(), "--idle", "0"]).await;
    assert_eq!(seen.code, 0, "{}", seen.said);
    seen.expect("ok", "url", "the client's address is believed");
}

#[tokio::test]
async fn a_proxy_that_loses_the_subprotocol_and_one_with_nobody_behind() {
    let world = World::new();
    let manners = Manners {
        loses: vec!["sec-websocket-protocol"],
        ..Manners::default()
    };
    let way = WayIn::to(world.chat(0), manners);
    let env = settings(RedisServer::shared());
    let seen = visit(&env, &["--url", &way.url(), "--idle", "0"]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "url", "Sec-WebSocket-Protocol");

    let nobody = WayIn::to(RedisServer::reserved().address, Manners::default());
    let seen = visit(&env, &["--url", &nobody.url(), "--idle", "0"]).await;
    assert_eq!(seen.code, 1);
    seen.expect("wrong", "url", "/health is not answered");
}
