//! What was missed, and how it is told.

use super::*;

#[test]
fn a_hole_is_filled_from_the_log() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log[..2]);
    assert!(floor.hears("a", &log[3]));
    assert!(!floor.hears("a", &log[4]), "it is read already");
    floor.told();
    floor.reads();
    floor.gets("a", &log);
    assert_eq!(floor.told(), ["3#1", "4#2", "5#3"]);
    assert_eq!(floor.view.next_task(9), Task::Nothing);
}

#[test]
fn a_hole_before_the_end_is_filled_too() {
    let mut floor = Floor::read();
    let mut log = log();
    floor.hears_all(&log[..3]);
    log.push(over(6));
    assert!(floor.hears("a", &log[5]));
    floor.told();
    floor.reads();
    floor.gets("a", &log);
    assert_eq!(floor.told(), ["4#2", "5#3", "6#0"]);
    assert_eq!(floor.open(), 0);
}

#[test]
fn what_comes_while_the_log_is_read_is_in_it_or_is_read_again() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log[..1]);
    assert!(floor.hears("a", &log[2]));
    floor.told();
    floor.reads();
    assert!(!floor.hears("a", &log[3]));
    floor.gets("a", &log[..3]);
    assert_eq!(
        floor.told(),
        Vec::<String>::new(),
        "the fourth is not in it"
    );
    floor.reads();
    floor.gets("a", &log);
    assert_eq!(floor.told(), ["2#0", "3#1", "4#2", "5#3"]);
}

#[test]
fn what_could_not_be_read_is_asked_for_again() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log[..1]);
    assert!(floor.hears("a", &log[2]));
    floor.reads();
    floor.reads();
    floor.gets("a", &log[..3]);
    assert_eq!(floor.told(), ["1#0", "2#0", "3#1"]);
}

#[test]
fn a_chat_that_was_not_here_tells_what_was_heard_of_it() {
    let mut floor = Floor::read();
    let log = log();
    assert!(floor.hears("a", &log[3]));
    floor.reads();
    floor.gets("a", &log);
    assert_eq!(floor.told(), ["4#2", "5#3"], "and not what was before");
    assert_eq!(floor.open(), 1);
}

#[test]
fn an_expired_chat_has_an_end_of_its_own() {
    let mut floor = Floor::read();
    floor.hears_all(&log());
    assert!(!floor.hears("b", &over(1)));
    assert_eq!(floor.told().last().unwrap(), "1#0");
    assert_eq!(floor.open(), 0);
    // The same, found out by reading.
    let mut floor = Floor::read();
    floor.hears_all(&log());
    floor.told();
    assert!(floor.view.read_chat(CHAT));
    floor.reads();
    floor.gets("b", &[over(1)]);
    assert_eq!(floor.told(), ["1#0"]);
    assert_eq!(floor.open(), 0);
    // Of one that was not open here nobody is told.
    assert!(!floor.hears("b", &over(1)));
    assert_eq!(floor.told(), Vec::<String>::new());
}

#[test]
fn an_end_of_its_own_that_comes_while_the_log_is_read_is_not_lost() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log[..2]);
    assert!(floor.hears("a", &log[3]));
    floor.told();
    floor.reads();
    assert!(!floor.hears("b", &over(1)));
    floor.gets("a", &log);
    floor.reads();
    floor.gets("b", &[over(1)]);
    assert_eq!(floor.told(), ["1#0"]);
    assert_eq!(floor.open(), 0);
    assert_eq!(floor.view.next_task(9), Task::Nothing);
}

/// The chat was put back under another epoch, and ended, before this process heard of either.
#[test]
fn the_end_of_a_log_that_was_put_back_comes_after_what_was_missed() {
    let mut floor = Floor::read();
    let mut log = log();
    floor.hears_all(&log[..3]);
    floor.told();
    log.push(over(6));
    assert!(floor.hears("b", &log[5]), "there is a hole before it");
    floor.reads();
    floor.gets("b", &log);
    assert_eq!(floor.told(), ["4#2", "5#3", "6#0"]);
    assert_eq!(floor.open(), 0);
}

#[test]
fn a_log_that_was_lost_is_another_chat() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log);
    floor.told();
    assert!(floor.hears("b", &log[3]), "another log");
    floor.reads();
    floor.gets("b", &log[..4]);
    assert_eq!(floor.told(), ["found 4 after 5"]);
    assert!(!floor.hears("b", &log[4]));
    assert_eq!(floor.told(), ["5#3"]);
    // The end of the log is gone, under the same name.
    assert!(floor.view.read_chat(CHAT));
    floor.reads();
    floor.gets("b", &log[..3]);
    assert_eq!(floor.told(), ["found 3 after 5"]);
}

