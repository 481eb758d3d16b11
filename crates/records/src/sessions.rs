//! Sign-ins that last: a cookie holds a secret, and only its hash is kept.

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use crate::{
    accounts::Account,
    database::Records,
    entities::{
        account,
        session::{ActiveModel, Column, Entity},
    },
    error::RecordsError,
};

impl Records {
    /// Begins a sign-in of an account; gives the secret for its cookie.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin_session(
        &self,
        account: &str,
        now: i64,
        expires_at: i64,
    ) -> Result<String, RecordsError> {
        let secret = format!(
            "{:032x}{:032x}",
            rand::random::<u128>(),
            rand::random::<u128>()
        );
        let row = ActiveModel {
            token_hash: Set(hash(&secret)),
            account: Set(account.to_owned()),
            created_at: Set(now),
            expires_at: Set(expires_at),
        };
        self.write(async |tx| {
            let over = Entity::delete_many().filter(Column::ExpiresAt.lte(now));
            over.exec(tx).await?;
            Entity::insert(row.clone()).exec_without_returning(tx).await
        })
        .await?;
        Ok(secret)
    }

    /// The active account whose sign-in this secret is of.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, secret: &str, now: i64) -> Result<Option<Account>, RecordsError> {
        let row = self
            .read(async |db| {
                let live = Entity::find_by_id(hash(secret)).filter(Column::ExpiresAt.gt(now));
                let Some(session) = live.one(db).await? else {
                    return Ok(None);
                };
                let account = account::Entity::find_by_id(session.account);
                let active = account.filter(account::Column::Active.eq(true));
                active.one(db).await
            })
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// Ends a sign-in, if there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_session(&self, secret: &str) -> Result<(), RecordsError> {
        self.write(async |tx| Entity::delete_by_id(hash(secret)).exec(tx).await)
            .await
            .map(|_| ())
    }
}

fn hash(secret: &str) -> String {
    let digest = Sha256::digest(secret.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
