//! Reading chats: one of them, those that match, and all of them page by page.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, LikeExpr},
};

use crate::{
    archive::{self, Archived, Status, like},
    database::Records,
    entities::{chat, claim, message, whisper},
    error::RecordsError,
};

/// A chat, without what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatRecord {
    /// Its id.
    pub id: String,
    /// Whether it lives until it is closed.
    pub kept: bool,
    /// Where the visitor comes from: `web` or a channel's name.
    pub platform: String,
    /// Its visitor; `None` if that was erased.
    pub visitor: Option<String>,
    /// The visitor's name; empty if that was erased.
    pub visitor_name: String,
    /// What it is about, if that is known.
    pub topic: Option<String>,
    /// The supervisor it belongs to, if it does.
    pub supervisor: Option<String>,
    /// The agent it belongs to: who took it last, or was given it since.
    pub assigned: Option<String>,
    /// Who took it last.
    pub agent: Option<String>,
    /// The name that agent went by.
    pub agent_name: Option<String>,
    /// How far it has come.
    pub status: Status,
    /// When it was registered; this and what follows in microseconds since 1970.
    pub created_at: i64,
    /// When the visitor first asked for an agent.
    pub requested_at: Option<i64>,
    /// When it was first taken.
    pub claimed_at: Option<i64>,
    /// When an agent first said something.
    pub first_response_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// How it ended: `visitor`, `agent`, `silence` or `staff`.
    pub end_reason: Option<String>,
    /// Who ended it, where that was neither side.
    pub ended_by: Option<String>,
    /// How many messages were said.
    pub messages: u64,
    /// How urgent it was called last; 0: not at all, or not any more.
    pub severity: u32,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    /// The message's id.
    pub id: String,
    /// The log it is in.
    pub epoch: String,
    /// Its place there.
    pub seq: u64,
    /// When it was said, in microseconds since 1970.
    pub at: i64,
    /// Whether the visitor said it, or else an agent.
    pub from_visitor: bool,
    /// The visitor's or the agent's id.
    pub sender: Option<String>,
    /// What was said.
    pub content: String,
}

/// Something that was said to the agent, and that the visitor never sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhisperRecord {
    /// Its id.
    pub id: String,
    /// When it was said, in microseconds since 1970.
    pub at: i64,
    /// Who said it.
    pub sender: String,
    /// The name that one went by.
    pub sender_name: String,
    /// What was said.
    pub content: String,
}

/// That an agent took a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimRecord {
    /// The agent.
    pub agent: String,
    /// The name it went by.
    pub name: String,
    /// When, in microseconds since 1970.
    pub at: i64,
}

/// A chat with what was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The chat.
    pub chat: ChatRecord,
    /// Who took it, first one first.
    pub claims: Vec<ClaimRecord>,
    /// What was said, oldest first.
    pub messages: Vec<MessageRecord>,
    /// What was whispered to its agents, oldest first. Never for anybody but staff.
    pub whispers: Vec<WhisperRecord>,
}

/// Which chats are wanted: those that match everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// In a message, a name or the topic, in any case of letters.
    pub text: Option<String>,
    /// How far it has come.
    pub status: Option<Status>,
    /// The agent it belongs to.
    pub agent: Option<String>,
    /// Its visitor.
    pub visitor: Option<String>,
    /// Registered at this time or later, in microseconds since 1970.
    pub from: Option<i64>,
    /// Registered before this time.
    pub to: Option<i64>,
    /// None of another supervisor's than this one.
    pub supervisor: Option<String>,
}

/// Where a page ended: the next one has what was registered earlier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the last chat of the page was registered.
    pub created_at: i64,
    /// Its id.
    pub chat: String,
}

impl Transcript {
    /// What these events, oldest first, make of a chat: the same as the records would say once they have them. `None` if there
    /// are none.
    #[must_use]
    pub fn of_events(events: &[Archived]) -> Option<Self> {
        let made = archive::project(events)?;
        Some(Self {
            chat: made.row.into(),
            claims: made.claims.into_iter().map(Into::into).collect(),
            messages: made.messages.into_iter().map(Into::into).collect(),
            whispers: made.whispers.into_iter().map(Into::into).collect(),
        })
    }
}

impl ChatRecord {
    /// Whether it outlives its sessions: it is kept, and no supervisor's.
    #[must_use]
    pub fn is_standing(&self) -> bool {
        self.kept && self.supervisor.is_none()
    }

    /// Where a page that ends with this chat ends.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor {
            created_at: self.created_at,
            chat: self.id.clone(),
        }
    }
}

impl Records {
    /// Chats that match, newest first, from `before` on. Erased ones are not among them.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn search(
        &self,
        filters: &Filters,
        before: Option<&Cursor>,
        limit: u64,
    ) -> Result<Vec<ChatRecord>, RecordsError> {
        let rows = self
            .read(async |db| page(db, filters, before, limit).await)
            .await?;
        Ok(rows.into_iter().map(ChatRecord::from).collect())
    }

    /// A page of [`Self::search`] with everything that was said.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn export(
        &self,
        filters: &Filters,
        before: Option<&Cursor>,
        limit: u64,
    ) -> Result<Vec<Transcript>, RecordsError> {
        self.read(async |db| {
            let mut transcripts = Vec::new();
            for row in page(db, filters, before, limit).await? {
                transcripts.push(transcript(db, row).await?);
            }
            Ok(transcripts)
        })
        .await
    }

    /// One chat, unless it was erased.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn chat(&self, chat: &str) -> Result<Option<ChatRecord>, RecordsError> {
        let row = self.read(async |db| row(db, chat).await).await?;
        Ok(row.map(ChatRecord::from))
    }

    /// Whether a chat's visitor was erased.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn is_erased(&self, chat: &str) -> Result<bool, RecordsError> {
        self.read(async |db| chat::is_erased(db, chat).await).await
    }

    /// One chat with what was said, unless it was erased.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn transcript(&self, chat: &str) -> Result<Option<Transcript>, RecordsError> {
        self.read(async |db| match row(db, chat).await? {
            Some(row) => transcript(db, row).await.map(Some),
            None => Ok(None),
        })
        .await
    }
}

