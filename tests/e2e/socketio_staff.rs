//! Contract 004, section 3: who is online, and what staff is told when it connects.

use e2e::shape::assert_fields;
use e2e::shift::{Caller, content};
use e2e::{Shift, SocketIo, eventually, secs};
use serde_json::{Value, json};

const FIELDS: [&str; 4] = [
    "online_users",
    "online_visitors",
    "unclaimed_chats",
    "flagged_chats",
];

fn ids(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    let mut ids: Vec<&str> = list
        .iter()
        .map(|entry| entry["id"].as_str().expect("an id"))
        .collect();
    ids.sort_unstable();
    ids
}

fn sorted<const N: usize>(mut ids: [&str; N]) -> [&str; N] {
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn whoever_comes_to_work_is_told_how_things_are() {
    let shift = Shift::new().await;
    let (_vika_here, init) = shift.begins(0, &shift.vika).await;
    assert_fields(&init, &FIELDS);
    assert_eq!(
        init["online_users"].as_array().map(Vec::len),
        Some(1),
        "itself: {init}"
    );
    shift.vika.is(&init["online_users"][0]);
    for field in &FIELDS[1..] {
        assert_eq!(init[field], json!([]), "{field}");
    }
    let mina = shift.visitor("Mina");
    let kim = shift.candidate("Kim").await;
    let _mina_here = shift.calls(0, &mina).await;
    let _kim_here = shift.calls(1, &kim).await;
    let (_ada_here, init) = shift.begins(1, &shift.ada).await;
    assert_eq!(
        ids(&init["online_users"]),
        sorted([&shift.vika.id, &shift.ada.id])
    );
    assert_eq!(ids(&init["online_visitors"]), sorted([&mina.id, &kim.id]));
    for shown in init["online_visitors"].as_array().expect("a list") {
        let caller: &Caller = if shown["id"] == mina.id { &mina } else { &kim };
        caller.is(shown);
    }
    assert_eq!(init["unclaimed_chats"], json!([]), "nobody has asked");
}

#[tokio::test]
async fn colleagues_hear_who_comes_and_goes() {
    let shift = Shift::new().await;
    let [mut ada, mut sasha, mut vika] = shift
        .all_work([&shift.ada, &shift.sasha, &shift.vika])
        .await;
    let otto = shift.works(1, &shift.otto).await;
    for colleague in [&mut ada, &mut sasha, &mut vika] {
        shift
            .otto
            .alone_in(&colleague.hears("staff_goes_online").await);
    }
    otto.goes().await;
    for colleague in [&mut ada, &mut sasha, &mut vika] {
        shift
            .otto
            .alone_in(&colleague.hears("staff_goes_offline").await);
    }
    shift.nothing_else([&mut ada, &mut sasha, &mut vika]).await;
}

#[tokio::test]
async fn several_sockets_are_one_person() {
    let shift = Shift::new().await;
    let mut ada = shift.works(0, &shift.ada).await;
    let (mut desk, _) = shift.begins(0, &shift.vika).await;
    shift.vika.alone_in(&ada.hears("staff_goes_online").await);
    let (mut phone, init) = shift.begins(1, &shift.vika).await;
    assert_eq!(
        ids(&init["online_users"]),
        sorted([&shift.vika.id, &shift.ada.id])
    );
    let mina = shift.visitor("Mina");
    let mut window = shift.calls(0, &mina).await;
    let mut tab = shift.calls(1, &mina).await;
    let (mut otto, init) = shift.begins(1, &shift.otto).await;
    assert_eq!(ids(&init["online_visitors"]), [mina.id.as_str()]);
    for socket in [&mut ada, &mut desk, &mut phone] {
        shift
            .otto
            .alone_in(&socket.hears("staff_goes_online").await);
    }
    window.does("visitor_first_msg", content("hello")).await;
    let mut room = String::new();
    for socket in [&mut ada, &mut desk, &mut phone, &mut otto] {
        room = mina.waits_in(
            &socket.hears("append_unclaimed_chats").await,
            &[content("hello")],
        );
    }
    desk.does("staff_join", json!({ "room": room })).await;
    for socket in [&mut window, &mut tab] {
        shift.vika.alone_in(&socket.hears("staff_join_room").await);
    }
    for socket in [&mut ada, &mut otto] {
        socket.hears("staff_claim_chat").await;
    }
    ada.hears("agent_new_chat").await;
    // Each socket of either side may speak, and each of the other hears it once.
    for (socket, text) in [(&mut tab, "from the tab"), (&mut window, "from the window")] {
        socket.does("visitor_msg", content(text)).await;
        for other in [&mut desk, &mut phone] {
            mina.says_in(&other.hears("visitor_send").await, &content(text));
        }
        ada.hears("new_visitor_msg_for_supervisor").await;
    }
    let said = json!({"room": room, "content": content("from the phone")});
    phone.does("staff_msg", said).await;
    for socket in [&mut window, &mut tab] {
        shift.vika.says_in(
            &socket.hears("staff_send").await,
            &content("from the phone"),
        );
    }
    ada.hears("new_staff_msg_for_supervisor").await;
    // One of two sockets is not the last.
    window.goes().await;
    desk.goes().await;
    phone
        .does(
            "staff_msg",
            json!({"room": room, "content": content("still here")}),
        )
        .await;
    shift
        .vika
        .says_in(&tab.hears("staff_send").await, &content("still here"));
    ada.hears("new_staff_msg_for_supervisor").await;
    shift.nothing_else([&mut ada, &mut phone, &mut otto]).await;
    phone.goes().await;
    shift.vika.alone_in(&tab.hears("staff_leave").await);
}

async fn flags(staff: &mut SocketIo, room: &str, severity: u32) {
    let data = json!({"room": room, "severity_level": severity});
    staff.does("change_chat_priority", data).await;
}

#[tokio::test]
async fn the_fifteen_chats_that_were_flagged_last_are_shown() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let mut flagged = Vec::new();
    for number in 0..17_usize {
        let caller = shift.visitor(&format!("Visitor {number}"));
        let mut socket = shift.calls(number % 2, &caller).await;
        socket.does("visitor_first_msg", content("hello")).await;
        let room = caller.waits_in(
            &vika.hears("append_unclaimed_chats").await,
            &[content("hello")],
        );
        flags(&mut vika, &room, 1).await;
        flagged.push((caller, room, socket));
    }
    // The first two are flagged anew, one of them as it is already, and the last no longer.
    flags(&mut vika, &flagged[1].1, 1).await;
    flags(&mut vika, &flagged[0].1, 7).await;
    flags(&mut vika, &flagged[16].1, 0).await;
    let (otto, init) = shift.begins(0, &shift.otto).await;
    let shown = init["flagged_chats"].as_array().expect("a list").clone();
    let order: Vec<usize> = [0, 1].into_iter().chain((3..16).rev()).collect();
    let expected: Vec<&String> = order.iter().map(|number| &flagged[*number].1).collect();
    let rooms: Vec<&str> = shown
        .iter()
        .filter_map(|entry| entry["room"]["id"].as_str())
        .collect();
    assert_eq!(rooms, expected);
    for (place, number) in order.into_iter().enumerate() {
        let severity = if number == 0 { 7 } else { 1 };
        let (caller, ..) = &flagged[number];
        caller.has_room(&shown[place]["room"], severity);
        caller.is(&shown[place]["user"]);
        assert_fields(&shown[place], &["room", "user"]);
        assert!(
            shown[place]["room"]["updated_at"].is_i64(),
            "{}",
            shown[place]
        );
    }
    otto.goes().await;
    // A chat stays flagged when nobody is in it any more.
    let (_, room, socket) = flagged.swap_remove(3);
    socket.goes().await;
    let (_otto, init) = shift.begins(1, &shift.otto).await;
    let shown = init["flagged_chats"].as_array().expect("a list");
    assert!(
        shown
            .iter()
            .any(|entry| entry["room"]["id"] == room.as_str()),
        "{init}"
    );
    flags(&mut vika, &room, 0).await;
    for (_, room, _) in &flagged {
        flags(&mut vika, room, 0).await;
    }
}

