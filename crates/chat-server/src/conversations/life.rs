//! How a conversation begins, changes hands and ends.
//!
//! A candidate has one at a time. That is held by the records, where the row of a conversation is made before it is live;
//! whether a row that is in the way still stands for one is asked of what is live. A beginning that broke off between
//! the two is finished by whoever comes next.

use std::time::Duration;

use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{AgentId, ChatId, VisitorId},
    name::Name,
    refusal,
};
use helpline_records::{Account, Begun};
use helpline_service::handler::{Failure, Handled, Known, Request};
use tokio::time::{Instant, timeout};
use tracing::info;

use super::{
    lookup::{Conversations, Found, Unavailable},
    refusal::Refusal,
};

/// How often somebody tries whose way is barred by a conversation that turns out to be over.
const TRIES: usize = 4;
/// What is answered within this is no outage.
const AT_ONCE: Duration = Duration::from_millis(500);
/// How long whoever closes waits for the records to have it all.
const ARCHIVED_WITHIN: Duration = Duration::from_secs(1);

impl Conversations {
    /// A conversation that has to be there.
    pub(super) async fn get(&self, id: ChatId) -> Result<Found, Refusal> {
        self.find(id).await?.ok_or(Refusal::NotFound)
    }

    /// Begins a conversation, unless the candidate has one.
    pub(super) async fn begin(
        &self,
        candidate: &Account,
        supervisor: &Account,
    ) -> Result<ChatId, Refusal> {
        for _ in 0..TRIES {
            let id = ChatId::from_bits(rand::random());
            let asked = Instant::now();
            let other = match self.make_row(id, candidate, supervisor).await {
                Ok(None) => return self.open(id, candidate, supervisor).await,
                Ok(Some(other)) => other,
                // A quick no may come of the moment in which another one ends; an outage takes its time.
                Err(_) if asked.elapsed() < AT_ONCE => continue,
                Err(error) => return Err(error.into()),
            };
            if self.never_lived(other).await? {
                return self.open(other, candidate, supervisor).await;
            }
            if let Some(found) = self.find(other).await?
                && !found.chat.is_over()
            {
                return Err(Refusal::AlreadyActive);
            }
            // It is over, and the records have not heard of that yet.
            let now = self.handler.now().0;
            let other = other.to_string();
            let ended = self.records.end_conversation(&other, now).await;
            ended.map_err(Unavailable::from)?;
        }
        Err(Refusal::Unavailable)
    }

    /// Makes a conversation's row, unless the candidate has one that is not ended: says which.
    async fn make_row(
        &self,
        id: ChatId,
        candidate: &Account,
        supervisor: &Account,
    ) -> Result<Option<ChatId>, Unavailable> {
        let (id, now) = (id.to_string(), self.handler.now().0);
        let (name, records) = (&candidate.name, &self.records);
        let begun = records.begin_conversation(&id, &candidate.id, name, &supervisor.id, now);
        match begun.await? {
            Begun::New => Ok(None),
            Begun::Conflict { chat } => ChatId::parse(&chat).map(Some).ok_or(Unavailable),
        }
    }

    /// Brings a conversation to life whose row is made.
    async fn open(
        &self,
        id: ChatId,
        candidate: &Account,
        supervisor: &Account,
    ) -> Result<ChatId, Refusal> {
        let visitor = VisitorId::parse(&candidate.id).ok_or(Refusal::Unavailable)?;
        let name = name_of(candidate)?;
        let supervisor = AgentId(supervisor.id.clone());
        let open = Command::Open { name, supervisor };
        let request = Request {
            known: Known::Absent,
            ..Request::new(id, Actor::Visitor(visitor), open)
        };
        match self.handler.handle(request).await {
            Ok(_) => {
                info!(chat = %id, "a conversation was begun");
                Ok(id)
            }
            // Another request of the same candidate has finished it.
            Err(Failure::Refused(_)) => Err(Refusal::AlreadyActive),
            Err(Failure::Store(_)) => Err(Refusal::Unavailable),
        }
    }

    /// Gives a conversation to an agent; nothing changes if it has it.
    pub(super) async fn assign(
        &self,
        id: ChatId,
        agent: &Account,
        by: &Account,
    ) -> Result<(), Refusal> {
        let assign = Command::Assign {
            agent: AgentId(agent.id.clone()),
            name: Name::cut(&agent.name)
                .or_else(|| Name::cut(&agent.id))
                .ok_or(Refusal::Unavailable)?,
            by_name: name_of(by)?,
            note: None,
        };
        let by = Actor::Staff(AgentId(by.id.clone()));
        match self.handler.handle(Request::new(id, by, assign)).await {
            Ok(_) => {
                info!(chat = %id, "a conversation was assigned");
                Ok(())
            }
            Err(Failure::Refused(_)) => Err(Refusal::AlreadyClosed),
            Err(Failure::Store(_)) => Err(Refusal::Unavailable),
        }
    }

    /// Ends a conversation on behalf of whoever may.
    pub(super) async fn close(&self, id: ChatId, by: &Account) -> Result<(), Refusal> {
        match self.end(id, Actor::Staff(AgentId(by.id.clone()))).await {
            Ok(()) => Ok(()),
            Err(Failure::Refused(_)) => Err(Refusal::CannotClose),
            Err(Failure::Store(_)) => Err(Refusal::Unavailable),
        }
    }

    /// Ends a conversation, and waits a moment for the records to have all of it.
    pub(super) async fn end(&self, id: ChatId, by: Actor) -> Result<(), Failure> {
        let archived = self.archives.wait();
        let close = Request::new(id, by, Command::Close);
        match self.handler.handle(close).await? {
            Handled::Done { .. } => {}
            // Somebody else's end was faster.
            Handled::Repeat { .. } => return Err(Failure::Refused(refusal::Refusal::Over)),
        }
        info!(chat = %id, "a conversation was closed");
        // If they are away they will have it later.
        let _ = timeout(ARCHIVED_WITHIN, archived.until(id)).await;
        Ok(())
    }

    /// Whether nothing is known of a conversation but its row.
    async fn never_lived(&self, id: ChatId) -> Result<bool, Unavailable> {
        if self.handler.store().load(id, 0).await?.is_some() {
            return Ok(false);
        }
        let events = self.records.events_of(&id.to_string()).await?;
        Ok(events.is_empty())
    }
}

/// What others see of an account. Its name was checked when it was made.
pub(super) fn name_of(account: &Account) -> Result<Name, Refusal> {
    Name::parse(&account.name).ok_or(Refusal::Unavailable)
}
