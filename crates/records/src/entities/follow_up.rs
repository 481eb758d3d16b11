use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "follow_ups")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub kind: String,
    pub name: String,
    pub email: String,
    pub content: String,
    pub chat: Option<String>,
    pub created_at: i64,
    pub taken_by: Option<String>,
    pub taken_at: Option<i64>,
    pub closed_by: Option<String>,
    pub closed_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}

/// Those that were left under this e-mail, however it is written.
pub(crate) fn is_of(email: &str) -> sea_orm::sea_query::SimpleExpr {
    use sea_orm::sea_query::{Expr, ExprTrait, Func};
    Func::lower(Expr::col(Column::Email)).eq(email.to_lowercase())
}
