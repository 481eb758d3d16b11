//! Settings that people change while the services run (contract 000, section 4).

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde_json::{Map, Value, json};

use crate::{
    audit::{self, Act},
    database::Records,
    entities::setting::{ActiveModel, Column, Entity, Model},
    error::RecordsError,
};

/// Settings that people change while the services run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredSettings {
    /// Said to the visitor when an agent joins.
    pub join_text: Option<String>,
    /// Said to the visitor when the agent leaves.
    pub leave_text: Option<String>,
    /// How long a chat lives without activity.
    pub idle_timeout_seconds: Option<u64>,
    /// How many messages are shown on entering; 0: all.
    pub history_load_count: u64,
    /// After how many days a chat that ended is forgotten; 0: never.
    pub retention_days: u64,
}

const JOIN_TEXT: &str = "join_text";
const LEAVE_TEXT: &str = "leave_text";
const IDLE_TIMEOUT_SECONDS: &str = "idle_timeout_seconds";
const HISTORY_LOAD_COUNT: &str = "history_load_count";
const RETENTION_DAYS: &str = "retention_days";

impl Records {
    /// The stored settings; what was never set is at its default.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn settings(&self) -> Result<StoredSettings, RecordsError> {
        let rows = self.read(async |db| Entity::find().all(db).await).await?;
        let text = |name: &str| {
            let row = rows.iter().find(|row| row.name == name);
            row.map(|row| row.value.clone())
        };
        let number = |name| text(name).and_then(|value| value.parse().ok()).unwrap_or(0);
        Ok(StoredSettings {
            join_text: text(JOIN_TEXT),
            leave_text: text(LEAVE_TEXT),
            idle_timeout_seconds: text(IDLE_TIMEOUT_SECONDS).and_then(|value| value.parse().ok()),
            history_load_count: number(HISTORY_LOAD_COUNT),
            retention_days: number(RETENTION_DAYS),
        })
    }

    /// Stores settings; a text that is `None` goes back to its default.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn store_settings(
        &self,
        settings: &StoredSettings,
        by: &str,
        now: i64,
    ) -> Result<(), RecordsError> {
        let wanted = [
            (JOIN_TEXT, settings.join_text.clone()),
            (LEAVE_TEXT, settings.leave_text.clone()),
            (
                IDLE_TIMEOUT_SECONDS,
                settings.idle_timeout_seconds.map(|time| time.to_string()),
            ),
            (
                HISTORY_LOAD_COUNT,
                Some(settings.history_load_count.to_string()),
            ),
            (RETENTION_DAYS, Some(settings.retention_days.to_string())),
        ];
        // What it was before is told too: nobody changes it meanwhile.
        self.write_alone(async |tx| {
            let before = Entity::find().all(tx).await?;
            let changes = changes(&before, &wanted);
            for (name, value) in wanted.clone() {
                let Some(value) = value else {
                    Entity::delete_by_id(name).exec(tx).await?;
                    continue;
                };
                let row = ActiveModel {
                    name: Set(name.to_owned()),
                    value: Set(value),
                };
                let replace = OnConflict::column(Column::Name)
                    .update_column(Column::Value)
                    .to_owned();
                Entity::insert(row)
                    .on_conflict(replace)
                    .exec_without_returning(tx)
                    .await?;
            }
            let act = Act::SettingsStored;
            audit::append(tx, now, by, act, "settings", changes.as_ref()).await
        })
        .await
    }
}

/// What becomes of each setting that is not what it was, by the names of the API; `None` if all stay.
fn changes(before: &[Model], wanted: &[(&str, Option<String>)]) -> Option<Value> {
    let mut changes = Map::new();
    for (name, after) in wanted {
        let before = before.iter().find(|row| row.name == *name);
        let before = before.map(|row| &row.value);
        let (shown, number) = match *name {
            JOIN_TEXT => ("joinText", false),
            LEAVE_TEXT => ("leaveText", false),
            IDLE_TIMEOUT_SECONDS => ("idleTimeoutSeconds", true),
            HISTORY_LOAD_COUNT => ("historyLoadCount", true),
            _ => ("retentionDays", true),
        };
        let value = |text: Option<&String>| match (text, number) {
            (Some(text), true) => json!(text.parse::<u64>().unwrap_or(0)),
            // As long as the settings say.
            (None, true) if *name == IDLE_TIMEOUT_SECONDS => Value::Null,
            (None, true) => json!(0),
            (text, false) => json!(text),
        };
        let (before, after) = (value(before), value(after.as_ref()));
        if before != after {
            changes.insert(
                shown.to_owned(),
                json!({ "before": before, "after": after }),
            );
        }
    }
    (!changes.is_empty()).then(|| changes.into())
}
