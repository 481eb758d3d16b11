//! Who did what, and when: changes, sign-ins, what was read and taken along, and what was done to chats from outside. It is
//! appended to, by the transaction that makes a change, and never changed: there is no function that could, and the
//! database refuses it.

use helpline_desk::event::Event;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::{Value, json};

use crate::{
    archive::{Archived, clean},
    database::Records,
    entities::audit::{ActiveModel, Column, Entity},
    error::RecordsError,
};

/// How many rows one statement inserts: databases bound the number of values.
const ROWS: usize = 500;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Made an account.
    AccountCreated,
    /// Changed an account.
    AccountChanged,
    /// Changed the own password.
    PasswordChanged,
    /// Gave somebody another password.
    PasswordReset,
    /// Signed in.
    SignedIn,
    /// Tried to sign in with a wrong password; the line stands under the account that was meant.
    SignInFailed,
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
    /// Read what was said in a chat.
    TranscriptRead,
    /// Took chats along.
    ChatsExported,
    /// Took the audit log along.
    AuditExported,
    /// Took a chat from the agent who had it.
    TakenOver,
    /// Whispered to a chat's agent.
    Whispered,
    /// Gave a chat to an agent.
    Reassigned,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::AccountCreated,
        Self::AccountChanged,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::SignedIn,
        Self::SignInFailed,
        Self::GroupStored,
        Self::GroupRemoved,
        Self::RoleMapped,
        Self::SettingsStored,
        Self::VisitorErased,
        Self::FollowUpsErased,
        Self::TranscriptRead,
        Self::ChatsExported,
        Self::AuditExported,
        Self::TakenOver,
        Self::Whispered,
        Self::Reassigned,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountCreated => "account_created",
            Self::AccountChanged => "account_changed",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::GroupStored => "group_stored",
            Self::GroupRemoved => "group_removed",
            Self::RoleMapped => "role_mapped",
            Self::SettingsStored => "settings_stored",
            Self::VisitorErased => "visitor_erased",
            Self::FollowUpsErased => "follow_ups_erased",
            Self::TranscriptRead => "transcript_read",
            Self::ChatsExported => "chats_exported",
            Self::AuditExported => "audit_exported",
            Self::TakenOver => "taken_over",
            Self::Whispered => "whispered",
            Self::Reassigned => "reassigned",
        }
    }

    /// The act of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.as_str() == name)
    }
}

/// Which lines are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only what this account did.
    pub actor: Option<String>,
    /// Only this.
    pub act: Option<Act>,
    /// Only lines before this one.
    pub before: Option<i64>,
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
    /// Adds a line about something that changed nothing here.
    ///
    /// # Errors
    /// When the database does not confirm.
    pub async fn note_act(
        &self,
        now: i64,
        actor: &str,
        act: Act,
        target: &str,
        details: Option<&Value>,
    ) -> Result<(), RecordsError> {
        self.write(async |tx| append(tx, now, actor, act, target, details).await)
            .await
    }

    /// Lines of the audit log that match, the latest first, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        limit: u64,
    ) -> Result<Vec<Audited>, RecordsError> {
        let actor = filter.actor.as_deref();
        let wanted = Condition::all()
            .add_option(actor.map(|actor| Column::Actor.eq(actor)))
            .add_option(filter.act.map(|act| Column::Action.eq(act.as_str())))
            .add_option(filter.before.map(|before| Column::Id.lt(before)));
        let find = Entity::find()
            .filter(wanted)
            .order_by(Column::Id, Order::Desc)
            .limit(limit);
        let rows = self.read(async |db| find.all(db).await);
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

/// Adds lines about what was done to chats from outside. What was whispered stands with the chat, which may be erased.
pub(crate) async fn append_events<'a>(
    db: &impl ConnectionTrait,
    events: impl Iterator<Item = &'a Archived>,
) -> Result<(), DbErr> {
    let rows = events.filter_map(|archived| {
        let (actor, act, details) = match archived.event.as_ref()? {
            Event::TakenOver { agent, .. } => (agent, Act::TakenOver, None),
            Event::Whispered { by, .. } => (by, Act::Whispered, None),
            Event::Assigned { agent, by, .. } => {
                (by, Act::Reassigned, Some(json!({ "to": clean(&agent.0) })))
            }
            _ => return None,
        };
        let target = archived.chat.to_string();
        Some(row(
            archived.at,
            &clean(&actor.0),
            act,
            &target,
            details.as_ref(),
        ))
    });
    let rows: Vec<ActiveModel> = rows.collect();
    for rows in rows.chunks(ROWS) {
        Entity::insert_many(rows.to_vec())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
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
    let row = row(now, actor, act, target, details);
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

fn row(now: i64, actor: &str, act: Act, target: &str, details: Option<&Value>) -> ActiveModel {
    ActiveModel {
        id: NotSet,
        at: Set(now),
        actor: Set(actor.to_owned()),
        action: Set(act.as_str().to_owned()),
        target: Set(target.to_owned()),
        details: Set(details.map(Value::to_string)),
    }
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
        assert_eq!(
            records
                .audit(&AuditFilter::default(), 10)
                .await
                .unwrap()
                .len(),
            1
        );
        records.close().await;
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{end}", file.display()));
        }
    }
}
