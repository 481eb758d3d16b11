//! Each socket gets everything once and in order: what comes while somebody reads the log, what was missed, and the end last.

use super::*;

const READERS: [Reader; 2] = [
    Reader::Event(Side::Visitor),
    Reader::Typed(typed::Reader {
        audience: Audience::Seat(Side::Visitor),
        level: Level::Plain,
        follows_request: false,
    }),
];

fn over() -> Event {
    Event::Ended(End::BySupport {
        text: String::new(),
    })
}

/// Each socket gets these messages, and then the end if there is one, and nothing else.
fn assert_told(inbox: &mut Inbox, messages: &[&str], ends: bool) {
    let mut told = Vec::new();
    let mut ended = false;
    while let Some(delivery) = next(inbox) {
        assert!(!ended, "something comes after the end");
        ended = delivery.close == Some(Close::Over);
        let text = format!("{:?}", delivery.frames);
        if let Some((_, after)) = text.split_once(r#"content\":\""#) {
            told.push(after.split('\\').next().expect("a text").to_owned());
        }
    }
    assert_eq!(told, messages);
    assert_eq!(ended, ends);
}

#[test]
fn what_happens_while_somebody_reads_the_log_is_told_once_and_is_no_end() {
    for reader in READERS {
        for read in 0..=2 {
            let case = Case::unread();
            let mut inbox = case.coming(1, reader);
            assert!(case.hears(3, anybody("one")));
            assert!(case.hears(4, anybody("two")));
            assert_told(&mut inbox, &[], false);
            let whole = log([anybody("one"), anybody("two")]);
            let from = case.has_read(1, &whole[..2 + read]);
            assert_eq!(from.is_some(), read < 2, "{read} of two were read");
            if let Some(from) = from {
                case.reads(from, &whole);
            }
            assert!(case.hears(5, anybody("three")));
            let expected = ["one", "two", "three"];
            assert_told(&mut inbox, &expected[read..], false);
        }
    }
}

#[test]
fn whoever_has_read_less_than_the_others_were_told_gets_the_rest_alone() {
    for reader in READERS {
        let case = Case::new();
        let mut before = case.seat(1, reader);
        let mut late = case.coming(2, reader);
        assert!(case.hears(3, anybody("one")));
        let whole = log([anybody("one")]);
        let from = case.has_read(2, &whole[..2]).expect("it lacks one");
        case.reads(from, &whole);
        assert!(case.hears(4, anybody("two")));
        assert_told(&mut before, &["one", "two"], false);
        assert_told(&mut late, &["one", "two"], false);
    }
}

/// The feed broke between the reading of the log and the taking of the seat.
#[test]
fn what_was_missed_by_an_interruption_while_somebody_came_is_read() {
    let case = Case::unread();
    let mut inbox = case.coming(1, READERS[0]);
    assert!(!case.room.listening(), "nobody has been told anything");
    let from = case.has_read(1, &log([])).expect("something was missed");
    case.reads(from, &log([anybody("one")]));
    assert_told(&mut inbox, &["one"], false);
}

#[test]
fn what_was_read_before_it_is_heard_makes_no_other_log() {
    let case = Case::unread();
    let mut inbox = case.coming(1, READERS[0]);
    let whole = log([anybody("one"), anybody("two"), anybody("three")]);
    assert_eq!(case.has_read(1, &whole[..4]), None);
    assert!(case.hears(3, anybody("one")));
    let from = case.room.begin_resync().expect("none is under way");
    case.reads(from, &whole);
    assert_told(&mut inbox, &["three"], false);
}

#[test]
fn the_end_waits_for_what_was_missed_before_it() {
    for reader in READERS {
        let case = Case::new();
        let mut inbox = case.seat(1, reader);
        let (outbox, mut door) = Outbox::new(4);
        case.room.admit(2, outbox, Some(Reader::DOOR));
        assert!(!case.hears(5, over()), "there is a hole before it");
        assert_told(&mut inbox, &[], false);
        let from = case.room.begin_resync().expect("none is under way");
        case.reads(from, &log([anybody("one"), anybody("two"), over()]));
        assert_told(&mut inbox, &["one", "two"], true);
        assert_told(&mut door, &[], true);
    }
}

#[test]
fn an_end_that_comes_while_the_log_is_read_waits_for_it() {
    let case = Case::new();
    let mut inbox = case.seat(1, READERS[0]);
    let from = case.room.begin_resync().expect("none is under way");
    assert!(case.hears(5, over()));
    assert_told(&mut inbox, &[], false);
    let mut read = loaded("e", log([anybody("one"), anybody("two"), over()]));
    read.recorded.retain(|recorded| recorded.seq > from);
    let repair = case.room.catch_up(read, &case.metrics);
    assert!(matches!(repair, Repair::Done));
    assert_told(&mut inbox, &["one", "two"], true);
}

#[test]
fn an_end_reaches_those_outside_although_nobody_has_read_the_log() {
    let case = Case::unread();
    let (outbox, mut door) = Outbox::new(4);
    case.room.admit(1, outbox, Some(Reader::DOOR));
    let mut coming = case.coming(2, READERS[1]);
    assert!(case.hears(3, over()));
    assert_told(&mut door, &[], true);
    assert_told(&mut coming, &[], false);
    // It cannot read the log: it is outside like the other.
    let from = case.room.give_up_place(2).expect("it has missed the end");
    case.reads(from, &log([over()]));
    assert_told(&mut coming, &[], true);
}

/// All that is left of an expired chat is its end.
#[test]
fn an_end_with_nothing_before_it_is_told_to_all() {
    for reader in READERS {
        let case = Case::new();
        let mut seated = case.seat(1, reader);
        let mut coming = case.coming(2, reader);
        let end = Publication::Happened {
            epoch: "another".to_owned(),
            revision: 1,
            recorded: recorded(1, Event::Ended(End::BySilence)),
        };
        assert!(case.room.take(end, &case.metrics));
        assert_told(&mut seated, &[], true);
        assert_told(&mut coming, &[], true);
    }
}

/// The store was emptied, the chat put back, and ended before this process heard of any of it.
#[test]
fn after_a_loss_the_end_comes_last() {
    let case = Case::new();
    let mut agent = case.seat(1, Reader::Event(Side::Support));
    let mut typed = case.seat(2, typed(Side::Support));
    let end = Publication::Happened {
        epoch: "f".to_owned(),
        revision: 3,
        recorded: recorded(4, over()),
    };
    assert!(!case.room.take(end, &case.metrics), "it is another log");
    let whole = log([anybody("one"), over()]);
    case.room.start_over(&loaded("f", whole), &case.metrics);
    assert_told(&mut agent, &["one"], true);
    assert!(next(&mut typed).expect("a history").resets);
    assert_told(&mut typed, &[], true);
}
