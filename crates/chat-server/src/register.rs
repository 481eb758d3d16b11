//! `GET /user/join/{userName}` (contract 001, section 1).

use std::fmt::Display;

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::{
        StatusCode,
        header::{HeaderValue, RETRY_AFTER},
    },
    web::{Data, Query},
};
use helpline_desk::{
    actor::Actor,
    command::Command,
    id::{ChatId, VisitorId},
    name::{Email, Name, Topic},
    time::Timestamp,
};
use helpline_service::{
    access::{Role, TokenKeys, token_of},
    application::Commons,
    clock,
    door::client_address,
    handler::{Failure, Handler, Known, Request},
    http::failure,
    seldom::Seldom,
};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use tracing::{debug, info, warn};

/// Where a visitor who registers here comes from.
const PLATFORM: &str = "web";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    user_id: String,
    username: String,
    chat_id: String,
    token: String,
}

/// Registers a visitor: a new visitor and a new chat at each call.
#[get("/user/join/{name:[^/]*}")]
pub(crate) async fn register(
    request: HttpRequest,
    commons: Data<Commons>,
    handler: Data<Handler>,
) -> HttpResponse {
    let allowed =
        client_address(&commons, &request).is_some_and(|from| commons.registrations.allow(from));
    if !allowed {
        return later(StatusCode::TOO_MANY_REQUESTS, "Too many registrations");
    }
    let Some(name) = name_in(request.path()) else {
        return failure(StatusCode::BAD_REQUEST, "Invalid username");
    };
    let Ok(topic) = topic_in(request.query_string()) else {
        return failure(StatusCode::BAD_REQUEST, "Invalid topic");
    };
    let Some(tokens) = commons.tokens().await else {
        return unavailable();
    };
    let visitor = VisitorId::from_bits(rand::random());
    let chat = ChatId::from_bits(rand::random());
    let username = name.as_str().to_owned();
    // The visitor is known since its token was issued, which says whole seconds.
    let now = clock::now_micros();
    let command = Command::Register {
        name,
        platform: PLATFORM.to_owned(),
        topic,
        email: account_email(tokens, &request),
        since: Timestamp(now - now.rem_euclid(1_000_000)),
    };
    let command = Request {
        known: Known::Absent,
        ..Request::new(chat, Actor::Visitor(visitor), command)
    };
    if commons.settings.records.url.is_some()
        && let Err(reason) = handler.store().note_registration(visitor).await
    {
        not_stored(&reason);
        return unavailable();
    }
    match handler.handle(command).await {
        Ok(_) => {}
        Err(Failure::Store(reason)) => {
            not_stored(&reason);
            return unavailable();
        }
        Err(Failure::Refused(refusal)) => {
            debug!(%chat, reason = refusal.code(), "a registration was refused");
            return unavailable();
        }
    }
    info!(%chat, "registered");
    let (user_id, chat_id) = (visitor.to_string(), chat.to_string());
    let token = tokens.issue_visitor(&user_id, &chat_id, &username, now);
    HttpResponse::Ok().json(Registration {
        user_id,
        username,
        chat_id,
        token,
    })
}

/// Says in the log that a registration was not stored: anybody can bring that about while the store is away.
fn not_stored(reason: &dyn Display) {
    static SAID: Seldom = Seldom::new();
    if SAID.is_time() {
        warn!(%reason, "a registration was not stored");
    }
}

/// The address in the token of an account, if the visitor shows one: a site that knows its visitors may hand it over. Any
/// other token is none of ours, and no reason to turn a visitor away.
fn account_email(tokens: &TokenKeys, request: &HttpRequest) -> Option<Email> {
    let token = token_of(request.headers(), request.query_string())?;
    let claims = tokens.verify(&token).ok()?;
    let candidate = claims.role == Role::Candidate;
    claims
        .email
        .filter(|_| candidate)
        .and_then(|email| Email::parse(&email))
}

/// The name at the end of the path. Read from the path as it came: what is no UTF-8 is no name, and not some other.
fn name_in(path: &str) -> Option<Name> {
    let (_, name) = path.rsplit_once('/')?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    Name::parse(&name)
}

/// What the chat is about, if the query says so: `?topic=`. An empty one is none.
fn topic_in(query: &str) -> Result<Option<Topic>, InvalidTopic> {
    #[derive(Deserialize)]
    struct Wanted {
        topic: Option<String>,
    }
    let wanted = Query::<Wanted>::from_query(query).map_err(|_| InvalidTopic)?;
    match wanted.into_inner().topic {
        Some(topic) if !topic.trim().is_empty() => {
            Topic::parse(&topic).map(Some).ok_or(InvalidTopic)
        }
        _ => Ok(None),
    }
}

struct InvalidTopic;

fn unavailable() -> HttpResponse {
    later(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
}

fn later(status: StatusCode, text: &str) -> HttpResponse {
    let mut response = failure(status, text);
    let pause = HeaderValue::from_static("5");
    response.headers_mut().insert(RETRY_AFTER, pause);
    response
}