#[test]
fn a_chat_that_is_gone_is_told_if_it_was_open() {
    let mut floor = Floor::read();
    floor.hears_all(&log());
    floor.told();
    assert!(floor.view.read_chat(CHAT));
    floor.reads();
    floor.view.put(CHAT, None, &floor.observer);
    assert_eq!(floor.told(), ["lost after 5"]);
    floor.hears_all(&log()[..1]);
    floor.told();
    assert!(floor.view.read_chat(CHAT));
    floor.reads();
    floor.view.put(CHAT, None, &floor.observer);
    assert_eq!(floor.told(), Vec::<String>::new());
}

#[test]
fn a_chat_that_is_there_again_is_found() {
    let mut floor = Floor::read();
    let text = format!("1 {CHAT} ~");
    let restored = bus::read_watched(&text).unwrap();
    assert!(floor.view.take(restored, &floor.observer));
    floor.reads();
    floor.gets("c", &log());
    assert_eq!(floor.told(), ["found 5 after 0"]);
}

#[test]
fn after_an_interruption_everything_is_looked_at_again() {
    let mut floor = Floor::read();
    let log = log();
    floor.hears_all(&log[..2]);
    floor.told();
    assert!(floor.view.read_partition(0));
    assert_eq!(floor.view.next_task(9), Task::Partition(0));
    // One that is not listed may have begun since, or be over.
    floor.view.put_partition(0, &[], |_| true);
    floor.reads();
    floor.gets("a", &log);
    assert_eq!(floor.told(), ["3#1", "4#2", "5#3"]);
    assert!(floor.view.is_read());
}

/// Sessions of a standing chat: one that is over, and one that is open.
fn sessions() -> Vec<Recorded> {
    let mut events: Vec<Event> = log().into_iter().map(|recorded| recorded.event).collect();
    let Some(Event::Registered { kept, standing, .. }) = events.first_mut() else {
        panic!("a beginning");
    };
    (*kept, *standing) = (true, true);
    let asked = events[1..4].to_vec();
    events.push(Event::Rested(End::ByVisitor));
    numbered(events.into_iter().chain(asked))
}

#[test]
fn what_began_during_an_interruption_is_told_from_its_beginning() {
    let sessions = sessions();
    for (log, told) in [
        (&log()[..], &["1#0", "2#0", "3#1", "4#2", "5#3"][..]),
        // Of a standing chat nothing but the session that is open.
        (&sessions, &["7#0", "8#4", "9#5"]),
    ] {
        let mut floor = Floor::read();
        assert!(floor.view.read_partition(0));
        assert_eq!(floor.view.next_task(9), Task::Partition(0));
        floor.view.put_partition(0, &[CHAT], |_| true);
        floor.reads();
        floor.gets("a", log);
        assert_eq!(floor.told(), told);
        assert_eq!(floor.open(), 1);
    }
}

#[test]
fn what_was_there_before_anybody_looked_is_found() {
    let mut floor = Floor::new();
    assert!(floor.view.read_partition(0));
    assert_eq!(floor.view.next_task(9), Task::Partition(0));
    floor.view.put_partition(0, &[CHAT], |_| true);
    assert!(floor.view.read_partition(0), "listening begins once more");
    assert_eq!(floor.view.next_task(9), Task::Partition(0));
    floor.view.put_partition(0, &[CHAT], |_| true);
    floor.reads();
    floor.gets("a", &log());
    assert_eq!(floor.told(), ["found 5 after 0"]);
}

#[test]
fn a_log_that_was_put_back_goes_on() {
    let mut floor = Floor::read();
    let sessions = sessions();
    floor.hears_all(&sessions[..4]);
    floor.told();
    assert!(floor.hears("b", &sessions[7]), "another log");
    floor.reads();
    floor.gets("b", &sessions);
    assert_eq!(floor.told(), ["5#3", "6#0", "7#0", "8#4", "9#5"]);
    assert!(!floor.hears("b", &over(10)), "the log is known by its name");
    assert_eq!(floor.told(), ["10#0"]);
}

#[test]
fn what_is_heard_of_a_chat_before_it_is_read_is_told() {
    let sessions = sessions();
    for is_read in [false, true] {
        let mut floor = Floor::read();
        assert!(floor.view.read_chat(CHAT), "it was put back");
        if is_read {
            floor.reads();
        }
        assert!(!floor.hears("a", &sessions[6]));
        assert!(!floor.hears("a", &sessions[7]));
        if !is_read {
            floor.reads();
        }
        floor.gets("a", &sessions);
        assert_eq!(floor.told(), ["7#0", "8#4", "9#5"]);
    }
}
