//! What staff note about a chat; visitors never see it.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    archive::clean,
    database::Records,
    entities::{chat, note},
    error::RecordsError,
};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Its id: 32 hex digits.
    pub id: String,
    /// The chat it is about.
    pub chat: String,
    /// The account that wrote it.
    pub author: String,
    /// Its name at the time.
    pub author_name: String,
    /// What it says.
    pub content: String,
    /// When it was written, in microseconds since 1970.
    pub at: i64,
}

impl Records {
    /// Adds a note to a chat. `false` if the chat was erased.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn add_note(&self, note: &Note) -> Result<bool, RecordsError> {
        self.write(async |tx| {
            crate::erase::share_lock(tx).await?;
            if chat::is_erased(tx, &note.chat).await? {
                return Ok(false);
            }
            let row = note::Model {
                id: note.id.clone(),
                chat: note.chat.clone(),
                author: note.author.clone(),
                author_name: clean(&note.author_name),
                content: clean(&note.content),
                at: note.at,
            };
            note::Entity::insert(note::ActiveModel::from(row))
                .exec_without_returning(tx)
                .await?;
            Ok(true)
        })
        .await
    }

    /// A chat's notes, oldest first.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn notes(&self, chat: &str) -> Result<Vec<Note>, RecordsError> {
        let rows = self
            .read(async |db| {
                note::Entity::find()
                    .filter(note::Column::Chat.eq(chat))
                    .order_by_asc(note::Column::At)
                    .order_by_asc(note::Column::Id)
                    .all(db)
                    .await
            })
            .await?;
        let notes = rows.into_iter().map(|row| Note {
            id: row.id,
            chat: row.chat,
            author: row.author,
            author_name: row.author_name,
            content: row.content,
            at: row.at,
        });
        Ok(notes.collect())
    }
}
