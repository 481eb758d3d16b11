//! The staff desk (docs/desk.md): what supervisors see and do about everybody's chats, and what all staff see of each
//! other. Every frame is `{"type", "args"}`.
//!
//! [`decode`] reads a request, [`refused`] says what the rules' refusal is called here, and the rest is what the server
//! says.

mod decode;
mod frames;
mod lines;

use helpline_desk::refusal::Refusal;

pub use self::{
    decode::{Ask, Request, decode},
    frames::{
        ChatRow, FlaggedRow, Gone, Last, MemberRow, Times, chat, chat_gone, desk, done, flagged,
        staff, staff_gone,
    },
    lines::{line, watched},
};
use crate::close::WireError;

/// What a refusal is called here.
pub fn refused(refusal: Refusal) -> WireError {
    match refusal {
        Refusal::Over => WireError::ChatExpired,
        Refusal::NotEngaged => WireError::NotEngaged,
        Refusal::Outranked { .. } => WireError::Outranked,
        refusal => refusal.into(),
    }
}
