use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub chat: String,
    pub author: String,
    pub author_name: String,
    pub content: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
