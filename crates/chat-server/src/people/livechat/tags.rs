//! `/users/tag`: what agents have noted about a user in a word or two (contract 000, section 3).

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    put,
    web::{Data, Payload, Query},
};
use helpline_desk::id::VisitorId;
use helpline_records::Permission;
use helpline_service::handler::Handler;
use serde_json::{Value, json};

use super::{Fault, Validation};
use crate::people::{Fields, People};

/// The most tags of a user, and characters of a tag.
const MOST_TAGS: usize = 100;
const LONGEST_TAG: usize = 200;
const LONGEST_ID: usize = 255;

/// Shows a user's tags.
#[get("/users/tag{slash:/?}")]
pub(crate) async fn show(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::ReadUserTag;
    people.livechat_caller_who(&request, permission).await?;
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let id = match fields.text("id") {
        Some(id) => id.to_owned(),
        None => id_in_query(&request).unwrap_or_default(),
    };
    if id.is_empty() {
        validation.wrong(&fields, "id", "Field is required");
    }
    validation.done()?;
    people.must_know(&handler, &id).await?;
    let tags = people.records.tags(&id).await?.unwrap_or_default();
    Ok(HttpResponse::Ok().json(json!({ "user": id, "tags": tags })))
}

/// Gives a user these tags and no others.
#[put("/users/tag{slash:/?}")]
pub(crate) async fn store(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    let permission = Permission::EditUserTag;
    people.livechat_caller_who(&request, permission).await?;
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let id = fields.text("id");
    if id.is_none() {
        validation.wrong(&fields, "id", "Field is required");
    }
    let tags = tags_in(&fields);
    if tags.is_none() {
        validation.wrong(&fields, "tags", "Expected Array[String]");
    }
    validation.done()?;
    let (id, tags) = (id.unwrap_or_default(), tags.unwrap_or_default());
    people.must_know(&handler, id).await?;
    people.records.store_tags(id, &tags).await?;
    Ok(HttpResponse::Ok().json(json!({ "message": "Tags successfully updated" })))
}

impl People {
    /// Asks for a user that somebody has seen: in the records, or registered so lately that they do not have it yet.
    async fn must_know(&self, handler: &Handler, id: &str) -> Result<(), Fault> {
        let can_be = id.len() <= LONGEST_ID && !id.contains(char::is_control);
        if can_be && self.records.knows_user(id).await? {
            return Ok(());
        }
        let registered = match VisitorId::parse(id) {
            Some(visitor) => handler.store().has_registered(visitor).await,
            None => Ok(false),
        };
        match registered {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::new(StatusCode::NOT_FOUND, "User not found.")),
            Err(_) => Err(Fault::unavailable()),
        }
    }
}

fn id_in_query(request: &HttpRequest) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let mut pairs = pairs.into_inner().into_iter();
    pairs.find(|(name, _)| name == "id").map(|(_, id)| id)
}

fn tags_in(fields: &Fields) -> Option<Vec<String>> {
    let list = fields.get("tags")?.as_array()?;
    let tag = |value: &Value| {
        let text = value.as_str()?;
        let fits = text.chars().count() <= LONGEST_TAG && !text.contains(char::is_control);
        fits.then(|| text.to_owned())
    };
    (list.len() <= MOST_TAGS).then(|| list.iter().map(tag).collect())?
}
