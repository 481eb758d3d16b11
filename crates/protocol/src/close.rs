//! One catalogue of what can go wrong on a socket: error codes, close codes, and whether to come back.

use helpline_desk::refusal::Refusal;
use serde::Serialize;

use crate::frame;

/// A close code (contract 001, section 5). Its range says whether a client should come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// 1000: the chat is over.
    Over,
    /// 1000: the chat is another agent's now.
    GivenAway,
    /// 1000: nothing came from the client for too long.
    Silent,
    /// 1002: what came is no WebSocket frame.
    Unreadable,
    /// 1007: a text frame was not UTF-8.
    NotText,
    /// 1008: the client broke a rule.
    Rule,
    /// 1009: a frame was too large.
    TooLarge,
    /// 1012: the server is restarting.
    Restart,
    /// 1013: the client reads too slowly, or the server has too many sockets from there.
    Later,
    /// 4401: the token is not good (any more).
    TokenRefused,
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComeBack {
    /// Not at all.
    Never,
    /// At once, with jitter.
    AtOnce,
    /// After a pause.
    AfterPause,
}

impl Close {
    /// The code on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Over | Self::GivenAway | Self::Silent => 1000,
            Self::Unreadable => 1002,
            Self::NotText => 1007,
            Self::Rule => 1008,
            Self::TooLarge => 1009,
            Self::Restart => 1012,
            Self::Later => 1013,
            Self::TokenRefused => 4401,
        }
    }

    /// The reason on the wire: short, fixed, the same for everyone.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Over => "the chat is over",
            Self::GivenAway => "the chat is another agent's now",
            Self::Silent => "nothing was heard for too long",
            Self::Unreadable => "the frame could not be read",
            Self::NotText => "the text was not UTF-8",
            Self::Rule => "a rule was broken",
            Self::TooLarge => "the frame was too large",
            Self::Restart => "the server is restarting, come back",
            Self::Later => "too slow or too many, come back later",
            Self::TokenRefused => "the token was refused",
        }
    }

    /// What a client does after this close.
    pub fn come_back(self) -> ComeBack {
        match self {
            Self::Restart => ComeBack::AtOnce,
            Self::Later => ComeBack::AfterPause,
            _ => ComeBack::Never,
        }
    }
}

/// An error that is sent to the one socket concerned (contract 001, section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
    /// Not JSON, not an object with `type` and `args`, or a binary frame.
    Malformed,
    /// The type is none of the client frames.
    UnknownType,
    /// A field is missing, of the wrong type or outside its limits.
    InvalidField(&'static str),
    /// A frame that needs an accepted Join came without one.
    NotJoined,
    /// No Join came in time.
    JoinTimeout,
    /// The token is missing, bad or expired.
    Unauthorized,
    /// Id, role or token does not belong to this chat or side.
    Forbidden,
    /// Another agent holds the chat or its reservation.
    AlreadyClaimed {
        /// The winner's name, when known.
        winner: Option<String>,
    },
    /// That user is not waiting.
    NotFound,
    /// Nobody of that id is online, so nothing can be given to it.
    NotOnline,
    /// The chat is over or unknown, where that is no reason to close the socket.
    ChatExpired,
    /// No agent has the chat.
    NotEngaged,
    /// Whoever has the chat stands as high.
    Outranked,
    /// A socket watches as many chats as it may.
    TooManyWatched,
    /// More messages than the limits allow.
    SlowDown,
    /// The chat holds as much as it may: to wait does not help.
    Full,
    /// The store did not confirm in time.
    Unavailable,
    /// Too many frames that could not be read.
    TooManyErrors,
}

impl WireError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::UnknownType => "unknown_type",
            Self::InvalidField(_) => "invalid_field",
            Self::NotJoined => "not_joined",
            Self::JoinTimeout => "join_timeout",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::AlreadyClaimed { .. } => "already_claimed",
            Self::NotFound | Self::NotOnline => "not_found",
            Self::ChatExpired => "chat_expired",
            Self::NotEngaged => "not_engaged",
            Self::Outranked => "outranked",
            Self::SlowDown | Self::Full | Self::TooManyWatched => "slow_down",
            Self::Unavailable => "unavailable",
            Self::TooManyErrors => "too_many_errors",
        }
    }

    /// Whether it counts towards closing the socket of a client that cannot speak.
    pub fn is_bad_frame(&self) -> bool {
        matches!(
            self,
            Self::Malformed | Self::UnknownType | Self::InvalidField(_)
        )
    }

    /// The frame that tells the client.
    pub fn frame(&self) -> String {
        self.answer_to(None)
    }

    /// The same as the answer to a request that carries this reference.
    pub fn answer_to(&self, reference: Option<&str>) -> String {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Error<'a> {
            code: &'a str,
            message: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            field: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            support_user_name: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            full: Option<bool>,
            #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
            reference: Option<&'a str>,
        }
        let error = Error {
            code: self.code(),
            message: self.message(),
            field: match self {
                Self::InvalidField(field) => Some(field),
                _ => None,
            },
            support_user_name: match self {
                Self::AlreadyClaimed { winner } => winner.as_deref(),
                _ => None,
            },
            full: matches!(self, Self::Full).then_some(true),
            reference,
        };
        frame("Error", error)
    }

    fn message(&self) -> String {
        match self {
            Self::Malformed => "A frame is one JSON object with type and args".to_owned(),
            Self::UnknownType => "No such frame type".to_owned(),
            Self::InvalidField(field) => format!("{field} is missing or not valid"),
            Self::NotJoined => "Join the chat first".to_owned(),
            Self::JoinTimeout => "No Join came in time".to_owned(),
            Self::Unauthorized => "The token is missing or not valid".to_owned(),
            Self::Forbidden => "That does not belong to this chat".to_owned(),
            Self::AlreadyClaimed { .. } => "Another agent has this chat".to_owned(),
            Self::NotFound => "That user is not waiting".to_owned(),
            Self::NotOnline => "Nobody of that id is online".to_owned(),
            Self::ChatExpired => "The chat is over or unknown".to_owned(),
            Self::NotEngaged => "No agent has this chat".to_owned(),
            Self::Outranked => "Whoever has this chat stands as high".to_owned(),
            Self::TooManyWatched => "More chats are not watched at once".to_owned(),
            Self::Full => "The chat is full, this was not stored".to_owned(),
            Self::SlowDown => "Too many messages, this one was not stored".to_owned(),
            Self::Unavailable => "Not confirmed, it may or may not appear later".to_owned(),
            Self::TooManyErrors => "Too many frames could not be read".to_owned(),
        }
    }
}

impl From<Refusal> for WireError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::AlreadyClaimed { winner } => Self::AlreadyClaimed { winner },
            Refusal::NotWaiting => Self::NotFound,
            Refusal::Invalid { field } => Self::InvalidField(field),
            Refusal::Full => Self::Full,
            // `Over` has a frame of its own, and `NotDue` is for timers: neither gets here from a client.
            Refusal::Forbidden
            | Refusal::NotEngaged
            | Refusal::Outranked { .. }
            | Refusal::Over
            | Refusal::NotDue => Self::Forbidden,
        }
    }
}
