//! The tables' rows, as they are. Each module beside this folder is the only one that uses its own.
#![allow(
    missing_docs,
    unreachable_pub,
    reason = "the derives make public items; a column says what it is by its name"
)]

pub(crate) mod setting;
