//! Who did what, and when: page by page, and all of it to take along.

use std::{collections::VecDeque, io};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{CONTENT_DISPOSITION, HeaderValue},
    web::{Bytes, Data, Query},
};
use futures_util::{Stream, stream::try_unfold};
use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use helpline_records::{Act, AuditFilter, Audited, Records};
use helpline_service::clock;
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::{ADMINS, Fault};
use crate::{people::People, transcripts::csv};

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
    let (kind, ending, as_csv) = match which.format.as_deref() {
        None | Some("" | "json") => ("application/json", "json", false),
        Some("csv") => ("text/csv; charset=utf-8", "csv", true),
        Some(_) => return Err(Fault::bad("Invalid format")),
    };
    let details = json!({
        "format": ending,
        "actor": filter.actor,
        "action": filter.act.map(Act::as_str),
    });
    let act = Act::AuditExported;
    people
        .note(&caller.account, act, "audit", Some(&details))
        .await?;
    let day = iso(Timestamp(clock::now_micros()));
    let day = day.split('T').next().unwrap_or_default();
    let name = format!("attachment; filename=\"audit-{day}.{ending}\"");
    let name = HeaderValue::from_str(&name).map_err(|_| Fault::unavailable())?;
    let export = Export {
        records: people.records.clone(),
        filter,
        as_csv,
        step: Step::Begin,
        page: VecDeque::new(),
    };
    Ok(HttpResponse::Ok()
        .content_type(kind)
        .insert_header((CONTENT_DISPOSITION, name))
        .streaming(pieces(export)))
}

/// What is left to export.
struct Export {
    records: Records,
    filter: AuditFilter,
    as_csv: bool,
    step: Step,
    page: VecDeque<Audited>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Begin,
    First,
    Lines,
    Done,
}

fn pieces(export: Export) -> impl Stream<Item = Result<Bytes, io::Error>> {
    try_unfold(export, async |mut export| {
        let piece = export.next().await?;
        Ok(piece.map(|piece| (Bytes::from(piece), export)))
    })
}

impl Export {
    /// The next piece. A failure cuts the answer off, so that nobody takes a part for the whole.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, io::Error> {
        match self.step {
            Step::Begin => {
                self.step = Step::First;
                return Ok(Some(match self.as_csv {
                    // Without the mark a spreadsheet reads it in whatever its own letters are.
                    true => [
                        "\u{feff}".as_bytes(),
                        &csv::lines([HEADINGS.map(str::to_owned)]),
                    ]
                    .concat(),
                    false => b"[".to_vec(),
                }));
            }
            Step::Done => return Ok(None),
            Step::First | Step::Lines => {}
        }
        if self.page.is_empty() {
            let page = self.records.audit(&self.filter, LARGEST_PAGE).await;
            let page = page.inspect_err(|error| warn!(%error, "an export is cut off"));
            self.page = page.map_err(io::Error::other)?.into();
            if let Some(last) = self.page.back() {
                self.filter.before = Some(last.id);
            }
        }
        let Some(line) = self.page.pop_front() else {
            self.step = Step::Done;
            return Ok((!self.as_csv).then(|| b"]\n".to_vec()));
        };
        let first = self.step == Step::First;
        self.step = Step::Lines;
        Ok(Some(match self.as_csv {
            true => csv::lines([cells(line)]),
            false => {
                let comma = if first { "\n" } else { ",\n" };
                format!("{comma}{}", shown(&line)).into_bytes()
            }
        }))
    }
}

fn cells(line: Audited) -> [String; HEADINGS.len()] {
    [
        line.id.to_string(),
        iso(Timestamp(line.at)),
        line.actor,
        line.action,
        line.target,
        line.details
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
