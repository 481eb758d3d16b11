//! From where people sign in, so that strangers who fail do not lock them out; and an audit log that also says what other
//! systems' accounts did, and is looked through by person and act.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

const TABLES: &str = "
CREATE TABLE sign_in_places (
    place TEXT PRIMARY KEY,
    last_at BIGINT NOT NULL
);
CREATE INDEX sign_in_places_last_at ON sign_in_places (last_at);
CREATE INDEX audit_actor ON audit (actor, id);
CREATE INDEX audit_action ON audit (action, id);
";
/// Ids of other systems are longer than ours. SQLite does not look at the length.
const ANY_ACTOR: &str = "ALTER TABLE audit ALTER COLUMN actor TYPE TEXT";

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let database = manager.get_connection();
        if manager.get_database_backend() == DbBackend::Postgres {
            database.execute_unprepared(ANY_ACTOR).await?;
        }
        database.execute_unprepared(TABLES).await.map(drop)
    }
}
