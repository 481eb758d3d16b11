//! Contract 002, section 5: the socket `/ws` itself: who comes in, what is no frame, and how a socket ends.

use e2e::office::{Office, Talker};
use e2e::{Door, Frame, Socket, World, eventually, http, secs, tokens};

use crate::PROCESS;

#[tokio::test]
async fn without_a_good_token_there_is_an_error_and_then_the_end() {
    let office = Office::new().await;
    let stolen = tokens::sign(
        &tokens::claims(&office.candidate.id, "candidate"),
        "another secret, long enough to be one",
    );
    let doors = [
        ("none", Door::plain()),
        ("nonsense", Door::plain().query("token=nonsense")),
        ("empty", Door::plain().query("token=")),
        ("signed by another", Door::plain().bearer(&stolen)),
        (
            "nonsense beside subprotocols",
            Door::plain().protocols(&["bearer", "nonsense"]),
        ),
    ];
    for (what, door) in doors {
        let mut talker = Talker {
            socket: open(&office, &door).await,
        };
        talker.is_told(what, "Unauthorized or invalid token").await;
        talker.closed_with(4401).await;
    }
}

#[tokio::test]
async fn a_good_token_may_stand_in_each_of_its_places_and_nothing_is_said() {
    let office = Office::new().await;
    let token = &office.candidate.token;
    for door in [
        Door::plain().query(&format!("token={token}")),
        Door::plain().bearer(token),
        Door::plain().header("Authorization", token),
        Door::plain().header("X-Auth-Token", token),
        Door::plain().protocols(&["bearer", token]),
    ] {
        let mut talker = Talker {
            socket: open(&office, &door).await,
        };
        talker.has_heard_nothing().await;
    }
}

async fn open(office: &Office, door: &Door) -> Socket {
    Socket::open(office.chat(0), "/ws", door, "somebody")
        .await
        .expect("the upgrade succeeds whatever the token")
}

#[tokio::test]
async fn a_frame_that_is_none_is_answered_and_the_socket_stays_usable() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut talker = office.socket(0, &office.candidate).await;
    for (frame, error) in [
        ("", "Invalid request schema"),
        ("nonsense", "Invalid request schema"),
        (r#"{"event":"JOIN_CONVERSATION","#, "Invalid request schema"),
        ("5", "Invalid message format"),
        ("[]", "Invalid message format"),
        ("{}", "Invalid message format"),
        (r#"{"data":{}}"#, "Invalid message format"),
        (r#"{"event":7,"data":{}}"#, "Invalid message format"),
        (r#"{"event":"DANCE","data":{}}"#, "Unknown event"),
        (r#"{"event":"NEW_MESSAGE","data":{}}"#, "Unknown event"),
    ] {
        talker.send_text(frame).await;
        talker.is_told(frame, error).await;
    }
    talker.send_binary(b"bytes").await;
    talker
        .is_told("a binary frame", "Invalid request schema")
        .await;
    assert_eq!(talker.joins(&id).await, "open");
}

#[tokio::test]
async fn twenty_frames_that_are_none_end_the_socket() {
    let office = Office::new().await;
    let mut talker = office.socket(0, &office.candidate).await;
    for _ in 0..20 {
        talker.send_text("nonsense").await;
        talker.is_told("nonsense", "Invalid request schema").await;
    }
    talker.closed_with(1008).await;
}

#[tokio::test]
async fn a_frame_of_more_than_64_kib_closes_the_socket() {
    let office = Office::new().await;
    let mut talker = office.socket(0, &office.candidate).await;
    talker.send_text("x".repeat(65_537)).await;
    talker.closed_with(1009).await;
}

#[tokio::test]
async fn too_many_messages_are_refused_in_words() {
    let world = World::with(|settings| {
        (
            settings.limits.messages_per_second,
            settings.limits.message_burst,
        ) = (1, 3);
    });
    let office = Office::in_world(world).await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut candidate = office.inside(0, &office.candidate, &id).await;
    for number in 0..4 {
        candidate.says(&id, &number.to_string()).await;
    }
    candidate
        .is_told("one too many", "Too many frames, this one was not taken")
        .await;
    assert_eq!(office.history(&id).await, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_socket_ends_with_its_token() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let brief = office.with_token_for(&office.candidate, 2).await;
    let mut talker = office.inside(0, &brief, &id).await;
    talker
        .is_told("the end of the token", "Unauthorized or invalid token")
        .await;
    talker.closed_with(4401).await;
}

#[tokio::test]
async fn a_process_that_ends_sends_its_sockets_elsewhere() {
    let world = World::builder().processes(PROCESS, &[]).start();
    let mut office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    office.world.chat_process(1).signal("TERM");
    agent.closed_with(1012).await;
    let mut agent = office.inside(0, &office.agent, &id).await;
    candidate.says(&id, "still there?").await;
    agent.hears("still there?").await;
}

#[tokio::test]
async fn a_reader_that_is_too_slow_is_told_to_come_back() {
    let world = World::with(|settings| {
        settings.sockets.outbox = 32;
        settings.sockets.send_timeout = secs(1);
        settings.limits.message_burst = 100_000;
    });
    let office = Office::in_world(world).await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let door = Door::plain()
        .query(&format!("token={}", office.agent.token))
        .small_receive_buffer();
    let mut slow = Talker {
        socket: open(&office, &door).await,
    };
    slow.joins(&id).await;
    let mut sent = 0;
    eventually("the slow reader to be dropped", secs(20), async || {
        for _ in 0..4 {
            let content = format!("{sent} {}", "x".repeat(4000));
            candidate.says(&id, &content).await;
            agent.hears(&content).await;
            sent += 1;
        }
        let metrics = http::get(office.chat(0), "/metrics").await.body;
        (http::metric(&metrics, "helpline_slow_readers_total") >= Some(1.0)).then_some(())
    })
    .await;
    let mut next = 0;
    loop {
        match slow.next().await {
            Frame::Text(frame) => {
                let content = frame["data"]["content"].as_str().expect("content");
                let number = content.split(' ').next().expect("a number");
                assert_eq!(number, next.to_string(), "a gap before the close");
                next += 1;
            }
            Frame::Closed(code) => break assert_eq!(code, Some(1013)),
        }
    }
    assert_eq!(office.history(&id).await.len(), sent);
}
