//! Chats as CSV: one line a message, in UTF-8, with cells that no spreadsheet takes for formulas.

use csv::{Terminator, WriterBuilder};
use helpline_records::Transcript;

use super::shape;

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
    lines([HEADINGS.map(str::to_owned)])
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

/// Lines of cells, whatever stands in them.
pub(crate) fn lines<const CELLS: usize>(
    rows: impl IntoIterator<Item = [String; CELLS]>,
) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        // Memory takes everything.
        let _ = writer.write_record(row.map(harmless));
    }
    writer.into_inner().unwrap_or_default()
}

/// A cell that a spreadsheet shows and does not work out.
fn harmless(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for cell in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"] {
            assert_eq!(harmless(cell.to_owned()), format!("'{cell}"));
        }
        assert_eq!(harmless("a=1".to_owned()), "a=1");
    }
}
