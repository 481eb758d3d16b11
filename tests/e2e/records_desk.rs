//! What the desk does to chats beside talking in them, as the records tell it.

use crate::happenings::{SECOND, Story};
use e2e::records::on_both;
use helpline_desk::event::{End, Event};
use helpline_desk::id::VisitorId;
use helpline_records::{ChatRecord, Filters, Records, Status, Transcript};

const NOW: i64 = 1_900_000_000 * SECOND;

async fn stored(records: &Records, story: &Story) -> Transcript {
    records.store(&story.events).await.expect("stored");
    // What is read live is the same.
    let transcript = transcript(records, story).await;
    let live = Transcript::of_events(&story.events).expect("a chat");
    assert_eq!(transcript, live);
    transcript
}

async fn transcript(records: &Records, story: &Story) -> Transcript {
    let transcript = records.transcript(&story.id()).await.expect("an answer");
    transcript.expect("known")
}

#[tokio::test]
async fn whispers_are_kept_apart_from_what_was_said() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW)
            .claimed("agent-1", "Otto")
            .asks("help")
            .whispered("Rosa", "offer a refund\0")
            .answers("Of course")
            .whispered("Ines", "well done");
        let read = stored(&records, &story).await;
        assert_eq!(read.chat.messages, 2);
        let whispers: Vec<_> = read
            .whispers
            .iter()
            .map(|it| {
                (
                    it.sender.as_str(),
                    it.sender_name.as_str(),
                    it.content.as_str(),
                )
            })
            .collect();
        let expected = [
            ("rosa", "Rosa", "offer a refund\u{fffd}"),
            ("ines", "Ines", "well done"),
        ];
        assert_eq!(whispers, expected);
        assert_eq!(read.whispers[0].at, NOW + 4 * SECOND);
        // Nobody finds a chat by what was whispered there.
        let filters = Filters {
            text: Some("refund".to_owned()),
            ..Filters::default()
        };
        let found = records.search(&filters, None, 9).await.expect("an answer");
        assert!(found.is_empty());
        // What comes again changes nothing, and whoever is erased takes them along.
        records.store(&story.events).await.expect("stored");
        assert_eq!(transcript(&records, &story).await, read);
        let visitor = story.visitor.to_string();
        let erased = records.erase(&visitor, "boss", NOW + 60 * SECOND).await;
        assert_eq!(erased.expect("erased").chats, 1);
        assert_eq!(
            records.transcript(&story.id()).await.expect("an answer"),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_chat_takes_its_whispers_along() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW)
            .claimed("agent-1", "Otto")
            .whispered("Rosa", "calm")
            .ended();
        stored(&records, &story).await;
        let forgotten = records.forget_before(NOW + 60 * SECOND, 9).await;
        assert_eq!(forgotten.expect("forgotten"), 1);
        // The same once more is not the same as what would be left of it.
        assert_eq!(stored(&records, &story).await.whispers.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_chat_is_as_urgent_as_it_was_called_last() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW).flagged(1).flagged(3).flagged(2);
        assert_eq!(stored(&records, &story).await.chat.severity, 2);
        let calm = story.flagged(0);
        assert_eq!(stored(&records, &calm).await.chat.severity, 0);
    })
    .await;
}

#[tokio::test]
async fn who_took_a_chat_over_has_it_and_both_are_named() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW)
            .claimed("agent-1", "Otto")
            .answers("I do not know")
            .taken_over("rosa", "Rosa")
            .answers("I do");
        let read = stored(&records, &story).await;
        let chat = &read.chat;
        assert_eq!(chat.status, Status::Engaged);
        assert_eq!(chat.agent.as_deref(), Some("rosa"));
        assert_eq!(chat.agent_name.as_deref(), Some("Rosa"));
        assert_eq!(chat.assigned.as_deref(), Some("rosa"));
        assert_eq!(chat.claimed_at, Some(NOW + 2 * SECOND));
        let claims: Vec<_> = read.claims.iter().map(|claim| &claim.name).collect();
        assert_eq!(claims, ["Otto", "Rosa"]);
        let senders = read.messages.iter().map(|said| said.sender.as_deref());
        assert_eq!(senders.collect::<Vec<_>>(), [Some("agent-1"), Some("rosa")]);
    })
    .await;
}

#[tokio::test]
async fn a_chat_whose_agent_vanished_waits_and_is_nobodys() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW)
            .claimed("agent-1", "Otto")
            .answers("wait")
            .released();
        let chat = stored(&records, &story).await.chat;
        assert_eq!((chat.status, chat.assigned), (Status::Waiting, None));
        assert_eq!(chat.requested_at, Some(NOW + SECOND));
        let story = story.claimed("agent-2", "Vika").ended();
        let chat = stored(&records, &story).await.chat;
        assert_eq!(chat.status, Status::Closed);
        assert_eq!(chat.assigned.as_deref(), Some("agent-2"));
        assert_eq!(chat.claimed_at, Some(NOW + 2 * SECOND));
    })
    .await;
}

/// A standing chat with three sessions, the last of which is open.
fn sessions() -> Story {
    Story::of(VisitorId::from_bits(7), "Mina", NOW, true)
        .asks("one")
        .claimed("agent-1", "Otto")
        .answers("two")
        .flagged(4)
        .rested_and_requested()
        .asks("three")
        .claimed("agent-2", "Vika")
        .taken_over("rosa", "Rosa")
        .whispered("Ines", "calm")
        .answers("four")
        .rested_and_requested()
        .asks("five")
}

#[tokio::test]
async fn a_standing_chat_is_closed_between_its_sessions_and_one_chat_all_the_time() {
    on_both(async |records| {
        let story = sessions();
        let chat = stored(&records, &story).await.chat;
        assert_eq!(chat.status, Status::Waiting);
        assert_eq!((&chat.ended_at, &chat.end_reason), (&None, &None));
        assert_eq!((&chat.assigned, chat.messages), (&None, 5));
        assert_eq!(chat.agent_name.as_deref(), Some("Rosa"));
        let rested = story
            .claimed("agent-1", "Otto")
            .then(Event::Rested(End::BySupport {
                text: String::new(),
            }));
        let chat = stored(&records, &rested).await.chat;
        assert_eq!(chat.status, Status::Closed);
        assert_eq!(chat.end_reason.as_deref(), Some("agent"));
        assert!(chat.ended_at.is_some());
        let all = records.search(&Filters::default(), None, 9).await;
        assert_eq!(all.expect("an answer").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_order_of_arrival_makes_no_difference_to_any_of_it() {
    on_both(async |records| {
        let read = async |story: &Story| -> ChatRecord {
            let mut chat = transcript(&records, story).await.chat;
            chat.id = String::new();
            chat
        };
        let there = sessions();
        records.store(&there.events).await.expect("stored");
        // Backwards, and from the middle on.
        let mut backwards = sessions();
        backwards.events.reverse();
        let mut turned = sessions();
        turned.events.rotate_left(7);
        for story in [backwards, turned] {
            for event in &story.events {
                let event = std::slice::from_ref(event);
                records.store(event).await.expect("stored");
            }
            assert_eq!(read(&story).await, read(&there).await);
        }
    })
    .await;
}
