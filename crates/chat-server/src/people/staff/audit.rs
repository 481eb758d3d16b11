//! Who changed what, and when.

use actix_web::{
    HttpRequest, HttpResponse, get,
    web::{Data, Query},
};
use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMINS, Fault};
use crate::people::People;

const PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 500;

/// Which lines.
#[derive(Deserialize)]
pub(crate) struct Which {
    before: Option<i64>,
    limit: Option<u64>,
}

/// Lists the lines, the latest first.
#[get("/staff/audit")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let which = Query::<Which>::from_query(request.query_string());
    let which = which.map_err(|_| Fault::bad("Invalid query"))?.into_inner();
    let limit = which.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE);
    let lines = people.records.audit(which.before, limit).await?;
    let lines = lines.into_iter().map(|line| {
        json!({
            "id": line.id,
            "at": iso(Timestamp(line.at)),
            "actor": line.actor,
            "action": line.action,
            "target": line.target,
            "details": line.details,
        })
    });
    Ok(HttpResponse::Ok().json(json!({ "entries": lines.collect::<Vec<Value>>() })))
}
