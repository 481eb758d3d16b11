//! `GET /availability` (docs/helpline-v1.md): what a visitor may expect before saying a word.

use actix_web::{
    HttpResponse, get,
    http::{
        StatusCode,
        header::{CACHE_CONTROL, HeaderValue},
    },
    web::Data,
};
use helpline_service::{http::failure, hub::Hub};
use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Availability {
    #[serde(skip_serializing_if = "Option::is_none")]
    usual_wait_seconds: Option<u64>,
    agents_online: usize,
}

/// Tells whoever asks: nothing of it is about anybody.
#[get("/availability")]
pub(crate) async fn tell(hub: Data<Hub>) -> HttpResponse {
    let mut response = match hub.availability().await {
        Ok(known) => HttpResponse::Ok().json(Availability {
            usual_wait_seconds: known.usual_wait_seconds,
            agents_online: known.agents_online,
        }),
        Err(_) => failure(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable"),
    };
    let never = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, never);
    response
}
