//! A request that leaves HTTP: what stands in front of us and we have to agree that it does.

use e2e::{Raw, World, raw, secs};

const UNREADABLE: u16 = 1002;

/// What stands in front believes that HTTP is over on the connection.
#[tokio::test]
async fn an_upgraded_connection_never_carries_another_request() {
    let world = World::new();
    let next = format!("GET /metrics HTTP/1.1\r\nHost: {}\r\n\r\n", world.chat(0));
    for (address, path) in [
        (world.chat(0), "/chat/x?probe"),
        (world.chat(0), "/ws"),
        (world.chat(0), "/health"),
        (world.chat(0), "/nowhere"),
        (world.feed(0), "/joins"),
        (world.feed(0), "/desk?probe"),
        (world.socketio(0), "/socket.io/?EIO=4&transport=websocket"),
        (world.socketio(0), "/socket.io/?EIO=4&transport=polling"),
    ] {
        let lengths = ["Content-Length: 1", "Content-Length: 5"];
        for line in lengths
            .iter()
            .chain(&["Transfer-Encoding: chunked", "Transfer-Encoding: Chunked"])
        {
            let mut raw = Raw::connect(address).await;
            let body = if line.contains("Transfer") {
                "0\r\n\r\n"
            } else {
                "xxxxx"
            };
            let request = raw::upgrade(address, path, &[line]);
            raw.send(format!("{request}{body}{next}{next}")).await;
            raw.send(&next).await;
            let said = raw.until_closed(secs(10)).await;
            let said = String::from_utf8_lossy(&said).into_owned();
            assert!(said.starts_with("HTTP/1.1 400 "), "{path} {line}: {said}");
            assert_eq!(said.matches("HTTP/1.1").count(), 1, "{path} {line}: {said}");
            assert!(
                said.to_ascii_lowercase().contains("connection: close"),
                "{said}"
            );
        }
        // With other words for it, which the server's own reading of a request would not take for an upgrade.
        for other in ["h2c, websocket", "websocket2", "xwebsocket"] {
            let mut raw = Raw::connect(address).await;
            let request = raw::upgrade(address, path, &[]);
            let request = request.replace("Upgrade: websocket", &format!("Upgrade: {other}"));
            raw.send(request).await;
            let head = raw.head().await;
            assert!(!head.starts_with("HTTP/1.1 101"), "{path} {other}: {head}");
        }
    }
    // A body of nothing is none.
    let fine = ["Content-Length: 0"];
    let mut raw = Raw::upgraded(world.chat(0), "/chat/x?probe", &fine).await;
    raw.send(&next).await;
    assert_eq!(raw.close_code().await, Some(UNREADABLE));
    let said = raw.until_closed(secs(10)).await;
    assert!(!String::from_utf8_lossy(&said).contains("HTTP/1.1"));
    // Where a POST goes to leave HTTP, too.
    let mut raw = Raw::connect(world.chat(0)).await;
    let post = raw::upgrade(world.chat(0), "/auth/login", &[]).replace("GET ", "POST ");
    raw.send(format!("{post}{{}}")).await;
    let said = raw.until_closed(secs(10)).await;
    assert!(said.starts_with(b"HTTP/1.1 400 "));
}
