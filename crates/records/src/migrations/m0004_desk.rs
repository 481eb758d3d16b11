//! What the desk does to a chat beside talking in it: how urgent it was called, when it was taken last, and what was
//! whispered to its agent.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

const TABLES: &str = "
ALTER TABLE chats ADD COLUMN severity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE chats ADD COLUMN flagged_at BIGINT;
ALTER TABLE chats ADD COLUMN taken_at BIGINT;
CREATE TABLE whispers (
    chat TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    id TEXT NOT NULL,
    sender TEXT NOT NULL,
    sender_name TEXT NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (chat, epoch, seq)
);
";

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        database.execute_unprepared(TABLES).await.map(drop)
    }
}
