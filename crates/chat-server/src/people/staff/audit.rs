//! Who did what, and when: page by page, and all of it to take along.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Query},
};
use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use helpline_records::{Act, AuditFilter, Audited, Records, RecordsError};
use helpline_service::clock;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMINS, Fault};
use crate::{
    export::{self, Format, Source, csv},
    people::People,
};

const PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 500;
/// The longest id of somebody who did something.
const LONGEST_ID: usize = 255;

const HEADINGS: [&str; 6] = ["id", "at", "actor", "action", "target", "details"];

/// Which lines.
#[derive(Deserialize)]
pub(crate) struct Which {
    actor: Option<String>,
    action: Option<String>,
    before: Option<i64>,
    limit: Option<u64>,
    format: Option<String>,
}

impl Which {
    fn of(request: &HttpRequest) -> Result<Self, Fault> {
        let which = Query::<Self>::from_query(request.query_string());
        Ok(which.map_err(|_| Fault::bad("Invalid query"))?.into_inner())
    }

    /// An empty value is none.
    fn filter(&self) -> Result<AuditFilter, Fault> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let actor = given(&self.actor);
        let is_id = |id: &String| id.len() <= LONGEST_ID && !id.contains(char::is_control);
        if !actor.as_ref().is_none_or(is_id) {
            return Err(Fault::bad("Invalid actor"));
        }
        let act = match given(&self.action) {
            None => None,
            Some(name) => Some(Act::parse(&name).ok_or(Fault::bad("Invalid action"))?),
        };
        Ok(AuditFilter {
            actor,
            act,
            before: self.before,
        })
    }
}

/// Lists the lines that match, the latest first.
#[get("/staff/audit")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let which = Which::of(&request)?;
    let limit = which.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let lines = people.records.audit(&which.filter()?, limit).await?;
    let lines = lines.iter().map(shown);
    Ok(HttpResponse::Ok().json(json!({ "entries": lines.collect::<Vec<Value>>() })))
}

/// Lists the acts there are.
#[get("/staff/audit/actions")]
pub(crate) async fn actions(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    Ok(HttpResponse::Ok().json(json!({ "actions": Act::ALL.map(Act::as_str) })))
}

/// Gives all lines that match, the latest first. That they were taken along is a line too.
#[get("/staff/audit/export")]
pub(crate) async fn give(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let which = Which::of(&request)?;
    let filter = which.filter()?;
    // An empty value is none.
    let format = which.format.as_deref().filter(|name| !name.is_empty());
    let format = Format::parse(format).ok_or(Fault::bad("Invalid format"))?;
    let details = json!({
        "format": format.name(),
        "actor": filter.actor,
        "action": filter.act.map(Act::as_str),
    });
    let act = Act::AuditExported;
    people
        .note(&caller.account, act, "audit", Some(&details))
        .await?;
    let day = iso(Timestamp(clock::now_micros()));
    let day = day.split('T').next().unwrap_or_default();
    let records = people.records.clone();
    let name = format!("audit-{day}");
    Ok(export::answer(Lines { records, filter }, format, &name))
}

/// The lines that are left to export.
struct Lines {
    records: Records,
    filter: AuditFilter,
}

impl Source for Lines {
    type Item = Audited;

    async fn page(&mut self) -> Result<Vec<Audited>, RecordsError> {
        let page = self.records.audit(&self.filter, LARGEST_PAGE).await?;
        if let Some(last) = page.last() {
            self.filter.before = Some(last.id);
        }
        Ok(page)
    }

    fn headings() -> Vec<u8> {
        csv::headings(HEADINGS)
    }

    fn csv(line: &Audited) -> Vec<u8> {
        csv::lines([cells(line)])
    }

    fn json(line: &Audited) -> Value {
        shown(line)
    }
}

fn cells(line: &Audited) -> [String; HEADINGS.len()] {
    [
        line.id.to_string(),
        iso(Timestamp(line.at)),
        line.actor.clone(),
        line.action.clone(),
        line.target.clone(),
        line.details
            .as_ref()
            .map(|details| details.to_string())
            .unwrap_or_default(),
    ]
}

fn shown(line: &Audited) -> Value {
    json!({
        "id": line.id,
        "at": iso(Timestamp(line.at)),
        "actor": line.actor,
        "action": line.action,
        "target": line.target,
        "details": line.details,
    })
}
