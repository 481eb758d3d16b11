//! Forgetting what is old.

use std::collections::BTreeSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Query,
};

use crate::{
    database::Records,
    entities::{chat, chat_event, claim, follow_up, message, note, rating, user_tags, whisper},
    error::RecordsError,
};

impl Records {
    /// How many chats ended before `time`: those that [`Self::forget_before`] would forget.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn count_ended_before(&self, time: i64) -> Result<u64, RecordsError> {
        let ended = chat::Entity::find().filter(over(time));
        self.read(async |db| ended.count(db).await).await
    }

    /// Forgets chats that ended before `time`, whole, at most `limit` of them; says how many. One that never ended here, and
    /// whose life no silence outlasts, is over when nothing has happened in it for so long. The tags of visitors of whom no chat is
    /// left go too. Any number of processes may do this at once.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn forget_before(&self, time: i64, limit: u64) -> Result<u64, RecordsError> {
        self.write(async |tx| {
            let old: Vec<String> = chat::Entity::find()
                .select_only()
                .column(chat::Column::Id)
                .filter(over(time))
                .order_by_asc(chat::Column::LastAt)
                .limit(limit)
                .into_tuple()
                .all(tx)
                .await?;
            let ids = || old.iter().cloned();
            if old.is_empty() {
                return Ok(0);
            }
            message::Entity::delete_many()
                .filter(message::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            chat_event::Entity::delete_many()
                .filter(chat_event::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            claim::Entity::delete_many()
                .filter(claim::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            whisper::Entity::delete_many()
                .filter(whisper::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            note::Entity::delete_many()
                .filter(note::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            rating::Entity::delete_many()
                .filter(rating::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            follow_up::Entity::delete_many()
                .filter(follow_up::Column::Chat.is_in(ids()))
                .exec(tx)
                .await?;
            let visitors: BTreeSet<String> = chat::Entity::find()
                .select_only()
                .column(chat::Column::Visitor)
                .filter(chat::Column::Id.is_in(ids()))
                .filter(chat::Column::Visitor.is_not_null())
                .into_tuple()
                .all(tx)
                .await?
                .into_iter()
                .collect();
            let forgotten = chat::Entity::delete_many()
                .filter(chat::Column::Id.is_in(ids()))
                .exec(tx)
                .await?;
            let left: Vec<String> = chat::Entity::find()
                .select_only()
                .column(chat::Column::Visitor)
                .filter(chat::Column::Visitor.is_in(visitors.iter().cloned()))
                .into_tuple()
                .all(tx)
                .await?;
            let gone = visitors.iter().filter(|visitor| !left.contains(visitor));
            user_tags::Entity::delete_many()
                .filter(user_tags::Column::UserId.is_in(gone.cloned()))
                .exec(tx)
                .await?;
            Ok(forgotten.rows_affected)
        })
        .await
    }

    /// Forgets follow-ups that were made before `time` and belong to no chat that is kept; says how many.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn forget_follow_ups_before(&self, time: i64) -> Result<u64, RecordsError> {
        let kept = Query::select()
            .column(chat::Column::Id)
            .from(chat::Entity)
            .take();
        let belongs_nowhere = Condition::any()
            .add(follow_up::Column::Chat.is_null())
            .add(follow_up::Column::Chat.not_in_subquery(kept));
        let old = follow_up::Entity::delete_many()
            .filter(follow_up::Column::CreatedAt.lt(time))
            .filter(belongs_nowhere);
        let forgotten = self.write(async |tx| old.exec(tx).await).await?;
        Ok(forgotten.rows_affected)
    }
}

/// Chats that are over and in which nothing happened since `time`.
fn over(time: i64) -> Condition {
    let silent = Condition::all()
        .add(chat::Column::EndedAt.is_null())
        .add(chat::Column::Kept.eq(false))
        .add(chat::Column::LastAt.lt(time));
    Condition::any()
        .add(chat::Column::EndedAt.lt(time))
        .add(silent)
}
