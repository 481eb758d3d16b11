use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "erased_visitors")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub visitor: String,
    pub at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
