//! Conversations over HTTP (contract 002, sections 3 and 4). Everything is checked in this order: token, role, body,
//! existence, ownership, state.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Path, Payload},
};
use helpline_desk::{
    chat::Chat,
    id::{ChatId, VisitorId},
};
use helpline_protocol::event;
use helpline_records::{Account, AccountRole};
use serde_json::{Value, json};

use super::{lookup::Conversations, refusal::Refusal};
use crate::people::{
    Fields, People,
    backend::{Fault, success},
    is_id,
};

/// Begins a conversation of the candidate who asks.
#[post("/conversations")]
pub(crate) async fn begin(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
    conversations: Data<Conversations>,
) -> Result<HttpResponse, Fault> {
    let caller = people.caller(&request).await?;
    caller.must_be(&[AccountRole::Candidate])?;
    let fields = Fields::read(body).await?;
    let supervisor = id_in(&fields, "supervisorId")?;
    let supervisor = people.records.account(&supervisor).await?;
    let supervisor = supervisor.ok_or(Refusal::SupervisorNotFound)?;
    if supervisor.role != AccountRole::Supervisor {
        return Err(Refusal::NotASupervisor.into());
    }
    let id = conversations.begin(&caller.account, &supervisor).await?;
    let begun = json!({
        "_id": id.to_string(),
        "status": event::Status::Open,
        "supervisorId": supervisor.id,
    });
    Ok(success(StatusCode::CREATED, begun))
}

/// Gives a conversation to an agent, or to another one.
#[post("/conversations/{id}/assign")]
pub(crate) async fn assign(
    request: HttpRequest,
    body: Payload,
    id: Path<String>,
    people: Data<People>,
    conversations: Data<Conversations>,
) -> Result<HttpResponse, Fault> {
    let caller = people.caller(&request).await?;
    caller.must_be(&[AccountRole::Supervisor])?;
    let fields = Fields::read(body).await?;
    let wanted = required(&fields, "agentId")?;
    let id = chat_id(&id)?;
    let chat = conversations.get(id).await?.chat;
    if !belongs_to(&chat, &caller.account) {
        return Err(Refusal::CannotAssign.into());
    }
    let agent = people.records.account(&account_id(wanted)?).await?;
    let agent = agent.ok_or(Refusal::AgentNotFound)?;
    if agent.role != AccountRole::Agent {
        return Err(Refusal::NotAnAgent.into());
    }
    if agent.supervisor.as_deref() != Some(&caller.account.id) {
        return Err(Refusal::NotYourAgent.into());
    }
    conversations.assign(id, &agent, &caller.account).await?;
    let assigned = json!({
        "conversationId": id.to_string(),
        "agentId": agent.id,
        "supervisorId": caller.account.id,
    });
    Ok(success(StatusCode::OK, assigned))
}

/// Shows a conversation to those it concerns.
#[get("/conversations/{id}")]
pub(crate) async fn show(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    conversations: Data<Conversations>,
) -> Result<HttpResponse, Fault> {
    let account = people.caller(&request).await?.account;
    let found = conversations.get(chat_id(&id)?).await?;
    let chat = &found.chat;
    let concerned = match account.role {
        AccountRole::Admin => true,
        AccountRole::Supervisor => belongs_to(chat, &account),
        AccountRole::Agent => chat
            .assigned
            .as_ref()
            .is_some_and(|own| own.0 == account.id),
        AccountRole::Candidate => VisitorId::parse(&account.id) == Some(chat.visitor.id),
    };
    if !concerned {
        return Err(Refusal::NotAllowedToAccess.into());
    }
    let agent = chat.assigned.as_ref().map(|agent| agent.0.as_str());
    let id = chat.id.to_string();
    people.note_reading(&account, &id, agent).await?;
    let conversation = event::conversation(chat, &found.recorded);
    Ok(success(StatusCode::OK, conversation))
}

/// Ends a conversation.
#[post("/conversations/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    body: Payload,
    id: Path<String>,
    people: Data<People>,
    conversations: Data<Conversations>,
) -> Result<HttpResponse, Fault> {
    let caller = people.caller(&request).await?;
    caller.must_be(&[AccountRole::Admin, AccountRole::Supervisor])?;
    Fields::read(body).await?;
    let id = chat_id(&id)?;
    let chat = conversations.get(id).await?.chat;
    let account = &caller.account;
    if account.role == AccountRole::Supervisor && !belongs_to(&chat, account) {
        return Err(Refusal::NotAllowedToClose.into());
    }
    conversations.close(id, account).await?;
    let closed = json!({
        "conversationId": id.to_string(),
        "status": event::Status::Closed,
    });
    Ok(success(StatusCode::OK, closed))
}

/// How much each supervisor's agents have handled.
#[get("/admin/analytics")]
pub(crate) async fn analytics(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.caller(&request).await?;
    caller.must_be(&[AccountRole::Admin])?;
    let rows = people.records.analytics().await?;
    let rows: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            json!({
                "supervisorId": row.supervisor,
                "supervisorName": row.name,
                "agents": row.agents,
                "conversationsHandled": row.handled,
            })
        })
        .collect();
    Ok(success(StatusCode::OK, rows))
}

/// Whether it is this supervisor's.
fn belongs_to(chat: &Chat, supervisor: &Account) -> bool {
    let owner = chat.supervisor.as_ref();
    owner.is_some_and(|owner| owner.0 == supervisor.id)
}

/// The conversation that an address means.
fn chat_id(text: &str) -> Result<ChatId, Refusal> {
    ChatId::parse(text).ok_or_else(|| Refusal::InvalidId(text.to_owned()))
}

/// A field that has to be there, whatever it is.
fn required<'a>(fields: &'a Fields, name: &'static str) -> Result<&'a Value, Refusal> {
    let value = fields.get(name).filter(|value| value.as_str() != Some(""));
    value.ok_or(Refusal::Required(name))
}

/// The account that a field means.
fn account_id(value: &Value) -> Result<String, Refusal> {
    match value.as_str() {
        Some(id) if is_id(id) => Ok(id.to_owned()),
        Some(text) => Err(Refusal::InvalidId(text.to_owned())),
        None => Err(Refusal::InvalidId(value.to_string())),
    }
}

fn id_in(fields: &Fields, name: &'static str) -> Result<String, Refusal> {
    account_id(required(fields, name)?)
}
