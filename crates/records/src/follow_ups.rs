//! Visitors who found nobody and ask to be called back, and requests that nobody took.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use crate::{
    archive::{clean, clean_option},
    database::Records,
    entities::{chat, follow_up},
    error::RecordsError,
};

/// How a follow-up came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUpKind {
    /// The visitor left a message.
    Message,
    /// Nobody took its request.
    Missed,
}

impl FollowUpKind {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Missed => "missed",
        }
    }
}

/// A wish to be called back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id: 32 hex digits.
    pub id: String,
    /// How it came to be.
    pub kind: FollowUpKind,
    /// The visitor's name.
    pub name: String,
    /// Where to write to; empty where that is not known.
    pub email: String,
    /// What it is about.
    pub text: String,
    /// The chat it comes from, if it does.
    pub chat: Option<String>,
    /// When it was made; this and what follows in microseconds since 1970.
    pub created_at: i64,
    /// The account that sees to it, and since when.
    pub taken: Option<(String, i64)>,
    /// The account that is done with it, and since when.
    pub closed: Option<(String, i64)>,
}

/// Where a page ended: the next one has what was made earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowUpCursor {
    /// When the last wish of the page was made, in microseconds since 1970.
    pub created_at: i64,
    /// Its id; empty: what was made at that very time is not wanted.
    pub id: String,
}

/// What became of a change to a follow-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FollowUpChange {
    /// It is done.
    Done,
    /// Somebody else sees to it, or it is closed.
    Refused,
    /// There is none with this id.
    Unknown,
}

