//! Settings that people change while the services run.

use actix_web::{
    HttpRequest, HttpResponse, get, put,
    web::{Data, Payload, Query},
};
use helpline_records::StoredSettings;
use helpline_service::clock;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMINS, Fault};
use crate::{
    archive::kept_since,
    people::{Fields, People},
};

/// The longest text, in bytes, as for the settings that these stand in for.
const LONGEST_TEXT: usize = 1024;
/// More is a slip of the pen.
const LARGEST_NUMBER: u64 = 1_000_000;
/// The longest silence, in seconds: a year, as for the setting.
const LONGEST_SILENCE: u64 = 365 * 24 * 3600;

/// Shows the settings; a text that is null is at its default, which is shown too.
#[get("/staff/settings")]
pub(crate) async fn show(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let settings = people.records.settings().await?;
    Ok(HttpResponse::Ok().json(people.shown(&settings)))
}

/// Stores settings; what is not given stays as it is, and a text that is null goes back to its default.
#[put("/staff/settings")]
pub(crate) async fn store(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let fields = Fields::read(body).await?;
    let was = people.records.settings().await?;
    let settings = StoredSettings {
        join_text: text(&fields, "joinText", was.join_text)?,
        leave_text: text(&fields, "leaveText", was.leave_text)?,
        idle_timeout_seconds: silence(&fields, was.idle_timeout_seconds)?,
        history_load_count: number(&fields, "historyLoadCount", was.history_load_count)?,
        retention_days: number(&fields, "retentionDays", was.retention_days)?,
    };
    let (by, now) = (&caller.account.id, clock::now_micros());
    people.records.store_settings(&settings, by, now).await?;
    Ok(HttpResponse::Ok().json(people.shown(&settings)))
}

/// Says how many chats would be forgotten if those that ended were kept for so many days only: whoever lowers it is asked
/// first.
#[get("/staff/settings/retention")]
pub(crate) async fn retention(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        days: u64,
    }
    people.staff(&request, ADMINS).await?;
    let asked = Query::<Asked>::from_query(request.query_string());
    let days = asked.map(|asked| asked.days).ok();
    let days = days.filter(|days| *days <= LARGEST_NUMBER);
    let days = days.ok_or_else(|| Fault::bad("Invalid days"))?;
    let chats = match kept_since(clock::now_micros(), days) {
        Some(since) => people.records.count_ended_before(since).await?,
        None => 0,
    };
    Ok(HttpResponse::Ok().json(json!({ "days": days, "chats": chats })))
}

impl People {
    fn shown(&self, settings: &StoredSettings) -> Value {
        let chat = &self.commons.settings.chat;
        json!({
            "joinText": settings.join_text,
            "leaveText": settings.leave_text,
            "idleTimeoutSeconds": settings.idle_timeout_seconds,
            "historyLoadCount": settings.history_load_count,
            "retentionDays": settings.retention_days,
            "defaults": {
                "joinText": chat.join_text,
                "leaveText": chat.leave_text,
                "idleTimeoutSeconds": chat.idle_timeout.as_secs(),
            },
        })
    }
}

fn text(fields: &Fields, name: &'static str, was: Option<String>) -> Result<Option<String>, Fault> {
    match fields.0.get(name) {
        None => Ok(was),
        Some(Value::Null) => Ok(None),
        // A control character (PostgreSQL takes no NUL at all) is nothing to show.
        Some(Value::String(text))
            if text.len() <= LONGEST_TEXT
                && !text.contains(|c: char| c.is_control() && c != '\n') =>
        {
            Ok(Some(text.clone()))
        }
        Some(_) => Err(invalid(name)),
    }
}

/// How long a chat may be silent; null: as long as the settings say.
fn silence(fields: &Fields, was: Option<u64>) -> Result<Option<u64>, Fault> {
    const NAME: &str = "idleTimeoutSeconds";
    match fields.0.get(NAME) {
        None => Ok(was),
        Some(Value::Null) => Ok(None),
        Some(value) => {
            let seconds = value.as_u64();
            let seconds = seconds.filter(|seconds| (1..=LONGEST_SILENCE).contains(seconds));
            seconds.map(Some).ok_or_else(|| invalid(NAME))
        }
    }
}

/// A number that is emptied is none, and 0 would mean something.
fn number(fields: &Fields, name: &'static str, was: u64) -> Result<u64, Fault> {
    match fields.0.get(name) {
        None => Ok(was),
        Some(value) => {
            let number = value.as_u64().filter(|number| *number <= LARGEST_NUMBER);
            number.ok_or_else(|| invalid(name))
        }
    }
}

fn invalid(name: &'static str) -> Fault {
    Fault::bad(match name {
        "joinText" => "Invalid joinText",
        "leaveText" => "Invalid leaveText",
        "idleTimeoutSeconds" => "Invalid idleTimeoutSeconds",
        "historyLoadCount" => "Invalid historyLoadCount",
        _ => "Invalid retentionDays",
    })
}
