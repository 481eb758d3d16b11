//! Server frames: what an event, a history or a passing sign looks like on the wire.

use std::time::Duration;

use helpline_desk::{
    actor::Side,
    audience::{Audience, sees},
    chat::{Chat, Phase},
    event::{End, Event, Recorded, Said},
    id::{ChatId, MessageId},
};
use serde::Serialize;

use super::{Level, Participant, request::GivenExtras};
use crate::{bus::Passing, close::WireError, frame, iso};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Joined<'a> {
    participant: Participant,
    user_id: String,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    support: Option<SupportPart<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    opted_in: Option<JoinedExtras<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SupportPart<'a> {
    support_id: String,
    support_user_name: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JoinedExtras<'a> {
    chat_id: String,
    epoch: &'a str,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_timeout_ms: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChatMessage<'a> {
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    support_id: Option<String>,
    content: &'a str,
    timestamp: String,
    from: Participant,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    opted_in: Option<MessageExtras<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MessageExtras<'a> {
    id: String,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

/// For agents only.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailExtras<'a> {
    email: &'a str,
    email_verified: bool,
}

impl<'a> EmailExtras<'a> {
    pub(super) fn of(chat: &'a Chat, reader: Side) -> Option<Self> {
        let email = chat.visitor.email.as_ref()?;
        (reader == Side::Support).then_some(Self {
            email: &email.address,
            email_verified: email.verified,
        })
    }
}

/// What a supervisor says to the agent; the visitor never sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Whisper<'a> {
    chat_id: String,
    id: String,
    seq: u64,
    by: &'a str,
    content: &'a str,
    timestamp: String,
}

impl<'a> Whisper<'a> {
    pub(super) fn new(
        chat: &Chat,
        recorded: &Recorded,
        id: MessageId,
        by: &'a str,
        content: &'a str,
    ) -> Self {
        Self {
            chat_id: chat.id.to_string(),
            id: id.to_string(),
            seq: recorded.seq,
            by,
            content,
            timestamp: iso(recorded.at),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Room<'a> {
    room_id: String,
    user_id: String,
    username: &'a str,
    platform: &'a str,
    status: &'static str,
    agent: Option<&'a str>,
    created_at: String,
    /// For agents only: how urgent the chat is, if it is flagged.
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<u32>,
    #[serde(flatten)]
    email: Option<EmailExtras<'a>>,
    #[serde(flatten)]
    given: Option<GivenExtras<'a>>,
    /// For a visitor whose agent has given the chat back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    given_back: bool,
}

/// Who reads a frame, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reader {
    /// The reader's place at the chat.
    pub audience: Audience,
    /// What the reader's client has asked to see.
    pub level: Level,
    /// Whether it is a visitor who wants to know how its request fares.
    pub follows_request: bool,
}

/// Where something happens.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The chat's id.
    pub id: ChatId,
    /// The chat after what happened; may be missing when all that is left of the chat is its end.
    pub chat: Option<&'a Chat>,
    /// The chat's epoch.
    pub epoch: &'a str,
    /// How long a chat lives without activity.
    pub idle_timeout: Duration,
}

