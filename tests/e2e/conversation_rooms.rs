//! Contract 002 in the room: who hears what, in which order, over two chat-servers; agents that change; and a room in
//! which one side speaks contract 001.

use std::collections::HashSet;

use e2e::office::{NOBODY, Office, Person, Talker, assert_failure, data};
use e2e::people::{Account, ask};
use e2e::{Door, Side, Socket, World, shape::is_timestamp};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn a_candidate_and_an_agent_talk_over_two_chat_servers() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate.says(&id, "  My invoice is missing ").await;
    let message = agent.hears("My invoice is missing").await;
    assert_eq!(message["conversationId"], id);
    assert_eq!(message["senderId"], office.candidate.id);
    assert_eq!(message["senderRole"], "candidate");
    let time = message["createdAt"].as_str().expect("a time");
    assert_eq!(time.len(), "2031-03-04T05:06:07.089Z".len(), "{time}");
    assert!(time.ends_with('Z'), "{time}");
    agent.says(&id, "Which month?").await;
    let answer = candidate.hears("Which month?").await;
    assert_eq!(answer["senderId"], office.agent.id);
    assert_eq!(answer["senderRole"], "agent");

    // What was told is what is kept, field by field.
    let mut told = vec![message, answer];
    for message in &mut told {
        message
            .as_object_mut()
            .expect("fields")
            .remove("conversationId");
    }
    let seen = office.sees(&office.candidate, &id).await;
    assert_eq!(seen["messages"], json!(told));
}

#[tokio::test]
async fn everyone_hears_but_the_socket_that_spoke() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let mut phone = office.inside(1, &office.candidate, &id).await;
    let mut tablet = office.inside(0, &office.candidate, &id).await;
    candidate.says(&id, "from the first").await;
    for talker in [&mut phone, &mut tablet, &mut agent] {
        talker.hears("from the first").await;
    }
    phone.says(&id, "from the phone").await;
    for talker in [&mut candidate, &mut tablet, &mut agent] {
        talker.hears("from the phone").await;
    }
    for talker in [&mut candidate, &mut phone, &mut tablet, &mut agent] {
        talker.has_heard_nothing().await;
    }
}

#[tokio::test]
async fn messages_before_an_agent_are_kept_and_not_replayed() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut candidate = office.inside(0, &office.candidate, &id).await;
    candidate.says(&id, "anybody?").await;
    candidate.has_heard_nothing().await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let mut agent = office.inside(1, &office.agent, &id).await;
    agent.has_heard_nothing().await;
    assert_eq!(office.history(&id).await, ["anybody?"]);
}

/// Many speak at once; what each has heard, and what is kept, is one order.
#[tokio::test]
async fn everyone_hears_one_order_and_it_is_the_one_that_is_kept() {
    const EACH: usize = 40;
    let office = Office::new().await;
    let (id, candidate, agent) = office.talk().await;
    let phone = office.inside(1, &office.candidate, &id).await;
    let desk = office.inside(0, &office.agent, &id).await;
    let mut listener = office.inside(0, &office.candidate, &id).await;
    let talkers = [("a", candidate), ("b", agent), ("c", phone), ("d", desk)];
    let talks = talkers.map(|(name, mut talker)| {
        let id = id.clone();
        async move {
            for number in 0..EACH {
                talker.says(&id, &format!("{name}{number}")).await;
            }
            let mut heard = Vec::new();
            while heard.len() < 3 * EACH {
                let message = talker.gets("NEW_MESSAGE").await;
                heard.push(message["content"].as_str().expect("content").to_owned());
            }
            talker.has_heard_nothing().await;
            (name, heard)
        }
    });
    let all = futures_util::future::join_all(talks).await;
    let kept = office.history(&id).await;
    assert_eq!(kept.len(), 4 * EACH);
    for (name, heard) in all {
        let others = kept.iter().filter(|content| !content.starts_with(name));
        assert_eq!(heard, others.cloned().collect::<Vec<_>>(), "{name}");
    }
    let mut heard = Vec::new();
    while heard.len() < 4 * EACH {
        let message = listener.gets("NEW_MESSAGE").await;
        heard.push(message["content"].as_str().expect("content").to_owned());
    }
    assert_eq!(heard, kept);
}

#[tokio::test]
async fn one_socket_is_in_several_rooms_and_keeps_them_apart() {
    let office = Office::new().await;
    let mut agent = office.socket(1, &office.agent).await;
    let mut rooms = Vec::new();
    for number in 0..5 {
        let candidate = office.newcomer(&format!("Newcomer{number}")).await;
        let id = office.begins(&candidate, &office.supervisor).await;
        office.assigns(&office.supervisor, &id, &office.agent).await;
        agent.joins(&id).await;
        rooms.push((id.clone(), office.inside(0, &candidate, &id).await));
    }
    for (id, candidate) in &mut rooms {
        candidate.says(id, &format!("in {id}")).await;
        let message = agent.hears(&format!("in {id}")).await;
        assert_eq!(message["conversationId"], *id);
        agent.says(id, "answer").await;
        let answer = candidate.hears("answer").await;
        assert_eq!(answer["conversationId"], *id);
    }
    let (over, mut first) = rooms.remove(0);
    agent.does_at("CLOSE_CONVERSATION", &over).await;
    agent.hears_the_end(&over).await;
    first.hears_the_end(&over).await;
    for (id, candidate) in &mut rooms {
        candidate.says(id, "and here?").await;
        agent.hears("and here?").await;
        candidate.has_heard_nothing().await;
    }
}

