//! Permission groups, and which role has which (contract 000, section 1).

use std::collections::BTreeSet;

use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use serde_json::json;

use crate::{
    accounts::AccountRole,
    audit::{self, Act},
    database::Records,
    entities::{group, role_group},
    error::RecordsError,
};

/// The group that is there from the beginning.
pub const DEFAULT_GROUP: &str = "default";

/// What a group may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "their names say what they are")]
pub enum Permission {
    CreateCannedResponse,
    ReadCannedResponse,
    EditCannedResponse,
    DeleteCannedResponse,
    CreateUser,
    EditUserTag,
    ReadUserTag,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::CreateCannedResponse,
        Self::ReadCannedResponse,
        Self::EditCannedResponse,
        Self::DeleteCannedResponse,
        Self::CreateUser,
        Self::EditUserTag,
        Self::ReadUserTag,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CreateCannedResponse => "create_canned_response",
            Self::ReadCannedResponse => "read_canned_response",
            Self::EditCannedResponse => "edit_canned_response",
            Self::DeleteCannedResponse => "delete_canned_response",
            Self::CreateUser => "create_user",
            Self::EditUserTag => "edit_user_tag",
            Self::ReadUserTag => "read_user_tag",
        }
    }

    /// The permission of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.as_str() == name)
    }
}

/// A permission group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// No other group has it.
    pub name: String,
    /// What it allows.
    pub permissions: BTreeSet<Permission>,
}

/// Why groups are not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoGroup {
    /// There is no group of this name.
    Unknown,
}

impl Records {
    /// What this role may do.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn permissions(
        &self,
        role: AccountRole,
    ) -> Result<BTreeSet<Permission>, RecordsError> {
        let groups = self
            .read(async |db| {
                let names = role_groups(db, role).await?;
                let groups = group::Entity::find().filter(group::Column::Name.is_in(names));
                groups.all(db).await
            })
            .await?;
        Ok(groups
            .into_iter()
            .flat_map(|row| Group::from(row).permissions)
            .collect())
    }

    /// All groups, by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn groups(&self) -> Result<Vec<Group>, RecordsError> {
        let rows = self
            .read(async |db| group::Entity::find().all(db).await)
            .await?;
        let mut groups: Vec<Group> = rows.into_iter().map(Group::from).collect();
        groups.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(groups)
    }

    /// The names of a role's groups.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn groups_of(&self, role: AccountRole) -> Result<Vec<String>, RecordsError> {
        let mut names = self.read(async |db| role_groups(db, role).await).await?;
        names.sort();
        Ok(names)
    }

    /// Makes a group, or gives it other permissions.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn store_group(&self, group: &Group, by: &str, now: i64) -> Result<(), RecordsError> {
        self.write(async |tx| {
            put(tx, group).await?;
            let details = json!({ "permissions": names(&group.permissions) });
            let name = &group.name;
            audit::append(tx, now, by, Act::GroupStored, name, Some(&details)).await
        })
        .await
    }

    /// Removes a group, also from the roles that have it. `false`: there was none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn remove_group(&self, name: &str, by: &str, now: i64) -> Result<bool, RecordsError> {
        self.write(async |tx| {
            let removed = group::Entity::delete_by_id(name).exec(tx).await?;
            if removed.rows_affected == 0 {
                return Ok(false);
            }
            audit::append(tx, now, by, Act::GroupRemoved, name, None).await?;
            Ok(true)
        })
        .await
    }

    /// Gives a role these groups and no others.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn map_role(
        &self,
        role: AccountRole,
        groups: &BTreeSet<String>,
        by: &str,
        now: i64,
    ) -> Result<Result<(), NoGroup>, RecordsError> {
        self.write(async |tx| {
            let known = group::Entity::find().filter(group::Column::Name.is_in(groups.iter()));
            if known.all(tx).await?.len() != groups.len() {
                return Ok(Err(NoGroup::Unknown));
            }
            let before = role_group::Entity::delete_many();
            let before = before.filter(role_group::Column::Role.eq(role.as_str()));
            before.exec(tx).await?;
            for name in groups {
                map(tx, role, name).await?;
            }
            let details = json!({ "groups": groups });
            let target = role.as_str();
            audit::append(tx, now, by, Act::RoleMapped, target, Some(&details)).await?;
            Ok(Ok(()))
        })
        .await
    }
}

async fn put(db: &impl ConnectionTrait, group: &Group) -> Result<(), DbErr> {
    let row = group::ActiveModel {
        name: Set(group.name.clone()),
        permissions: Set(json!(names(&group.permissions)).to_string()),
    };
    let replace = OnConflict::column(group::Column::Name)
        .update_column(group::Column::Permissions)
        .to_owned();
    let insert = group::Entity::insert(row).on_conflict(replace);
    insert.exec_without_returning(db).await.map(|_| ())
}

async fn map(db: &impl ConnectionTrait, role: AccountRole, group: &str) -> Result<(), DbErr> {
    let row = role_group::ActiveModel {
        role: Set(role.as_str().to_owned()),
        group_name: Set(group.to_owned()),
    };
    let insert = role_group::Entity::insert(row);
    insert.exec_without_returning(db).await.map(|_| ())
}

async fn role_groups(db: &impl ConnectionTrait, role: AccountRole) -> Result<Vec<String>, DbErr> {
    let rows = role_group::Entity::find().filter(role_group::Column::Role.eq(role.as_str()));
    let rows = rows.all(db).await?;
    Ok(rows.into_iter().map(|row| row.group_name).collect())
}

fn names(permissions: &BTreeSet<Permission>) -> Vec<&'static str> {
    permissions
        .iter()
        .map(|permission| permission.as_str())
        .collect()
}

impl From<group::Model> for Group {
    fn from(row: group::Model) -> Self {
        let stored: Vec<String> = serde_json::from_str(&row.permissions).unwrap_or_default();
        Self {
            name: row.name,
            // A permission that a later release knows is none for this one.
            permissions: stored
                .iter()
                .filter_map(|name| Permission::parse(name))
                .collect(),
        }
    }
}
