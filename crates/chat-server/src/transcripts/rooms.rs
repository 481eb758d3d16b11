//! `/rooms`: chats as contract 000 has them (section 4). Open ones are read live, closed ones from the records.

use std::pin::pin;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    web::{Data, Path, Query},
};
use futures_util::{StreamExt, stream};
use helpline_desk::id::ChatId;
use helpline_records::{AccountRole, ChatRecord, Filters, MessageRecord, Status};
use helpline_service::handler::Handler;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    reading::{is_own, live, looks_into, read},
    shape,
};
use crate::people::{Caller, Denied, People, livechat::Fault, staff};

/// The most open rooms that are listed.
const OPEN: usize = 1000;
/// How many of them are read at the same time: they share a connection, so they come in one burst.
const AT_ONCE: usize = 64;
/// The most closed rooms that are listed, the newest.
const CLOSED: u64 = 200;

#[derive(Deserialize)]
struct Asked {
    status: Option<String>,
}

/// Lists rooms, of one status or of all.
#[get("/rooms{slash:/?}")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    caller(&people, &request).await?;
    let asked = Query::<Asked>::from_query(request.query_string());
    let asked = asked.ok().and_then(|asked| asked.into_inner().status);
    let status = match asked.as_deref() {
        None | Some("") => None,
        Some(text) => match Status::parse(text) {
            Some(status) if status != Status::Registered => Some(status),
            _ => return Err(Fault::new(StatusCode::BAD_REQUEST, "Invalid status")),
        },
    };
    let mut rooms = Vec::new();
    if status != Some(Status::Closed) {
        let open = handler.store().open_chats(OPEN).await;
        let open = open.map_err(|_| Fault::unavailable())?;
        let read = stream::iter(open).map(async |chat| live(&handler, chat).await.map_err(fault));
        let mut read = pin!(read.buffer_unordered(AT_ONCE));
        while let Some(live) = read.next().await {
            let Some(live) = live? else {
                continue;
            };
            let wanted = matches!(live.chat.status, Status::Waiting | Status::Engaged);
            if wanted && status.is_none_or(|status| status == live.chat.status) {
                rooms.push(live.chat);
            }
        }
        rooms.sort_by_key(|room| std::cmp::Reverse((room.created_at, room.id.clone())));
    }
    if status.is_none_or(|status| status == Status::Closed) {
        let filters = Filters {
            status: Some(Status::Closed),
            ..Filters::default()
        };
        rooms.extend(people.records.search(&filters, None, CLOSED).await?);
    }
    let rooms: Vec<Value> = rooms.iter().map(room).collect();
    Ok(HttpResponse::Ok().json(json!({ "rooms": rooms })))
}

/// Shows one room, and to whom it belongs what was said in it.
#[get("/rooms/{id}{slash:/?}")]
pub(crate) async fn show(
    request: HttpRequest,
    path: Path<(String, String)>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = caller(&people, &request).await?;
    let unknown = || Fault::new(StatusCode::NOT_FOUND, "Room not found");
    let chat = ChatId::parse(&path.0).ok_or_else(unknown)?;
    let found = read(&people, &handler, chat).await.map_err(fault)?;
    let found = found.ok_or_else(unknown)?;
    let mut messages = Vec::new();
    if looks_into(&caller, &found.chat) || is_own(&caller, &found.chat) {
        people
            .note_reading(
                &caller.account,
                &found.chat.id,
                found.chat.assigned.as_deref(),
            )
            .await?;
        let loaded = people.records.settings().await?.history_load_count;
        let loaded = usize::try_from(loaded).unwrap_or(usize::MAX);
        let skipped = match loaded {
            0 => 0,
            _ => found.messages.len().saturating_sub(loaded),
        };
        messages = found.messages[skipped..]
            .iter()
            .map(|said| message(&found.chat, said))
            .collect();
    }
    Ok(HttpResponse::Ok().json(json!({ "room": room(&found.chat), "messages": messages })))
}

async fn caller(people: &People, request: &HttpRequest) -> Result<Caller, Denied> {
    let caller = people.livechat_caller(request).await?;
    caller.must_be(&[
        AccountRole::Admin,
        AccountRole::Supervisor,
        AccountRole::Agent,
    ])?;
    Ok(caller)
}

fn room(chat: &ChatRecord) -> Value {
    let agent = match chat.status {
        Status::Waiting | Status::Registered => None,
        Status::Engaged | Status::Closed => chat.agent_name.as_deref(),
    };
    // One that was registered and never asked for anyone is not waiting, but it has no other word.
    let status = match chat.status {
        Status::Registered => Status::Waiting,
        status => status,
    };
    json!({
        "roomId": chat.id,
        "userId": chat.visitor,
        "username": chat.visitor_name,
        "platform": chat.platform,
        "status": status.as_str(),
        "agent": agent,
        "createdAt": shape::time(chat.created_at),
    })
}

fn message(chat: &ChatRecord, said: &MessageRecord) -> Value {
    let from = match said.from_visitor {
        true => "User",
        false => "Support",
    };
    json!({
        "id": said.id,
        "userId": chat.visitor,
        "from": from,
        "content": said.content,
        "timestamp": shape::time(said.at),
    })
}

/// What could not be read could not be read, in whatever words.
fn fault(_: staff::Fault) -> Fault {
    Fault::unavailable()
}
