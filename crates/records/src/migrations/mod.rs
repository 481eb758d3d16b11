//! The tables, and how they came to be: one step a file, applied once, in this order.
//!
//! A step that has been released is never changed; what has to be different is another step.

mod m0001_settings;
mod m0002_people;
mod m0003_archive;
mod m0004_desk;
mod m0006_sign_ins;

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
            Box::new(m0006_sign_ins::Step),
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
