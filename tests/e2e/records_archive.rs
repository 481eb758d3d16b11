//! Events are stored once, in whatever order and however often they come.

use crate::happenings::{SECOND, Story};
use e2e::records::on_both;
use helpline_desk::event::{End, Event};
use helpline_records::{Archived, Begun, Filters, Records, Status, Stored};

const NOW: i64 = 1_900_000_000 * SECOND;

async fn store(records: &Records, events: &[Archived]) -> Stored {
    records.store(events).await.expect("stored")
}

async fn contents(records: &Records, chat: &str) -> Vec<String> {
    let transcript = records.transcript(chat).await.expect("an answer");
    let messages = transcript.expect("a transcript").messages;
    messages.into_iter().map(|said| said.content).collect()
}

#[tokio::test]
async fn a_chat_is_read_as_it_happened() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW)
            .asks("hello?")
            .claimed("agent-1", "Otto")
            .answers("Yes.")
            .asks("Thanks")
            .ended();
        let stored = store(&records, &story.events).await;
        assert_eq!((stored.stored, stored.repeated), (7, 0));
        let transcript = records.transcript(&story.id()).await.expect("an answer");
        let transcript = transcript.expect("known");
        let chat = &transcript.chat;
        assert_eq!(chat.status, Status::Closed);
        assert_eq!(chat.visitor, Some(story.visitor.to_string()));
        assert_eq!(chat.visitor_name, "Mina");
        assert_eq!(chat.agent_name.as_deref(), Some("Otto"));
        assert_eq!(chat.assigned.as_deref(), Some("agent-1"));
        assert_eq!(chat.end_reason.as_deref(), Some("visitor"));
        assert_eq!(chat.messages, 3);
        assert_eq!(chat.created_at, NOW);
        assert_eq!(chat.requested_at, Some(NOW + SECOND));
        assert_eq!(chat.claimed_at, Some(NOW + 3 * SECOND));
        assert_eq!(chat.first_response_at, Some(NOW + 4 * SECOND));
        assert_eq!(chat.ended_at, Some(NOW + 6 * SECOND));
        let senders: Vec<_> = transcript
            .messages
            .iter()
            .map(|said| said.sender.clone().unwrap_or_default())
            .collect();
        let visitor = story.visitor.to_string();
        assert_eq!(senders, [visitor.as_str(), "agent-1", &visitor]);
        assert_eq!(contents(&records, &story.id()).await, story.contents());
    })
    .await;
}

#[tokio::test]
async fn events_that_come_again_change_nothing() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW).asks("one").asks("two");
        let twice = [story.events.clone(), story.events.clone()].concat();
        let first = store(&records, &twice).await;
        assert_eq!((first.stored, first.repeated), (4, 4));
        let before = records.transcript(&story.id()).await.expect("an answer");
        let again = store(&records, &story.events).await;
        assert_eq!((again.stored, again.repeated), (0, 4));
        // Half of it again, and something new.
        let longer = story.asks("three");
        let mixed = store(&records, &longer.events[2..]).await;
        assert_eq!((mixed.stored, mixed.repeated), (1, 2));
        assert_ne!(
            before,
            records.transcript(&longer.id()).await.expect("an answer")
        );
        assert_eq!(
            contents(&records, &longer.id()).await,
            ["one", "two", "three"]
        );
        let chat = records.chat(&longer.id()).await.expect("an answer");
        assert_eq!(chat.expect("known").messages, 3);
    })
    .await;
}

#[tokio::test]
async fn the_order_of_arrival_makes_no_difference() {
    on_both(async |records| {
        let story = |kept| {
            Story::of(
                helpline_desk::id::VisitorId::from_bits(7),
                "Mina",
                NOW,
                kept,
            )
            .asks("one")
            .claimed("agent-1", "Otto")
            .answers("two")
            .assigned("agent-2")
            .claimed("agent-2", "Vika")
            .answers("three")
            .ended()
        };
        for kept in [false, true] {
            let (there, back) = (story(kept), story(kept));
            store(&records, &there.events).await;
            for event in back.events.iter().rev() {
                store(&records, std::slice::from_ref(event)).await;
            }
            let read = async |story: &Story| {
                let chat = records.chat(&story.id()).await.expect("an answer");
                let mut chat = chat.expect("known");
                chat.id = String::new();
                chat
            };
            assert_eq!(read(&there).await, read(&back).await);
            assert_eq!(contents(&records, &back.id()).await, back.contents());
            assert_eq!(read(&there).await.assigned.as_deref(), Some("agent-2"));
        }
    })
    .await;
}

