//! The figures.

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use helpline_records::{Report, Spread};
use helpline_service::handler::Handler;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{LEADS, query, shape, zone::Zone};
use crate::people::{People, staff::Fault};

/// What is reported when nobody says: thirty days.
const USUAL_SPAN: i64 = 30 * 24 * 3600 * 1_000_000;

/// Reports what happened in a span of time, and what is going on right now.
#[get("/admin/reports")]
pub(crate) async fn tell(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    #[derive(Deserialize)]
    struct Asked {
        from: Option<String>,
        to: Option<String>,
        zone: Option<String>,
    }
    people.staff(&request, LEADS).await?;
    let asked: Asked = query::read(&request)?;
    let zone = Zone::of(asked.zone)?;
    let from = query::point(asked.from, &zone, Fault::bad("Invalid from"))?;
    let to = query::point(asked.to, &zone, Fault::bad("Invalid to"))?;
    let to = to.unwrap_or_else(|| handler.now().0);
    let from = from.unwrap_or_else(|| to.saturating_sub(USUAL_SPAN));
    if from > to {
        return Err(Fault::bad("Invalid from"));
    }
    let offsets = zone.offsets(from, to);
    let report = people.records.reports(from, to, &offsets).await?;
    let mut shaped = shaped(&report);
    let live = handler.store().figures().await?;
    shaped["from"] = shape::time(from).into();
    shaped["to"] = shape::time(to).into();
    shaped["zone"] = zone.name().into();
    shaped["now"] = json!({ "open": live.open, "waiting": live.waiting });
    Ok(HttpResponse::Ok().json(shaped))
}

fn shaped(report: &Report) -> Value {
    json!({
        "chats": {
            "requested": report.requested,
            "answered": report.answered,
            "missed": report.missed,
            "messages": report.messages,
        },
        "waitingSeconds": spread(report.waiting),
        "firstResponseSeconds": spread(report.first_response),
        "durationSeconds": spread(report.duration),
        "ratings": { "count": report.ratings.count, "mean": report.ratings.mean },
        "days": report.days.iter().map(|day| {
            let date: String = shape::time(day.day).chars().take("2000-01-01".len()).collect();
            json!({ "day": date, "chats": day.chats, "waitingSeconds": day.waiting.map(seconds) })
        }).collect::<Vec<Value>>(),
        "weekdayHours": report.weekday_hours,
        "agents": report.agents.iter().map(|agent| json!({
            "id": agent.agent,
            "name": agent.name,
            "chats": agent.chats,
            "ratings": { "count": agent.ratings, "mean": agent.rating },
        })).collect::<Vec<Value>>(),
        "supervisors": report.supervisors.iter().map(|supervisor| json!({
            "id": supervisor.supervisor,
            "name": supervisor.name,
            "chats": supervisor.chats,
        })).collect::<Vec<Value>>(),
    })
}

fn spread(spread: Spread) -> Value {
    json!({
        "count": spread.count,
        "median": spread.median.map(seconds),
        "p90": spread.p90.map(seconds),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a span of time is far below 2^52 microseconds"
)]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}
