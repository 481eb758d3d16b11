use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "whispers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chat: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub epoch: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    pub id: String,
    pub sender: String,
    pub sender_name: String,
    pub content: String,
}

impl ActiveModelBehavior for ActiveModel {}
