//! Chats are found, exported, counted, forgotten and erased.

use std::collections::BTreeSet;

use crate::happenings::{SECOND, Story};
use e2e::records::on_both;
use helpline_desk::id::VisitorId;
use helpline_records::{
    Archived, ChatRecord, Cursor, Filters, FollowUp, FollowUpChange, Note, Rating, Records, Spread,
    Status,
};

/// A Monday, at noon.
const NOW: i64 = 1_900_065_600 * SECOND;
const HOUR: i64 = 3600 * SECOND;
const DAY: i64 = 24 * HOUR;

async fn store(records: &Records, stories: &[&Story]) {
    let events: Vec<Archived> = stories.iter().flat_map(|s| s.events.clone()).collect();
    records.store(&events).await.expect("stored");
}

async fn found(records: &Records, filters: Filters) -> Vec<String> {
    let found = records.search(&filters, None, 100).await;
    let found = found.expect("an answer").into_iter();
    found.map(|chat| chat.visitor_name).collect()
}

fn of(visitor: &str) -> Filters {
    Filters {
        visitor: Some(visitor.to_owned()),
        ..Filters::default()
    }
}

fn text(text: &str) -> Filters {
    Filters {
        text: Some(text.to_owned()),
        ..Filters::default()
    }
}

#[tokio::test]
async fn chats_are_found_by_what_was_said_and_by_whom() {
    on_both(async |records| {
        let mina = Story::begin("Mina", NOW).asks("My INVOICE is 100% wrong");
        let aerzte = Story::begin("\u{c4}rzte GmbH", NOW + HOUR)
            .claimed("agent-1", "Otto")
            .asks("a_b c:\\d")
            .ended();
        let zoe = Story::begin("Zo\u{eb}", NOW + 2 * HOUR).claimed("agent-2", "Vika");
        store(&records, &[&mina, &aerzte, &zoe]).await;
        let all = ["Zo\u{eb}", "\u{c4}rzte GmbH", "Mina"];
        assert_eq!(found(&records, Filters::default()).await, all);
        for (wanted, expected) in [
            ("invoice", vec![all[2]]),
            ("100%", vec![all[2]]),
            ("0%w", vec![]),
            ("a_b", vec![all[1]]),
            ("axb", vec![]),
            (r"c:\d", vec![all[1]]),
            ("\u{e4}RZTE", vec![all[1]]),
            ("zo\u{cb}", vec![all[0]]),
            ("OTTO", vec![all[1]]),
            ("' OR '1'='1", vec![]),
        ] {
            assert_eq!(found(&records, text(wanted)).await, expected, "{wanted}");
        }
        let status = |status| Filters {
            status: Some(status),
            ..Filters::default()
        };
        assert_eq!(found(&records, status(Status::Waiting)).await, [all[2]]);
        assert_eq!(found(&records, status(Status::Engaged)).await, [all[0]]);
        assert_eq!(found(&records, status(Status::Closed)).await, [all[1]]);
        let agent = Filters {
            agent: Some("agent-2".to_owned()),
            ..Filters::default()
        };
        assert_eq!(found(&records, agent).await, [all[0]]);
        let span = Filters {
            from: Some(NOW + HOUR),
            to: Some(NOW + 2 * HOUR),
            ..Filters::default()
        };
        assert_eq!(found(&records, span).await, [all[1]]);
        let visitor = mina.visitor.to_string();
        let chats = records.search(&of(&visitor), None, 10).await;
        assert_eq!(chats.expect("an answer").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn pages_have_every_chat_once_even_of_one_moment() {
    on_both(async |records| {
        let stories: Vec<_> = (0..25)
            .map(|number| Story::begin("x", NOW + i64::from(number / 10)).asks("hi"))
            .collect();
        store(&records, &stories.iter().collect::<Vec<_>>()).await;
        let mut seen = BTreeSet::new();
        let mut before: Option<Cursor> = None;
        loop {
            let page = records
                .export(&Filters::default(), before.as_ref(), 7)
                .await;
            let page = page.expect("an answer");
            let Some(last) = page.last() else {
                break;
            };
            before = Some(last.chat.cursor());
            for transcript in page {
                assert_eq!(transcript.messages.len(), 1);
                assert!(seen.insert(transcript.chat.id));
            }
        }
        assert_eq!(seen.len(), 25);
    })
    .await;
}

fn note(number: u8, chat: &str) -> Note {
    Note {
        id: format!("{number:032x}"),
        chat: chat.to_owned(),
        author: "agent-1".to_owned(),
        author_name: "Otto".to_owned(),
        content: "Was very angry'; --".to_owned(),
        at: NOW,
    }
}

fn follow_up(number: u8, chat: Option<String>) -> FollowUp {
    FollowUp {
        kind: helpline_records::FollowUpKind::Message,
        id: format!("{number:032x}"),
        name: "Mina".to_owned(),
        email: "mina@example.org".to_owned(),
        text: "Call me".to_owned(),
        chat,
        created_at: NOW + i64::from(number),
        taken: None,
        closed: None,
    }
}

fn rating(chat: &str, score: u8) -> Rating {
    Rating {
        chat: chat.to_owned(),
        score,
        comment: Some("quick \u{1f600}".to_owned()),
        at: NOW,
    }
}

#[tokio::test]
async fn notes_and_ratings_belong_to_a_chat() {
    on_both(async |records| {
        let story = Story::begin("Mina", NOW);
        store(&records, &[&story]).await;
        let id = story.id();
        for number in [1, 2] {
            assert_eq!(records.add_note(&note(number, &id)).await.ok(), Some(true));
        }
        let notes = records.notes(&id).await.expect("an answer");
        assert_eq!(notes, [note(1, &id), note(2, &id)]);
        for score in [2, 5] {
            let rated = records.rate(&rating(&id, score)).await;
            assert_eq!(rated.ok(), Some(true));
        }
        let kept = records.rating(&id).await.expect("an answer");
        assert_eq!(kept, Some(rating(&id, 5)));
    })
    .await;
}

#[tokio::test]
async fn one_of_many_takes_a_follow_up() {
    on_both(async |records| {
        let wish = follow_up(1, None);
        records.add_follow_up(&wish).await.expect("stored");
        let takes = (0..10).map(|number| {
            let (records, id) = (records.clone(), wish.id.clone());
            tokio::spawn(async move {
                let by = format!("agent-{number}");
                let taken = records.take_follow_up(&id, &by, NOW).await;
                (by, taken.expect("an answer"))
            })
        });
        let mut winners = Vec::new();
        for take in takes.collect::<Vec<_>>() {
            let (by, taken) = take.await.expect("no panic");
            if taken == FollowUpChange::Done {
                winners.push(by);
            }
        }
        let [winner] = &winners[..] else {
            panic!("{winners:?} took it");
        };
        let open = records.follow_ups(false, None, 10).await.expect("open");
        assert_eq!(open[0].taken, Some((winner.clone(), NOW)));
        let again = records.take_follow_up(&wish.id, winner, NOW + 1).await;
        assert_eq!(again.ok(), Some(FollowUpChange::Done));
        let unknown = records.take_follow_up("nothing", winner, NOW).await;
        assert_eq!(unknown.ok(), Some(FollowUpChange::Unknown));
        let closed = records.close_follow_up(&wish.id, winner, NOW + 2).await;
        assert_eq!(closed.ok(), Some(FollowUpChange::Done));
        assert_eq!(records.follow_ups(false, None, 10).await.expect("open"), []);
        let closed = records.follow_ups(true, None, 10).await.expect("closed");
        assert_eq!(closed[0].closed, Some((winner.clone(), NOW + 2)));
        let late = records.take_follow_up(&wish.id, "other", NOW + 3).await;
        assert_eq!(late.ok(), Some(FollowUpChange::Refused));
    })
    .await;
}

#[tokio::test]
async fn after_an_erasure_nothing_finds_the_visitor_and_late_events_bring_nothing_back() {
    on_both(async |records| {
        let visitor = VisitorId::from_bits(42);
        let story = Story::of(visitor, "Mina Secret", NOW, false)
            .asks("my secret")
            .claimed("agent-1", "Otto")
            .answers("dear Mina Secret")
            .asks("more secret")
            .ended();
        let unheard = Story::of(visitor, "Mina Secret", NOW + SECOND, false).asks("secret too");
        let other = Story::begin("Vera", NOW).asks("no secret at all");
        store(&records, &[&other]).await;
        // The last message and the end are still on their way, and so is a whole chat.
        records.store(&story.events[..5]).await.expect("stored");
        let id = story.id();
        records.add_note(&note(1, &id)).await.expect("stored");
        records.rate(&rating(&id, 1)).await.expect("stored");
        let wish = follow_up(1, Some(id.clone()));
        records.add_follow_up(&wish).await.expect("stored");

        let erased = records
            .erase(&visitor.to_string(), "admin", NOW + HOUR)
            .await;
        let erased = erased.expect("erased");
        assert_eq!((erased.chats, erased.messages), (1, 2));
        let late = records.store(&story.events).await.expect("stored");
        assert_eq!((late.stored, late.left_out), (0, 7));
        let late = records.store(&unheard.events).await.expect("stored");
        assert_eq!((late.stored, late.left_out), (0, 3));

        assert_eq!(found(&records, Filters::default()).await, ["Vera"]);
        assert_eq!(found(&records, text("secret")).await, ["Vera"]);
        for story in [&story, &unheard] {
            let id = story.id();
            assert_eq!(records.transcript(&id).await.expect("an answer"), None);
            assert_eq!(records.events_of(&id).await.expect("an answer"), []);
            assert_eq!(records.notes(&id).await.expect("an answer"), []);
            assert_eq!(records.rating(&id).await.expect("an answer"), None);
        }
        let chats = records.search(&of(&visitor.to_string()), None, 10).await;
        assert_eq!(chats.expect("an answer"), Vec::<ChatRecord>::new());
        assert_eq!(records.follow_ups(false, None, 10).await.expect("open"), []);
        assert_eq!(records.add_note(&note(2, &id)).await.ok(), Some(false));
        assert_eq!(records.rate(&rating(&id, 3)).await.ok(), Some(false));
        // It still counts, without a person.
        let report = records
            .reports(NOW, NOW + DAY, &[])
            .await
            .expect("a report");
        assert_eq!((report.requested, report.answered), (2, 1));
        // Whoever comes again is new.
        let again = Story::of(visitor, "Mina Again", NOW + 2 * HOUR, false);
        store(&records, &[&again]).await;
        assert_eq!(
            found(&records, Filters::default()).await,
            ["Mina Again", "Vera"]
        );
    })
    .await;
}

#[tokio::test]
async fn an_erasure_and_batches_that_meet_leave_nothing() {
    on_both(async |records| {
        for round in 0..10 {
            let visitor = VisitorId::from_bits(1000 + round);
            let mut story = Story::of(visitor, "Mina Secret", NOW, false);
            for message in 0..30 {
                story = story.asks(&format!("secret {message}"));
            }
            let events = story.events.clone();
            let storing = tokio::spawn({
                let records = records.clone();
                async move {
                    for batch in events.chunks(3) {
                        records.store(batch).await.expect("stored");
                    }
                }
            });
            let erasing = tokio::spawn({
                let records = records.clone();
                async move {
                    records
                        .erase(&visitor.to_string(), "admin", NOW + HOUR)
                        .await
                }
            });
            erasing.await.expect("no panic").expect("erased");
            storing.await.expect("no panic");
            let events = records.events_of(&story.id()).await.expect("an answer");
            assert_eq!(events, []);
            assert_eq!(found(&records, text("secret")).await, [""; 0]);
        }
    })
    .await;
}

#[tokio::test]
async fn old_chats_are_forgotten_whole_and_open_ones_are_not() {
    on_both(async |records| {
        let old = Story::begin("old", NOW - 100 * DAY)
            .asks("old words")
            .ended();
        // A conversation stays open until somebody closes it; of any other nothing is left after so long a silence.
        let by = VisitorId::from_bits(7);
        let open = Story::of(by, "open", NOW - 100 * DAY, true).asks("old words");
        let silent = Story::begin("silent", NOW - 100 * DAY).asks("old words");
        let new = Story::begin("new", NOW).asks("new words").ended();
        store(&records, &[&old, &open, &silent, &new]).await;
        records.add_note(&note(1, &old.id())).await.expect("stored");
        let forget = async || records.forget_before(NOW - 30 * DAY, 100).await;
        for (days, chats) in [(30, 2), (200, 0)] {
            let counted = records.count_ended_before(NOW - days * DAY).await;
            assert_eq!(counted.ok(), Some(chats), "it is counted before: {days}");
        }
        assert_eq!(forget().await.ok(), Some(2));
        assert_eq!(forget().await.ok(), Some(0));
        assert_eq!(found(&records, Filters::default()).await, ["new", "open"]);
        assert_eq!(found(&records, text("old words")).await, ["open"]);
        assert_eq!(records.notes(&old.id()).await.expect("an answer"), []);
        assert_eq!(records.events_of(&old.id()).await.expect("an answer"), []);
    })
    .await;
}

#[tokio::test]
async fn forgetting_goes_by_portions() {
    on_both(async |records| {
        let stories: Vec<_> = (0..5).map(|n| Story::begin("x", NOW + n).ended()).collect();
        store(&records, &stories.iter().collect::<Vec<_>>()).await;
        let mut portions = Vec::new();
        for _ in 0..4 {
            let forgotten = records.forget_before(NOW + DAY, 2).await;
            portions.push(forgotten.expect("an answer"));
        }
        assert_eq!(portions, [2, 2, 1, 0]);
    })
    .await;
}

#[tokio::test]
async fn a_report_counts_what_happened() {
    on_both(async |records| {
        let empty = records
            .reports(NOW, NOW + DAY, &[])
            .await
            .expect("a report");
        assert_eq!(empty.requested, 0);
        assert_eq!(empty.waiting, Spread::default());
        // Requested a second after it begins; waits 0 to 9 seconds more than the two events before the claim take.
        let mut stories: Vec<_> = (0..10)
            .map(|wait| {
                Story::begin("x", NOW + wait * HOUR)
                    .after(wait)
                    .claimed("agent-1", "Otto")
                    .answers("hi")
                    .after(58)
                    .ended()
            })
            .collect();
        stories.push(Story::begin("missed", NOW + DAY).ended());
        stories.push(Story::begin("waits", NOW + DAY));
        stories.push(
            Story::begin("two", NOW + DAY)
                .claimed("agent-1", "Otto")
                .claimed("agent-2", "Vika"),
        );
        stories.push(Story::begin("before", NOW - DAY));
        store(&records, &stories.iter().collect::<Vec<_>>()).await;
        records
            .rate(&rating(&stories[0].id(), 4))
            .await
            .expect("stored");
        records
            .rate(&rating(&stories[1].id(), 5))
            .await
            .expect("stored");
        let report = records
            .reports(NOW, NOW + 2 * DAY, &[])
            .await
            .expect("a report");
        assert_eq!(
            (report.requested, report.answered, report.missed),
            (13, 11, 1)
        );
        assert_eq!(report.messages, 10);
        let seconds = |spread: Spread| {
            let seconds = |value: Option<i64>| value.map(|value| value / SECOND);
            (spread.count, seconds(spread.median), seconds(spread.p90))
        };
        assert_eq!(seconds(report.waiting), (11, Some(5), Some(9)));
        assert_eq!(seconds(report.first_response), (10, Some(6), Some(10)));
        assert_eq!(seconds(report.duration), (10, Some(60), Some(60)));
        assert_eq!((report.ratings.count, report.ratings.mean), (2, Some(4.5)));
        let midnight = NOW - 12 * HOUR;
        let days = report.days.iter();
        let days: Vec<_> = days
            .map(|day| {
                (
                    day.day,
                    day.chats,
                    day.waiting.map(|waited| waited / SECOND),
                )
            })
            .collect();
        assert_eq!(
            days,
            [(midnight, 10, Some(5)), (midnight + DAY, 3, Some(1))]
        );
        let by_hour = report.weekday_hours;
        assert_eq!((by_hour[0][12], by_hour[1][12], by_hour[0][21]), (1, 3, 1));
        assert_eq!(by_hour.as_flattened().iter().sum::<i64>(), 13);
        let agents: Vec<_> = report
            .agents
            .iter()
            .map(|agent| (agent.name.as_str(), agent.chats, agent.rating))
            .collect();
        assert_eq!(agents, [("Otto", 11, Some(4.5)), ("Vika", 1, None)]);
    })
    .await;
}