#[tokio::test]
async fn another_event_in_the_same_place_is_never_stored_and_is_named() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW).asks("the truth");
        store(&records, &story.events).await;
        let mut other = story.events[2].clone();
        other.at += 1;
        other.body = "{}".to_owned();
        let stored = store(&records, &[other.clone()]).await;
        assert_eq!(stored.stored, 0);
        assert_eq!(stored.conflicting.len(), 1);
        assert_eq!(stored.conflicting[0].seq, 3);
        assert_eq!(contents(&records, &story.id()).await, ["the truth"]);
        // Also within one batch, where the first one counts.
        let mut fresh = story.asks("again").events.split_off(3);
        let mut false_one = fresh[0].clone();
        false_one.at += 5;
        fresh.push(false_one);
        let stored = store(&records, &fresh).await;
        assert_eq!((stored.stored, stored.conflicting.len()), (1, 1));
    })
    .await;
}

#[tokio::test]
async fn an_expired_chat_ends_in_a_log_of_its_own() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW).asks("anyone?");
        store(&records, &story.events).await;
        let end = Archived {
            chat: story.chat,
            epoch: "another".to_owned(),
            seq: 1,
            at: NOW + 120 * SECOND,
            msg_no: 0,
            event: Some(Event::Ended(End::BySilence)),
            body: r#"{"endedBySilence":{}}"#.to_owned(),
        };
        assert_eq!(store(&records, &[end]).await.stored, 1);
        let chat = records.chat(&story.id()).await.expect("an answer");
        let chat = chat.expect("known");
        assert_eq!(chat.status, Status::Closed);
        assert_eq!(chat.end_reason.as_deref(), Some("silence"));
        assert_eq!(chat.visitor_name, "Mina");
        let events = records.events_of(&story.id()).await.expect("an answer");
        let numbers: Vec<_> = events.iter().map(|e| (e.seq, e.msg_no)).collect();
        assert_eq!(numbers, [(1, 0), (2, 0), (3, 1), (4, 0)]);
        assert_eq!(events[2].body, story.events[2].body);
    })
    .await;
}

