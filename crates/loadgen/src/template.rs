//! A `ChatMessage` frame that is built once; each message only gets another number.

use serde_json::json;

use crate::frame::{self, MASK};
use crate::problem::Problem;

/// Digits of the number that stands at the start of each message's content.
const DIGITS: usize = 10;
const MARK: &[u8] = b"\"content\":\"";

/// The frame of one writer.
#[derive(Debug)]
pub(crate) struct Template {
    frame: Vec<u8>,
    digits: usize,
    payload: usize,
}

impl Template {
    /// `support_id` tells an agent from a visitor. The frame's text is `bytes` long.
    pub(crate) fn new(
        user_id: &str,
        support_id: Option<&str>,
        bytes: usize,
    ) -> Result<Self, Problem> {
        let mut args = json!({
            "userId": user_id,
            "content": "",
            "from": if support_id.is_some() { "Support" } else { "User" },
        });
        if let Some(support_id) = support_id {
            args["supportId"] = support_id.into();
        }
        let mut message = json!({"type": "ChatMessage", "args": args});
        let padding = bytes.checked_sub(message.to_string().len() + DIGITS);
        let padding = padding
            .ok_or_else(|| Problem::Usage(format!("{bytes} bytes are too few for a frame")))?;
        message["args"]["content"] = format!("{:0DIGITS$}{}", 0, "x".repeat(padding)).into();
        let text = message.to_string();
        let digits = find(text.as_bytes())
            .ok_or_else(|| Problem::Protocol("the template has no content".into()))?;
        Ok(Self {
            frame: frame::text(text.as_bytes()),
            digits,
            payload: frame::header_len(text.len()),
        })
    }

    /// The frame, masked and ready to send, with this number in it.
    pub(crate) fn numbered(&mut self, number: u64) -> &[u8] {
        let mut rest = number;
        for at in (self.digits..self.digits + DIGITS).rev() {
            self.frame[self.payload + at] = (b'0' + (rest % 10) as u8) ^ MASK[at % 4];
            rest /= 10;
        }
        &self.frame
    }
}

/// The number in a `ChatMessage` that a server sent; none in every other frame.
pub(crate) fn number_in(text: &[u8]) -> Option<u64> {
    if !text.starts_with(b"{\"type\":\"ChatMessage\"") {
        return None;
    }
    let digits = find(text)?;
    parse(text.get(digits..digits + DIGITS)?)
}

/// The numbers in a `ChatHistory`, as they stand there.
pub(crate) fn numbers_in(text: &[u8]) -> Vec<u64> {
    let starts = text.windows(MARK.len()).enumerate();
    let starts = starts.filter(|(_, window)| *window == MARK);
    starts
        .filter_map(|(at, _)| {
            let digits = at + MARK.len();
            parse(text.get(digits..digits + DIGITS)?)
        })
        .collect()
}

/// Where the content starts.
fn find(text: &[u8]) -> Option<usize> {
    let at = text.windows(MARK.len()).position(|window| window == MARK)?;
    Some(at + MARK.len())
}

fn parse(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |number: u64, digit| {
        digit
            .is_ascii_digit()
            .then(|| number * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unmasked(frame: &[u8]) -> Vec<u8> {
        let payload = &frame[frame.len() - 220..];
        payload
            .iter()
            .zip(MASK.iter().cycle())
            .map(|(b, m)| b ^ m)
            .collect()
    }

    #[test]
    fn a_number_survives_the_way_into_a_frame_and_out_of_it() {
        let id = "27ab0d0cfae34f68b41ed25150b5d9f6";
        for support in [None, Some(id)] {
            let mut template = Template::new(id, support, 220).unwrap();
            for number in [0, 7, 1_234_567_890] {
                let text = unmasked(template.numbered(number));
                let message: serde_json::Value = serde_json::from_slice(&text).unwrap();
                assert_eq!(message["type"], "ChatMessage");
                assert_eq!(message["args"]["userId"], id);
                assert_eq!(message["args"]["supportId"].as_str(), support);
                let echoed = format!("{{\"type\":\"ChatMessage\",\"args\":{}}}", message["args"]);
                assert_eq!(number_in(echoed.as_bytes()), Some(number));
            }
        }
        assert!(Template::new(id, Some(id), 100).is_err());
    }

    #[test]
    fn a_history_gives_its_numbers_in_order() {
        let text = br#"{"type":"ChatHistory","args":{"messages":[{"content":"0000000003xx"},{"content":"0000000001"}]}}"#;
        assert_eq!(numbers_in(text), [3, 1]);
        assert_eq!(number_in(text), None);
    }
}
