//! Kept chats (contract 002): begun here before they are live, restored from here when they are live no more.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::{
    archive::{Status, clean},
    database::Records,
    entities::{chat, chat_event},
    error::RecordsError,
    transcripts::ChatRecord,
};

/// What became of the wish to begin a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the candidate's open conversation now.
    New,
    /// The candidate has an open one, as far as the records know.
    Conflict {
        /// That one.
        chat: String,
    },
}

/// An event as it is put back into the live store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEvent {
    /// Numbers the events from 1, without gaps.
    pub seq: u64,
    /// Numbers those that have such a number from 1; 0: it has none.
    pub msg_no: u64,
    /// When it happened, in microseconds since 1970.
    pub at: i64,
    /// The event as it was written.
    pub body: String,
}

impl Records {
    /// Makes `chat` the candidate's one open conversation, unless it has one. Give [`Self::abandon_conversation`] if the
    /// chat then does not come to life.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn begin_conversation(
        &self,
        chat: &str,
        candidate: &str,
        name: &str,
        supervisor: &str,
        at: i64,
    ) -> Result<Begun, RecordsError> {
        let row = chat::Model {
            id: chat.to_owned(),
            kept: true,
            erased: false,
            open_for: Some(candidate.to_owned()),
            platform: "web".to_owned(),
            visitor: Some(candidate.to_owned()),
            visitor_name: clean(name),
            topic: None,
            supervisor: Some(supervisor.to_owned()),
            assigned: None,
            agent: None,
            agent_name: None,
            status: Status::Waiting.as_str().to_owned(),
            status_at: 0,
            created_at: at,
            requested_at: Some(at),
            claimed_at: None,
            first_response_at: None,
            ended_at: None,
            end_reason: None,
            ended_by: None,
            messages: 0,
            last_epoch: String::new(),
            last_seq: 0,
            last_at: at,
            folded: crate::archive::fold(name),
            severity: 0,
            flagged_at: None,
            taken_at: None,
            email: None,
        };
        let made = self
            .write(async |tx| {
                let row = row.clone().into_active_model();
                chat::Entity::insert(row).exec_without_returning(tx).await
            })
            .await;
        match made {
            Ok(_) => Ok(Begun::New),
            Err(RecordsError::Conflict) => {
                let open = self.open_conversation(candidate).await?;
                match open {
                    Some(open) => Ok(Begun::Conflict { chat: open.id }),
                    // It ended between the two looks.
                    None => Err(RecordsError::Unavailable(
                        "asked at a bad moment".to_owned(),
                    )),
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Takes back [`Self::begin_conversation`] for a chat that never came to life. Does nothing once an event of it is here.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn abandon_conversation(&self, chat: &str) -> Result<(), RecordsError> {
        self.write(async |tx| {
            chat::Entity::delete_many()
                .filter(chat::Column::Id.eq(chat))
                .filter(chat::Column::LastSeq.eq(0))
                .exec(tx)
                .await
                .map(drop)
        })
        .await
    }

    /// Says that a conversation is over, ahead of the event that says so; the candidate may begin another. The event
    /// fills in how it ended.
    ///
    /// # Errors
    /// When the database does not confirm in time.
    pub async fn end_conversation(&self, chat: &str, at: i64) -> Result<(), RecordsError> {
        self.write(async |tx| {
            let known = chat::Entity::find_by_id(chat).one(tx).await?;
            let Some(mut row) = known.filter(|row| row.ended_at.is_none()) else {
                return Ok(());
            };
            row.ended_at = Some(at);
            row.open_for = None;
            row.status = Status::Closed.as_str().to_owned();
            row.into_active_model()
                .reset_all()
                .update(tx)
                .await
                .map(drop)
        })
        .await
    }

    /// The candidate's open conversation, if it has one.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn open_conversation(
        &self,
        candidate: &str,
    ) -> Result<Option<ChatRecord>, RecordsError> {
        let row = self
            .read(async |db| {
                chat::Entity::find()
                    .filter(chat::Column::OpenFor.eq(candidate))
                    .one(db)
                    .await
            })
            .await?;
        Ok(row.map(ChatRecord::from))
    }

    /// A conversation: a kept chat that belongs to a supervisor. `None` if it was erased.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn conversation(&self, chat: &str) -> Result<Option<ChatRecord>, RecordsError> {
        let kept = self.kept_chat(chat).await?;
        Ok(kept.filter(|chat| !chat.is_standing()))
    }

    /// A kept chat, unless it was erased.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn kept_chat(&self, chat: &str) -> Result<Option<ChatRecord>, RecordsError> {
        Ok(self.chat(chat).await?.filter(|chat| chat.kept))
    }

    /// Everything that happened in a chat, oldest first, numbered as a log is, whichever logs it came from; nothing if it
    /// was erased or is not known.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn events_of(&self, chat: &str) -> Result<Vec<KeptEvent>, RecordsError> {
        let rows = self
            .read(async |db| {
                chat_event::Entity::find()
                    .filter(chat_event::Column::Chat.eq(chat))
                    .order_by_asc(chat_event::Column::At)
                    .order_by_asc(chat_event::Column::Seq)
                    .all(db)
                    .await
            })
            .await?;
        let mut numbered = 0;
        let events = (1..).zip(rows).map(|(seq, row)| KeptEvent {
            seq,
            msg_no: match row.msg_no {
                0 => 0,
                _ => {
                    numbered += 1;
                    numbered
                }
            },
            at: row.at,
            body: row.body,
        });
        Ok(events.collect())
    }
}
