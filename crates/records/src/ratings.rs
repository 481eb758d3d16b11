//! What visitors thought of a chat.

use sea_orm::{EntityTrait, sea_query::OnConflict};

use crate::{
    archive::{clean, clean_option},
    database::Records,
    entities::{chat, rating},
    error::RecordsError,
};

/// A rating.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// The chat.
    pub chat: String,
    /// From 1 to 5.
    pub score: u8,
    /// What the visitor wrote with it.
    pub comment: Option<String>,
    /// When, in microseconds since 1970.
    pub at: i64,
}

impl Records {
    /// Rates a chat; a second rating replaces the first. `false` if the chat was erased.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn rate(&self, rating: &Rating) -> Result<bool, RecordsError> {
        self.write(async |tx| {
            crate::erase::share_lock(tx).await?;
            if chat::is_erased(tx, &rating.chat).await? {
                return Ok(false);
            }
            let row = rating::Model {
                chat: clean(&rating.chat),
                score: i64::from(rating.score),
                remark: clean_option(rating.comment.as_ref()),
                at: rating.at,
            };
            let replace = OnConflict::column(rating::Column::Chat)
                .update_columns([
                    rating::Column::Score,
                    rating::Column::Remark,
                    rating::Column::At,
                ])
                .to_owned();
            rating::Entity::insert(rating::ActiveModel::from(row))
                .on_conflict(replace)
                .exec_without_returning(tx)
                .await?;
            Ok(true)
        })
        .await
    }

    /// A chat's rating, if it has one.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn rating(&self, chat: &str) -> Result<Option<Rating>, RecordsError> {
        let row = self
            .read(async |db| rating::Entity::find_by_id(chat).one(db).await)
            .await?;
        Ok(row.map(|row| Rating {
            chat: row.chat,
            score: u8::try_from(row.score).unwrap_or_default(),
            comment: row.remark,
            at: row.at,
        }))
    }
}
