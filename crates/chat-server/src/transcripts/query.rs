//! Query strings: which chats, and from when to when.

use actix_web::{HttpRequest, web::Query};
use chrono::{DateTime, NaiveDate};
use helpline_records::{Cursor, Filters, Status};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{shape::read_cursor, zone::Zone};
use crate::people::{is_id, staff::Fault};

/// The longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 200;
/// The longest agent id that is looked for.
const LONGEST_ID: usize = 255;
const PAGE: u64 = 50;
const LARGEST_PAGE: u64 = 200;

/// Which chats are asked for.
pub(super) struct Wanted {
    pub(super) filters: Filters,
    pub(super) before: Option<Cursor>,
    pub(super) limit: u64,
}

#[derive(Deserialize)]
struct Asked {
    text: Option<String>,
    status: Option<String>,
    agent: Option<String>,
    visitor: Option<String>,
    from: Option<String>,
    to: Option<String>,
    zone: Option<String>,
    before: Option<String>,
    limit: Option<u64>,
}

impl Wanted {
    /// Reads a query string. An empty value is none.
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Fault> {
        let asked: Asked = read(request)?;
        let text = given(asked.text);
        if text
            .as_ref()
            .is_some_and(|t| t.chars().count() > LONGEST_TEXT)
        {
            return Err(Fault::bad("Invalid text"));
        }
        let agent = given(asked.agent);
        if agent
            .as_ref()
            .is_some_and(|agent| agent.len() > LONGEST_ID || agent.contains('\0'))
        {
            return Err(Fault::bad("Invalid agent"));
        }
        let visitor = given(asked.visitor);
        if visitor.as_ref().is_some_and(|visitor| !is_id(visitor)) {
            return Err(Fault::bad("Invalid visitor"));
        }
        let zone = Zone::of(asked.zone)?;
        let status = given(asked.status).map(|status| Status::parse(&status));
        let status = all_or(status, Fault::bad("Invalid status"))?;
        let before = given(asked.before).map(|before| read_cursor(&before).filter(is_cursor));
        Ok(Self {
            filters: Filters {
                text,
                status,
                agent,
                visitor,
                from: point(asked.from, &zone, Fault::bad("Invalid from"))?,
                to: point(asked.to, &zone, Fault::bad("Invalid to"))?,
                supervisor: None,
            },
            before: all_or(before, Fault::bad("Invalid before"))?,
            limit: asked.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE),
        })
    }
}

/// What the audit log says of an export: by what it was chosen. The words that were looked for may be somebody's name, and
/// what stands there stays.
pub(super) fn noted(request: &HttpRequest, format: &str) -> Value {
    let asked = Query::<Asked>::from_query(request.query_string());
    let mut details = json!({ "format": format });
    if let Ok(asked) = asked.map(Query::into_inner) {
        let chosen = [
            ("status", asked.status),
            ("agent", asked.agent),
            ("visitor", asked.visitor),
            ("from", asked.from),
            ("to", asked.to),
        ];
        for (name, value) in chosen {
            if let Some(value) = given(value) {
                details[name] = value.into();
            }
        }
        if given(asked.text).is_some() {
            details["text"] = true.into();
        }
    }
    details
}

/// Reads a query string into whatever it should be.
pub(super) fn read<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Fault> {
    let query = Query::<T>::from_query(request.query_string());
    Ok(query.map_err(|_| Fault::bad("Invalid query"))?.into_inner())
}

/// A point in time: ISO-8601 with a zone, or a day, which begins when it does in `zone`.
pub(super) fn point(
    text: Option<String>,
    zone: &Zone,
    otherwise: Fault,
) -> Result<Option<i64>, Fault> {
    let read = |text: String| {
        if let Ok(time) = DateTime::parse_from_rfc3339(&text) {
            return Some(time.timestamp_micros());
        }
        let day = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok()?;
        zone.beginning_of(day)
    };
    all_or(given(text).map(read), otherwise)
}

fn is_cursor(cursor: &Cursor) -> bool {
    is_id(&cursor.chat)
}

pub(super) fn given(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// What was read, if anything was there to read.
fn all_or<T>(read: Option<Option<T>>, otherwise: Fault) -> Result<Option<T>, Fault> {
    match read {
        None => Ok(None),
        Some(Some(value)) => Ok(Some(value)),
        Some(None) => Err(otherwise),
    }
}
