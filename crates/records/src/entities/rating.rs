use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "ratings")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub chat: String,
    pub score: i64,
    pub remark: Option<String>,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
