//! Forgetting what is old.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::{
    database::Records,
    entities::{chat, chat_event, claim, follow_up, message, note, rating, whisper},
    error::RecordsError,
};

impl Records {
    /// Forgets chats that ended before `time`, whole, at most `limit` of them; says how many. Any number of processes may
    /// do this at once.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn forget_before(&self, time: i64, limit: u64) -> Result<u64, RecordsError> {
        self.write(async |tx| {
            let old: Vec<String> = chat::Entity::find()
                .select_only()
                .column(chat::Column::Id)
                .filter(chat::Column::EndedAt.lt(time))
                .order_by_asc(chat::Column::EndedAt)
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
            let forgotten = chat::Entity::delete_many()
                .filter(chat::Column::Id.is_in(ids()))
                .exec(tx)
                .await?;
            Ok(forgotten.rows_affected)
        })
        .await
    }
}
