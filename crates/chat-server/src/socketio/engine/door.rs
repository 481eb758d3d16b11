//! The way in: `/socket.io/`, where a line begins and where its carriers come to it.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, guard,
    http::{StatusCode, header::RETRY_AFTER},
    rt,
    web::{self, Data, ServiceConfig},
};
use futures_util::Stream;
use helpline_protocol::{close::Close, socketio::engine};
use helpline_service::{
    access::subprotocol,
    application::Commons,
    door::client_address,
    http::came_as_head,
    metrics::SocketKind,
    socket::{Incoming, Session, close, serve},
    wire::{Upgrade, upgrade},
};
use tokio::sync::mpsc;

use super::{
    Lines, kept,
    line::Line,
    polling,
    query::{BadRequest, Handshake},
    session_end::SessionEnd,
    terms, websocket,
};

/// A session, and where others put what it is to deliver.
pub(crate) type Opening<S> = (S, mpsc::Receiver<<S as Session>::Delivery>);

/// Who decides whom to let in, and what for.
pub(crate) trait Host: Clone + 'static {
    /// What a client is let into.
    type Session: Session + 'static;

    /// Lets a client in, which will be known by `sid`; or says why not.
    async fn admit(
        &self,
        request: &HttpRequest,
        handshake: &Handshake,
        sid: &str,
    ) -> Result<Opening<Self::Session>, HttpResponse>;
}

/// The lines of a process, to be shared by its threads.
#[derive(Clone, Default)]
pub(crate) struct Exchange(Lines);

/// The routes, with and without a slash at the end.
pub(crate) fn routes<H: Host>(config: &mut ServiceConfig, exchange: &Exchange, host: H) {
    let door = Door {
        lines: exchange.0.clone(),
        host,
    };
    config.app_data(Data::new(door));
    for path in ["/socket.io/", "/socket.io"] {
        config.service(
            web::resource(path)
                .route(
                    web::route()
                        .guard(guard::Any(guard::Get()).or(guard::Post()))
                        .to(come::<H>),
                )
                .default_service(web::to(async || polling::bad_request(BadRequest::Method))),
        );
    }
}

struct Door<H> {
    lines: Lines,
    host: H,
}

async fn come<H: Host>(
    request: HttpRequest,
    body: web::Payload,
    commons: Data<Commons>,
    door: Data<Door<H>>,
) -> HttpResponse {
    let handshake = match Handshake::read(request.query_string()) {
        Ok(handshake) => handshake,
        Err(refused) => return polling::bad_request(refused),
    };
    // To ask for packets takes them away.
    if came_as_head(&request) {
        return polling::bad_request(BadRequest::Method);
    }
    let is_post = request.method() == actix_web::http::Method::POST;
    let Some(sid) = &handshake.sid else {
        return match is_post {
            true => polling::bad_request(BadRequest::Method),
            false => begin(&request, body, &commons, &door, &handshake).await,
        };
    };
    let Some(line) = door.lines.get(sid) else {
        return polling::bad_request(BadRequest::Session);
    };
    match (
        line.revision() == handshake.revision,
        handshake.websocket,
        is_post,
    ) {
        (true, false, false) => polling::take(&line).await,
        (true, false, true) => polling::bring(&line, body).await,
        (true, true, false) => take_over(&request, body, &commons, line),
        _ => polling::bad_request(BadRequest::Mismatch),
    }
}

/// Begins a line.
async fn begin<H: Host>(
    request: &HttpRequest,
    body: web::Payload,
    commons: &Commons,
    door: &Door<H>,
    handshake: &Handshake,
) -> HttpResponse {
    if commons.drain.begun.is_cancelled() {
        return later(HttpResponse::ServiceUnavailable());
    }
    let slot = client_address(commons, request).and_then(|from| commons.sockets.open(from));
    let Some(slot) = slot else {
        return later(HttpResponse::TooManyRequests());
    };
    let sid = format!("{:032x}", rand::random::<u128>());
    let (session, inbox) = match door.host.admit(request, handshake, &sid).await {
        Ok(opening) => opening,
        Err(refused) => return refused,
    };
    let upgraded = match handshake.websocket {
        true => match accept(request, body, commons) {
            Some(upgraded) => Some(upgraded),
            None => return polling::bad_request(BadRequest::Mismatch),
        },
        false => None,
    };
    let (line, incoming) = Line::new(sid.clone(), handshake.revision, handshake.websocket);
    door.lines.add(&line);
    let end = SessionEnd::new(line.clone(), door.lines.clone());
    let open = engine::open(&sid, &terms(), !handshake.websocket);
    let counted = (commons.metrics.socket(SocketKind::SocketIo), slot);
    let (settings, drain) = (kept(&commons.settings.sockets), commons.drain.clone());
    let talk = async move {
        serve(end, incoming, session, inbox, &settings, drain).await;
        drop(counted);
    };
    // Over HTTP it is the answer to this request; a WebSocket carries it as it carries everything.
    let (response, carrier) = match upgraded {
        None => (polling::payload(&line, &[&open]), None),
        Some(upgraded) => {
            let _ = line.put(open.into()).await;
            let (outgoing, incoming) = (upgraded.outgoing, upgraded.incoming);
            let carrier = async move { websocket::carry(&line, outgoing, incoming).await };
            (upgraded.response, Some(carrier))
        }
    };
    rt::spawn(commons.socket_tasks.track_future(talk));
    if let Some(carrier) = carrier {
        rt::spawn(commons.socket_tasks.track_future(carrier));
    }
    response
}

/// Lets a WebSocket take a line over. A line has one at a time, so they are as few as the lines, which are counted; the others
/// are closed at once.
fn take_over(
    request: &HttpRequest,
    body: web::Payload,
    commons: &Commons,
    line: Arc<Line>,
) -> HttpResponse {
    let Some(upgraded) = accept(request, body, commons) else {
        return polling::bad_request(BadRequest::Mismatch);
    };
    let (outgoing, incoming) = (upgraded.outgoing, upgraded.incoming);
    let trial = line.try_websocket();
    rt::spawn(commons.socket_tasks.track_future(async move {
        match trial {
            Some(trial) => websocket::upgrade(trial, outgoing, incoming).await,
            None => close(outgoing, incoming, Close::Over).await,
        }
    }));
    upgraded.response
}

fn accept(
    request: &HttpRequest,
    body: web::Payload,
    commons: &Commons,
) -> Option<Upgrade<impl Stream<Item = Incoming> + use<>>> {
    let max_frame = commons.settings.chat.max_frame_bytes;
    upgrade(request, body, subprotocol(request.headers()), max_frame).ok()
}

/// A request that the listener does not take, in the words that clients of Engine.IO know.
pub(crate) fn refuse(status: StatusCode, _: &str) -> HttpResponse {
    match status {
        StatusCode::FORBIDDEN => {
            let body = BadRequest::Forbidden.body();
            HttpResponse::Forbidden()
                .content_type("application/json")
                .body(body)
        }
        _ => polling::bad_request(BadRequest::Mismatch),
    }
}

fn later(mut answer: actix_web::HttpResponseBuilder) -> HttpResponse {
    answer
        .insert_header((RETRY_AFTER, "1"))
        .content_type("text/plain; charset=utf-8")
        .body("Come back later")
}
