//! The directory: to whom a chat can be handed on.

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use helpline_desk::id::AgentId;
use helpline_records::AccountFilter;
use helpline_service::handler::Handler;
use serde_json::{Value, json};

use super::{Fault, STAFF};
use crate::people::People;

/// More people than that are not shown in a list.
const MOST: u64 = 1000;

/// Lists everyone who works here and may sign in, and who of them is at the desk.
#[get("/staff/agents")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
    handler: Data<Handler>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, STAFF).await?;
    let filter = AccountFilter {
        roles: STAFF.to_vec(),
        after: None,
        limit: MOST,
    };
    let accounts = people.records.accounts(&filter).await?;
    let online = handler.store().agents().await?;
    let agents = accounts.into_iter().filter(|account| account.active);
    let agents = agents.map(|account| {
        json!({
            "online": online.contains(&AgentId(account.id.clone())),
            "id": account.id,
            "name": account.name,
            "role": account.role.as_str(),
        })
    });
    Ok(HttpResponse::Ok().json(json!({ "agents": agents.collect::<Vec<Value>>() })))
}
