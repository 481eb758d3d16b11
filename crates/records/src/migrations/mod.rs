//! The tables, and how they came to be: one step a file, applied once, in this order.
//!
//! A step that has been released is never changed; what has to be different is another step.

mod m0001_settings;
mod m0002_people;
mod m0003_archive;
mod m0004_desk;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait::async_trait};

/// All steps.
pub(crate) struct Migrations;

#[async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_settings::Step),
            Box::new(m0002_people::Step),
            Box::new(m0003_archive::Step),
            Box::new(m0004_desk::Step),
        ]
    }
}
