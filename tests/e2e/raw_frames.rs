//! Frames that no client library sends, at every socket route: none of them may stop a process, or anybody else's socket.

use std::net::SocketAddr;

use e2e::engineio::{Eio, Polling};
use e2e::shift::Shift;
use e2e::{Raw, World, http, secs, within};

const TOO_LARGE: u16 = 1009;
const UNREADABLE: u16 = 1002;
/// `/ws` closes whoever brings no token, whatever it sends.
const NO_TOKEN: u16 = 4401;

/// A header, and with what it closes the socket.
fn frames() -> Vec<(Vec<u8>, u16)> {
    let announcing = |first: u8, mask: u8, length: u64| {
        let mut frame = vec![first, mask | 127];
        frame.extend(length.to_be_bytes());
        frame
    };
    let mut frames = Vec::new();
    for first in [0x81, 0x82, 0x01, 0x02] {
        for length in [u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32, 65_537] {
            frames.push((announcing(first, 0x80, length), TOO_LARGE));
        }
    }
    // Nobody is asked how much comes without a mask, in a ping, or with bits and opcodes that mean nothing.
    for first in [0x81, 0x89, 0x8a, 0x88, 0x80, 0xf1, 0x83, 0x8f] {
        frames.push((announcing(first, 0, u64::MAX), UNREADABLE));
    }
    for first in [0x89, 0x8a, 0x88, 0xc1, 0xa1, 0x91, 0x83, 0x8b] {
        frames.push((announcing(first, 0x80, u64::MAX), UNREADABLE));
    }
    frames.push((vec![0x81, 0x05], UNREADABLE));
    frames.push((vec![0x09, 0x80, 0, 0, 0, 0], UNREADABLE));
    frames.push((vec![0x80, 0x81, 0, 0, 0, 0, b'x'], UNREADABLE));
    frames
}

async fn everybody_answers(world: &World) {
    for address in world.listeners() {
        let asked = within("/health", http::status(address, "/health"));
        assert_eq!(asked.await, Some(200), "{address}");
    }
}

/// Opens a WebSocket for each frame, all at once, and reads how it ends.
async fn all_end(routes: &[(SocketAddr, String)]) {
    let mut sockets = Vec::new();
    for (address, path) in routes {
        for (frame, code) in frames() {
            let mut socket =
                Raw::upgraded(*address, path, &["Sec-WebSocket-Protocol: helpline.v1"]).await;
            assert!(socket.send(&frame).await);
            // A mask, and more of anything.
            socket.send([0xff; 4096]).await;
            sockets.push((path, frame, code, socket));
        }
    }
    for (path, frame, code, mut socket) in sockets {
        let found = socket.close_code().await;
        let is_right = found == Some(code) || path == "/ws" && found == Some(NO_TOKEN);
        assert!(is_right, "{path} {frame:02x?}: {found:?}, not {code}");
        socket.until_closed(secs(10)).await;
    }
}

#[tokio::test]
async fn no_frame_stops_a_process_or_anybody_elses_socket() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let chat = format!("/chat/{}", visitor.guest.chat_id);
    let mut routes = Vec::new();
    for server in 0..2 {
        for path in [chat.as_str(), "/chat/anything", "/chat/x?probe", "/ws"] {
            routes.push((world.chat(server), path.to_owned()));
        }
        for path in ["/joins", "/joins?probe", "/desk?probe"] {
            routes.push((world.feed(server), path.to_owned()));
        }
    }
    all_end(&routes).await;
    everybody_answers(&world).await;
    visitor.says("are you still there?").await;
    support.hears("are you still there?").await;
}

#[tokio::test]
async fn no_frame_stops_a_socket_io_listener() {
    let shift = Shift::new().await;
    let at = shift.socketio(0);
    for eio in [Eio::V3, Eio::V4] {
        let mut routes = Vec::new();
        let token = shift.visitor("Mina").token;
        routes.push((at, format!("{}&token={token}", eio.path("websocket"))));
        all_end(&routes).await;
        // Those that come to take a session over.
        let polling = Polling::open(at, eio, &token).await;
        let sid = polling.open["sid"].as_str().expect("a session");
        for (frame, code) in frames() {
            let path = format!("{}&sid={sid}", eio.path("websocket"));
            let mut socket = Raw::upgraded(at, &path, &[]).await;
            assert!(socket.send(&frame).await);
            assert_eq!(
                socket.close_code().await,
                Some(code),
                "{eio:?} {frame:02x?}"
            );
        }
    }
    everybody_answers(&shift.world).await;
}

#[tokio::test]
async fn a_client_that_never_stops_sending_after_the_end_is_cut_off() {
    let world = World::new();
    let mut socket = Raw::upgraded(world.chat(0), "/chat/x?probe", &[]).await;
    socket.send([0x81, 0xff]).await;
    socket.send([0xff; 12]).await;
    let flood = async { while socket.send([0x55; 65_536]).await {} };
    tokio::time::timeout(secs(20), flood)
        .await
        .expect("the connection ends");
    everybody_answers(&world).await;
}
