//! Visitors who found nobody leave word, and staff see to it.

use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::StatusCode,
    post,
    web::{Data, Path, Payload},
};
use helpline_desk::name::{Email, Name};
use helpline_records::{FollowUp, FollowUpChange, FollowUpCursor, FollowUpKind, new_id};
use helpline_service::{application::Commons, door::client_address, handler::Handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMINS, STAFF, query, shape, visitor::must_be_of, zone::Zone};
use crate::people::{Fields, People, is_id, staff::Fault};

/// The longest text, in bytes of UTF-8.
const LONGEST: usize = 4096;
const PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 200;

/// Leaves word. Needs no token, unless it names a chat: then that chat's.
#[post("/follow-ups")]
pub(crate) async fn ask(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
    commons: Data<Commons>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let address = client_address(&commons, &request);
    if !address.is_some_and(|from| commons.registrations.allow(from)) {
        return Err(Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
        ));
    }
    let fields = Fields::read(body).await?;
    let name = fields.text("name").and_then(Name::parse);
    let email = fields.text("email").and_then(Email::parse);
    let text = fields.text("text").map(str::trim);
    let text = text.filter(|text| !text.is_empty() && text.len() <= LONGEST);
    let chat = match fields.get("chatId") {
        None => None,
        Some(chat) => {
            let chat = chat.as_str().filter(|chat| is_id(chat));
            Some(chat.ok_or(Fault::bad("Invalid chatId"))?.to_owned())
        }
    };
    let wish = FollowUp {
        id: new_id(),
        kind: FollowUpKind::Message,
        name: name.ok_or(Fault::bad("Invalid name"))?.to_string(),
        email: email
            .ok_or(Fault::bad("Invalid email"))?
            .as_str()
            .to_owned(),
        text: text.ok_or(Fault::bad("Invalid text"))?.to_owned(),
        chat,
        created_at: handler.now().0,
        taken: None,
        closed: None,
    };
    if let Some(chat) = &wish.chat {
        must_be_of(&commons, &request, chat).await?;
    }
    people.records.add_follow_up(&wish).await?;
    Ok(HttpResponse::Created().json(json!({ "id": wish.id })))
}

/// Lists open ones, or with `closed=true` those that are done, newest first, with how many there are in all; with `email` all
/// that were left under that.
#[get("/staff/follow-ups")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        closed: Option<bool>,
        email: Option<String>,
        before: Option<String>,
        limit: Option<u64>,
    }
    people.staff(&request, STAFF).await?;
    let asked: Asked = query::read(&request)?;
    let before = before(asked.before)?;
    let limit = asked.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let closed = asked.closed.unwrap_or(false);
    let records = &people.records;
    if let Some(email) = asked.email.filter(|email| !email.is_empty()) {
        let wishes = records.follow_ups_of(&email, LARGEST_PAGE).await?;
        let count = wishes.len();
        let wishes: Vec<Value> = wishes.iter().map(shaped).collect();
        let answer = json!({ "followUps": wishes, "next": null, "count": count });
        return Ok(HttpResponse::Ok().json(answer));
    }
    let wishes = records.follow_ups(closed, before.as_ref(), limit).await?;
    let count = records.count_follow_ups(closed).await?;
    let full = wishes.len() as u64 == limit;
    let next = wishes.last().filter(|_| full).map(FollowUp::cursor);
    let next = next.map(|next| format!("{}-{}", next.created_at, next.id));
    let wishes: Vec<Value> = wishes.iter().map(shaped).collect();
    Ok(HttpResponse::Ok().json(json!({ "followUps": wishes, "next": next, "count": count })))
}

/// Where the page before this one ended, or a point in time.
fn before(text: Option<String>) -> Result<Option<FollowUpCursor>, Fault> {
    let cursor = text.as_deref().and_then(|text| {
        let (created_at, id) = text.split_once('-')?;
        Some(FollowUpCursor {
            created_at: created_at.parse().ok()?,
            id: Some(id).filter(|id| is_id(id))?.to_owned(),
        })
    });
    if cursor.is_some() {
        return Ok(cursor);
    }
    let point = query::point(text, &Zone::UTC, Fault::bad("Invalid before"))?;
    let id = String::new();
    Ok(point.map(|created_at| FollowUpCursor { created_at, id }))
}

/// Erases all that was left under an e-mail.
#[delete("/staff/follow-ups")]
pub(crate) async fn erase(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        email: Option<String>,
    }
    let caller = people.staff(&request, ADMINS).await?;
    let asked: Asked = query::read(&request)?;
    let email = asked.email.as_deref().and_then(Email::parse);
    let email = email.ok_or(Fault::bad("Invalid email"))?;
    let (by, now) = (&caller.account.id, handler.now().0);
    let erased = people.records.erase_follow_ups(email.as_str(), by, now);
    Ok(HttpResponse::Ok().json(json!({ "followUps": erased.await? })))
}

/// Says that the caller sees to it.
#[post("/staff/follow-ups/{id}/take")]
pub(crate) async fn take(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let (by, now) = (&caller.account.id, handler.now().0);
    let known = known(&id)?;
    answer(people.records.take_follow_up(known, by, now).await?, &id)
}

/// Says that it is done.
#[post("/staff/follow-ups/{id}/close")]
pub(crate) async fn close(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let (by, now) = (&caller.account.id, handler.now().0);
    let known = known(&id)?;
    answer(people.records.close_follow_up(known, by, now).await?, &id)
}

fn known(id: &str) -> Result<&str, Fault> {
    Some(id)
        .filter(|id| is_id(id))
        .ok_or(Fault::not_found("Follow-up not found"))
}

fn answer(change: FollowUpChange, id: &str) -> Result<HttpResponse, Fault> {
    match change {
        FollowUpChange::Done => Ok(HttpResponse::Ok().json(json!({ "id": id }))),
        FollowUpChange::Refused => Err(Fault::conflict("Already taken")),
        FollowUpChange::Unknown => Err(Fault::not_found("Follow-up not found")),
    }
}

fn shaped(wish: &FollowUp) -> Value {
    let who = |who: &Option<(String, i64)>| match who {
        Some((account, at)) => json!({ "by": account, "at": shape::time(*at) }),
        None => Value::Null,
    };
    json!({
        "id": wish.id,
        "name": wish.name,
        "kind": wish.kind.as_str(),
        "email": Some(&wish.email).filter(|email| !email.is_empty()),
        "text": wish.text,
        "chatId": wish.chat,
        "createdAt": shape::time(wish.created_at),
        "taken": who(&wish.taken),
        "closed": who(&wish.closed),
    })
}