#[tokio::test]
async fn what_this_release_cannot_read_is_kept_as_it_came() {
    on_both(async |records| {
        let mut story = Story::begin("Mina", NOW).asks("hello");
        story.events[2].event = None;
        store(&records, &story.events).await;
        let events = records.events_of(&story.id()).await.expect("an answer");
        assert_eq!(events[2].body, story.events[2].body);
        assert!(contents(&records, &story.id()).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn batches_that_meet_store_everything_once() {
    on_both(async |records| {
        let stories: Vec<Story> = (0..40)
            .map(|number| {
                let mut story = Story::begin(&format!("Visitor {number}"), NOW);
                for message in 0..20 {
                    story = story.asks(&format!("{message}"));
                }
                story
            })
            .collect();
        let events: Vec<Archived> = stories.iter().flat_map(|s| s.events.clone()).collect();
        let rounds = (0..4).map(|round| {
            let (records, mut events) = (records.clone(), events.clone());
            // Each in an order of its own, so that they would wait for each other if they could.
            events.rotate_left(round * 200);
            tokio::spawn(async move {
                let mut stored = 0;
                for batch in events.chunks(97) {
                    stored += store(&records, batch).await.stored;
                }
                stored
            })
        });
        let mut stored = 0;
        for round in rounds.collect::<Vec<_>>() {
            stored += round.await.expect("no panic");
        }
        assert_eq!(stored, 40 * 22);
        for story in &stories {
            assert_eq!(contents(&records, &story.id()).await, story.contents());
            let chat = records.chat(&story.id()).await.expect("an answer");
            assert_eq!(chat.expect("known").messages, 20);
        }
    })
    .await;
}

#[tokio::test]
async fn odd_texts_go_in_and_come_out_unharmed() {
    let texts = [
        "'; DROP TABLE messages; --",
        "\" OR 1=1 /*",
        "$1 ? ?1 :name @x \\ % _",
        "\u{202e}right to left\u{202c} \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "e\u{301} \u{feff} \u{fffe} \u{10ffff}",
        "line\r\nline\ttab \u{7f}\u{1}",
        "{\"json\": [1, null]}",
    ];
    on_both(async |records| {
        for text in texts {
            let story = Story::begin(text, NOW)
                .claimed(text, text)
                .asks(text)
                .answers(text);
            store(&records, &story.events).await;
            let transcript = records.transcript(&story.id()).await.expect("an answer");
            let transcript = transcript.expect("known");
            assert_eq!(transcript.chat.visitor_name, text);
            assert_eq!(transcript.chat.agent_name.as_deref(), Some(text));
            assert_eq!(contents(&records, &story.id()).await, [text, text]);
            let events = records.events_of(&story.id()).await.expect("an answer");
            let bodies = events.into_iter().map(|event| event.body);
            let written = story.events.iter().map(|event| event.body.clone());
            assert!(bodies.eq(written));
        }
        // PostgreSQL has no NUL; the event itself is untouched.
        let story = Story::begin("Mina", NOW).asks("a\0b");
        store(&records, &story.events).await;
        assert_eq!(contents(&records, &story.id()).await, ["a\u{fffd}b"]);
        let events = records.events_of(&story.id()).await.expect("an answer");
        assert_eq!(events[2].body, story.events[2].body);
    })
    .await;
}

#[tokio::test]
async fn a_candidate_has_one_open_conversation() {
    on_both(async |records| {
        let candidate = "c".repeat(32);
        let begin = async |chat: &str| {
            let begun = records.begin_conversation(chat, &candidate, "Mina", "boss", NOW);
            begun.await.expect("an answer")
        };
        let chats: Vec<String> = (0..20).map(|number| format!("{number:032x}")).collect();
        let tries = chats.iter().map(|chat| {
            let (records, chat, candidate) = (records.clone(), chat.clone(), candidate.clone());
            tokio::spawn(async move {
                let begun = records.begin_conversation(&chat, &candidate, "Mina", "boss", NOW);
                begun.await.expect("an answer")
            })
        });
        let mut new = 0;
        for begun in tries.collect::<Vec<_>>() {
            new += u32::from(begun.await.expect("no panic") == Begun::New);
        }
        assert_eq!(new, 1);
        let open = records.open_conversation(&candidate).await;
        let open = open.expect("an answer").expect("one is open").id;
        let conflict = Begun::Conflict { chat: open.clone() };
        let another = format!("{:032x}", 77);
        assert_eq!(begin(&another).await, conflict);
        // Its end frees the candidate, and a second end changes nothing.
        for at in [NOW + SECOND, NOW + 2 * SECOND] {
            records.end_conversation(&open, at).await.expect("ended");
        }
        let chat = records.conversation(&open).await.expect("an answer");
        assert_eq!(chat.expect("known").ended_at, Some(NOW + SECOND));
        assert_eq!(begin(&another).await, Begun::New);
        // One that never came to life is taken back.
        let abandoned = records.abandon_conversation(&another).await;
        abandoned.expect("an answer");
        assert_eq!(records.chat(&another).await.expect("an answer"), None);
        assert_eq!(begin(&open.replace('0', "9")).await, Begun::New);
    })
    .await;
}

#[tokio::test]
async fn the_event_of_an_end_frees_the_candidate_too() {
    on_both(async |records| {
        let visitor = helpline_desk::id::VisitorId::from_bits(5);
        let story = Story::of(visitor, "Mina", NOW, true).asks("hello").ended();
        let candidate = visitor.to_string();
        let id = story.id();
        let begun = records.begin_conversation(&id, &candidate, "Mina", "boss", NOW);
        assert_eq!(begun.await.expect("an answer"), Begun::New);
        store(&records, &story.events[..3]).await;
        records
            .abandon_conversation(&story.id())
            .await
            .expect("an answer");
        let open = records.open_conversation(&candidate).await;
        assert!(open.expect("an answer").is_some(), "it lives");
        store(&records, &story.events).await;
        let open = records.open_conversation(&candidate).await;
        assert_eq!(open.expect("an answer"), None);
        let all = records.search(&Filters::default(), None, 10).await;
        assert_eq!(all.expect("an answer").len(), 1);
    })
    .await;
}
