//! The rules, case by case and by property.

mod cases;
mod properties;
mod world;