#[tokio::test]
async fn visitors_who_have_gone_are_not_online() {
    let shift = Shift::new().await;
    let (mina, max) = (shift.visitor("Mina"), shift.visitor("Max"));
    let gone = shift.calls(0, &mina).await;
    let _here = shift.calls(1, &max).await;
    gone.goes().await;
    eventually("nobody but Max", secs(5), async || {
        let (vika, init) = shift.begins(1, &shift.vika).await;
        vika.goes().await;
        (ids(&init["online_visitors"]) == [max.id.as_str()]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_and_what_follows_it_leave_nothing_out_and_nothing_twice() {
    let shift = Shift::new().await;
    let asking = async {
        let mut sockets = Vec::new();
        for number in 0..20_usize {
            let mut socket = shift
                .calls(number % 2, &shift.visitor(&number.to_string()))
                .await;
            socket.does("visitor_first_msg", content("hello")).await;
            sockets.push(socket);
        }
        sockets
    };
    let watching = async {
        let mut sockets = Vec::new();
        for number in 0..8_usize {
            let staff = if number % 2 == 0 {
                &shift.vika
            } else {
                &shift.otto
            };
            sockets.push(shift.begins(number % 2, staff).await);
        }
        sockets
    };
    let (_visitors, staff) = tokio::join!(asking, watching);
    for (mut socket, init) in staff {
        let waiting = init["unclaimed_chats"].as_array().expect("a list");
        let mut names: Vec<String> = waiting
            .iter()
            .map(|entry| entry["user"]["name"].to_string())
            .collect();
        while names.len() < 20 {
            let (event, data) = socket.next_event("the rest of the queue").await;
            match event.as_str() {
                "append_unclaimed_chats" => names.push(data["user"]["name"].to_string()),
                "staff_goes_online" => {}
                other => panic!("{other}: {data}"),
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 20, "each once: {names:?}");
    }
}
