//! The tables, and how they came to be: one step a file, applied once, in this order.
//!
//! A step that has been released is never changed; what has to be different is another step.

mod m0001_settings;
mod m0002_people;
mod m0003_archive;
mod m0004_desk;
mod m0005_pulse;
mod m0006_folding;
mod m0007_sign_ins;
mod m0008_missed;

use sea_orm_migration::{
    IntoSchemaManagerConnection, MigrationTrait, MigratorTrait, SchemaManager,
    async_trait::async_trait,
    sea_orm::{ConnectionTrait, DbErr, Statement},
};

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
            Box::new(m0005_pulse::Step),
            Box::new(m0006_folding::Step),
            Box::new(m0007_sign_ins::Step),
            Box::new(m0008_missed::Step),
        ]
    }
}

/// How the tables of a database compare with what this release knows, by the names of the steps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// What would be done.
    pub(crate) pending: Vec<String>,
    /// What a newer release has done.
    pub(crate) unknown: Vec<String>,
}

impl Standing {
    /// Reads it, and changes nothing.
    pub(crate) async fn read<'c>(
        database: impl IntoSchemaManagerConnection<'c>,
    ) -> Result<Self, DbErr> {
        let manager = SchemaManager::new(database);
        let table = Migrations::migration_table_name().to_string();
        let known: Vec<String> = Migrations::migrations()
            .iter()
            .map(|step| step.name().to_owned())
            .collect();
        if !manager.has_table(&table).await? {
            return Ok(Self {
                pending: known,
                unknown: Vec::new(),
            });
        }
        let database = manager.get_connection();
        let query = format!("SELECT version FROM {table} ORDER BY version");
        let query = Statement::from_string(database.get_database_backend(), query);
        let done = database.query_all_raw(query).await?;
        let done: Vec<String> = done
            .iter()
            .map(|row| row.try_get_by_index(0))
            .collect::<Result<_, _>>()?;
        let beyond = |of: &[String], without: &[String]| {
            let left = of.iter().filter(|name| !without.contains(name));
            left.cloned().collect()
        };
        Ok(Self {
            pending: beyond(&known, &done),
            unknown: beyond(&done, &known),
        })
    }
}

#[cfg(test)]
mod tests {
    use sea_orm_migration::sea_orm::{ConnectionTrait, DatabaseTransaction, Statement};

    use crate::Records;

    /// Folded as the release before did it, each found by the other spelling afterwards.
    #[tokio::test]
    async fn what_was_stored_before_is_found_like_what_is_stored_now() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("helpline.db");
        let records = Records::open(&format!("sqlite:{}", file.display())).await;
        let records = records.unwrap();
        records.migrate().await.unwrap();
        let was = [
            "\u{3bf}\u{3b4}\u{3bf}\u{3c2}",
            "cafe\u{301}",
            "plain",
            "i\u{307}x",
        ];
        let texts = was.len() as i64;
        let before = async |tx: &DatabaseTransaction| {
            let undone = "DELETE FROM seaql_migrations WHERE version = 'm0006_folding'";
            tx.execute_unprepared(undone).await?;
            for (seq, text) in was.iter().enumerate() {
                let rows = (0..600).map(|number| {
                    format!("('c{number}', 'e', {seq}, 0, '', 'visitor', '', '{text}')")
                });
                let insert = format!(
                    "INSERT INTO messages (chat, epoch, seq, at, id, side, content, folded) VALUES {}",
                    rows.collect::<Vec<_>>().join(", ")
                );
                tx.execute_unprepared(&insert).await?;
            }
            Ok(())
        };
        records.write(before).await.unwrap();
        records.migrate().await.unwrap();
        let is = records
            .read(async |db| {
                let all = "SELECT DISTINCT seq, folded FROM messages ORDER BY seq";
                let all = Statement::from_string(db.get_database_backend(), all);
                let rows = db.query_all_raw(all).await?;
                let folded = rows.iter().map(|row| row.try_get_by_index::<String>(1));
                folded.collect::<Result<Vec<_>, _>>()
            })
            .await
            .unwrap();
        assert_eq!(is.len() as i64, texts);
        let wanted = ["\u{3bf}\u{3b4}\u{3bf}\u{3c3}", "caf\u{e9}", "plain", "ix"];
        assert_eq!(is, wanted);
        records.close().await;
    }
}
