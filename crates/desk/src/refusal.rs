//! Why something is refused: a closed list with stable codes.

use crate::actor::Rank;

/// Why a command was refused. A refused command changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The chat is unknown, expired or ended.
    Over,
    /// The id, role or side does not belong to this chat.
    Forbidden,
    /// Another agent has the chat or its reservation.
    AlreadyClaimed {
        /// The winner's name, when it is known.
        winner: Option<String>,
    },
    /// The request is not waiting.
    NotWaiting,
    /// No agent has come in yet.
    NotEngaged,
    /// Whoever has the chat stands as high, or higher.
    Outranked {
        /// How high the one who asks stands.
        own: Rank,
        /// How high the one who has the chat stands.
        other: Rank,
    },
    /// A value is outside its limits.
    Invalid {
        /// The name of the value.
        field: &'static str,
    },
    /// The chat holds as much as a chat may hold.
    Full,
    /// A timer came although there is nothing for it to do.
    NotDue,
}

impl Refusal {
    /// The stable code of this reason.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Over => "chat_expired",
            Self::Forbidden => "forbidden",
            Self::AlreadyClaimed { .. } => "already_claimed",
            Self::NotWaiting => "not_found",
            Self::NotEngaged => "not_engaged",
            Self::Outranked { .. } => "outranked",
            Self::Invalid { .. } => "invalid_field",
            Self::Full => "slow_down",
            Self::NotDue => "not_due",
        }
    }

    /// Whether it holds for good once it was true: nothing that happens to the chat later changes it.
    pub fn is_lasting(&self) -> bool {
        matches!(self, Self::Full)
    }
}
