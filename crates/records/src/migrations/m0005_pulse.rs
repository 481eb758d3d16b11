//! A row that is written to see whether rows can be written.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

const TABLES: &str = "
CREATE TABLE pulse (
    id BIGINT NOT NULL PRIMARY KEY,
    beat BIGINT NOT NULL
);
";

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(TABLES).await.map(drop)
    }
}
