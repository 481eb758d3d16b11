//! Requests that nobody took. Whoever waited until it gave up, or until its chat fell silent, is written to later: what it
//! said becomes a follow-up.

use helpline_desk::{
    actor::Side,
    event::{End, Event},
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Archived, Status, projection::side};
use crate::{
    entities::{chat, follow_up, message},
    follow_ups::FollowUpKind,
    new_id,
};

/// The most words that are kept, in bytes of UTF-8: as much as somebody may leave as a message.
const LONGEST: usize = 4096;
/// How many messages are looked at.
const MOST: u64 = 200;

/// A request that ended while nobody had it.
pub(super) struct Missed {
    chat: String,
    /// What was said before in it belongs to an earlier session.
    from: Option<i64>,
    at: i64,
}

impl Missed {
    /// What an event makes of a chat's row as it was before, if that ends a request which nobody took.
    pub(super) fn by(event: &Archived, before: &chat::Model) -> Option<Self> {
        let Some(Event::Ended(end) | Event::Rested(end)) = &event.event else {
            return None;
        };
        let waits = before.status == Status::Waiting.as_str();
        // Whatever the staff closes has been seen to.
        let gave_up = matches!(end, End::ByVisitor | End::BySilence);
        // Of what is kept, only a standing chat has sessions.
        let has_sessions = before.kept && before.supervisor.is_none();
        (waits && gave_up).then(|| Self {
            chat: before.id.clone(),
            from: has_sessions.then_some(before.status_at),
            at: event.at,
        })
    }

    pub(super) fn chat(&self) -> &str {
        &self.chat
    }

    /// Stores it, unless its visitor has left a message by itself, which says more.
    pub(super) async fn store(
        &self,
        tx: &DatabaseTransaction,
        row: &chat::Model,
    ) -> Result<(), DbErr> {
        let left = follow_up::Entity::find()
            .filter(follow_up::Column::Chat.eq(&self.chat))
            .filter(follow_up::Column::Kind.eq(FollowUpKind::Message.as_str()))
            .filter(follow_up::Column::ClosedAt.is_null())
            .one(tx)
            .await?;
        if row.erased || left.is_some() {
            return Ok(());
        }
        let missed = follow_up::Model {
            id: new_id(),
            kind: FollowUpKind::Missed.as_str().to_owned(),
            name: row.visitor_name.clone(),
            email: row.email.clone().unwrap_or_default(),
            content: self.words(tx, row).await?,
            chat: Some(self.chat.clone()),
            created_at: self.at,
            taken_by: None,
            taken_at: None,
            closed_by: None,
            closed_at: None,
        };
        follow_up::Entity::insert(follow_up::ActiveModel::from(missed))
            .exec_without_returning(tx)
            .await
            .map(drop)
    }

    /// What the visitor said that nobody has answered; if it said nothing, what it was about.
    async fn words(&self, tx: &DatabaseTransaction, row: &chat::Model) -> Result<String, DbErr> {
        use message::Column::{At, Chat, Content, Seq, Side as From};
        let answered: Option<Option<i64>> = message::Entity::find()
            .select_only()
            .column_as(At.max(), "at")
            .filter(Chat.eq(&self.chat))
            .filter(From.eq(side(Side::Support)))
            .into_tuple()
            .one(tx)
            .await?;
        let unheard = Condition::all()
            .add(Chat.eq(&self.chat))
            .add(From.eq(side(Side::Visitor)))
            .add_option(answered.flatten().map(|answered| At.gt(answered)))
            .add_option(self.from.map(|from| At.gte(from)));
        let said: Vec<String> = message::Entity::find()
            .select_only()
            .column(Content)
            .filter(unheard)
            .order_by_asc(At)
            .order_by_asc(Seq)
            .limit(MOST)
            .into_tuple()
            .all(tx)
            .await?;
        Ok(match said.is_empty() {
            true => row.topic.clone().unwrap_or_default(),
            false => cut(said.join("\n")),
        })
    }
}

fn cut(mut words: String) -> String {
    words.truncate(words.floor_char_boundary(LONGEST));
    words
}
