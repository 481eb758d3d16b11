use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "chats")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kept: bool,
    pub erased: bool,
    pub open_for: Option<String>,
    pub platform: String,
    pub visitor: Option<String>,
    pub visitor_name: String,
    pub topic: Option<String>,
    pub supervisor: Option<String>,
    pub assigned: Option<String>,
    pub agent: Option<String>,
    pub agent_name: Option<String>,
    pub status: String,
    pub status_at: i64,
    pub created_at: i64,
    pub requested_at: Option<i64>,
    pub claimed_at: Option<i64>,
    pub first_response_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub end_reason: Option<String>,
    pub ended_by: Option<String>,
    pub messages: i64,
    pub last_epoch: String,
    pub last_seq: i64,
    pub last_at: i64,
    pub folded: String,
    pub severity: i64,
    pub flagged_at: Option<i64>,
    pub taken_at: Option<i64>,
    pub email: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Whether the chat's visitor was erased. Ask with the lock of [`crate::erase`] held, and it stays so.
pub(crate) async fn is_erased(db: &impl ConnectionTrait, chat: &str) -> Result<bool, DbErr> {
    let row = Entity::find_by_id(chat).one(db).await?;
    Ok(row.is_some_and(|row| row.erased))
}
