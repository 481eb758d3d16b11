//! Forgetting a person.
//!
//! What a visitor said, what was whispered and noted about it, its ratings, follow-ups, tags and names are gone, also what it left
//! under an e-mail that it gave in a chat; what stays
//! of each chat is a row without a person, so that counts stay true. Events that are still on their way when a visitor is erased do
//! not bring anything back: a chat that was erased takes in nothing more but its end, and a chat that the records
//! have not heard of yet is erased as it arrives.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    QuerySelect, Statement,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    audit::{self, Act},
    database::Records,
    entities::{
        account, chat, chat_event, erased_visitor, follow_up, message, note, rating, user_tags,
        whisper,
    },
    error::RecordsError,
};

/// One number, the same in every process: batches of events share its lock, erasing has it alone.
const LOCK: i64 = 0x6865_6c70_6572_6173;

/// What was erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// How many chats.
    pub chats: u64,
    /// How many messages.
    pub messages: u64,
}

impl Records {
    /// Erases a visitor as of `at`, on behalf of the account `by`: chats it registers later are its new ones. Erasing again
    /// erases what came since.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn erase(&self, visitor: &str, by: &str, at: i64) -> Result<Erased, RecordsError> {
        self.write(async |tx| {
            lock(tx, "pg_advisory_xact_lock").await?;
            remember(tx, visitor, at).await?;
            user_tags::Entity::delete_by_id(visitor).exec(tx).await?;
            let chats: Vec<String> = chat::Entity::find()
                .select_only()
                .column(chat::Column::Id)
                .filter(chat::Column::Visitor.eq(visitor))
                .into_tuple()
                .all(tx)
                .await?;
            let mut erased = Erased {
                chats: chats.len() as u64,
                messages: 0,
            };
            let mut introduced = own_email(tx, visitor).await?;
            for chats in chats.chunks(500) {
                introduced.extend(said_of_emails(tx, chats).await?);
            }
            erase_word_left(tx, &introduced).await?;
            for chats in chats.chunks(500) {
                erased.messages += erase_chats(tx, chats).await?;
            }
            audit::append(tx, at, by, Act::VisitorErased, visitor, None).await?;
            Ok(erased)
        })
        .await
    }

    /// Erases what was left under an e-mail by whoever found nobody, on behalf of the account `by`; says how many follow-ups.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn erase_follow_ups(
        &self,
        email: &str,
        by: &str,
        at: i64,
    ) -> Result<u64, RecordsError> {
        self.write(async |tx| {
            let erased = follow_up::Entity::delete_many()
                .filter(follow_up::is_of(email))
                .exec(tx)
                .await?
                .rows_affected;
            let details = serde_json::json!({ "followUps": erased });
            let (act, target) = (Act::FollowUpsErased, "follow-ups");
            audit::append(tx, at, by, act, target, Some(&details)).await?;
            Ok(erased)
        })
        .await
    }
}

/// The e-mail of the visitor's account, if it has one, as it stands in a text.
async fn own_email(tx: &DatabaseTransaction, visitor: &str) -> Result<Vec<String>, DbErr> {
    let account = account::Entity::find_by_id(visitor).one(tx).await?;
    Ok(account
        .map(|account| quoted(&account.email))
        .into_iter()
        .collect())
}

/// What was written down as the visitor gave its e-mail, in these chats and with their follow-ups.
async fn said_of_emails(tx: &DatabaseTransaction, chats: &[String]) -> Result<Vec<String>, DbErr> {
    let chats = || chats.iter().cloned();
    let mut said: Vec<String> = chat_event::Entity::find()
        .select_only()
        .column(chat_event::Column::Body)
        .filter(chat_event::Column::Kind.eq("introduced"))
        .filter(chat_event::Column::Chat.is_in(chats()))
        .into_tuple()
        .all(tx)
        .await?;
    let left: Vec<String> = follow_up::Entity::find()
        .select_only()
        .column(follow_up::Column::Email)
        .filter(follow_up::Column::Chat.is_in(chats()))
        .into_tuple()
        .all(tx)
        .await?;
    said.extend(left.iter().map(|email| quoted(email)));
    Ok(said)
}

