//! Chats as CSV: one line a message.

use helpline_records::Transcript;

use super::shape;
use crate::export::csv::{self, lines};

const HEADINGS: [&str; 13] = [
    "chatId",
    "platform",
    "visitorId",
    "visitorName",
    "topic",
    "status",
    "createdAt",
    "endedAt",
    "at",
    "from",
    "senderId",
    "senderName",
    "content",
];

/// The first line.
pub(super) fn headings() -> Vec<u8> {
    csv::headings(HEADINGS)
}

/// A chat's lines; one without a message has one line.
pub(super) fn rows(transcript: &Transcript) -> Vec<u8> {
    let chat = &transcript.chat;
    let of_chat = || {
        [
            chat.id.clone(),
            chat.platform.clone(),
            chat.visitor.clone().unwrap_or_default(),
            chat.visitor_name.clone(),
            chat.topic.clone().unwrap_or_default(),
            chat.status.as_str().to_owned(),
            shape::time(chat.created_at),
            chat.ended_at.map(shape::time).unwrap_or_default(),
        ]
    };
    let row = |said: [String; 5]| {
        let mut row = of_chat().into_iter().chain(said);
        HEADINGS.map(|_| row.next().unwrap_or_default())
    };
    if transcript.messages.is_empty() {
        return lines([row(Default::default())]);
    }
    lines(transcript.messages.iter().map(|said| {
        row([
            shape::time(said.at),
            shape::side(said).to_owned(),
            said.sender.clone().unwrap_or_default(),
            shape::sender_name(chat, transcript, said)
                .unwrap_or_default()
                .to_owned(),
            said.content.clone(),
        ])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_that_it_is_utf_8() {
        let first = String::from_utf8(headings()).unwrap();
        assert!(first.starts_with("\u{feff}chatId,") && first.ends_with("content\r\n"));
    }
}
