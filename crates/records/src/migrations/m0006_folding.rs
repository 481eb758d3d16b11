//! What is searched in is folded anew: final sigmas, dotted capitals and accents that are put together in another way find
//! each other from now on.
//!
//! Only what has other letters than those of ASCII can come out differently, and only that is looked at.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, QueryResult, Statement, Value},
};
use unicode_normalization::UnicodeNormalization;

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

/// How many rows are in memory at a time.
const PAGE: u64 = 1_000;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        refold(manager, "chats", &["id"]).await?;
        refold(manager, "messages", &["chat", "epoch", "seq"]).await
    }
}

/// Goes through a table by its key.
async fn refold(manager: &SchemaManager<'_>, table: &str, key: &[&str]) -> Result<(), DbErr> {
    let database = manager.get_connection();
    let backend = manager.get_database_backend();
    let is_wide = match backend {
        DbBackend::Postgres => "octet_length(folded) <> char_length(folded)",
        _ => "length(CAST(folded AS BLOB)) <> length(folded)",
    };
    let columns = key.join(", ");
    let places = |from: usize| -> String {
        let places = (from..from + key.len()).map(|place| format!("${place}"));
        places.collect::<Vec<_>>().join(", ")
    };
    let first = format!(
        "SELECT folded, {columns} FROM {table} WHERE {is_wide} ORDER BY {columns} LIMIT {PAGE}"
    );
    let next = format!(
        "SELECT folded, {columns} FROM {table} WHERE {is_wide} AND ({columns}) > ({}) \
         ORDER BY {columns} LIMIT {PAGE}",
        places(1)
    );
    let change = format!(
        "UPDATE {table} SET folded = $1 WHERE ({columns}) = ({})",
        places(2)
    );
    let mut last: Option<Vec<Value>> = None;
    loop {
        let page = match &last {
            None => Statement::from_string(backend, &first),
            Some(last) => Statement::from_sql_and_values(backend, &next, last.clone()),
        };
        let rows = database.query_all_raw(page).await?;
        for row in &rows {
            let was: String = row.try_get_by_index(0)?;
            let is = fold(&was);
            let own = key_of(row, key)?;
            if is != was {
                let mut values = vec![Value::from(is)];
                values.extend(own.iter().cloned());
                let change = Statement::from_sql_and_values(backend, &change, values);
                database.execute_raw(change).await?;
            }
            last = Some(own);
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

fn key_of(row: &QueryResult, key: &[&str]) -> Result<Vec<Value>, DbErr> {
    key.iter()
        .map(|column| {
            Ok(match *column {
                "seq" => row.try_get::<i64>("", column)?.into(),
                _ => row.try_get::<String>("", column)?.into(),
            })
        })
        .collect()
}

/// As it was done when this was released.
fn fold(text: &str) -> String {
    let apart: String = text.nfkd().collect();
    let small = apart.to_lowercase().to_uppercase().to_lowercase();
    let small = small.replace('\u{3c2}', "\u{3c3}").replace("i\u{307}", "i");
    small.nfkc().collect()
}
