//! What a visitor thought of its chat.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path, Payload},
};
use helpline_records::Rating;
use helpline_service::{application::Commons, handler::Handler};

use super::{shape, visitor::must_be_of};
use crate::people::{Fields, People, is_id, staff::Fault};

/// The longest comment, in characters.
const LONGEST_COMMENT: usize = 1000;

/// Rates the chat whose token is shown; again replaces it.
#[post("/chats/{id}/rating")]
pub(crate) async fn rate(
    request: HttpRequest,
    id: Path<String>,
    body: Payload,
    people: Data<People>,
    commons: Data<Commons>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    if !is_id(&id) {
        return Err(Fault::not_found("Chat not found"));
    }
    must_be_of(&commons, &request, &id).await?;
    let fields = Fields::read(body).await?;
    let score = fields.get("score").and_then(|score| score.as_u64());
    let score = score.and_then(|score| u8::try_from(score).ok());
    let score = score.filter(|score| (1..=5).contains(score));
    let comment = match fields.get("comment") {
        None => None,
        Some(comment) => {
            let comment = comment
                .as_str()
                .ok_or(Fault::bad("Invalid comment"))?
                .trim();
            if comment.chars().count() > LONGEST_COMMENT {
                return Err(Fault::bad("Invalid comment"));
            }
            Some(comment.to_owned()).filter(|comment| !comment.is_empty())
        }
    };
    let rating = Rating {
        chat: id.into_inner(),
        score: score.ok_or(Fault::bad("Invalid score"))?,
        comment,
        at: handler.now().0,
    };
    match people.records.rate(&rating).await? {
        true => Ok(HttpResponse::Ok().json(shape::rating(&rating))),
        false => Err(Fault::not_found("Chat not found")),
    }
}
