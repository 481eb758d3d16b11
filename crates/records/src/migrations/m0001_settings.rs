//! Settings that people change while the services run.

use sea_orm_migration::{
    prelude::*,
    schema::{string_len, text},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

#[derive(DeriveIden)]
enum Settings {
    Table,
    Name,
    Value,
}

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Settings::Table)
            .col(string_len(Settings::Name, 64).primary_key())
            .col(text(Settings::Value))
            .take();
        manager.create_table(table).await
    }
}
