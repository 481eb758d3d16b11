//! What line noise, a careless client or an attacker makes of a text that was good.

use proptest::{prelude::*, sample::Index};

/// One way to spoil a text.
#[derive(Clone, Debug)]
pub(crate) enum Mutation {
    /// It ends too early.
    Truncate(Index),
    /// One byte is another.
    Flip(Index, u8),
    /// A part comes twice.
    Repeat(Index, Index),
    /// A field is there twice, with another value.
    DuplicateKey(Index, &'static str),
    /// A value is inside very many others.
    Nest(usize, char),
    /// Each number is one that fits nowhere.
    Number(&'static str),
}

pub(crate) fn a_mutation() -> impl Strategy<Value = Mutation> {
    let any_index = any::<Index>;
    prop_oneof![
        any_index().prop_map(Mutation::Truncate),
        (any_index(), 1u8..).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        (any_index(), any_index()).prop_map(|(from, to)| Mutation::Repeat(from, to)),
        (any_index(), a_second_field()).prop_map(|(at, field)| Mutation::DuplicateKey(at, field)),
        (
            prop_oneof![1..200usize, Just(100_000)],
            prop_oneof![Just('['), Just('{')]
        )
            .prop_map(|(depth, open)| Mutation::Nest(depth, open)),
        a_number().prop_map(Mutation::Number),
    ]
}

fn a_second_field() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#""type":"Leave","#,
        r#""args":{},"#,
        r#""args":7,"#,
        r#""userId":null,"#,
        r#""from":"Support","#,
        r#""visitor":[],"#,
    ])
}

fn a_number() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1e400",
        "-1e400",
        "18446744073709551616",
        "-9223372036854775809",
        "-1",
        "-0",
        "0.5",
        "00",
        "1e2",
        "99999999999999999999999999999999999999999999999999",
    ])
}

impl Mutation {
    /// The spoiled text. Bytes that are no UTF-8 any more become the replacement character: a socket refuses
    /// them before they get to the wires.
    pub(crate) fn of(&self, text: &str) -> String {
        let bytes = text.as_bytes();
        let spoiled = match self {
            Self::Truncate(at) => bytes[..at.index(bytes.len())].to_vec(),
            Self::Flip(at, bits) => {
                let mut bytes = bytes.to_vec();
                bytes[at.index(text.len())] ^= bits;
                bytes
            }
            Self::Repeat(from, to) => {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let part = &bytes[from.min(to)..from.max(to)];
                [&bytes[..from.max(to)], part, &bytes[from.max(to)..]].concat()
            }
            Self::DuplicateKey(at, field) => {
                let objects: Vec<usize> = text.match_indices('{').map(|(at, _)| at + 1).collect();
                match objects.len() {
                    0 => bytes.to_vec(),
                    count => {
                        let at = objects[at.index(count)];
                        [&bytes[..at], field.as_bytes(), &bytes[at..]].concat()
                    }
                }
            }
            Self::Nest(depth, open) => nest(text, *depth, *open).into_bytes(),
            Self::Number(number) => numbers(text, number).into_bytes(),
        };
        String::from_utf8_lossy(&spoiled).into_owned()
    }
}

/// The text with its last object's first value deep inside others.
fn nest(text: &str, depth: usize, open: char) -> String {
    let (open, close) = match open {
        '{' => (r#"{"a":"#, "}"),
        _ => ("[", "]"),
    };
    let nested = format!("{}7{}", open.repeat(depth), close.repeat(depth));
    let at = text.rfind('{').map_or(0, |at| at + 1);
    format!(r#"{}"deep":{nested},{}"#, &text[..at], &text[at..])
}

/// The text with another number wherever there is a run of digits.
fn numbers(text: &str, number: &str) -> String {
    let mut changed = String::new();
    let mut inside = false;
    for character in text.chars() {
        let digit = character.is_ascii_digit();
        if digit && !inside {
            changed.push_str(number);
        }
        if !digit {
            changed.push(character);
        }
        inside = digit;
    }
    changed
}
