//! Everything that a socket of this dialect may be told is wrong, in the contract's words.

/// An `ERROR` for the one socket concerned (contract 002, section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Not JSON, or a binary frame.
    Schema,
    /// `event` is missing or no string.
    Format,
    /// No such event.
    UnknownEvent,
    /// `conversationId` is missing.
    IdRequired,
    /// `content` is missing, empty or blank.
    ContentRequired,
    /// The id cannot be one; or the store did not confirm the join.
    JoinFailed,
    /// The content is no string; or the store did not confirm the message: it may still appear.
    SendFailed,
    /// The store did not confirm the close.
    CloseFailed,
    /// The content is longer than messages may be.
    ContentTooLong,
    /// More than the limits allow; nothing was done.
    SlowDown,
    /// No such conversation.
    NotFound,
    /// The conversation is over.
    AlreadyClosed,
    /// No agent has come in yet.
    NotYetAssigned,
    /// Not this one's conversation.
    NotAllowed,
    /// Nobody of this role may do that.
    ForbiddenRole,
    /// Something is said before the join.
    NotJoined,
    /// Somebody leaves who is not there.
    NotInside,
    /// It is another agent's from now on.
    AssignedToAnother,
    /// The token is missing, bad or over.
    Unauthorized,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Schema,
        Self::Format,
        Self::UnknownEvent,
        Self::IdRequired,
        Self::ContentRequired,
        Self::JoinFailed,
        Self::SendFailed,
        Self::CloseFailed,
        Self::ContentTooLong,
        Self::SlowDown,
        Self::NotFound,
        Self::AlreadyClosed,
        Self::NotYetAssigned,
        Self::NotAllowed,
        Self::ForbiddenRole,
        Self::NotJoined,
        Self::NotInside,
        Self::AssignedToAnother,
        Self::Unauthorized,
    ];

    /// What the client reads.
    pub fn text(self) -> &'static str {
        match self {
            Self::Schema => "Invalid request schema",
            Self::Format => "Invalid message format",
            Self::UnknownEvent => "Unknown event",
            Self::IdRequired => "conversationId is required",
            Self::ContentRequired => "content is required",
            Self::JoinFailed => "Failed to join conversation",
            Self::SendFailed => "Failed to send message",
            Self::CloseFailed => "Failed to close conversation",
            Self::ContentTooLong => "content is too long",
            Self::SlowDown => "Too many frames, this one was not taken",
            Self::NotFound => "Conversation not found",
            Self::AlreadyClosed => "Conversation already closed",
            Self::NotYetAssigned => "Conversation not yet assigned",
            Self::NotAllowed => "not allowed",
            Self::ForbiddenRole => "Forbidden for this role",
            Self::NotJoined => "You must join the conversation first",
            Self::NotInside => "You are not in this conversation",
            Self::AssignedToAnother => "Conversation was assigned to another agent",
            Self::Unauthorized => "Unauthorized or invalid token",
        }
    }

    /// The stable code under which it is counted.
    pub fn code(self) -> &'static str {
        match self {
            Self::Schema | Self::Format => "malformed",
            Self::UnknownEvent => "unknown_type",
            Self::IdRequired | Self::ContentRequired | Self::ContentTooLong => "invalid_field",
            Self::JoinFailed | Self::SendFailed | Self::CloseFailed => "failed",
            Self::SlowDown => "slow_down",
            Self::NotFound => "not_found",
            Self::AlreadyClosed => "chat_expired",
            Self::NotYetAssigned => "not_assigned",
            Self::NotAllowed | Self::ForbiddenRole => "forbidden",
            Self::NotJoined | Self::NotInside => "not_joined",
            Self::AssignedToAnother => "reassigned",
            Self::Unauthorized => "unauthorized",
        }
    }

    /// Whether it counts towards closing the socket of a client that cannot speak.
    pub fn is_bad_frame(self) -> bool {
        matches!(self, Self::Schema | Self::Format | Self::UnknownEvent)
    }
}
