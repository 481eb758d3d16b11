//! Notes: what staff tell each other about a chat.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path, Payload},
};
use helpline_records::{Note, new_id};
use helpline_service::handler::Handler;
use serde_json::{Value, json};

use super::{STAFF, reading::read_as, shape};
use crate::people::{Fields, People, staff::Fault};

/// The longest note, in bytes of UTF-8.
const LONGEST: usize = 4096;

/// Lists a chat's notes, oldest first.
#[get("/staff/chats/{id}/notes")]
pub(crate) async fn list(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let chat = read_as(&people, &handler, &id, &caller).await?.chat;
    let notes = people.records.notes(&chat.id).await?;
    let notes: Vec<Value> = notes.iter().map(shaped).collect();
    Ok(HttpResponse::Ok().json(json!({ "notes": notes })))
}

/// Adds a note.
#[post("/staff/chats/{id}/notes")]
pub(crate) async fn add(
    request: HttpRequest,
    id: Path<String>,
    body: Payload,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let fields = Fields::read(body).await?;
    let text = fields.text("text").map(str::trim);
    let text = text.filter(|text| !text.is_empty() && text.len() <= LONGEST);
    let text = text.ok_or(Fault::bad("Invalid text"))?;
    let chat = read_as(&people, &handler, &id, &caller).await?.chat;
    let note = Note {
        id: new_id(),
        chat: chat.id,
        author: caller.account.id,
        author_name: caller.account.name,
        content: text.to_owned(),
        at: handler.now().0,
    };
    match people.records.add_note(&note).await? {
        true => Ok(HttpResponse::Created().json(shaped(&note))),
        false => Err(Fault::not_found("Chat not found")),
    }
}

fn shaped(note: &Note) -> Value {
    json!({
        "id": note.id,
        "authorId": note.author,
        "authorName": note.author_name,
        "text": note.content,
        "at": shape::time(note.at),
    })
}
