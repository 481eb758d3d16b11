//! Who changed what, and when. It is appended to, by the transaction that makes the change, and never changed: there is
//! no function that could, and the database refuses it.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;

use crate::{
    database::Records,
    entities::audit::{ActiveModel, Column, Entity},
    error::RecordsError,
};

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Made an account.
    AccountCreated,
    /// Changed an account.
    AccountChanged,
    /// Changed the own password.
    PasswordChanged,
    /// Gave somebody another password.
    PasswordReset,
    /// Made or changed a permission group.
    GroupStored,
    /// Removed a permission group.
    GroupRemoved,
    /// Gave a role other groups.
    RoleMapped,
    /// Changed the stored settings.
    SettingsStored,
    /// Erased a visitor.
    VisitorErased,
    /// Erased what was left under an e-mail.
    FollowUpsErased,
}

impl Act {
    fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::AccountChanged => "account_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::GroupStored => "group_stored",
            Self::GroupRemoved => "group_removed",
            Self::RoleMapped => "role_mapped",
            Self::SettingsStored => "settings_stored",
            Self::VisitorErased => "visitor_erased",
            Self::FollowUpsErased => "follow_ups_erased",
        }
    }
}

/// A line of the audit log.
#[derive(Clone, Debug, PartialEq)]
pub struct Audited {
    /// Rises from line to line.
    pub id: i64,
    /// When, in microseconds.
    pub at: i64,
    /// The account that did it.
    pub actor: String,
    /// What it did.
    pub action: String,
    /// To what: an id or a name.
    pub target: String,
    /// What else there is to know.
    pub details: Option<Value>,
}

impl Records {
    /// Lines of the audit log, the latest first: those before line `before`, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit(
        &self,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Audited>, RecordsError> {
        let rows = self.read(async |db| {
            let find = Entity::find()
                .order_by(Column::Id, Order::Desc)
                .limit(limit);
            match before {
                Some(before) => find.filter(Column::Id.lt(before)).all(db).await,
                None => find.all(db).await,
            }
        });
        let lines = rows.await?.into_iter().map(|row| Audited {
            id: row.id,
            at: row.at,
            actor: row.actor,
            action: row.action,
            target: row.target,
            details: row
                .details
                .and_then(|text| serde_json::from_str(&text).ok()),
        });
        Ok(lines.collect())
    }
}

/// Adds a line.
pub(crate) async fn append(
    db: &impl ConnectionTrait,
    now: i64,
    actor: &str,
    act: Act,
    target: &str,
    details: Option<&Value>,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        id: NotSet,
        at: Set(now),
        actor: Set(actor.to_owned()),
        action: Set(act.as_str().to_owned()),
        target: Set(target.to_owned()),
        details: Set(details.map(Value::to_string)),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_database_refuses_to_change_or_remove_a_line() {
        let file =
            std::env::temp_dir().join(format!("helpline-audit-{}.db", rand::random::<u64>()));
        let records = Records::open(&format!("sqlite:{}", file.display()))
            .await
            .unwrap();
        records.migrate().await.unwrap();
        let append = records.write(async |tx| {
            append(tx, 1, "somebody", Act::SettingsStored, "settings", None).await
        });
        append.await.unwrap();
        for statement in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"] {
            let refused = records
                .write(async |tx| tx.execute_unprepared(statement).await)
                .await;
            assert!(refused.unwrap_err().to_string().contains("append-only"));
        }
        assert_eq!(records.audit(None, 10).await.unwrap().len(), 1);
        records.close().await;
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
}
