//! Erasing a visitor.

use actix_web::{
    HttpRequest, HttpResponse, delete,
    web::{Data, Path},
};
use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{AgentId, ChatId, VisitorId},
};
use helpline_records::{Filters, Status};
use helpline_service::handler::{Failure, Handler, Request};
use serde_json::json;
use tracing::info;

use super::{ADMINS, reading::live};
use crate::people::{People, staff::Fault};

/// The most chats a visitor may have open and still be erased at once.
const OPEN: u64 = 200;
/// The most live chats that are looked through for the visitor's.
const LIVE: usize = 5_000;

/// Erases a visitor: its open chats are closed, and what the records have of it goes for good. What is still on its way to
/// the records is left out there. The copies of chats that have just ended go from the store within a minute.
#[delete("/staff/visitors/{id}")]
pub(crate) async fn erase(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let unknown = Fault::not_found("Visitor not found");
    let visitor = VisitorId::parse(&id).ok_or(unknown)?.to_string();
    for chat in open_chats(&people, &handler, &visitor).await? {
        let by = Actor::Staff(AgentId(caller.account.id.clone()));
        match handler.handle(Request::new(chat, by, Command::Close)).await {
            // One that ended meanwhile has ended.
            Ok(_) | Err(Failure::Refused(_)) => {}
            Err(Failure::Store(_)) => return Err(Fault::unavailable()),
        }
    }
    let (by, now) = (&caller.account.id, handler.now().0);
    let erased = people.records.erase(&visitor, by, now).await?;
    info!(chats = erased.chats, "a visitor was erased");
    Ok(HttpResponse::Ok().json(json!({
        "chats": erased.chats,
        "messages": erased.messages,
    })))
}

/// The visitor's open chats: those that the records know, and those that they have not heard of yet.
async fn open_chats(
    people: &People,
    handler: &Handler,
    visitor: &str,
) -> Result<Vec<ChatId>, Fault> {
    let filters = Filters {
        visitor: Some(visitor.to_owned()),
        ..Filters::default()
    };
    let known = people.records.search(&filters, None, OPEN).await?;
    let known = known.iter().filter(|chat| chat.status != Status::Closed);
    let mut open: Vec<ChatId> = known.filter_map(|chat| ChatId::parse(&chat.id)).collect();
    for chat in handler.store().open_chats(LIVE).await? {
        if open.contains(&chat) {
            continue;
        }
        let theirs = live(handler, chat).await?;
        if theirs.is_some_and(|live| live.chat.visitor.as_deref() == Some(visitor)) {
            open.push(chat);
        }
    }
    Ok(open)
}