/// What an event looks like to one reader: the frames in their order, often none.
pub fn event_frames(scene: Scene<'_>, recorded: &Recorded, reader: Reader) -> Vec<String> {
    if !sees(reader.audience, &recorded.event) {
        return Vec::new();
    }
    let opted_in = reader.level == Level::OptedIn;
    let (Some(chat), Audience::Seat(side)) = (scene.chat, reader.audience) else {
        // Only an end is an end: what else happens cannot be shown without the chat.
        return match &recorded.event {
            Event::Ended(_) => vec![chat_expired(scene.id)],
            _ => Vec::new(),
        };
    };
    let room = || opted_in.then(|| frame("Room", room(chat, side)));
    match &recorded.event {
        Event::VisitorJoined => vec![joined(scene, chat, None, recorded.seq, opted_in)],
        Event::Requested { .. } | Event::Introduced { .. } => room().into_iter().collect(),
        // Whoever had it has lost it.
        Event::TakenOver { .. } | Event::Assigned { .. } | Event::Released { .. }
            if side == Side::Support =>
        {
            vec![WireError::Forbidden.frame()]
        }
        Event::Assigned { .. } if reader.follows_request => room().into_iter().collect(),
        // The agent it was given to does not come: it is everybody's now.
        Event::ReservationEnded if reader.follows_request && chat.was_engaged() => {
            room().into_iter().collect()
        }
        Event::Claimed {
            support,
            name,
            text,
            ..
        }
        | Event::TakenOver {
            support,
            name,
            text,
            ..
        } => {
            let part = SupportPart {
                support_id: support.to_string(),
                support_user_name: name,
                text,
            };
            let joined = joined(scene, chat, Some(part), recorded.seq, opted_in);
            [Some(joined), room()].into_iter().flatten().collect()
        }
        Event::Said(said) => {
            let message = ChatMessage::new(chat, recorded, said, side, opted_in);
            vec![frame("ChatMessage", message)]
        }
        Event::Whispered {
            id,
            by_name,
            content,
            ..
        } if opted_in => vec![frame(
            "Whisper",
            Whisper::new(chat, recorded, *id, by_name, content),
        )],
        Event::Flagged { .. } | Event::Released { .. } => room().into_iter().collect(),
        Event::VisitorLeft => vec![user_left(chat)],
        Event::SupportLeft { text } => vec![support_left(chat, text)],
        Event::AllDeclined if opted_in => vec![request_declined(chat)],
        // To its agent a session is the whole chat.
        Event::Ended(end) | Event::Rested(end) => {
            let left = match end {
                End::ByVisitor => Some(user_left(chat)),
                End::BySupport { text } => Some(support_left(chat, text)),
                End::ByStaff { text, .. } => {
                    chat.support.as_ref().map(|_| support_left(chat, text))
                }
                End::BySilence => None,
            };
            [left, room(), Some(ended(scene.id, end, opted_in))]
                .into_iter()
                .flatten()
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What is passed on and not kept, for sockets that opted in.
pub fn passing(passing: &Passing) -> String {
    #[derive(Serialize)]
    struct Typing {
        participant: Participant,
        on: bool,
    }
    #[derive(Serialize)]
    struct Seen {
        participant: Participant,
        seq: u64,
    }
    match *passing {
        Passing::Typing { side, on, .. } => {
            let participant = side.into();
            frame("Typing", Typing { participant, on })
        }
        Passing::Seen { side, seq } => {
            let participant = side.into();
            frame("Seen", Seen { participant, seq })
        }
    }
}

/// The chat is over, or was never there.
pub fn chat_expired(id: impl std::fmt::Display) -> String {
    let expired = ChatExpired {
        chat_id: id.to_string(),
        ..ChatExpired::default()
    };
    frame("ChatExpired", expired)
}

/// The chat is over; to those who opted in, also how that came.
fn ended(id: ChatId, end: &End, opted_in: bool) -> String {
    let (reason, by) = match end {
        End::ByVisitor => ("left", Some(Participant::User)),
        End::BySupport { .. } | End::ByStaff { .. } => ("left", Some(Participant::Support)),
        End::BySilence => ("silence", None),
    };
    let expired = ChatExpired {
        chat_id: id.to_string(),
        reason: opted_in.then_some(reason),
        by: by.filter(|_| opted_in),
    };
    frame("ChatExpired", expired)
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatExpired {
    chat_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<Participant>,
}

fn joined(
    scene: Scene<'_>,
    chat: &Chat,
    support: Option<SupportPart<'_>>,
    seq: u64,
    opted_in: bool,
) -> String {
    let participant = match support {
        Some(_) => Participant::Support,
        None => Participant::User,
    };
    let joined = Joined {
        participant,
        user_id: chat.visitor.id.to_string(),
        support,
        opted_in: opted_in.then(|| JoinedExtras {
            chat_id: chat.id.to_string(),
            epoch: scene.epoch,
            seq,
            idle_timeout_ms: life(chat, scene.idle_timeout),
        }),
    };
    frame("Joined", joined)
}

fn user_left(chat: &Chat) -> String {
    frame("UserLeft", ChatAndUser::of(chat))
}

fn request_declined(chat: &Chat) -> String {
    frame("RequestDeclined", ChatAndUser::of(chat))
}

fn support_left(chat: &Chat, text: &str) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct SupportLeft<'a> {
        chat_id: String,
        #[serde(flatten)]
        part: Option<SupportPart<'a>>,
    }
    // Whoever has left may be out of the chat by now.
    let part = chat.parts.last().map(|part| SupportPart {
        support_id: part.id.to_string(),
        support_user_name: &part.name,
        text,
    });
    let chat_id = chat.id.to_string();
    frame("SupportLeft", SupportLeft { chat_id, part })
}

fn room(chat: &Chat, reader: Side) -> Room<'_> {
    Room {
        room_id: chat.id.to_string(),
        user_id: chat.visitor.id.to_string(),
        username: &chat.visitor.name,
        platform: &chat.platform,
        status: status(chat),
        agent: chat.support.as_ref().map(|support| support.name.as_str()),
        created_at: iso(chat.created_at),
        severity: (reader == Side::Support).then_some(chat.severity),
        email: EmailExtras::of(chat, reader),
        given: GivenExtras::of(chat, reader),
        given_back: matches!(&chat.phase, Phase::Waiting(request) if request.given_back)
            && reader == Side::Visitor,
    }
}

pub(super) fn status(chat: &Chat) -> &'static str {
    match chat.phase {
        Phase::Registered | Phase::Waiting(_) => "waiting",
        Phase::Engaged => "engaged",
        Phase::Ended(_) => "closed",
    }
}

/// A time in ms of a chat's life; a chat that is kept has none.
pub(super) fn life(chat: &Chat, time: Duration) -> Option<u64> {
    (!chat.kept).then(|| time.as_millis().try_into().unwrap_or(u64::MAX))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChatAndUser {
    chat_id: String,
    user_id: String,
}

impl ChatAndUser {
    fn of(chat: &Chat) -> Self {
        Self {
            chat_id: chat.id.to_string(),
            user_id: chat.visitor.id.to_string(),
        }
    }
}

impl<'a> ChatMessage<'a> {
    pub(super) fn new(
        chat: &Chat,
        recorded: &Recorded,
        said: &'a Said,
        reader: Side,
        opted_in: bool,
    ) -> Self {
        Self {
            user_id: chat.visitor.id.to_string(),
            support_id: said.support.map(|id| id.to_string()),
            content: &said.content,
            timestamp: iso(recorded.at),
            from: said.from.into(),
            opted_in: opted_in.then(|| MessageExtras {
                id: said.id.to_string(),
                seq: recorded.seq,
                // A client's own id is nobody else's business.
                client_id: said.client_id.as_deref().filter(|_| said.from == reader),
            }),
        }
    }
}
