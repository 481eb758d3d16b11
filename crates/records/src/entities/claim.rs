use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "claims")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chat: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub support: String,
    pub agent: String,
    pub name: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
