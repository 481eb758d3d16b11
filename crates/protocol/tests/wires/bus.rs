//! Between processes: what one writes, another reads as it was meant.

use helpline_desk::{event::Recorded, id::ChatId, time::Timestamp};
use helpline_protocol::bus::{
    self, CLAIMED, GONE, Publication, QueueChange, Unreadable, read_entry, read_publication,
    read_queue_change, read_queue_entry, write_event, write_passing, write_queue_entry,
};
use proptest::prelude::*;

use crate::strategies::{a_passing, an_entry, an_event};

proptest! {
    #[test]
    fn an_event_is_read_as_it_is_written(
        event in an_event(),
        seq in any::<u64>(),
        number in any::<u64>(),
        at in any::<i64>(),
    ) {
        let entry = format!("{seq} {number} {at} {}", write_event(&event));
        let recorded = Recorded { seq, at: Timestamp(at), event };
        prop_assert_eq!(read_entry(&entry), Ok(recorded));
    }

    #[test]
    fn what_happened_is_read_as_it_is_published(
        event in an_event(),
        epoch in "[0-9a-f]{1,16}",
        revision in any::<u64>(),
        seq in any::<u64>(),
    ) {
        let text = format!("{} {epoch} {revision} {seq} 0 7 {}", bus::VERSION, write_event(&event));
        let recorded = Recorded { seq, at: Timestamp(7), event };
        let happened = Publication::Happened { epoch, revision, recorded };
        prop_assert_eq!(read_publication(&text), Ok(happened));
    }

    #[test]
    fn what_passes_is_read_as_it_is_published(passing in a_passing(), epoch in "[0-9a-f-]{1,16}") {
        let text = format!("{} {epoch} ~ {}", bus::VERSION, write_passing(&passing));
        prop_assert_eq!(read_publication(&text), Ok(Publication::Passing(passing)));
    }

    #[test]
    fn an_entry_of_the_queue_is_read_as_it_is_written(entry in an_entry()) {
        prop_assert_eq!(read_queue_entry(&write_queue_entry(&entry)), Ok(entry));
    }

    #[test]
    fn a_change_of_the_queue_is_read_as_it_is_published(
        entry in an_entry(),
        other in any::<u128>(),
        revision in any::<u64>(),
    ) {
        let chat = entry.chat;
        let text = format!("1 {revision} {chat} {}", write_queue_entry(&entry));
        let change = QueueChange { revision, chat, entry: Some(entry), claimed: false };
        prop_assert_eq!(read_queue_change(&text), Ok(change));

        let chat = ChatId::from_bits(other);
        for (instead, claimed) in [(GONE, false), (CLAIMED, true)] {
            let text = format!("1 {revision} {chat} {instead}");
            let change = QueueChange { revision, chat, entry: None, claimed };
            prop_assert_eq!(read_queue_change(&text), Ok(change));
        }
    }

    /// Every form of an event takes fields it does not know: that is what lets a release add one.
    #[test]
    fn fields_may_be_added_to_every_event(event in an_event()) {
        let mut written: serde_json::Value =
            serde_json::from_str(&write_event(&event)).expect("JSON");
        let variants = written.as_object_mut().expect("an object");
        prop_assert_eq!(variants.len(), 1);
        for fields in variants.values_mut() {
            let fields = fields.as_object_mut().expect("fields in braces");
            fields.insert("mood".to_owned(), "good".into());
        }
        let recorded = read_entry(&format!("1 0 7 {written}"));
        prop_assert_eq!(recorded.map(|recorded| recorded.event), Ok(event));
    }

    /// What another version says is refused whole: a guess would be told to people.
    #[test]
    fn another_version_is_not_guessed_at(event in an_event(), version in "[0-9a-z]{0,3}") {
        prop_assume!(version != bus::VERSION);
        let text = format!("{version} e 3 1 0 7 {}", write_event(&event));
        prop_assert_eq!(read_publication(&text), Err(Unreadable));
    }
}
