//! Clients that keep connections without asking for anything: heads and bodies that do not come, and too many of either.

use std::net::SocketAddr;
use std::time::Duration;

use e2e::engineio::{Eio, Polling, Wire};
use e2e::shift::Shift;
use e2e::{Raw, World, eventually, http, raw, secs};
use futures_util::future::join_all;
use tokio::time::interval;

use crate::PROCESS;

/// Longer than anybody may take for nothing.
const LIMIT: Duration = secs(40);

/// Sends a byte each second until the connection is closed, which has to be in time.
async fn trickles(mut raw: Raw, bytes: &[u8]) {
    let mut pace = interval(secs(1));
    let trickle = async {
        for byte in bytes.iter().cycle() {
            pace.tick().await;
            if !raw.send([*byte]).await {
                return;
            }
        }
    };
    let ended = tokio::time::timeout(LIMIT, trickle).await;
    assert!(ended.is_ok(), "still open after {LIMIT:?}");
}

fn post(address: SocketAddr, path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{body}\r\n\r\n"
    )
}

#[tokio::test]
async fn heads_and_bodies_that_do_not_come_are_given_up() {
    let shift = Shift::new().await;
    let world = &shift.world;
    let polling = Polling::open(shift.socketio(0), Eio::V4, &shift.visitor("Mina").token).await;
    let sid = polling.open["sid"].as_str().expect("a session");
    let polled = format!("{}&sid={sid}", Eio::V4.path("polling"));
    let chat = world.chat(0);
    let mut begun: Vec<(SocketAddr, String)> = Vec::new();
    for (address, path) in [
        (chat, "/auth/login"),
        (chat, "/auth/signup"),
        (chat, "/user/login"),
        (chat, "/staff/session"),
        (chat, "/nowhere"),
        (chat, "/health"),
        (world.feed(0), "/health"),
        (shift.socketio(0), polled.as_str()),
    ] {
        begun.push((address, post(address, path, "Content-Length: 1000")));
        begun.push((
            address,
            post(address, path, "Transfer-Encoding: chunked") + "3e8\r\n",
        ));
    }
    // The head of the first request, and that of one that comes after an answer, or with the request before it.
    let head = format!("GET /health HTTP/1.1\r\nHost: {chat}\r\n");
    begun.push((chat, head.clone()));
    begun.push((chat, format!("{head}\r\n{head}X-")));
    begun.push((chat, format!("{head}\r\n{head}\r\n{head}X-")));
    let sockets = begun.into_iter().map(async |(address, bytes)| {
        let mut raw = Raw::connect(address).await;
        raw.send(bytes).await;
        trickles(raw, b"x").await;
    });
    // And some that say nothing more at all.
    let silent = [
        format!("{head}\r\n{head}X-"),
        post(chat, "/auth/login", "Content-Length: 9"),
    ];
    let silent = silent.into_iter().map(async |bytes| {
        let mut raw = Raw::connect(chat).await;
        raw.send(bytes).await;
        raw.until_closed(LIMIT).await;
    });
    tokio::join!(join_all(sockets), join_all(silent));
}

#[tokio::test]
async fn a_request_that_waits_and_a_socket_that_is_silent_are_no_slow_clients() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged().await;
    let mut idle = Raw::upgraded(world.chat(0), "/chat/x?probe", &[]).await;
    // Longer than any head may take.
    let mut kept = Raw::connect(world.chat(0)).await;
    let mut pace = interval(secs(2));
    for _ in 0..10 {
        pace.tick().await;
        kept.send(format!(
            "GET /health HTTP/1.1\r\nHost: {}\r\n\r\n",
            world.chat(0)
        ))
        .await;
        let head = kept.head().await;
        assert!(head.contains("200 OK"), "{head}");
    }
    visitor.says("a while later").await;
    support.hears("a while later").await;
    assert!(idle.send([0x88, 0x80, 0, 0, 0, 0]).await);
    assert_eq!(idle.close_code().await, Some(1000));
}

