//! Everything that an acknowledgement may say is wrong, in the contract's words.

use std::borrow::Cow;

use helpline_desk::actor::Rank;

/// Why an event was not taken (contract 004, section 4). Whatever is refused changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The content is missing or no object with anything in it.
    MissingData,
    /// There is no session on the chat, or no such chat.
    NoSession,
    /// The content is longer than messages may be.
    TooLong,
    /// Somebody has the chat.
    Claimed,
    /// `room` is missing or no text.
    InvalidRoom,
    /// `content` is missing or no object with anything in it.
    InvalidContent,
    /// `severity_level` is missing, no whole number, or below zero.
    InvalidSeverity,
    /// Somebody else has the chat.
    NotInside,
    /// Nobody has the chat, so it cannot be taken from anybody.
    Unclaimed,
    /// Only who stands higher may take a chat over.
    NotHigher {
        /// How high the one stands who asks.
        asks: Rank,
        /// How high the one stands who has the chat.
        has: Rank,
    },
    /// A visitor sent what only staff may.
    StaffOnly,
    /// Somebody of the staff sent what only visitors may.
    VisitorsOnly,
    /// There is no such event.
    UnknownEvent,
    /// More than the limits allow.
    SlowDown,
    /// The store did not confirm in time: it may still happen.
    Unavailable,
}

impl Fault {
    /// One of each kind.
    pub const ALL: [Self; 15] = [
        Self::MissingData,
        Self::NoSession,
        Self::TooLong,
        Self::Claimed,
        Self::InvalidRoom,
        Self::InvalidContent,
        Self::InvalidSeverity,
        Self::NotInside,
        Self::Unclaimed,
        Self::NotHigher {
            asks: Rank::Agent,
            has: Rank::Supervisor,
        },
        Self::StaffOnly,
        Self::VisitorsOnly,
        Self::UnknownEvent,
        Self::SlowDown,
        Self::Unavailable,
    ];

    /// What the client reads.
    #[must_use]
    pub fn text(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::MissingData => "Missing/Invalid data",
            Self::NoSession => "The chat room is either closed or doesn't exist.",
            Self::TooLong => "Content is too long.",
            Self::Claimed => "This chat is already claimed.",
            Self::InvalidRoom => "Missing/Invalid field: room",
            Self::InvalidContent => "Missing/Invalid field: content",
            Self::InvalidSeverity => "Missing/Invalid field: severity_level",
            Self::NotInside => "You are not in this chat.",
            Self::Unclaimed => "Cannot take over an unclaimed chat.",
            Self::NotHigher { asks, has } => {
                let (asks, has) = (asks.as_str(), has.as_str());
                return format!("A {asks} cannot take over a chat from a {has}.").into();
            }
            Self::StaffOnly => "This event is for staff only.",
            Self::VisitorsOnly => "This event is for visitors only.",
            Self::UnknownEvent => "Unknown event.",
            Self::SlowDown => "Too many events, this one was not taken.",
            Self::Unavailable => "Not confirmed, it may or may not appear later.",
        })
    }

    /// The stable code, for the figures.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::MissingData => "invalid_data",
            Self::NoSession => "closed",
            Self::TooLong => "content_too_long",
            Self::Claimed => "already_claimed",
            Self::InvalidRoom => "invalid_room",
            Self::InvalidContent => "invalid_content",
            Self::InvalidSeverity => "invalid_severity",
            Self::NotInside => "not_inside",
            Self::Unclaimed => "unclaimed",
            Self::NotHigher { .. } => "not_higher",
            Self::StaffOnly => "staff_only",
            Self::VisitorsOnly => "visitors_only",
            Self::UnknownEvent => "unknown_event",
            Self::SlowDown => "slow_down",
            Self::Unavailable => "unavailable",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_fault_has_a_text_and_a_code_of_its_own() {
        let texts: BTreeSet<_> = Fault::ALL.iter().map(Fault::text).collect();
        let codes: BTreeSet<_> = Fault::ALL.iter().map(Fault::code).collect();
        assert_eq!((texts.len(), codes.len()), (15, 15));
    }

    #[test]
    fn who_may_not_take_over_from_whom_is_named() {
        let fault = Fault::NotHigher {
            asks: Rank::Supervisor,
            has: Rank::Admin,
        };
        assert_eq!(
            fault.text(),
            "A supervisor cannot take over a chat from a admin."
        );
    }
}
