//! Giving a chat to another agent.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path, Payload},
};
use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{AgentId, ChatId},
    name::Name,
    refusal::Refusal,
};
use helpline_service::handler::{Failure, Handler, Request};
use serde_json::json;
use tracing::info;

use super::{
    STAFF,
    reading::{forbidden, is_own, looks_into, read},
};
use crate::people::{Fields, People, is_id, staff::Fault};

/// The longest note that goes with it, in characters.
const LONGEST_NOTE: usize = 500;

/// Gives a chat to an agent. Admins may give any, supervisors any but another supervisor's, an agent its own.
#[post("/staff/chats/{id}/transfer")]
pub(crate) async fn transfer(
    request: HttpRequest,
    id: Path<String>,
    body: Payload,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let fields = Fields::read(body).await?;
    let to = fields.text("to").filter(|to| is_id(to));
    let to = to.ok_or(Fault::bad("Invalid to"))?;
    let note = match fields.get("note") {
        None => None,
        Some(note) => {
            let note = note.as_str().ok_or(Fault::bad("Invalid note"))?.trim();
            if note.chars().count() > LONGEST_NOTE {
                return Err(Fault::bad("Invalid note"));
            }
            Some(note.to_owned()).filter(|note| !note.is_empty())
        }
    };
    let unknown = Fault::not_found("Chat not found");
    let chat = ChatId::parse(&id).ok_or(unknown.clone())?;
    let known = read(&people, &handler, chat).await?.ok_or(unknown)?.chat;
    if !looks_into(&caller, &known) && !is_own(&caller, &known) {
        return Err(forbidden());
    }
    let target = people.records.account(to).await?;
    let target = target.filter(|target| target.active && target.role.is_staff());
    let target = target.ok_or(Fault::not_found("Agent not found"))?;
    let by_name = Name::parse(&caller.account.name).ok_or(Fault::bad("Invalid name"))?;
    let assign = Command::Assign {
        agent: AgentId(target.id.clone()),
        name: Name::cut(&target.name)
            .or_else(|| Name::cut(&target.id))
            .ok_or(Fault::bad("Invalid name"))?,
        by_name,
        note,
    };
    let by = Actor::Staff(AgentId(caller.account.id));
    match handler.handle(Request::new(chat, by, assign)).await {
        Ok(_) => {
            info!(%chat, "handed on");
            Ok(HttpResponse::Ok().json(json!({ "chatId": chat.to_string(), "to": target.id })))
        }
        Err(Failure::Refused(Refusal::Over)) => Err(Fault::conflict("Chat is over")),
        Err(Failure::Refused(_)) => Err(Fault::conflict("Chat cannot be handed on now")),
        Err(Failure::Store(_)) => Err(Fault::unavailable()),
    }
}
