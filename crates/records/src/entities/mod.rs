//! The tables' rows, as they are. Each module beside this folder is the only one that uses its own.
#![allow(
    missing_docs,
    dead_code,
    unreachable_pub,
    reason = "the derives make public items, and more than is used; a column says what it is by its name"
)]

pub(crate) mod account;
pub(crate) mod audit;
pub(crate) mod canned_response;
pub(crate) mod chat;
pub(crate) mod chat_event;
pub(crate) mod claim;
pub(crate) mod erased_visitor;
pub(crate) mod follow_up;
pub(crate) mod group;
pub(crate) mod message;
pub(crate) mod note;
pub(crate) mod pulse;
pub(crate) mod rating;
pub(crate) mod role_group;
pub(crate) mod session;
pub(crate) mod setting;
pub(crate) mod sign_in_failure;
pub(crate) mod sign_in_place;
pub(crate) mod user_tags;
pub(crate) mod whisper;
