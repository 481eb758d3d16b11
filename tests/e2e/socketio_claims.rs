//! Contract 004: a claim has one winner, and nothing that is said meanwhile is lost.

use e2e::shift::{Employee, content};
use e2e::socketio::all;
use e2e::{Shift, SocketIo, tokens};
use serde_json::{Value, json};

/// Members of staff whose tokens say who they are, where the records do not know them.
fn casual(number: usize) -> Employee {
    let (id, name) = (format!("ca{number:030}"), format!("Casual {number}"));
    let mut claims = tokens::claims(&id, "agent");
    claims["email"] = json!(format!("casual-{number}@example.org"));
    claims["username"] = json!(name);
    Employee {
        token: tokens::sign(&claims, tokens::SECRET),
        email: format!("casual-{number}@example.org"),
        id,
        name,
        role_id: 3,
    }
}

#[tokio::test]
async fn one_of_twenty_wins() {
    let shift = Shift::new().await;
    let mut staff: Vec<SocketIo> = Vec::new();
    for number in 0..20 {
        staff.push(shift.works(number % 2, &casual(number)).await);
    }
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(0, &mina).await;
    for round in 0..3 {
        visitor
            .does("visitor_first_msg", content(&round.to_string()))
            .await;
        let mut room = Value::Null;
        for socket in &mut staff {
            room = hears(socket, "append_unclaimed_chats").await["room"]["id"].clone();
        }
        let claim = json!({ "room": room });
        let asked: Vec<u64> = staff
            .iter_mut()
            .map(|socket| socket.sends_for_ack("staff_join", claim.clone()))
            .collect();
        let answers = staff
            .iter_mut()
            .zip(&asked)
            .map(|(socket, ack)| socket.acknowledged(*ack));
        let answers = all("every answer", answers).await;
        let winners: Vec<usize> = (0..20).filter(|number| answers[*number].0).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        for (number, answer) in answers.iter().enumerate() {
            if number != winners[0] {
                let refused = (false, Some("This chat is already claimed.".to_owned()));
                assert_eq!(answer, &refused);
                hears(&mut staff[number], "staff_claim_chat").await;
            }
        }
        let joined = visitor.hears("staff_join_room").await;
        assert_eq!(joined["user"]["id"], casual(winners[0]).id);
        // The winner has it, and the losers have not.
        let said = json!({"room": room, "content": content("hello")});
        for (number, socket) in staff.iter_mut().enumerate() {
            let (accepted, _) = socket.emit("staff_msg", said.clone()).await;
            assert_eq!(accepted, number == winners[0]);
        }
        visitor.hears("staff_send").await;
        visitor.does("visitor_leave_room", None).await;
        hears(&mut staff[winners[0]], "visitor_leave").await;
    }
}

/// The next event but for colleagues who come and go.
async fn hears(socket: &mut SocketIo, event: &str) -> Value {
    loop {
        let (name, data) = socket.next_event(event).await;
        if name != "staff_goes_online" {
            assert_eq!(name, event, "{data}");
            return data;
        }
    }
}

#[tokio::test]
async fn what_is_said_at_the_moment_of_the_claim_is_heard_once() {
    let shift = Shift::new().await;
    let [mut vika, mut ada] = shift.all_work([&shift.vika, &shift.ada]).await;
    for round in 0..6_usize {
        let mina = shift.visitor("Mina");
        let mut visitor = shift.calls(round % 2, &mina).await;
        visitor.does("visitor_first_msg", content("hello")).await;
        let told = vika.hears("append_unclaimed_chats").await;
        let room = mina.waits_in(&told, &[content("hello")]);
        // A visitor that has not heard of the claim yet goes on with the one name, or begins with the other too early.
        let event = if round % 2 == 0 {
            "visitor_msg_unclaimed"
        } else {
            "visitor_msg"
        };
        let mut acks = Vec::new();
        for number in 0..10 {
            acks.push(visitor.sends_for_ack(event, content(&number.to_string())));
        }
        let claim = vika.sends_for_ack("staff_join", json!({ "room": room }));
        for number in 10..20 {
            acks.push(visitor.sends_for_ack(event, content(&number.to_string())));
        }
        for ack in acks {
            assert_eq!(visitor.acknowledged(ack).await, (true, None));
        }
        assert_eq!(vika.acknowledged(claim).await, (true, None));
        visitor.does("visitor_msg", content("that is all")).await;
        let mut heard = Vec::new();
        loop {
            let (name, data) = vika.next_event("what was said").await;
            assert!(
                name == "visitor_unclaimed_msg" || name == "visitor_send",
                "{name}"
            );
            if data["content"] == content("that is all") {
                break;
            }
            heard.push(
                data["content"]["content"]
                    .as_str()
                    .expect("a text")
                    .to_owned(),
            );
        }
        let expected: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        assert_eq!(heard, expected);
        visitor.does("visitor_leave_room", None).await;
        mina.alone_in(&vika.hears("visitor_leave").await);
        // The monitor has heard all of it as well: what was queued, the claim, and what came after it.
        let mut names = Vec::new();
        while names
            .last()
            .is_none_or(|name| name != "visitor_leave_chat_for_supervisor")
        {
            names.push(ada.next_event("the monitor's part").await.0);
        }
        let said = names.iter().filter(|name| {
            ["visitor_unclaimed_msg", "new_visitor_msg_for_supervisor"].contains(&name.as_str())
        });
        assert_eq!(said.count(), 21, "{names:?}");
        let claimed = names
            .iter()
            .position(|name| name == "staff_claim_chat")
            .expect("the claim");
        assert_eq!(names[claimed + 1], "agent_new_chat");
        assert!(
            !names[claimed..].contains(&"visitor_unclaimed_msg".to_owned()),
            "{names:?}"
        );
    }
}

#[tokio::test]
async fn a_claim_and_a_visitor_who_leaves_do_not_miss_each_other() {
    let shift = Shift::new().await;
    let mut vika = shift.works(1, &shift.vika).await;
    let mina = shift.visitor("Mina");
    let mut visitor = shift.calls(0, &mina).await;
    for _ in 0..10 {
        visitor.does("visitor_first_msg", content("hello")).await;
        let told = vika.hears("append_unclaimed_chats").await;
        let room = mina.waits_in(&told, &[content("hello")]);
        let leaving = visitor.sends_for_ack("visitor_leave_room", None);
        let claim = vika.sends_for_ack("staff_join", json!({ "room": room }));
        assert_eq!(visitor.acknowledged(leaving).await, (true, None));
        match vika.acknowledged(claim).await {
            (true, None) => {
                mina.alone_in(&vika.hears("visitor_leave").await);
                shift.vika.alone_in(&visitor.hears("staff_join_room").await);
            }
            (false, Some(text)) => {
                assert_eq!(text, "The chat room is either closed or doesn't exist.");
                mina.alone_in(&vika.hears("visitor_leave_queue").await);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn staff_without_an_account_is_what_its_token_says() {
    let shift = Shift::new().await;
    let employee = casual(77);
    let (_socket, init) = shift.begins(0, &employee).await;
    let shown = &init["online_users"][0];
    assert_eq!(shown["id"], employee.id);
    assert_eq!(shown["email"], employee.email);
    assert_eq!(shown["role_id"], 3);
    assert!(shown["full_name"].is_string(), "{shown}");
}