#[tokio::test]
async fn connections_per_address_are_limited() {
    let world = World::with(|settings| settings.limits.connections_per_address = Some(8));
    let address = world.chat(0);
    let mut open = Vec::new();
    for _ in 0..8 {
        open.push(Raw::upgraded(address, "/chat/x?probe", &[]).await);
    }
    for _ in 0..8 {
        let mut further = Raw::connect(address).await;
        further
            .send(raw::upgrade(address, "/chat/x?probe", &[]))
            .await;
        assert!(further.until_closed(secs(10)).await.is_empty());
    }
    open.truncate(4);
    eventually("room for a request", secs(10), async || {
        (http::status(address, "/health").await == Some(200)).then_some(())
    })
    .await;
}

/// How many files a process may have open.
#[cfg(target_os = "linux")]
fn open_files(process: u32) -> (String, String) {
    let limits = std::fs::read_to_string(format!("/proc/{process}/limits")).expect("its limits");
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"));
    let mut words = line.expect("a line").split_whitespace().skip(3);
    let mut word = || words.next().expect("a limit").to_owned();
    (word(), word())
}

/// The services' program, started with few descriptors: with `-Sn` it may raise them, with `-n` not. It is written by
/// a shell, since what this process has open for writing could not be run.
#[cfg(target_os = "linux")]
fn limited(which: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("limited");
    let text = format!("#!/bin/sh\nulimit {which} 200\nexec {PROCESS} \"$@\"\n");
    let written = std::process::Command::new("sh")
        .args([
            "-c",
            "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"",
            "sh",
            &text,
        ])
        .arg(&program)
        .status();
    assert!(written.expect("a shell").success());
    let program = program.to_str().expect("a path").to_owned();
    (folder, program)
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_takes_all_the_descriptors_it_may_have() {
    let (_folder, program) = limited("-Sn");
    let mut world = World::builder().processes(&program, &[]).start();
    for process in [world.chat_process(0).id(), world.feed_process(0).id()] {
        let (soft, hard) = open_files(process);
        assert_eq!(soft, hard);
        assert_ne!(soft, "200");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_doctor_says_that_descriptors_are_few() {
    let world = World::new();
    let env = e2e::builder::environment(world.redis, &world.prefix, &world.join_channel, false);
    for ((_folder, program), level) in [(limited("-n"), "warn"), (limited("-Sn"), "ok")] {
        let visit = e2e::doctor::Visit::of(&program, e2e::services::Kind::Subscriber, &env, &[]);
        visit.await.expect(level, "files", "may be open");
    }
}

#[tokio::test]
async fn websockets_that_name_one_polling_session_are_one() {
    let limit = 5;
    let shift = Shift::of(World::builder().settings(move |settings| {
        settings.limits.sockets_per_address = Some(limit);
    }))
    .await;
    let at = shift.socketio(0);
    for eio in [Eio::V3, Eio::V4] {
        let polling = Polling::open(at, eio, &shift.visitor("Mina").token).await;
        let sid = polling.open["sid"].as_str().expect("a session");
        let path = format!("{}&sid={sid}", eio.path("websocket"));
        // Neither before it has taken over nor after that is there room for another.
        let mut first = Wire::open(at, &path, &[]).await.expect("an upgrade");
        for _ in 0..20 {
            let mut other = Raw::upgraded(at, &path, &[]).await;
            assert_eq!(other.close_code().await, Some(1000), "{eio:?}");
        }
        first.send("2probe").await;
        assert_eq!(first.next().await, "3probe");
        let mut other = Raw::upgraded(at, &path, &[]).await;
        assert_eq!(other.close_code().await, Some(1000), "{eio:?}");
        polling.poll().await;
        first.send("5").await;
        if eio == Eio::V4 {
            first.send("40").await;
        }
        for _ in 0..20 {
            let mut other = Raw::upgraded(at, &path, &[]).await;
            assert_eq!(other.close_code().await, Some(1000), "{eio:?}");
        }
        let welcome = first.next().await;
        assert!(welcome.starts_with("40"), "{welcome}");
    }
}
