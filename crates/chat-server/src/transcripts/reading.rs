//! Reading one chat, wherever it is. What is live is the truth; what is not live any more is in the records. A chat is live
//! until the records have its end or it has been over for a while, so nothing that was said is ever in neither.

use helpline_desk::{actor::Rank, audience::may_look, id::ChatId};
use helpline_live::store::StoreError;
use helpline_records::{AccountRole, Archived, ChatRecord, Filters, Status, Transcript};
use helpline_service::handler::Handler;

use crate::people::{Caller, People, staff::Fault};

/// A chat, unless there is none or its visitor was erased.
pub(super) async fn read(
    people: &People,
    handler: &Handler,
    chat: ChatId,
) -> Result<Option<Transcript>, Fault> {
    let id = chat.to_string();
    if people.records.is_erased(&id).await? {
        return Ok(None);
    }
    if let Some(live) = live(handler, chat).await? {
        return Ok(Some(live));
    }
    Ok(people.records.transcript(&id).await?)
}

/// A chat, if the store has it.
pub(super) async fn live(handler: &Handler, chat: ChatId) -> Result<Option<Transcript>, Fault> {
    let loaded = match handler.store().load(chat, 0).await {
        Ok(Some(loaded)) => loaded,
        Ok(None) => return Ok(None),
        Err(StoreError::Unavailable(_) | StoreError::Unreadable) => {
            return Err(Fault::unavailable());
        }
    };
    if loaded.chat(chat).is_none() {
        // All that is left of it is its end.
        return Ok(None);
    }
    let events = loaded.recorded.into_iter().map(|recorded| Archived {
        chat,
        epoch: loaded.head.epoch.to_string(),
        seq: recorded.seq,
        at: recorded.at.0,
        msg_no: 0,
        event: Some(recorded.event),
        body: String::new(),
    });
    Ok(Transcript::of_events(&events.collect::<Vec<_>>()))
}

/// The same, for a caller who may read it.
pub(super) async fn read_as(
    people: &People,
    handler: &Handler,
    chat: &str,
    caller: &Caller,
) -> Result<Transcript, Fault> {
    let unknown = Fault::not_found("Chat not found");
    let Some(chat) = ChatId::parse(chat) else {
        return Err(unknown);
    };
    let transcript = read(people, handler, chat).await?.ok_or(unknown)?;
    match may_read(people, caller, &transcript.chat).await? {
        true => Ok(transcript),
        false => Err(forbidden()),
    }
}

pub(super) fn forbidden() -> Fault {
    Fault::new(actix_web::http::StatusCode::FORBIDDEN, "Forbidden")
}

async fn may_read(people: &People, caller: &Caller, chat: &ChatRecord) -> Result<bool, Fault> {
    if looks_into(caller, chat) || is_own(caller, chat) {
        return Ok(true);
    }
    match &chat.visitor {
        Some(visitor) => talks_to(people, caller, visitor).await,
        None => Ok(false),
    }
}

/// Whether the caller looks after what others do, and may look into this chat.
pub(super) fn looks_into(caller: &Caller, chat: &ChatRecord) -> bool {
    rank_of(caller)
        .is_some_and(|rank| may_look(rank, &caller.account.id, chat.supervisor.as_deref()))
}

/// Whether the caller looks after what others do.
pub(super) fn is_lead(caller: &Caller) -> bool {
    super::LEADS.contains(&caller.account.role)
}

/// Whose chats the caller sees, if not everybody's: nobody's and its own.
pub(super) fn only_of(caller: &Caller) -> Option<String> {
    let supervises = rank_of(caller) == Some(Rank::Supervisor);
    supervises.then(|| caller.account.id.clone())
}

fn rank_of(caller: &Caller) -> Option<Rank> {
    Rank::parse(caller.account.role.as_str())
}

/// Whether it is the caller's own chat, as its agent.
pub(super) fn is_own(caller: &Caller, chat: &ChatRecord) -> bool {
    let is_agent = caller.account.role == AccountRole::Agent;
    is_agent && chat.assigned.as_ref() == Some(&caller.account.id)
}

/// Whether the caller is talking to this visitor right now.
pub(super) async fn talks_to(
    people: &People,
    caller: &Caller,
    visitor: &str,
) -> Result<bool, Fault> {
    let filters = Filters {
        agent: Some(caller.account.id.clone()),
        visitor: Some(visitor.to_owned()),
        status: Some(Status::Engaged),
        ..Filters::default()
    };
    let found = people.records.search(&filters, None, 1).await?;
    Ok(!found.is_empty())
}
