//! What chats look like in JSON.

use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use helpline_records::{
    ChatRecord, ClaimRecord, Cursor, MessageRecord, Rating, Transcript, WhisperRecord,
};
use serde_json::{Value, json};

pub(super) fn time(at: i64) -> String {
    iso(Timestamp(at))
}

fn maybe(at: Option<i64>) -> Option<String> {
    at.map(time)
}

pub(super) fn chat(chat: &ChatRecord) -> Value {
    json!({
        "id": chat.id,
        "kept": chat.kept,
        "platform": chat.platform,
        "visitorId": chat.visitor,
        "visitorName": chat.visitor_name,
        "topic": chat.topic,
        "supervisorId": chat.supervisor,
        "assignedTo": chat.assigned,
        "agentId": chat.agent,
        "agentName": chat.agent_name,
        "status": chat.status.as_str(),
        "createdAt": time(chat.created_at),
        "requestedAt": maybe(chat.requested_at),
        "claimedAt": maybe(chat.claimed_at),
        "firstResponseAt": maybe(chat.first_response_at),
        "endedAt": maybe(chat.ended_at),
        "endReason": chat.end_reason,
        "endedBy": chat.ended_by,
        "messageCount": chat.messages,
        "severity": chat.severity,
    })
}

pub(super) fn transcript(transcript: &Transcript) -> Value {
    let mut shaped = chat(&transcript.chat);
    let messages = transcript.messages.iter();
    shaped["messages"] = messages
        .map(|said| message(&transcript.chat, transcript, said))
        .collect();
    let claims = transcript.claims.iter().map(
        |claim| json!({ "agentId": claim.agent, "agentName": claim.name, "at": time(claim.at) }),
    );
    shaped["claims"] = claims.collect();
    shaped["whispers"] = transcript.whispers.iter().map(whisper).collect();
    shaped
}

fn message(chat: &ChatRecord, transcript: &Transcript, said: &MessageRecord) -> Value {
    json!({
        "id": said.id,
        "at": time(said.at),
        "from": side(said),
        "senderId": said.sender,
        "senderName": sender_name(chat, transcript, said),
        "content": said.content,
    })
}

fn whisper(whisper: &WhisperRecord) -> Value {
    json!({
        "id": whisper.id,
        "at": time(whisper.at),
        "senderId": whisper.sender,
        "senderName": whisper.sender_name,
        "content": whisper.content,
    })
}

pub(super) fn side(said: &MessageRecord) -> &'static str {
    match said.from_visitor {
        true => "visitor",
        false => "agent",
    }
}

/// The name that whoever said it went by.
pub(super) fn sender_name<'a>(
    chat: &'a ChatRecord,
    transcript: &'a Transcript,
    said: &MessageRecord,
) -> Option<&'a str> {
    if said.from_visitor {
        return Some(&chat.visitor_name);
    }
    // Whoever took it more than once may have gone by another name each time.
    let own = |claim: &&ClaimRecord| Some(&claim.agent) == said.sender.as_ref();
    let mut claims = transcript.claims.iter().filter(own);
    let first = claims.next()?;
    let claim = claims.take_while(|claim| claim.at <= said.at).last();
    Some(&claim.unwrap_or(first).name)
}

pub(super) fn rating(rating: &Rating) -> Value {
    json!({ "score": rating.score, "comment": rating.comment, "at": time(rating.at) })
}

/// Where a page ended, for the next request's `before`.
pub(super) fn cursor(cursor: &Cursor) -> String {
    format!("{}-{}", cursor.created_at, cursor.chat)
}

/// Reads what [`cursor`] wrote.
pub(super) fn read_cursor(text: &str) -> Option<Cursor> {
    let (created_at, chat) = text.split_once('-')?;
    Some(Cursor {
        created_at: created_at.parse().ok()?,
        chat: chat.to_owned(),
    })
}