/// Erases the follow-ups that named no chat and were left under an e-mail that stands in one of these texts.
async fn erase_word_left(tx: &DatabaseTransaction, introduced: &[String]) -> Result<(), DbErr> {
    if introduced.is_empty() {
        return Ok(());
    }
    let introduced: Vec<String> = introduced.iter().map(|text| text.to_lowercase()).collect();
    let emails: Vec<String> = follow_up::Entity::find()
        .select_only()
        .column(follow_up::Column::Email)
        .filter(follow_up::Column::Chat.is_null())
        .distinct()
        .into_tuple()
        .all(tx)
        .await?;
    for email in emails {
        let wanted = quoted(&email);
        if introduced.iter().any(|text| text.contains(&wanted)) {
            follow_up::Entity::delete_many()
                .filter(follow_up::Column::Chat.is_null())
                .filter(follow_up::is_of(&email))
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}

/// An e-mail as it stands in an event: whole, whatever else is around it.
fn quoted(email: &str) -> String {
    serde_json::Value::from(email.to_lowercase()).to_string()
}

async fn erase_chats(tx: &DatabaseTransaction, chats: &[String]) -> Result<u64, DbErr> {
    let chats = || chats.iter().cloned();
    let said = message::Entity::delete_many()
        .filter(message::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    chat_event::Entity::delete_many()
        .filter(chat_event::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    whisper::Entity::delete_many()
        .filter(whisper::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    note::Entity::delete_many()
        .filter(note::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    rating::Entity::delete_many()
        .filter(rating::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    follow_up::Entity::delete_many()
        .filter(follow_up::Column::Chat.is_in(chats()))
        .exec(tx)
        .await?;
    chat::Entity::update_many()
        .col_expr(chat::Column::Erased, Expr::value(true))
        .col_expr(chat::Column::Visitor, Expr::value(None::<String>))
        .col_expr(chat::Column::OpenFor, Expr::value(None::<String>))
        .col_expr(chat::Column::VisitorName, Expr::value(""))
        .col_expr(chat::Column::Topic, Expr::value(None::<String>))
        .col_expr(chat::Column::Email, Expr::value(None::<String>))
        .col_expr(chat::Column::Folded, Expr::value(""))
        .filter(chat::Column::Id.is_in(chats()))
        .exec(tx)
        .await?;
    Ok(said.rows_affected)
}

async fn remember(tx: &DatabaseTransaction, visitor: &str, at: i64) -> Result<(), DbErr> {
    let row = erased_visitor::Model {
        visitor: visitor.to_owned(),
        at,
    };
    let later = sea_orm::sea_query::OnConflict::column(erased_visitor::Column::Visitor)
        .update_column(erased_visitor::Column::At)
        .to_owned();
    erased_visitor::Entity::insert(erased_visitor::ActiveModel::from(row))
        .on_conflict(later)
        .exec_without_returning(tx)
        .await
        .map(drop)
}

/// For the time of a batch: nobody is erased meanwhile.
pub(crate) async fn share_lock(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    lock(tx, "pg_advisory_xact_lock_shared").await
}

/// SQLite has one writer at a time as it is.
async fn lock(tx: &DatabaseTransaction, function: &str) -> Result<(), DbErr> {
    if tx.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let lock = format!("SELECT {function}({LOCK})");
    let lock = Statement::from_string(DbBackend::Postgres, lock);
    tx.execute_raw(lock).await.map(drop)
}

/// Of these (chat, visitor, registered at): the chats of visitors who were erased since.
pub(crate) async fn of_erased_visitors(
    tx: &DatabaseTransaction,
    registered: Vec<(String, String, i64)>,
) -> Result<BTreeSet<String>, DbErr> {
    if registered.is_empty() {
        return Ok(BTreeSet::new());
    }
    let visitors = registered.iter().map(|(_, visitor, _)| visitor.as_str());
    let erased = erased_visitor::Entity::find()
        .filter(Expr::col(erased_visitor::Column::Visitor).is_in(visitors))
        .all(tx)
        .await?;
    let erased: BTreeMap<String, i64> = erased
        .into_iter()
        .map(|row| (row.visitor, row.at))
        .collect();
    Ok(registered
        .into_iter()
        .filter(|(_, visitor, at)| erased.get(visitor).is_some_and(|erased| at <= erased))
        .map(|(chat, _, _)| chat)
        .collect())
}
