//! What is said: any JSON object that is not empty, passed on as it came.

use helpline_desk::time::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::{Value, json, value::RawValue};

use super::millis;

/// A message's content, as compact JSON. Its fields stay in the order in which they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content(String);

impl Content {
    /// What a client sent as content; `None` if that is no object with anything in it, or nested deeper than anybody reads.
    #[must_use]
    pub fn read(data: &RawValue) -> Option<Self> {
        let value: Value = serde_json::from_str(data.get()).ok()?;
        let fields = value.as_object()?;
        (!fields.is_empty()).then(|| Self(compact(data.get())))
    }

    /// What another dialect's text is here.
    #[must_use]
    pub fn of_text(text: &str, said_at: Timestamp) -> Self {
        Self(json!({ "content": text, "timestamp": millis(said_at) }).to_string())
    }

    /// The content that a message was stored with.
    #[must_use]
    pub fn stored(raw: &str) -> Self {
        Self(raw.to_owned())
    }

    /// The compact JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What other dialects show of it: its `content` if that is a text with anything in it, else all of it.
    #[must_use]
    pub fn text(&self) -> String {
        let value: Value = serde_json::from_str(&self.0).unwrap_or_default();
        match value.get("content").and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => self.0.clone(),
        }
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

/// JSON without the blanks between its parts, and with no more escapes in its texts than they need: what is said is as long for
/// a client that escapes whatever is not ASCII as for one that does not.
fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(quote) = rest.find('"') {
        let (between, quoted) = rest.split_at(quote);
        compact.extend(between.chars().filter(|char| !is_blank(*char)));
        let (string, after) = quoted.split_at(length_of_string(quoted));
        match serde_json::from_str::<String>(string) {
            Ok(plain) if string.contains('\\') => compact.push_str(&crate::json(&plain)),
            _ => compact.push_str(string),
        }
        rest = after;
    }
    compact.extend(rest.chars().filter(|char| !is_blank(*char)));
    compact
}

fn is_blank(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

/// How long the string is that this begins with, with both its quotes.
fn length_of_string(quoted: &str) -> usize {
    let mut escaped = true;
    for (at, byte) in quoted.bytes().enumerate() {
        if byte == b'"' && !escaped {
            return at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    quoted.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Content> {
        Content::read(serde_json::from_str(text).expect("JSON"))
    }

    #[test]
    fn it_stays_as_it_came_but_for_blanks_and_needless_escapes() {
        for (text, compact) in [
            (r#"{"z": 1, "a": [ 2 ] }"#, r#"{"z":1,"a":[2]}"#),
            (r#"{"a": "b \" c  \\" }"#, r#"{"a":"b \" c  \\"}"#),
            (r#"{ "n":1.50 , "m":1e3}"#, r#"{"n":1.50,"m":1e3}"#),
            (
                r#"{"\u00e9 ": "\ud83d\ude00\/ \n\u0007\\"}"#,
                "{\"é \":\"😀/ \\n\\u0007\\\\\"}",
            ),
            (r#"{"" : ["\"", "\\" , {} ]}"#, r#"{"":["\"","\\",{}]}"#),
        ] {
            assert_eq!(read(text).expect("content").as_str(), compact);
        }
    }

    #[test]
    fn only_an_object_with_something_in_it_is_content() {
        for text in ["{}", "[]", "[1]", "null", "\"a\"", "5", "true"] {
            assert_eq!(read(text), None, "{text}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(200), "]".repeat(200));
        assert_eq!(read(&deep), None);
    }

    #[test]
    fn others_are_shown_its_text() {
        for (text, shown) in [
            (r#"{"content":"Hello","timestamp":1}"#, "Hello"),
            (r#"{"content":" "}"#, r#"{"content":" "}"#),
            (r#"{"content":5}"#, r#"{"content":5}"#),
            (r#"{"image":"x"}"#, r#"{"image":"x"}"#),
        ] {
            assert_eq!(read(text).expect("content").text(), shown);
        }
        assert_eq!(
            Content::of_text("Hello", Timestamp(1_930_367_167_089_999)).as_str(),
            r#"{"content":"Hello","timestamp":1930367167089}"#
        );
    }
}
