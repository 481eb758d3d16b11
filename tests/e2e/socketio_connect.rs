//! Contract 004 with the clients that people use: both versions of both libraries, over every transport.

use e2e::people::ask;
use e2e::shift::content;
use e2e::socketio::{Client, Transport, all, every};
use e2e::{Shift, SocketIo, World};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn every_client_talks_over_every_transport() {
    let shift = Shift::new().await;
    let mut otto = shift.works(1, &shift.otto).await;
    for (client, transport) in every() {
        let connect = async |server: usize, token: &str, who| {
            let address = shift.socketio(server);
            SocketIo::connect(address, client, transport, Some(token), who)
                .await
                .unwrap_or_else(|refused| panic!("{client:?}, {transport:?}: {refused:?}"))
        };
        let mut vika = connect(0, &format!("Bearer {}", shift.vika.token), "Vika").await;
        vika.hears("staff_init").await;
        shift.vika.alone_in(&otto.hears("staff_goes_online").await);
        let mina = shift.visitor("Mina");
        let mut visitor = connect(1, &mina.token, "Mina").await;
        // Characters of one to four bytes, in both directions.
        let asked = content("a é 語 😀");
        visitor.does("visitor_first_msg", asked.clone()).await;
        let room = mina.waits_in(
            &vika.hears("append_unclaimed_chats").await,
            std::slice::from_ref(&asked),
        );
        otto.hears("append_unclaimed_chats").await;
        vika.does("staff_join", json!({ "room": room })).await;
        otto.hears("staff_claim_chat").await;
        shift.vika.alone_in(&visitor.hears("staff_join_room").await);
        let answer = content("😀 語 é a");
        vika.does("staff_msg", json!({"room": room, "content": answer}))
            .await;
        shift
            .vika
            .says_in(&visitor.hears("staff_send").await, &answer);
        visitor.does("visitor_msg", asked.clone()).await;
        mina.says_in(&vika.hears("visitor_send").await, &asked);
        visitor.goes().await;
        mina.alone_in(&vika.hears("visitor_leave").await);
        vika.goes().await;
        shift.vika.alone_in(&otto.hears("staff_goes_offline").await);
    }
}

#[tokio::test]
async fn every_client_is_let_in_and_answered_over_every_transport() {
    let shift = Shift::new().await;
    for (number, (client, transport)) in every().enumerate() {
        let mina = shift.visitor("Mina");
        let token = match number % 2 {
            0 => mina.token,
            _ => format!("Bearer {}", mina.token),
        };
        let address = shift.socketio(number % 2);
        let mut visitor = SocketIo::connect(address, client, transport, Some(&token), "Mina")
            .await
            .unwrap_or_else(|refused| panic!("{client:?}, {transport:?}: {refused:?}"));
        for event in ["nonsense", "a é 語 😀"] {
            for data in [None, Some(json!(null)), Some(content("a é 語 😀"))] {
                visitor.is_refused(event, data, "Unknown event.").await;
            }
        }
        visitor
            .is_refused("visitor_first_msg", None, "Missing/Invalid data")
            .await;
        visitor.has_heard_nothing().await;
        visitor.goes().await;
    }
}

#[tokio::test]
async fn every_client_is_refused_without_a_good_token() {
    let world = World::builder().tokens().start();
    for (client, transport) in every() {
        for token in [None, Some("nonsense")] {
            let address = world.socketio(0);
            let refused = SocketIo::connect(address, client, transport, token, "nobody").await;
            let refused = refused.expect_err("refused");
            // Some libraries keep the status of a refused upgrade to themselves.
            let told = !matches!(
                (client, transport),
                (Client::Python4 | Client::Python5, Transport::WebSocket)
            );
            assert_eq!(
                refused.status,
                told.then_some(401),
                "{client:?}, {transport:?}: {refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_event_without_acknowledgement_does_what_it_does() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    for (client, transport) in every() {
        let mina = shift.visitor("Mina");
        let address = shift.socketio(0);
        let mut visitor = SocketIo::connect(address, client, transport, Some(&mina.token), "Mina")
            .await
            .expect("accepted");
        visitor.sends("visitor_first_msg", content("hello"));
        mina.waits_in(
            &vika.hears("append_unclaimed_chats").await,
            &[content("hello")],
        );
        visitor.sends("visitor_leave_room", None);
        mina.alone_in(&vika.hears("visitor_leave_queue").await);
        visitor.has_heard_nothing().await;
    }
}

#[tokio::test]
async fn acknowledgements_come_in_the_order_of_the_questions() {
    let shift = Shift::new().await;
    for (client, transport) in every() {
        let mina = shift.visitor("Mina");
        let address = shift.socketio(1);
        let mut visitor = SocketIo::connect(address, client, transport, Some(&mina.token), "Mina")
            .await
            .expect("accepted");
        visitor.does("visitor_first_msg", content("0")).await;
        let sent: Vec<u64> = (1..=20)
            .map(|number| {
                visitor.sends_for_ack("visitor_msg_unclaimed", content(&number.to_string()))
            })
            .collect();
        for ack in sent {
            assert_eq!(visitor.acknowledged(ack).await, (true, None));
        }
        visitor.does("visitor_leave_room", None).await;
    }
}

#[tokio::test]
async fn a_disabled_account_is_out_in_five_seconds() {
    let shift = Shift::new().await;
    let mut sasha = shift.works(1, &shift.sasha).await;
    let mut sockets = Vec::new();
    for server in 0..2 {
        sockets.push(shift.works(server, &shift.vika).await);
    }
    shift.vika.alone_in(&sasha.hears("staff_goes_online").await);
    let admin = shift.admin().await;
    let path = format!("/staff/accounts/{}", shift.vika.id);
    let body = json!({"active": false});
    let changed = ask(
        shift.chat(0),
        Method::PATCH,
        &path,
        Some(&admin),
        Some(&body),
    )
    .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let ends = all(
        "the end of its sockets",
        sockets.iter_mut().map(SocketIo::is_disconnected),
    );
    tokio::time::timeout(e2e::secs(5), ends)
        .await
        .expect("in time");
    sasha.hears("staff_goes_offline").await;
    let address = shift.socketio(0);
    let token = Some(shift.vika.token.as_str());
    let refused =
        SocketIo::connect(address, Client::Node4, Transport::Polling, token, "Vika").await;
    assert_eq!(refused.expect_err("refused").status, Some(401));
}
