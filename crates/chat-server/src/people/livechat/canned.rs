//! `/canned-response/`: each agent's own (contract 000, section 2).

use actix_web::{
    HttpRequest, HttpResponse, delete, get,
    http::StatusCode,
    post, put,
    web::{Data, Payload},
};
use helpline_desk::{name::Name, time::Timestamp};
use helpline_protocol::event::iso;
use helpline_records::{CannedContent, CannedResponse, Permission, RecordsError};
use helpline_service::clock;
use serde_json::{Map, Value, json};

use super::{Fault, Validation};
use crate::people::{Fields, People, is_id};

const REQUIRED: &str = "Field is required";
const INVALID: &str = "Invalid value";

/// Adds one.
#[post("/canned-response{slash:/?}")]
pub(crate) async fn add(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::CreateCannedResponse;
    let caller = people.livechat_caller_who(&request, permission).await?;
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let name = name_in(&fields, &mut validation);
    let text = text_in(&fields, &mut validation);
    validation.done()?;
    let content = CannedContent {
        name,
        text,
        is_active: true,
        selected: false,
    };
    let (account, now) = (&caller.account.id, clock::now_micros());
    match people.records.add_canned(account, &content, now).await {
        Ok(Some(added)) => Ok(HttpResponse::Ok().json(json!({ "success": shown(&added) }))),
        Ok(None) => Err(Fault::new(StatusCode::CONFLICT, "Too many responses")),
        Err(RecordsError::Conflict) => Err(exists(&content.name)),
        Err(error) => Err(error.into()),
    }
}

/// Lists the caller's.
#[get("/canned-response{slash:/?}")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::ReadCannedResponse;
    let caller = people.livechat_caller_who(&request, permission).await?;
    let responses = people.records.canned(&caller.account.id).await?;
    let responses: Vec<Value> = responses.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "responses": responses })))
}

/// Replaces what one of the caller's is, as a whole.
#[put("/canned-response{slash:/?}")]
pub(crate) async fn replace(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::EditCannedResponse;
    let caller = people.livechat_caller_who(&request, permission).await?;
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let id = id_in(&fields, &mut validation);
    let document = fields
        .get("updatedResponse")
        .filter(|value| value.is_object());
    if document.is_none() {
        validation.wrong(&fields, "updatedResponse", REQUIRED);
    }
    let document = Fields(document.cloned().unwrap_or_default());
    let mut inner = Validation::default();
    let content = CannedContent {
        name: name_in(&document, &mut inner),
        text: text_in(&document, &mut inner),
        is_active: flag_in(&document, "is_active", true, &mut inner),
        selected: flag_in(&document, "selected", false, &mut inner),
    };
    validation.done()?;
    inner.done()?;
    let Some(id) = id.filter(|id| is_id(id)) else {
        return Ok(HttpResponse::Ok().json(json!({ "response": null })));
    };
    let (account, now) = (&caller.account.id, clock::now_micros());
    let replaced = people.records.replace_canned(account, id, &content, now);
    match replaced.await {
        Ok(found) => Ok(found_or_null(found.as_ref())),
        Err(RecordsError::Conflict) => Err(exists(&content.name)),
        Err(error) => Err(error.into()),
    }
}

/// Deletes one of the caller's; it is listed as inactive from then on.
#[delete("/canned-response{slash:/?}")]
pub(crate) async fn remove(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::DeleteCannedResponse;
    let caller = people.livechat_caller_who(&request, permission).await?;
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let id = id_in(&fields, &mut validation);
    validation.done()?;
    let Some(id) = id.filter(|id| is_id(id)) else {
        return Ok(found_or_null(None));
    };
    let (account, now) = (&caller.account.id, clock::now_micros());
    let removed = people.records.delete_canned(account, id, now).await?;
    Ok(found_or_null(removed.as_ref()))
}

fn found_or_null(found: Option<&CannedResponse>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "response": found.map(shown) }))
}

fn exists(name: &str) -> Fault {
    Fault::errors(vec![
        json!({ "msg": "Response already exist", "responseName": name }),
    ])
}

fn id_in<'a>(fields: &'a Fields, validation: &mut Validation) -> Option<&'a str> {
    let id = fields.text("responseId");
    if id.is_none() {
        validation.wrong(fields, "responseId", "Response ID is required");
    }
    id
}

fn name_in(fields: &Fields, validation: &mut Validation) -> String {
    match fields.text("name") {
        None => validation.wrong(fields, "name", REQUIRED),
        Some(text) => match Name::parse(text) {
            Some(name) => return name.as_str().to_owned(),
            None => validation.wrong(fields, "name", INVALID),
        },
    }
    String::new()
}

/// The texts by language, as they are kept: a map, or a text with its language beside it.
fn text_in(fields: &Fields, validation: &mut Validation) -> String {
    let mut texts = Map::new();
    match fields.get("text") {
        Some(Value::Object(map)) if !map.is_empty() => texts.clone_from(map),
        Some(Value::String(text)) if !text.is_empty() => match fields.text("language") {
            Some(language) => {
                texts.insert(language.to_owned(), text.clone().into());
            }
            None => validation.wrong(fields, "language", REQUIRED),
        },
        _ => {
            validation.wrong(fields, "text", REQUIRED);
            if fields.text("language").is_none() {
                validation.wrong(fields, "language", REQUIRED);
            }
        }
    }
    let is_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    if !texts
        .iter()
        .all(|(language, text)| !language.is_empty() && is_text(text))
    {
        validation.wrong(fields, "text", INVALID);
    }
    Value::Object(texts).to_string()
}

fn flag_in(fields: &Fields, name: &str, absent: bool, validation: &mut Validation) -> bool {
    match fields.get(name) {
        None => absent,
        Some(Value::Bool(flag)) => *flag,
        Some(_) => {
            validation.wrong(fields, name, INVALID);
            absent
        }
    }
}

fn shown(response: &CannedResponse) -> Value {
    let text: Value = serde_json::from_str(&response.text).unwrap_or_default();
    json!({
        "_id": response.id,
        "user": response.account,
        "name": response.name,
        "text": text,
        "is_active": response.is_active,
        "selected": response.selected,
        "created_at": iso(Timestamp(response.created_at)),
        "updated_at": iso(Timestamp(response.updated_at)),
    })
}
