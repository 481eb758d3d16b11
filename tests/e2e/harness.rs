//! The harness itself: what the other tests lean on.

use e2e::proxy::Proxy;
use e2e::shape::{differences, is_id, is_timestamp};
use e2e::{Door, Frame, RedisServer, Socket, World, ms};
use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::net::TcpListener;

/// A server that sends each text back.
async fn echo() -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let Ok(mut socket) = tokio_tungstenite::accept_async(stream).await else {
                    return;
                };
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_text() && socket.send(message).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

#[tokio::test]
async fn the_proxy_freezes_heals_cuts_and_refuses() {
    let proxy = Proxy::to(echo().await);
    let mut socket = Socket::open(proxy.address, "/", &Door::plain(), "the client")
        .await
        .expect("an upgrade");
    socket.send("Hello", json!({})).await;
    socket.expect("Hello").await;
    proxy.freeze();
    socket.send("Hello", json!({"again": true})).await;
    assert_eq!(socket.next_within(ms(100)).await, None);
    proxy.heal();
    assert_eq!(socket.expect("Hello").await, json!({"again": true}));
    proxy.cut();
    assert_eq!(socket.next().await, Frame::Closed(None));
    let socket = Socket::open(proxy.address, "/", &Door::plain(), "the client")
        .await
        .expect("an upgrade");
    socket.close().await;
    proxy.refuse();
    let mut refused = tokio::net::TcpStream::connect(proxy.address)
        .await
        .expect("a connection");
    let read = e2e::wait::within(
        "the end",
        tokio::io::AsyncReadExt::read(&mut refused, &mut [0; 1]),
    )
    .await;
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[test]
fn redis_keeps_what_it_confirmed_through_stop_crash_and_freeze() {
    let server = RedisServer::own();
    let client = redis::Client::open(format!("redis://{}/", server.address)).expect("an address");
    let set = |value: &str| {
        redis::cmd("SET")
            .arg("key")
            .arg(value)
            .query::<()>(&mut client.get_connection().expect("redis answers"))
            .expect("stored")
    };
    let get = || {
        redis::cmd("GET")
            .arg("key")
            .query::<String>(&mut client.get_connection().expect("redis answers"))
            .expect("read")
    };
    set("one");
    server.stop();
    server.start();
    assert_eq!(get(), "one");
    set("two");
    server.crash();
    assert!(!server.is_running());
    server.start();
    assert_eq!(get(), "two");
    server.freeze();
    assert!(client.get_connection_with_timeout(ms(50)).is_err());
    server.thaw();
    assert_eq!(get(), "two");
}

#[test]
fn shapes_are_compared_by_fields_and_types() {
    let golden = json!({"a": "x", "list": [{"n": 1}]});
    assert!(
        differences(
            &golden,
            &json!({"a": "y", "list": [{"n": 2}, {"n": 3}]}),
            &[]
        )
        .is_empty()
    );
    assert!(differences(&golden, &json!({"a": "y", "list": []}), &[]).is_empty());
    assert!(differences(&golden, &json!({"a": "y", "list": [], "b": 1}), &["b"]).is_empty());
    for wrong in [
        json!({"a": 1, "list": []}),
        json!({"a": "y"}),
        json!({"a": "y", "list": [], "b": 1}),
        json!({"a": "y", "list": [{"n": "2"}]}),
        json!({"a": "y", "list": [{"n": 1.5}]}),
        json!({"a": null, "list": []}),
    ] {
        assert_eq!(differences(&golden, &wrong, &[]).len(), 1, "{wrong}");
    }
    assert!(is_timestamp(&json!("2031-03-04T05:06:07.000089Z")));
    for wrong in [
        "2031-03-04T05:06:07.089Z",
        "2031-03-04T05:06:07.000089+00:00",
        "2031-03-04 05:06:07.000089Z",
        "2031-13-04T05:06:07.000089Z",
    ] {
        assert!(!is_timestamp(&json!(wrong)), "{wrong}");
    }
    assert!(is_id(&json!("27ab0d0cfae34f68b41ed25150b5d9f6")));
    assert!(!is_id(&json!("27AB0D0CFAE34F68B41ED25150B5D9F6")) && !is_id(&json!("27ab")));
}

#[tokio::test]
#[should_panic(expected = "left in Redis for ever")]
async fn a_world_that_leaves_a_key_behind_fails() {
    let world = World::new();
    let mut redis = world.redis().await;
    let key = format!("{}:{{0}}:forgotten", world.prefix);
    redis::cmd("SET")
        .arg(key)
        .arg(1)
        .query_async::<()>(&mut redis)
        .await
        .expect("stored");
}