async fn row(db: &impl ConnectionTrait, chat: &str) -> Result<Option<chat::Model>, DbErr> {
    chat::Entity::find_by_id(chat)
        .filter(chat::Column::Erased.eq(false))
        .one(db)
        .await
}

async fn page(
    db: &impl ConnectionTrait,
    filters: &Filters,
    before: Option<&Cursor>,
    limit: u64,
) -> Result<Vec<chat::Model>, DbErr> {
    let before = before.map(|before| {
        let earlier = chat::Column::CreatedAt.lt(before.created_at);
        let same = chat::Column::CreatedAt
            .eq(before.created_at)
            .and(chat::Column::Id.lt(before.chat.as_str()));
        earlier.or(same)
    });
    chat::Entity::find()
        .filter(condition(filters))
        .filter(Condition::all().add_option(before))
        .order_by_desc(chat::Column::CreatedAt)
        .order_by_desc(chat::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

fn condition(filters: &Filters) -> Condition {
    let text = filters.text.as_deref().map(|text| {
        let pattern = || LikeExpr::new(like(text)).escape('\\');
        let said = message::Entity::find()
            .select_only()
            .column(message::Column::Chat)
            .filter(Expr::col(message::Column::Folded).like(pattern()))
            .into_query();
        Condition::any()
            .add(Expr::col(chat::Column::Folded).like(pattern()))
            .add(chat::Column::Id.in_subquery(said))
    });
    let agent = filters.agent.as_deref();
    let visitor = filters.visitor.as_deref();
    let supervisor = filters.supervisor.as_deref().map(|own| {
        Condition::any()
            .add(chat::Column::Supervisor.is_null())
            .add(chat::Column::Supervisor.eq(own))
    });
    Condition::all()
        .add(chat::Column::Erased.eq(false))
        .add_option(text)
        .add_option(supervisor)
        .add_option(filters.status.map(|s| chat::Column::Status.eq(s.as_str())))
        .add_option(agent.map(|agent| chat::Column::Assigned.eq(agent)))
        .add_option(visitor.map(|visitor| chat::Column::Visitor.eq(visitor)))
        .add_option(filters.from.map(|from| chat::Column::CreatedAt.gte(from)))
        .add_option(filters.to.map(|to| chat::Column::CreatedAt.lt(to)))
}

async fn transcript(db: &impl ConnectionTrait, row: chat::Model) -> Result<Transcript, DbErr> {
    let messages = message::Entity::find()
        .filter(message::Column::Chat.eq(row.id.as_str()))
        .order_by_asc(message::Column::At)
        .order_by_asc(message::Column::Seq)
        .all(db)
        .await?;
    let claims = claim::Entity::find()
        .filter(claim::Column::Chat.eq(row.id.as_str()))
        .order_by_asc(claim::Column::At)
        .all(db)
        .await?;
    let whispers = whisper::Entity::find()
        .filter(whisper::Column::Chat.eq(row.id.as_str()))
        .order_by_asc(whisper::Column::At)
        .order_by_asc(whisper::Column::Seq)
        .all(db)
        .await?;
    Ok(Transcript {
        chat: row.into(),
        claims: claims.into_iter().map(Into::into).collect(),
        messages: messages.into_iter().map(Into::into).collect(),
        whispers: whispers.into_iter().map(Into::into).collect(),
    })
}

impl From<chat::Model> for ChatRecord {
    fn from(row: chat::Model) -> Self {
        Self {
            status: Status::parse(&row.status).unwrap_or(Status::Registered),
            id: row.id,
            kept: row.kept,
            platform: row.platform,
            visitor: row.visitor,
            visitor_name: row.visitor_name,
            topic: row.topic,
            supervisor: row.supervisor,
            assigned: row.assigned,
            agent: row.agent,
            agent_name: row.agent_name,
            created_at: row.created_at,
            requested_at: row.requested_at,
            claimed_at: row.claimed_at,
            first_response_at: row.first_response_at,
            ended_at: row.ended_at,
            end_reason: row.end_reason,
            ended_by: row.ended_by,
            messages: u64::try_from(row.messages).unwrap_or_default(),
            severity: u32::try_from(row.severity).unwrap_or_default(),
        }
    }
}

impl From<message::Model> for MessageRecord {
    fn from(row: message::Model) -> Self {
        Self {
            id: row.id,
            epoch: row.epoch,
            seq: u64::try_from(row.seq).unwrap_or_default(),
            at: row.at,
            from_visitor: row.side == "visitor",
            sender: row.sender,
            content: row.content,
        }
    }
}

impl From<whisper::Model> for WhisperRecord {
    fn from(row: whisper::Model) -> Self {
        Self {
            id: row.id,
            at: row.at,
            sender: row.sender,
            sender_name: row.sender_name,
            content: row.content,
        }
    }
}

impl From<claim::Model> for ClaimRecord {
    fn from(row: claim::Model) -> Self {
        Self {
            agent: row.agent,
            name: row.name,
            at: row.at,
        }
    }
}
