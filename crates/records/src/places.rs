//! From where somebody signed in: an address, a browser. Who tries from there again is not a stranger.
//!
//! Only hashes are kept, of the account and the place together: nobody can read here who was where.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, sea_query::OnConflict};

use crate::{
    database::Records,
    entities::sign_in_place::{ActiveModel, Column, Entity},
    error::RecordsError,
    failures::key,
};

/// Microseconds in a day.
const DAY: i64 = 24 * 3600 * 1_000_000;
/// A place is forgotten after so long without a sign-in.
const FORGET_AFTER: i64 = 90 * DAY;

impl Records {
    /// The first of these places from which somebody signed in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_place(
        &self,
        places: &[String],
        now: i64,
    ) -> Result<Option<usize>, RecordsError> {
        let keys: Vec<String> = places.iter().map(|place| key(place)).collect();
        let known = Entity::find()
            .filter(Column::Place.is_in(&keys))
            .filter(Column::LastAt.gt(now - FORGET_AFTER));
        let known = self.read(async |db| known.all(db).await).await?;
        let is_known = |key: &String| known.iter().any(|row| row.place == *key);
        Ok(keys.iter().position(is_known))
    }

    /// Somebody signed in from these places.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remember_places(&self, places: &[String], now: i64) -> Result<(), RecordsError> {
        if places.is_empty() {
            return Ok(());
        }
        self.write(async |tx| {
            let old = Entity::delete_many().filter(Column::LastAt.lt(now - FORGET_AFTER));
            old.exec(tx).await?;
            let rows = places.iter().map(|place| ActiveModel {
                place: Set(key(place)),
                last_at: Set(now),
            });
            let later = OnConflict::column(Column::Place)
                .update_column(Column::LastAt)
                .to_owned();
            let remember = Entity::insert_many(rows).on_conflict(later);
            remember.exec_without_returning(tx).await.map(drop)
        })
        .await
    }
}
