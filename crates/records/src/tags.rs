//! Tags of users (contract 000, section 3).

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use crate::{
    database::Records,
    entities::{
        account, chat,
        user_tags::{ActiveModel, Column, Entity},
    },
    error::RecordsError,
};

impl Records {
    /// A user's tags; `None`: nobody ever tagged this user.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tags(&self, user: &str) -> Result<Option<Vec<String>>, RecordsError> {
        let found = self
            .read(async |db| Entity::find_by_id(user).one(db).await)
            .await?;
        Ok(found.map(|row| serde_json::from_str(&row.tags).unwrap_or_default()))
    }

    /// Gives a user these tags and no others.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn store_tags(&self, user: &str, tags: &[String]) -> Result<(), RecordsError> {
        let row = ActiveModel {
            user_id: Set(user.to_owned()),
            tags: Set(serde_json::json!(tags).to_string()),
        };
        let replace = OnConflict::column(Column::UserId)
            .update_column(Column::Tags)
            .to_owned();
        self.write(async |tx| {
            let insert = Entity::insert(row.clone()).on_conflict(replace.clone());
            insert.exec_without_returning(tx).await.map(|_| ())
        })
        .await
    }

    /// Whether the records know this user: as somebody with tags, with an account or with a chat.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn knows_user(&self, user: &str) -> Result<bool, RecordsError> {
        self.read(async |db| {
            if Entity::find_by_id(user).one(db).await?.is_some() {
                return Ok(true);
            }
            if account::Entity::find_by_id(user).one(db).await?.is_some() {
                return Ok(true);
            }
            let theirs = chat::Entity::find().filter(chat::Column::Visitor.eq(user));
            Ok(theirs.one(db).await?.is_some())
        })
        .await
    }
}
