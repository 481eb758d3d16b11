//! Making and changing accounts. Each change and its line in the audit log are one transaction.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter,
    QuerySelect,
};

use super::{Account, AccountChange, AccountRole, NewAccount, NotChanged};
use crate::{
    audit::{self, Act},
    database::Records,
    entities::{
        account::{ActiveModel, Column, Entity, Model},
        session,
    },
    error::RecordsError,
    new_id,
};

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

impl Records {
    /// Makes an account. `by` is who makes it; `None`: it makes itself.
    ///
    /// # Errors
    /// [`RecordsError::Conflict`] if the e-mail is taken.
    pub async fn create_account(
        &self,
        new: &NewAccount,
        by: Option<&str>,
        now: i64,
    ) -> Result<Account, RecordsError> {
        self.write(async |tx| insert(tx, new, by, now).await).await
    }

    /// Changes an account. If it may sign in no more, or as something else, its tokens and sign-ins end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn change_account(
        &self,
        id: &str,
        change: &AccountChange,
        by: &str,
        now: i64,
    ) -> Result<Result<Account, NotChanged>, RecordsError> {
        let changed = self
            .write_alone(async |tx| update(tx, id, change, by, now).await)
            .await?;
        Ok(match changed {
            Ok(row) => Ok(Account::try_from(row)?),
            Err(reason) => Err(reason),
        })
    }

    /// Sets another password, by its hash. The account's tokens and sign-ins end. `None`: there is no such account. `by` is an
    /// account, or whoever else may: it is what the audit log says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_password(
        &self,
        id: &str,
        hash: &str,
        by: &str,
        now: i64,
    ) -> Result<Option<Account>, RecordsError> {
        let row = self
            .write(async |tx| {
                let Some(row) = Entity::find_by_id(id).one(tx).await? else {
                    return Ok(None);
                };
                let tokens_from = ended(&row, now);
                let mut row = row.into_active_model();
                row.password = Set(hash.to_owned());
                row.tokens_from = Set(tokens_from);
                end_sessions(tx, id).await?;
                let act = if by == id {
                    Act::PasswordChanged
                } else {
                    Act::PasswordReset
                };
                audit::append(tx, now, by, act, id, None).await?;
                row.update(tx).await.map(Some)
            })
            .await?;
        row.map(Account::try_from).transpose()
    }

    /// Keeps the same password in another way, unless it was changed meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn renew_hash(&self, id: &str, old: &str, new: &str) -> Result<(), RecordsError> {
        let renew = Entity::update_many()
            .set(ActiveModel {
                password: Set(new.to_owned()),
                ..Default::default()
            })
            .filter(Column::Id.eq(id))
            .filter(Column::Password.eq(old));
        self.write(async |tx| renew.clone().exec(tx).await.map(|_| ()))
            .await
    }
}

/// Makes the first admin; `None` if there is one.
pub(crate) async fn first_admin(
    tx: &DatabaseTransaction,
    new: &NewAccount,
    now: i64,
) -> Result<Option<Account>, DbErr> {
    match admins(tx, None).await? {
        0 => insert(tx, new, None, now).await.map(Some),
        _ => Ok(None),
    }
}

