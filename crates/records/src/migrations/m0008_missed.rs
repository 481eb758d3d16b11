//! Requests that nobody took are seen to like messages that were left, and where their visitors can be written to is known.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

const TABLES: &str = "
ALTER TABLE follow_ups ADD COLUMN kind TEXT NOT NULL DEFAULT 'message';
ALTER TABLE chats ADD COLUMN email TEXT;
";

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(TABLES).await.map(drop)
    }
}