#[tokio::test]
async fn the_former_agent_loses_access_at_once() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let mut phone = office.inside(0, &office.agent, &id).await;
    agent.says(&id, "before").await;
    candidate.hears("before").await;
    phone.hears("before").await;
    office
        .assigns(&office.supervisor, &id, &office.colleague)
        .await;

    for talker in [&mut agent, &mut phone] {
        talker
            .is_told("removed", "Conversation was assigned to another agent")
            .await;
        talker.says(&id, "still me").await;
        talker
            .is_told("outside", "You must join the conversation first")
            .await;
        talker.does_at("JOIN_CONVERSATION", &id).await;
        talker.is_told("another's", "not allowed").await;
        talker.does_at("CLOSE_CONVERSATION", &id).await;
        talker.is_told("another's", "not allowed").await;
    }
    let path = format!("/conversations/{id}");
    let answer = office
        .ask(Method::GET, &path, Some(&office.agent), None)
        .await;
    let text = "Not allowed to access this conversation";
    assert_failure("the former agent", &answer, 403, text);
    let seen = office.sees(&office.colleague, &id).await;
    assert_eq!(
        (&seen["status"], &seen["agentId"]),
        (&json!("assigned"), &json!(office.colleague.id))
    );

    candidate.says(&id, "who is there?").await;
    let mut colleague = office.inside(1, &office.colleague, &id).await;
    colleague.says(&id, "me").await;
    let answer = candidate.hears("me").await;
    assert_eq!(answer["senderId"], office.colleague.id);
    for talker in [&mut candidate, &mut agent, &mut phone] {
        talker.has_heard_nothing().await;
    }
    // Each message stays the word of whoever said it.
    let seen = office.sees(&office.supervisor, &id).await;
    let senders: Vec<&Value> = seen["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|message| &message["senderId"])
        .collect();
    let (agent, candidate) = (&office.agent.id, &office.candidate.id);
    assert_eq!(
        json!(senders),
        json!([agent, candidate, office.colleague.id])
    );
}

#[tokio::test]
async fn the_same_agent_again_changes_nothing() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let before = office.sees(&office.admin, &id).await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    assert_eq!(office.sees(&office.admin, &id).await, before);
    candidate.says(&id, "are you still there?").await;
    agent.hears("are you still there?").await;
    agent.has_heard_nothing().await;
}

#[tokio::test]
async fn an_agent_may_be_given_a_conversation_back() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    office
        .assigns(&office.supervisor, &id, &office.colleague)
        .await;
    office.assigns(&office.supervisor, &id, &office.agent).await;
    agent
        .is_told("removed", "Conversation was assigned to another agent")
        .await;
    assert_eq!(agent.joins(&id).await, "assigned");
    candidate.says(&id, "welcome back").await;
    agent.hears("welcome back").await;
    let mut colleague = office.socket(0, &office.colleague).await;
    colleague.does_at("JOIN_CONVERSATION", &id).await;
    colleague.is_told("another's", "not allowed").await;
}

/// The candidate speaks this contract, the agent contract 001, in the console.
#[tokio::test]
async fn an_agent_in_the_console_and_a_candidate_here_talk_in_one_chat() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let mut candidate = office.inside(0, &office.candidate, &id).await;
    candidate.says(&id, "is anybody there?").await;
    let guest = e2e::Guest {
        user_id: office.candidate.id.clone(),
        username: "Mina".to_owned(),
        chat_id: id.clone(),
        token: String::new(),
        sends_token: false,
    };
    let door = Door::plain().bearer(&office.agent.token);
    let mut console = office.claims(&guest, "Vika", 1, &door).await;
    console.expect("ChatHistory").await;
    assert_eq!(console.side, Side::Support);
    let seen = office.sees(&office.admin, &id).await;
    assert_eq!(
        (&seen["status"], &seen["agentId"]),
        (&json!("assigned"), &json!(office.agent.id)),
        "the account answers, whichever contract it speaks"
    );
    let echo = console.says("Vika here").await;
    assert!(is_timestamp(&echo["timestamp"]), "{echo}");
    let heard = candidate.hears("Vika here").await;
    assert_eq!(heard["senderId"], office.agent.id);
    candidate.says(&id, "hello Vika").await;
    console.hears("hello Vika").await;
    let mut here = office.inside(0, &office.agent, &id).await;
    console.says("in two places").await;
    here.hears("in two places").await;
    candidate.hears("in two places").await;
    here.says(&id, "and back").await;
    candidate.hears("and back").await;
    console.hears("and back").await;
    here.does_at("CLOSE_CONVERSATION", &id).await;
    candidate.hears_the_end(&id).await;
    here.hears_the_end(&id).await;
    console.expect("SupportLeft").await;
    console.chat_is_over(&id).await;
}

