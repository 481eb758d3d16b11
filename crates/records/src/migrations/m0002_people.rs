//! People: accounts, what each role may do, canned replies, tags, sign-ins, and who changed what.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_pk_auto, boolean, integer, string_len, string_len_null, text, text_null,
    },
    sea_orm::DbBackend,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Step;

#[derive(DeriveIden)]
enum Accounts {
    Table,
    Id,
    Name,
    FirstName,
    LastName,
    Email,
    Password,
    Role,
    Supervisor,
    Active,
    CreatedAt,
    TokensFrom,
}

#[derive(DeriveIden)]
enum PermissionGroups {
    Table,
    Name,
    Permissions,
}

#[derive(DeriveIden)]
enum RoleGroups {
    Table,
    Role,
    GroupName,
}

#[derive(DeriveIden)]
enum CannedResponses {
    Table,
    Id,
    Account,
    Name,
    Text,
    IsActive,
    Selected,
    CreatedAt,
    UpdatedAt,
}

#[derive(DeriveIden)]
enum UserTags {
    Table,
    UserId,
    Tags,
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    TokenHash,
    Account,
    CreatedAt,
    ExpiresAt,
}

#[derive(DeriveIden)]
enum SignInFailures {
    Table,
    Subject,
    Attempts,
    LastAt,
    LockedUntil,
}

#[derive(DeriveIden)]
enum Audit {
    Table,
    Id,
    At,
    Actor,
    Action,
    Target,
    Details,
}

/// What was there from the beginning when this was released: a group with every permission, for everyone who works here.
const BEGINNING: &str = r#"
INSERT INTO permission_groups (name, permissions) VALUES ('default',
    '["create_canned_response","read_canned_response","edit_canned_response","delete_canned_response","create_user","edit_user_tag","read_user_tag"]');
INSERT INTO role_groups (role, group_name) VALUES
    ('agent', 'default'), ('supervisor', 'default'), ('admin', 'default');
"#;

/// Ids are 32 hex digits; a session's hash has 64.
const ID: u32 = 32;
const HASH: u32 = 64;
const ROLE: u32 = 16;

#[async_trait::async_trait]
impl MigrationTrait for Step {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        accounts(manager).await?;
        groups(manager).await?;
        canned_responses(manager).await?;
        let tags = Table::create()
            .table(UserTags::Table)
            .col(string_len(UserTags::UserId, 255).primary_key())
            .col(text(UserTags::Tags))
            .take();
        manager.create_table(tags).await?;
        manager
            .get_connection()
            .execute_unprepared(BEGINNING)
            .await?;
        sign_ins(manager).await?;
        audit(manager).await
    }
}

async fn accounts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Accounts::Table)
        .col(string_len(Accounts::Id, ID).primary_key())
        .col(text(Accounts::Name))
        .col(text(Accounts::FirstName))
        .col(text(Accounts::LastName))
        .col(text(Accounts::Email).unique_key())
        .col(text(Accounts::Password))
        .col(string_len(Accounts::Role, ROLE))
        .col(string_len_null(Accounts::Supervisor, ID))
        .col(boolean(Accounts::Active))
        .col(big_integer(Accounts::CreatedAt))
        .col(big_integer(Accounts::TokensFrom))
        .take();
    manager.create_table(table).await?;
    let columns = [
        ("accounts_role", Accounts::Role),
        ("accounts_supervisor", Accounts::Supervisor),
        ("accounts_tokens_from", Accounts::TokensFrom),
        ("accounts_created_at", Accounts::CreatedAt),
    ];
    for (name, column) in columns {
        let index = Index::create()
            .name(name)
            .table(Accounts::Table)
            .col(column)
            .take();
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn groups(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let groups = Table::create()
        .table(PermissionGroups::Table)
        .col(string_len(PermissionGroups::Name, 64).primary_key())
        .col(text(PermissionGroups::Permissions))
        .take();
    manager.create_table(groups).await?;
    let roles = Table::create()
        .table(RoleGroups::Table)
        .col(string_len(RoleGroups::Role, ROLE))
        .col(string_len(RoleGroups::GroupName, 64))
        .primary_key(
            Index::create()
                .col(RoleGroups::Role)
                .col(RoleGroups::GroupName),
        )
        .foreign_key(
            ForeignKey::create()
                .from(RoleGroups::Table, RoleGroups::GroupName)
                .to(PermissionGroups::Table, PermissionGroups::Name)
                .on_delete(ForeignKeyAction::Cascade),
        )
        .take();
    manager.create_table(roles).await
}

async fn canned_responses(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(CannedResponses::Table)
        .col(string_len(CannedResponses::Id, ID).primary_key())
        .col(string_len(CannedResponses::Account, ID))
        .col(text(CannedResponses::Name))
        .col(text(CannedResponses::Text))
        .col(boolean(CannedResponses::IsActive))
        .col(boolean(CannedResponses::Selected))
        .col(big_integer(CannedResponses::CreatedAt))
        .col(big_integer(CannedResponses::UpdatedAt))
        .take();
    manager.create_table(table).await?;
    // The name of a reply that was deleted is free again.
    let index = Index::create()
        .name("canned_responses_name")
        .table(CannedResponses::Table)
        .col(CannedResponses::Account)
        .col(CannedResponses::Name)
        .unique()
        .and_where(Expr::col(CannedResponses::IsActive).eq(true))
        .take();
    manager.create_index(index).await
}

async fn sign_ins(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let sessions = Table::create()
        .table(Sessions::Table)
        .col(string_len(Sessions::TokenHash, HASH).primary_key())
        .col(string_len(Sessions::Account, ID))
        .col(big_integer(Sessions::CreatedAt))
        .col(big_integer(Sessions::ExpiresAt))
        .take();
    manager.create_table(sessions).await?;
    let failures = Table::create()
        .table(SignInFailures::Table)
        .col(string_len(SignInFailures::Subject, HASH).primary_key())
        .col(integer(SignInFailures::Attempts))
        .col(big_integer(SignInFailures::LastAt))
        .col(big_integer(SignInFailures::LockedUntil))
        .take();
    manager.create_table(failures).await?;
    let by_account = Index::create()
        .name("sessions_account")
        .table(Sessions::Table)
        .col(Sessions::Account)
        .take();
    manager.create_index(by_account).await?;
    let by_end = Index::create()
        .name("sessions_expires_at")
        .table(Sessions::Table)
        .col(Sessions::ExpiresAt)
        .take();
    manager.create_index(by_end).await?;
    let by_last = Index::create()
        .name("sign_in_failures_last_at")
        .table(SignInFailures::Table)
        .col(SignInFailures::LastAt)
        .take();
    manager.create_index(by_last).await
}

/// What is written here stays: the program has no statement that changes or deletes it, and the database refuses one.
async fn audit(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let table = Table::create()
        .table(Audit::Table)
        .col(big_pk_auto(Audit::Id))
        .col(big_integer(Audit::At))
        .col(string_len(Audit::Actor, ID))
        .col(string_len(Audit::Action, 64))
        .col(text(Audit::Target))
        .col(text_null(Audit::Details))
        .take();
    manager.create_table(table).await?;
    let connection = manager.get_connection();
    let statements: &[&str] = match manager.get_database_backend() {
        DbBackend::Postgres => &[
            "CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$",
            "CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit \
             FOR EACH STATEMENT EXECUTE FUNCTION audit_stays()",
        ],
        _ => &[
            "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit \
             BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
            "CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit \
             BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
        ],
    };
    for statement in statements {
        connection.execute_unprepared(statement).await?;
    }
    Ok(())
}
