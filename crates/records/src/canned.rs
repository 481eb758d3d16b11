//! Canned responses: each agent's own (contract 000, section 2).

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, Order, PaginatorTrait, QueryFilter, QueryOrder,
};

use crate::{
    database::Records,
    entities::canned_response::{ActiveModel, Column, Entity, Model},
    error::RecordsError,
    new_id,
};

/// How many an agent may have, those that were deleted included.
pub const MOST_CANNED_RESPONSES: u64 = 2000;

/// A canned response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CannedResponse {
    /// 32 hex digits.
    pub id: String,
    /// Whose it is.
    pub account: String,
    /// No other active one of the same agent has it.
    pub name: String,
    /// The text by language, as JSON.
    pub text: String,
    /// Whether it was not deleted.
    pub is_active: bool,
    /// Whether the agent has selected it.
    pub selected: bool,
    /// In microseconds.
    pub created_at: i64,
    /// In microseconds.
    pub updated_at: i64,
}

/// What a canned response is to be.
#[derive(Clone, Debug)]
pub struct CannedContent {
    /// No other active one of the same agent has it.
    pub name: String,
    /// The text by language, as JSON.
    pub text: String,
    /// Whether it is not deleted.
    pub is_active: bool,
    /// Whether the agent has selected it.
    pub selected: bool,
}

impl Records {
    /// Adds a canned response to an agent's; `None`: there are [`MOST_CANNED_RESPONSES`].
    ///
    /// # Errors
    /// [`RecordsError::Conflict`] if the agent has an active one of this name.
    pub async fn add_canned(
        &self,
        account: &str,
        content: &CannedContent,
        now: i64,
    ) -> Result<Option<CannedResponse>, RecordsError> {
        let row = Model {
            id: new_id(),
            account: account.to_owned(),
            name: content.name.clone(),
            text: content.text.clone(),
            is_active: content.is_active,
            selected: content.selected,
            created_at: now,
            updated_at: now,
        };
        self.write(async |tx| {
            let theirs = Entity::find().filter(Column::Account.eq(account));
            if theirs.count(tx).await? >= MOST_CANNED_RESPONSES {
                return Ok(None);
            }
            let insert = Entity::insert(row.clone().into_active_model().reset_all());
            insert.exec_without_returning(tx).await?;
            Ok(Some(row.clone().into()))
        })
        .await
    }

    /// An agent's canned responses, oldest first, those that were deleted included.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn canned(&self, account: &str) -> Result<Vec<CannedResponse>, RecordsError> {
        let find = Entity::find()
            .filter(Column::Account.eq(account))
            .order_by(Column::CreatedAt, Order::Asc)
            .order_by(Column::Id, Order::Asc);
        let rows = self.read(async |db| find.clone().all(db).await).await?;
        Ok(rows.into_iter().map(CannedResponse::from).collect())
    }

    /// Replaces what an agent's canned response is. `None`: the agent has none of this id.
    ///
    /// # Errors
    /// [`RecordsError::Conflict`] if the agent has another active one of this name.
    pub async fn replace_canned(
        &self,
        account: &str,
        id: &str,
        content: &CannedContent,
        now: i64,
    ) -> Result<Option<CannedResponse>, RecordsError> {
        self.change_canned(account, id, |row| {
            row.name = Set(content.name.clone());
            row.text = Set(content.text.clone());
            row.is_active = Set(content.is_active);
            row.selected = Set(content.selected);
            row.updated_at = Set(now);
        })
        .await
    }

    /// Deletes an agent's canned response; it is listed as inactive from then on, and its name is free.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn delete_canned(
        &self,
        account: &str,
        id: &str,
        now: i64,
    ) -> Result<Option<CannedResponse>, RecordsError> {
        self.change_canned(account, id, |row| {
            row.is_active = Set(false);
            row.updated_at = Set(now);
        })
        .await
    }

    async fn change_canned(
        &self,
        account: &str,
        id: &str,
        change: impl Fn(&mut ActiveModel),
    ) -> Result<Option<CannedResponse>, RecordsError> {
        let changed = self.write(async |tx| {
            let Some(row) = own(tx, account, id).await? else {
                return Ok(None);
            };
            let mut row = row.into_active_model();
            change(&mut row);
            row.update(tx).await.map(Some)
        });
        Ok(changed.await?.map(CannedResponse::from))
    }
}

async fn own(tx: &DatabaseTransaction, account: &str, id: &str) -> Result<Option<Model>, DbErr> {
    let found = Entity::find_by_id(id).filter(Column::Account.eq(account));
    found.one(tx).await
}

impl From<Model> for CannedResponse {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            account: row.account,
            name: row.name,
            text: row.text,
            is_active: row.is_active,
            selected: row.selected,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}
