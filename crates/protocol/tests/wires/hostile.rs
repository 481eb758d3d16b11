//! Whatever arrives is read or refused: nothing that anyone sends ends a process.

use helpline_desk::id::ChatId;
use helpline_protocol::{
    bus::{self, write_event, write_passing, write_queue_entry},
    close::WireError,
    joins, staff_desk,
    typed::{self, Level},
};
use proptest::{prelude::*, sample::select};

use crate::{
    golden, golden_client,
    mutations::{Mutation, a_mutation},
    strategies::{a_level, a_passing, a_text, an_entry, an_event},
};

/// A client's text: what comes of it is a frame, or one of the three errors that count as bad frames.
fn from_a_client(text: &str, level: Level) {
    if let Err(error) = typed::decode(text, level) {
        assert!(error.is_bad_frame(), "{error:?}");
    }
    if let Err(error) = joins::decode(text, level) {
        assert!(error.is_bad_frame(), "{error:?}");
    }
    if let (_, Err(error)) = staff_desk::decode(text) {
        assert!(error.is_bad_frame(), "{error:?}");
    }
}

/// A text from the store: that these return is all there is to say.
fn from_the_store(text: &str) {
    let _ = bus::read_entry(text);
    let _ = bus::read_publication(text);
    let _ = bus::read_queue_entry(text);
    let _ = bus::read_queue_change(text);
}

fn a_client_frame() -> impl Strategy<Value = String> {
    select(golden_client::names()).prop_map(golden::text)
}

/// What processes write, in each of its forms.
fn a_line() -> impl Strategy<Value = String> {
    prop_oneof![
        an_event().prop_map(|event| format!("1 0 7 {}", write_event(&event))),
        an_event().prop_map(|event| format!("1 e 3 1 0 7 {}", write_event(&event))),
        a_passing().prop_map(|passing| format!("1 - ~ {}", write_passing(&passing))),
        an_entry().prop_map(|entry| write_queue_entry(&entry)),
        an_entry().prop_map(|entry| format!("1 3 {} {}", entry.chat, write_queue_entry(&entry))),
        any::<u128>().prop_map(|chat| format!("1 3 {} -", ChatId::from_bits(chat))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_text_is_read_or_refused(text in a_text(), level in a_level()) {
        from_a_client(&text, level);
        from_the_store(&text);
    }

    #[test]
    fn any_args_are_read_or_refused(
        kind in select(vec!["Join", "ChatMessage", "Leave", "Typing", "Seen", "Accept", "Decline", "Availability", "Watch", "Whisper",
            "TakeOver", "Flag", "Reassign"]),
        field in select(vec!["userId", "username", "from", "content", "supportId", "resume", "seq", "on", "clientId",
            "chatId", "ref", "name", "severity", "to", "note"]),
        value in select(vec!["null", "true", "-1", "1e99", "\"\"", "[]", "{}", r#"{"epoch":1,"after":"x"}"#]),
        level in a_level(),
    ) {
        from_a_client(&format!(r#"{{"type":"{kind}","args":{{"{field}":{value}}}}}"#), level);
    }

    #[test]
    fn a_spoiled_frame_is_read_or_refused(
        frame in a_client_frame(),
        mutations in prop::collection::vec(a_mutation(), 1..4),
        level in a_level(),
    ) {
        let mut text = frame;
        for mutation in &mutations {
            if !text.is_empty() {
                text = mutation.of(&text);
            }
        }
        from_a_client(&text, level);
    }

    #[test]
    fn a_spoiled_line_is_read_or_refused(
        line in a_line(),
        mutations in prop::collection::vec(a_mutation(), 1..4),
    ) {
        let mut text = line;
        for mutation in &mutations {
            if !text.is_empty() {
                text = mutation.of(&text);
            }
        }
        from_the_store(&text);
    }

    /// Half a frame is never taken for a whole one.
    #[test]
    fn half_a_frame_is_malformed(frame in a_client_frame(), at in any::<prop::sample::Index>()) {
        let frame = frame.trim_end();
        let half = &frame[..at.index(frame.len())];
        for level in [Level::Plain, Level::OptedIn] {
            prop_assert_eq!(typed::decode(half, level), Err(WireError::Malformed));
            prop_assert_eq!(joins::decode(half, level), Err(WireError::Malformed));
        }
    }
}

/// Two types or two args: which of them was meant is not guessed at.
#[test]
fn a_frame_that_says_two_things_says_nothing() {
    for text in [
        r#"{"type":"Leave","type":"Leave","args":{}}"#,
        r#"{"type":"Typing","args":{"on":true},"args":{"on":false}}"#,
    ] {
        assert_eq!(
            typed::decode(text, Level::OptedIn),
            Err(WireError::Malformed)
        );
    }
}

/// A parser that follows every bracket would run out of stack, and with it the whole process.
#[test]
fn brackets_without_end_are_refused() {
    for name in golden_client::names() {
        for open in ['[', '{'] {
            let text = Mutation::Nest(100_000, open).of(&golden::text(name));
            for level in [Level::Plain, Level::OptedIn] {
                let refused = Err(WireError::Malformed);
                assert_eq!(typed::decode(&text, level), refused, "{name}");
            }
            from_the_store(&text);
        }
    }
}

/// A number that its field cannot hold is that field's fault; one that nothing can hold is no JSON.
#[test]
fn numbers_that_fit_nowhere_are_refused() {
    let seen = |number| {
        let text = format!(r#"{{"type":"Seen","args":{{"seq":{number}}}}}"#);
        typed::decode(&text, Level::OptedIn)
    };
    for number in ["-1", "0.5", "18446744073709551616", "1e2"] {
        assert_eq!(
            seen(number),
            Err(WireError::InvalidField("seq")),
            "{number}"
        );
    }
    for number in ["1e400", "00", "+1", "NaN"] {
        assert_eq!(seen(number), Err(WireError::Malformed), "{number}");
    }
    assert_eq!(
        seen("18446744073709551615"),
        Ok(typed::ClientFrame::Seen { seq: u64::MAX })
    );
}
