//! What may be wrong with a request about conversations, in the contract's words (contract 002, sections 1, 3).

use actix_web::http::StatusCode;

use super::lookup::Unavailable;
use crate::people::backend::Fault;

/// Why a request was not done. It changed nothing, unless it is [`Self::Unavailable`]: then it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An id that cannot be one.
    InvalidId(String),
    /// A field that has to be there is not.
    Required(&'static str),
    /// No such conversation.
    NotFound,
    /// No such account, in the place of a supervisor.
    SupervisorNotFound,
    /// That account is no supervisor.
    NotASupervisor,
    /// The candidate has one that is not closed.
    AlreadyActive,
    /// It is another supervisor's.
    CannotAssign,
    /// No such account, in the place of an agent.
    AgentNotFound,
    /// That account is no agent.
    NotAnAgent,
    /// That agent is another supervisor's.
    NotYourAgent,
    /// It is over, and cannot be assigned.
    AlreadyClosed,
    /// It is not this one's to see.
    NotAllowedToAccess,
    /// It is not this one's to close.
    NotAllowedToClose,
    /// It is over, and cannot be closed.
    CannotClose,
    /// The store or the records did not confirm in time.
    Unavailable,
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidId(_)
            | Self::Required(_)
            | Self::NotASupervisor
            | Self::NotAnAgent
            | Self::AlreadyClosed
            | Self::CannotClose => StatusCode::BAD_REQUEST,
            Self::CannotAssign
            | Self::NotYourAgent
            | Self::NotAllowedToAccess
            | Self::NotAllowedToClose => StatusCode::FORBIDDEN,
            Self::NotFound | Self::SupervisorNotFound | Self::AgentNotFound => {
                StatusCode::NOT_FOUND
            }
            Self::AlreadyActive => StatusCode::CONFLICT,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn text(&self) -> String {
        let text = match self {
            Self::InvalidId(value) => return format!("Invalid _id: {value}"),
            Self::Required(field) => return format!("{field} is required"),
            Self::NotFound => "Conversation not found",
            Self::SupervisorNotFound => "Supervisor not found",
            Self::NotASupervisor => "supervisorId is not a supervisor",
            Self::AlreadyActive => "Candidate already has an active conversation",
            Self::CannotAssign => "cannot assign agent",
            Self::AgentNotFound => "Agent not found",
            Self::NotAnAgent => "agentId is not an agent",
            Self::NotYourAgent => "Agent doesn't belong to you",
            Self::AlreadyClosed => "Conversation already closed",
            Self::NotAllowedToAccess => "Not allowed to access this conversation",
            Self::NotAllowedToClose => "Not allowed to close this conversation",
            Self::CannotClose => "Cannot close conversation with status: closed",
            Self::Unavailable => "Service unavailable",
        };
        text.to_owned()
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.status(), refusal.text())
    }
}

impl From<Unavailable> for Refusal {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}