impl Records {
    /// Adds a wish to be called back. One for an erased chat is kept without the chat. It takes the place of the missed request
    /// it comes from, if nobody sees to that yet.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn add_follow_up(&self, wish: &FollowUp) -> Result<(), RecordsError> {
        self.write(async |tx| {
            crate::erase::share_lock(tx).await?;
            let erased = match &wish.chat {
                Some(chat) => chat::is_erased(tx, chat).await?,
                None => false,
            };
            if let Some(chat) = &wish.chat {
                use follow_up::Column::{Chat, ClosedAt, Kind, TakenAt};
                let missed = Kind.eq(FollowUpKind::Missed.as_str());
                let open = TakenAt.is_null().and(ClosedAt.is_null());
                follow_up::Entity::delete_many()
                    .filter(Chat.eq(chat).and(missed).and(open))
                    .exec(tx)
                    .await?;
            }
            let row = follow_up::Model {
                id: wish.id.clone(),
                kind: wish.kind.as_str().to_owned(),
                name: clean(&wish.name),
                email: clean(&wish.email),
                content: clean(&wish.text),
                chat: clean_option(wish.chat.as_ref().filter(|_| !erased)),
                created_at: wish.created_at,
                taken_by: None,
                taken_at: None,
                closed_by: None,
                closed_at: None,
            };
            follow_up::Entity::insert(follow_up::ActiveModel::from(row))
                .exec_without_returning(tx)
                .await
                .map(drop)
        })
        .await
    }

    /// Wishes to be called back, newest first, from `before` on; the open ones or the closed ones.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn follow_ups(
        &self,
        closed: bool,
        before: Option<&FollowUpCursor>,
        limit: u64,
    ) -> Result<Vec<FollowUp>, RecordsError> {
        use follow_up::Column::{CreatedAt, Id};
        let before = before.map(|before| {
            let earlier = CreatedAt.lt(before.created_at);
            let same = CreatedAt.eq(before.created_at);
            earlier.or(same.and(Id.lt(before.id.as_str())))
        });
        let rows = self
            .read(async |db| {
                follow_up::Entity::find()
                    .filter(in_state(closed).add_option(before.clone()))
                    .order_by_desc(CreatedAt)
                    .order_by_desc(Id)
                    .limit(limit)
                    .all(db)
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(FollowUp::from).collect())
    }

    /// How many wishes to be called back there are: open ones or closed ones.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn count_follow_ups(&self, closed: bool) -> Result<u64, RecordsError> {
        self.read(async |db| {
            let wanted = follow_up::Entity::find().filter(in_state(closed));
            wanted.count(db).await
        })
        .await
    }

    /// All that was left under an e-mail, newest first, open or done.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn follow_ups_of(
        &self,
        email: &str,
        limit: u64,
    ) -> Result<Vec<FollowUp>, RecordsError> {
        let rows = self
            .read(async |db| {
                follow_up::Entity::find()
                    .filter(follow_up::is_of(email))
                    .order_by_desc(follow_up::Column::CreatedAt)
                    .limit(limit)
                    .all(db)
                    .await
            })
            .await?;
        Ok(rows.into_iter().map(FollowUp::from).collect())
    }

    /// Says that this account sees to it. Of several at once one succeeds; again by the same changes nothing.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn take_follow_up(
        &self,
        id: &str,
        by: &str,
        at: i64,
    ) -> Result<FollowUpChange, RecordsError> {
        use follow_up::Column::{ClosedAt, Id, TakenAt, TakenBy};
        self.write(async |tx| {
            let changed = follow_up::Entity::update_many()
                .col_expr(TakenBy, Expr::value(by))
                .col_expr(TakenAt, Expr::value(at))
                .filter(Id.eq(id).and(ClosedAt.is_null()).and(TakenBy.is_null()))
                .exec(tx)
                .await?;
            if changed.rows_affected > 0 {
                return Ok(FollowUpChange::Done);
            }
            let row = follow_up::Entity::find_by_id(id).one(tx).await?;
            Ok(match row {
                None => FollowUpChange::Unknown,
                Some(row) if row.taken_by.as_deref() == Some(by) && row.closed_at.is_none() => {
                    FollowUpChange::Done
                }
                Some(_) => FollowUpChange::Refused,
            })
        })
        .await
    }

    /// Says that it is done. Again changes nothing.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn close_follow_up(
        &self,
        id: &str,
        by: &str,
        at: i64,
    ) -> Result<FollowUpChange, RecordsError> {
        use follow_up::Column::{ClosedAt, ClosedBy, Id};
        self.write(async |tx| {
            let changed = follow_up::Entity::update_many()
                .col_expr(ClosedBy, Expr::value(by))
                .col_expr(ClosedAt, Expr::value(at))
                .filter(Id.eq(id).and(ClosedAt.is_null()))
                .exec(tx)
                .await?;
            if changed.rows_affected > 0 {
                return Ok(FollowUpChange::Done);
            }
            let row = follow_up::Entity::find_by_id(id).one(tx).await?;
            Ok(match row {
                None => FollowUpChange::Unknown,
                Some(_) => FollowUpChange::Done,
            })
        })
        .await
    }
}

fn in_state(closed: bool) -> Condition {
    let state = match closed {
        true => follow_up::Column::ClosedAt.is_not_null(),
        false => follow_up::Column::ClosedAt.is_null(),
    };
    Condition::all().add(state)
}

impl FollowUp {
    /// Where a page that ends with this wish ends.
    #[must_use]
    pub fn cursor(&self) -> FollowUpCursor {
        FollowUpCursor {
            created_at: self.created_at,
            id: self.id.clone(),
        }
    }
}

impl From<follow_up::Model> for FollowUp {
    fn from(row: follow_up::Model) -> Self {
        Self {
            id: row.id,
            kind: match row.kind == FollowUpKind::Missed.as_str() {
                true => FollowUpKind::Missed,
                false => FollowUpKind::Message,
            },
            name: row.name,
            email: row.email,
            text: row.content,
            chat: row.chat,
            created_at: row.created_at,
            taken: row.taken_by.zip(row.taken_at),
            closed: row.closed_by.zip(row.closed_at),
        }
    }
}
