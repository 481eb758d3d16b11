//! What the last release keeps in the store and says through it, as it was when that was released: during a rolling
//! update this one has to read all of it. Whoever makes a release brings these files up to date.

use helpline_desk::{
    actor::Rank,
    chat::{Chat, Phase},
    event::End,
};
use helpline_protocol::bus;

use crate::scene;

const LOG: &str = include_str!("../../../../tests/golden/bus/log.txt");
const KEPT: &str = include_str!("../../../../tests/golden/bus/kept.txt");
const PUBLICATIONS: &str = include_str!("../../../../tests/golden/bus/publications.txt");
const QUEUE: &str = include_str!("../../../../tests/golden/bus/queue.txt");

fn chat(log: &str) -> Chat {
    let recorded: Vec<_> = log
        .lines()
        .map(|entry| bus::read_entry(entry).expect(entry))
        .collect();
    Chat::from_events(scene::chat_id(), &recorded).expect("a chat")
}

#[test]
fn its_chats_are_what_they_were() {
    let silent = chat(LOG);
    assert!(matches!(silent.phase, Phase::Ended(End::BySupport { .. })));
    assert_eq!((silent.messages, silent.parts.len()), (2, 2));
    assert!(!silent.kept && !silent.standing && silent.severity == 0);
    let support = silent.support.expect("an agent");
    assert_eq!(
        (support.agent.0.as_str(), support.rank),
        ("otto", Rank::Agent)
    );
    let kept = chat(KEPT);
    assert!(kept.kept && !kept.standing);
    assert_eq!(kept.supervisor.expect("a supervisor").0, "rosa");
}

/// An entry is handed on, stored and put back as text, so it has to stay what it was, and be read to the same again.
#[test]
fn what_is_read_is_written_so_that_it_reads_the_same() {
    for entry in LOG.lines().chain(KEPT.lines()) {
        let read = bus::read_numbered(entry).expect(entry);
        let again = format!(
            "{} {} {} {}",
            read.recorded.seq,
            read.msg_no,
            read.recorded.at.0,
            bus::write_event(&read.recorded.event)
        );
        assert_eq!(bus::read_entry(&again).expect(&again), read.recorded);
    }
}

#[test]
fn its_publications_and_its_queue_are_understood() {
    for publication in PUBLICATIONS.lines() {
        bus::read_publication(publication).expect(publication);
    }
    let changes: Vec<_> = QUEUE
        .lines()
        .map(|change| bus::read_queue_change(change).expect(change))
        .collect();
    let entry = changes[0].entry.as_ref().expect("an entry");
    assert!(!entry.returned && entry.severity == 0);
    assert_eq!(entry.declined.len(), 1);
    assert_eq!(
        changes
            .iter()
            .map(|change| change.claimed)
            .collect::<Vec<_>>(),
        [false, false, true]
    );
}

/// The files show each kind of event once or more, and none of them is passed over.
#[test]
fn nothing_in_the_files_is_passed_over() {
    let events = [LOG, KEPT, PUBLICATIONS]
        .iter()
        .flat_map(|file| file.lines());
    let read = events
        .filter_map(|line| line.split_once('{'))
        .filter_map(|(_, body)| bus::read_entry(&format!("1 0 0 {{{body}")).ok());
    let signs = 2;
    let lines = [LOG, KEPT, PUBLICATIONS].map(|file| file.lines().count());
    assert_eq!(read.count(), lines.iter().sum::<usize>() - signs);
}
