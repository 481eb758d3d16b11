//! The rules, case by case and by property.

#![allow(clippy::expect_used, reason = "a test may fail loudly")]

mod cases;
mod properties;
mod sessions;
mod staff;
mod world;
