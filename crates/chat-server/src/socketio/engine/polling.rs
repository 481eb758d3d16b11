//! HTTP requests that carry packets: a GET takes what waits for the client, a POST brings what the client sends.

use actix_web::{HttpResponse, http::header::CACHE_CONTROL, web};
use helpline_protocol::socketio::engine;
use helpline_service::{socket::Incoming, wire::Frame};

use super::{
    MAX_PAYLOAD,
    line::{Line, Polled},
    query::BadRequest,
};

/// A refusal in the form that clients of Engine.IO know.
pub(super) fn bad_request(refused: BadRequest) -> HttpResponse {
    HttpResponse::BadRequest()
        .content_type("application/json")
        .body(refused.body())
}

/// Packets as a body.
pub(super) fn payload(line: &Line, packets: &[&str]) -> HttpResponse {
    text(engine::write_payload(line.revision(), packets))
}

fn text(body: impl Into<String>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=UTF-8")
        .insert_header((CACHE_CONTROL, "no-store"))
        .body(body.into())
}

/// Waits for packets.
pub(super) async fn take(line: &Line) -> HttpResponse {
    let with_last = |packets: &[Frame], last: &[&'static str]| {
        let texts: Vec<_> = packets.iter().map(Frame::text).collect();
        let mut texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
        texts.extend(last);
        payload(line, &texts)
    };
    match line.poll().await {
        Polled::Packets(packets) => with_last(&packets, &[]),
        Polled::Nothing => payload(line, &[engine::NOOP]),
        Polled::Last(packets) => {
            // It has everything: nobody needs to wait for it any longer.
            let _ = line.hear(Incoming::Close).await;
            with_last(&packets, &[engine::CLOSE])
        }
        Polled::Gone => {
            let _ = line.hear(Incoming::Close).await;
            bad_request(BadRequest::Session)
        }
        Polled::Mismatch => bad_request(BadRequest::Mismatch),
        Polled::Twice => {
            // Two who take packets would tear their order apart, so neither may.
            let _ = line.hear(Incoming::Close).await;
            bad_request(BadRequest::Mismatch)
        }
    }
}

/// Hands the packets of a body to the session.
pub(super) async fn bring(line: &Line, body: web::Payload) -> HttpResponse {
    let body = match body.to_bytes_limited(MAX_PAYLOAD).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return bad_request(BadRequest::Mismatch),
        Err(_) => return HttpResponse::PayloadTooLarge().finish(),
    };
    let Ok(packets) = engine::read_payload(line.revision(), &body) else {
        let _ = line.hear(Incoming::Binary).await;
        return bad_request(BadRequest::Mismatch);
    };
    for packet in packets {
        if line.hear_packet(&packet).await.is_break() {
            return bad_request(BadRequest::Session);
        }
    }
    text("ok")
}
