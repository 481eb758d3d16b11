//! What is ours and in no block of the contract: what the opt-in adds, what a request may say more, and what is
//! kept from whoever was not let in.

use helpline_desk::{
    actor::{Rank, Side},
    audience::Audience,
    event::{End, Event, Recorded, Said},
    id::{AgentId, SupportId},
};
use helpline_protocol::{
    joins,
    typed::{self, Level, Queue, Reader, Scene},
};
use serde_json::json;

use crate::{
    golden,
    scene::{self, seat},
    sent::{frames, history, history_of, of_type, without},
};

/// What the opt-in adds to frames of which the contract shows the plain form only.
#[test]
fn the_opt_in_says_more_of_an_end_of_the_line_and_of_the_desk() {
    let expired = |end| {
        let frames = frames(
            seat(Side::Support, Level::OptedIn),
            7,
            Event::Ended(end),
            scene::engaged,
        );
        of_type("ChatExpired", frames)["args"].take()
    };
    let chat = scene::chat_id().to_string();
    assert_eq!(
        expired(End::ByVisitor),
        json!({"chatId": chat, "reason": "left", "by": "User"})
    );
    assert_eq!(
        expired(End::BySilence),
        json!({"chatId": chat, "reason": "silence"})
    );
    let mut queue = Queue {
        position: 2,
        waiting: 3,
        estimate_seconds: Some(40),
        agents_online: 1,
    };
    let place = json!({"position": 2, "waiting": 3, "estimateSeconds": 40, "agentsOnline": 1});
    assert_eq!(
        golden::json(&typed::queue(&queue)),
        json!({"type": "Queue", "args": place})
    );
    queue.estimate_seconds = None;
    let place = json!({"position": 2, "waiting": 3, "agentsOnline": 1});
    assert_eq!(golden::json(&typed::queue(&queue))["args"], place);
    assert_eq!(
        golden::json(&joins::presence(4)),
        json!({"type": "Presence", "args": {"agentsOnline": 4}})
    );
}

/// Whoever comes back to a chat that had several agents can name each who speaks in it.
#[test]
fn the_opt_in_names_the_agents_who_speak_in_a_history() {
    let former = scene::vika();
    let rosa = SupportId::from_bits(7);
    let taken_over = Event::TakenOver {
        support: rosa,
        name: "Rosa".to_owned(),
        agent: AgentId("rosa".to_owned()),
        rank: Rank::Supervisor,
        text: String::new(),
    };
    let chat = scene::engaged([taken_over]);
    let answer = |part| Said {
        support: Some(part),
        ..scene::answer()
    };
    let history = |level, said: &[Said]| {
        let reader = seat(Side::Visitor, level);
        history_of(&chat, reader, said.iter().cloned())["args"].take()
    };
    let both = [answer(former), scene::question(), answer(rosa)];
    let shown = history(Level::OptedIn, &both);
    let agents = json!({former.to_string(): "Vika", rosa.to_string(): "Rosa"});
    assert_eq!(shown["agents"], agents);
    let shown = history(Level::OptedIn, &both[..2]);
    assert_eq!(shown["agents"], json!({former.to_string(): "Vika"}));
    for (level, said) in [(Level::Plain, &both[..]), (Level::OptedIn, &both[1..2])] {
        assert!(history(level, said).get("agents").is_none());
    }
}

/// A request may say what it is about; without that it has the contract's fields and no more.
#[test]
fn a_request_says_what_it_is_about_if_that_is_known() {
    let mut entry = scene::entry();
    entry.topic = Some("Opening hours".to_owned());
    entry.first_words = Some("Hello?".to_owned());
    let request = golden::json(&joins::request(&entry));
    assert_eq!(request["topic"], "Opening hours");
    assert_eq!(request["firstWords"], "Hello?");
    let bare = without(request, &["topic", "firstWords"]);
    assert_eq!(bare, golden::value("contract-request.server"));
}

/// Whoever was not let in learns the end and nothing else, and so does whoever comes when the log is gone.
#[test]
fn at_the_door_and_without_a_log_only_the_end_is_told() {
    let expired = golden::value("contract-chat-expired.server");
    let ended = Event::Ended(End::BySilence);
    for level in [Level::Plain, Level::OptedIn] {
        let door = Reader {
            audience: Audience::Door,
            level,
            follows_request: false,
        };
        let told = frames(door, 7, ended.clone(), scene::engaged);
        assert_eq!(told, std::slice::from_ref(&expired));
        let recorded = Recorded {
            seq: 1,
            at: scene::MOMENT,
            event: ended.clone(),
        };
        let tombstone = Scene {
            id: scene::chat_id(),
            chat: None,
            epoch: scene::EPOCH,
            idle_timeout: scene::IDLE_TIMEOUT,
        };
        let told = typed::event_frames(tombstone, &recorded, seat(Side::Visitor, level));
        assert_eq!(told.len(), 1);
        assert_eq!(golden::json(&told[0]), expired);
        assert_eq!(history(door, [scene::question()]), expired);
    }
    let expired_id = typed::chat_expired(scene::chat_id());
    assert_eq!(golden::json(&expired_id), expired);
}
