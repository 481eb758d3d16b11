//! Lists of chats, and one chat with everything that was said.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Path},
};
use helpline_records::{ChatRecord, Filters};
use helpline_service::handler::Handler;
use serde_json::{Value, json};

use super::{
    STAFF,
    query::Wanted,
    reading::{forbidden, is_lead, only_of, read_as, talks_to},
    shape,
};
use crate::people::{Caller, People, is_id, staff::Fault};

/// Lists chats that match, newest first. An agent is shown its own, and all of a visitor it is talking to.
#[get("/staff/chats")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let mut wanted = Wanted::of(&request)?;
    narrow(&people, &caller, &mut wanted).await?;
    page(&people, &wanted).await
}

async fn page(people: &People, wanted: &Wanted) -> Result<HttpResponse, Fault> {
    let before = wanted.before.as_ref();
    let chats = people.records.search(&wanted.filters, before, wanted.limit);
    let chats = chats.await?;
    let full = chats.len() as u64 == wanted.limit;
    let next = chats.last().filter(|_| full).map(ChatRecord::cursor);
    Ok(HttpResponse::Ok().json(json!({
        "chats": chats.iter().map(shape::chat).collect::<Vec<Value>>(),
        "next": next.as_ref().map(shape::cursor),
    })))
}

/// Leaves of what is asked for what the caller may see.
pub(super) async fn narrow(
    people: &People,
    caller: &Caller,
    wanted: &mut Wanted,
) -> Result<(), Fault> {
    wanted.filters.supervisor = only_of(caller);
    if is_lead(caller) {
        return Ok(());
    }
    if let Some(visitor) = &wanted.filters.visitor
        && talks_to(people, caller, visitor).await?
    {
        return Ok(());
    }
    let me = &caller.account.id;
    match &wanted.filters.agent {
        Some(agent) if agent != me => Err(forbidden()),
        _ => {
            wanted.filters.agent = Some(me.clone());
            Ok(())
        }
    }
}

/// Shows one chat with what was said, as far as it is known this very moment.
#[get("/staff/chats/{id}")]
pub(crate) async fn show(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let transcript = read_as(&people, &handler, &id, &caller).await?;
    people
        .note_reading(
            &caller.account,
            &transcript.chat.id,
            transcript.chat.assigned.as_deref(),
        )
        .await?;
    let rating = people.records.rating(&transcript.chat.id).await?;
    let mut shaped = shape::transcript(&transcript);
    shaped["rating"] = rating.as_ref().map_or(Value::Null, shape::rating);
    Ok(HttpResponse::Ok().json(shaped))
}

/// Lists a visitor's chats, newest first, page by page.
#[get("/staff/visitors/{id}/chats")]
pub(crate) async fn of_visitor(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    if !is_id(&id) {
        return Err(Fault::not_found("Visitor not found"));
    }
    if !is_lead(&caller) && !talks_to(&people, &caller, &id).await? {
        return Err(forbidden());
    }
    let mut wanted = Wanted::of(&request)?;
    wanted.filters = Filters {
        visitor: Some(id.into_inner()),
        supervisor: only_of(&caller),
        ..Filters::default()
    };
    page(&people, &wanted).await
}