async fn insert(
    tx: &DatabaseTransaction,
    new: &NewAccount,
    by: Option<&str>,
    now: i64,
) -> Result<Account, DbErr> {
    let id = new_id();
    let row = ActiveModel {
        id: Set(id.clone()),
        name: Set(new.name.clone()),
        first_name: Set(new.first_name.clone()),
        last_name: Set(new.last_name.clone()),
        email: Set(new.email.clone()),
        password: Set(new.password.clone()),
        role: Set(new.role.as_str().to_owned()),
        supervisor: Set(new.supervisor.clone()),
        active: Set(true),
        created_at: Set(now),
        tokens_from: Set(0),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    let details = serde_json::json!({ "role": new.role.as_str() });
    let by = by.unwrap_or(&id);
    audit::append(tx, now, by, Act::AccountCreated, &id, Some(&details)).await?;
    Ok(Account {
        id,
        name: new.name.clone(),
        first_name: new.first_name.clone(),
        last_name: new.last_name.clone(),
        email: new.email.clone(),
        role: new.role,
        supervisor: new.supervisor.clone(),
        active: true,
        created_at: now,
        tokens_from: 0,
    })
}

async fn update(
    tx: &DatabaseTransaction,
    id: &str,
    change: &AccountChange,
    by: &str,
    now: i64,
) -> Result<Result<Model, NotChanged>, DbErr> {
    let Some(was) = Entity::find_by_id(id).one(tx).await? else {
        return Ok(Err(NotChanged::Unknown));
    };
    let mut is: Model = was.clone();
    if let Some(name) = &change.name {
        is.name.clone_from(name);
    }
    if let Some(role) = change.role {
        is.role = role.as_str().to_owned();
    }
    if let Some(active) = change.active {
        is.active = active;
    }
    if let Some(supervisor) = &change.supervisor {
        is.supervisor.clone_from(supervisor);
    }
    if is.role != AccountRole::Agent.as_str() {
        is.supervisor = None;
    }
    if is.supervisor != was.supervisor
        && let Some(supervisor) = &is.supervisor
        && !is_supervisor(tx, supervisor).await?
    {
        return Ok(Err(NotChanged::NoSupervisor));
    }
    let is_admin = |row: &Model| row.active && row.role == AccountRole::Admin.as_str();
    if is_admin(&was) && !is_admin(&is) && admins(tx, Some(id)).await? == 0 {
        return Ok(Err(NotChanged::LastAdmin));
    }
    if is.role != was.role || is.active != was.active {
        is.tokens_from = ended(&was, now);
        end_sessions(tx, id).await?;
    }
    if is == was {
        return Ok(Ok(was));
    }
    let details = differences(&was, &is);
    audit::append(tx, now, by, Act::AccountChanged, id, Some(&details)).await?;
    let row = ActiveModel {
        id: Unchanged(is.id.clone()),
        name: Set(is.name.clone()),
        role: Set(is.role.clone()),
        supervisor: Set(is.supervisor.clone()),
        active: Set(is.active),
        tokens_from: Set(is.tokens_from),
        ..Default::default()
    };
    row.update(tx).await.map(Ok)
}

/// What the audit log says of a change. A name is personal and is only said to have changed.
fn differences(was: &Model, is: &Model) -> serde_json::Value {
    let mut details = serde_json::Map::new();
    if was.name != is.name {
        details.insert("name".to_owned(), true.into());
    }
    if was.role != is.role {
        details.insert("role".to_owned(), is.role.clone().into());
    }
    if was.supervisor != is.supervisor {
        details.insert("supervisorId".to_owned(), is.supervisor.clone().into());
    }
    if was.active != is.active {
        details.insert("active".to_owned(), is.active.into());
    }
    details.into()
}

/// The second from which tokens are good when those issued until now end. Tokens count seconds, so it is the next one, and
/// a token that is issued at once says so too.
fn ended(row: &Model, now: i64) -> i64 {
    (now / SECOND + 1).max(row.tokens_from)
}

async fn end_sessions(tx: &DatabaseTransaction, account: &str) -> Result<(), DbErr> {
    let theirs = session::Entity::delete_many().filter(session::Column::Account.eq(account));
    theirs.exec(tx).await.map(|_| ())
}

async fn is_supervisor(tx: &DatabaseTransaction, id: &str) -> Result<bool, DbErr> {
    let found = Entity::find_by_id(id).one(tx).await?;
    Ok(found.is_some_and(|row| row.role == AccountRole::Supervisor.as_str()))
}

/// How many active admins there are besides `but`.
async fn admins(tx: &DatabaseTransaction, but: Option<&str>) -> Result<usize, DbErr> {
    let admins = Entity::find()
        .filter(Column::Role.eq(AccountRole::Admin.as_str()))
        .filter(Column::Active.eq(true));
    let ids: Vec<String> = admins
        .select_only()
        .column(Column::Id)
        .into_tuple()
        .all(tx)
        .await?;
    Ok(ids.iter().filter(|id| but != Some(id.as_str())).count())
}