#[tokio::test]
async fn the_console_loses_a_conversation_that_is_given_to_another() {
    let office = Office::new().await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    let guest = e2e::Guest {
        user_id: office.candidate.id.clone(),
        username: "Mina".to_owned(),
        chat_id: id.clone(),
        token: String::new(),
        sends_token: false,
    };
    let door = Door::plain().bearer(&office.agent.token);
    let mut console = office.claims(&guest, "Vika", 1, &door).await;
    office
        .assigns(&office.supervisor, &id, &office.colleague)
        .await;
    console.expect_error("forbidden").await;
    assert!(matches!(console.next().await, e2e::Frame::Closed(Some(_))));
}

/// The console's feed shows a conversation to the agent it is for, and to nobody else.
#[tokio::test]
async fn the_feed_shows_a_conversation_to_the_agent_it_is_for() {
    let office = Office::new().await;
    let feed = async |server: usize, person: &Person| {
        let door = Door::plain().bearer(&person.token);
        Socket::open(office.feed(server), "/joins", &door, &person.id)
            .await
            .expect("an upgrade")
    };
    let mut agent = feed(0, &office.agent).await;
    let mut colleague = feed(1, &office.colleague).await;
    let id = office.begins(&office.candidate, &office.supervisor).await;
    for socket in [&mut agent, &mut colleague] {
        let request = socket.json().await;
        assert_eq!(request["chatId"], id, "{request}");
        assert_eq!(request["userId"], office.candidate.id, "{request}");
        assert_eq!(request["username"], "Mina", "{request}");
    }
    office.assigns(&office.supervisor, &id, &office.agent).await;
    let gone = json!({"userId": office.candidate.id, "chatId": id});
    assert_eq!(colleague.expect("RemoveUser").await, gone);
    office
        .assigns(&office.supervisor, &id, &office.colleague)
        .await;
    assert_eq!(colleague.json().await["chatId"], id);
    let _inside = office.inside(0, &office.colleague, &id).await;
    assert_eq!(colleague.expect("RemoveUser").await, gone);
}

/// With a secret of its own, people sign up by the admin's leave and sign in; everything else is the same.
#[tokio::test]
async fn in_token_mode_the_same_people_talk() {
    let world = World::builder().tokens().start();
    let supervisor = world.account("Sasha", "supervisor", None).await;
    let agent = world.account("Vika", "agent", Some(&supervisor.id)).await;
    let candidate = world.account("Mina", "candidate", None).await;
    let ask = async |by: &Account, path: &str, body: Value| {
        let by = Some(by.token.as_str());
        let answer = ask(world.chat(0), Method::POST, path, by, Some(&body)).await;
        data(&answer)
    };
    let body = json!({"supervisorId": supervisor.id});
    let begun = ask(&candidate, "/conversations", body).await;
    let id = begun["_id"].as_str().expect("an id");
    let body = json!({"agentId": agent.id});
    ask(&supervisor, &format!("/conversations/{id}/assign"), body).await;
    let inside = async |server: usize, person: &Account| {
        let door = Door::plain().protocols(&["bearer", &person.token]);
        let socket = Socket::open(world.chat(server), "/ws", &door, &person.email).await;
        let mut talker = Talker {
            socket: socket.expect("an upgrade"),
        };
        talker.joins(id).await;
        talker
    };
    let mut talking = (inside(0, &candidate).await, inside(1, &agent).await);
    talking.0.says(id, "My invoice is missing").await;
    talking.1.hears("My invoice is missing").await;
    talking.1.says(id, "Which month?").await;
    talking.0.hears("Which month?").await;
    talking.1.does_at("CLOSE_CONVERSATION", id).await;
    talking.0.hears_the_end(id).await;
    talking.1.hears_the_end(id).await;
}

/// Ids in frames are claims: whoever is in one room does nothing in another.
#[tokio::test]
async fn a_room_is_closed_to_whoever_is_in_another() {
    let office = Office::new().await;
    let (id, mut candidate, mut agent) = office.talk().await;
    let other = office
        .begins(&office.other_candidate, &office.supervisor)
        .await;
    let mut other_candidate = office.inside(1, &office.other_candidate, &other).await;
    let outsiders: [&mut Talker; 2] = [&mut candidate, &mut agent];
    for talker in outsiders {
        for target in [other.as_str(), NOBODY] {
            talker.says(target, "let me in").await;
            talker
                .is_told("another room", "You must join the conversation first")
                .await;
        }
    }
    other_candidate.says(&id, "let me in").await;
    other_candidate
        .is_told("another room", "You must join the conversation first")
        .await;
    let histories: HashSet<_> = [
        office.history(&id).await.len(),
        office.history(&other).await.len(),
    ]
    .into();
    assert_eq!(histories, HashSet::from([0]));
}
