//! Looking accounts up.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Account, AccountFilter, AccountRole};
use crate::{
    database::Records,
    entities::account::{Column, Entity, Model},
    error::RecordsError,
};

impl Records {
    /// Whether an admin exists who may sign in.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_admin(&self) -> Result<bool, RecordsError> {
        let found = self
            .read(async |db| {
                let admin = AccountRole::Admin.as_str();
                let admins = Entity::find().filter(Column::Role.eq(admin));
                admins.filter(Column::Active.eq(true)).one(db).await
            })
            .await?;
        Ok(found.is_some())
    }

    /// An account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, id: &str) -> Result<Option<Account>, RecordsError> {
        let row = self
            .read(async |db| Entity::find_by_id(id).one(db).await)
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// An account and the hash of its password, by its e-mail.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account_by_email(
        &self,
        email: &str,
    ) -> Result<Option<(Account, String)>, RecordsError> {
        let find = Entity::find().filter(Column::Email.eq(email));
        let row = self.read(async |db| find.clone().one(db).await).await?;
        row.map(with_password).transpose()
    }

    /// An account and the hash of its password.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account_with_password(
        &self,
        id: &str,
    ) -> Result<Option<(Account, String)>, RecordsError> {
        let row = self
            .read(async |db| Entity::find_by_id(id).one(db).await)
            .await?;
        row.map(with_password).transpose()
    }

    /// Accounts, in the order of their making.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn accounts(&self, filter: &AccountFilter) -> Result<Vec<Account>, RecordsError> {
        let rows = self.read(async |db| {
            let mut find = Entity::find();
            if !filter.roles.is_empty() {
                find =
                    find.filter(Column::Role.is_in(filter.roles.iter().map(|role| role.as_str())));
            }
            if let Some(after) = &filter.after {
                let Some(last) = Entity::find_by_id(after).one(db).await? else {
                    return Ok(Vec::new());
                };
                let same_time = Column::CreatedAt.eq(last.created_at);
                let later = Condition::any()
                    .add(Column::CreatedAt.gt(last.created_at))
                    .add(same_time.and(Column::Id.gt(last.id)));
                find = find.filter(later);
            }
            let ordered = find.order_by(Column::CreatedAt, Order::Asc);
            let ordered = ordered.order_by(Column::Id, Order::Asc);
            ordered.limit(filter.limit).all(db).await
        });
        rows.await?.into_iter().map(Account::try_from).collect()
    }

    /// The accounts whose tokens ended after `since` (in seconds), each with the second from which tokens are good.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ended_since(&self, since: i64) -> Result<Vec<(String, i64)>, RecordsError> {
        self.read(async |db| {
            let ended = Entity::find().filter(Column::TokensFrom.gt(since));
            let columns = [Column::Id, Column::TokensFrom];
            let ended = ended.select_only().columns(columns);
            ended.into_tuple().all(db).await
        })
        .await
    }
}

fn with_password(row: Model) -> Result<(Account, String), RecordsError> {
    let password = row.password.clone();
    Ok((Account::try_from(row)?, password))
}
