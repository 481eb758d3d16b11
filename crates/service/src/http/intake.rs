//! What every request goes through before it finds its route.
//!
//! - Who may not come ([`Origins`]) is refused, in the listener's own words.
//! - An upgrade is a `GET` without a body. With one, two who read the same bytes would not agree on where it ends: whoever
//!   stands in front believes that HTTP is over while it goes on behind it. So such a request is refused, and is the last of
//!   its connection.
//! - A body has to come in time.
//! - `HEAD` is what `GET` is, without the body.

use std::rc::Rc;

use actix_http::ConnectionType;
use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, RequestHead, ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode, Version,
        header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE},
    },
    middleware::Next,
};

use super::{
    body::{Served, Timed, Unsaid},
    failure,
    origin::Origins,
};
use crate::connection::State;

/// How a listener says that it does not take a request.
pub type Refuse = fn(StatusCode, &str) -> HttpResponse;

/// What a listener asks of requests.
#[derive(Clone)]
pub struct Intake {
    /// Where they may come from.
    pub origins: Origins,
    /// How it says no.
    pub refuse: Refuse,
}

/// The request came as `HEAD`.
struct CameAsHead;

/// Whether a request came as `HEAD`, for routes where asking changes something.
#[must_use]
pub fn came_as_head(request: &HttpRequest) -> bool {
    request.extensions().contains::<CameAsHead>()
}

/// Whether a request asks to leave HTTP for WebSocket. The header has to be what the server's own reading of the request goes by,
/// or it would go on reading requests.
#[must_use]
pub fn is_upgrade(head: &RequestHead) -> bool {
    let upgrades = head.headers().get_all(UPGRADE);
    let is_websocket = |value: &str| value.trim().eq_ignore_ascii_case("websocket");
    upgrades
        .into_iter()
        .any(|value| value.to_str().is_ok_and(is_websocket))
}

/// Whether an upgrade is one that leaves no doubt.
fn is_sound(head: &RequestHead) -> bool {
    let headers = head.headers();
    let is_nothing = |length: &str| length.trim().bytes().all(|digit| digit == b'0');
    head.method == Method::GET
        && head.version >= Version::HTTP_11
        && !headers.contains_key(TRANSFER_ENCODING)
        && headers
            .get_all(CONTENT_LENGTH)
            .all(|length| length.to_str().is_ok_and(is_nothing))
}

/// Takes a request in.
///
/// # Errors
/// Those of the service inside.
pub async fn intake(
    rules: Intake,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let serving = match request.conn_data::<Rc<State>>().map(State::serve) {
        None => None,
        Some(Some(serving)) => Some(serving),
        // Nobody is to hear an answer to what only looks like a request. The connection is about to be closed.
        Some(None) => std::future::pending().await,
    };
    let upgrades = is_upgrade(request.head());
    if upgrades && !is_sound(request.head()) {
        if let Some(serving) = &serving {
            serving.is_last();
        }
        let mut refused = (rules.refuse)(
            StatusCode::BAD_REQUEST,
            "An upgrade is a GET without a body",
        );
        refused
            .head_mut()
            .set_connection_type(ConnectionType::Close);
        return Ok(answer(request.into_response(refused), false, serving));
    }
    let judged = {
        let head = request.head();
        rules.origins.judge(&head.uri, head.headers(), upgrades)
    };
    if let Err(elsewhere) = judged {
        tracing::debug!(?elsewhere, "a request was refused for where it comes from");
        let refused = (rules.refuse)(StatusCode::FORBIDDEN, elsewhere.text());
        return Ok(answer(request.into_response(refused), false, serving));
    }
    if !upgrades {
        let body = request.take_payload();
        request.set_payload(match body {
            Payload::None => Payload::None,
            body => Payload::Stream {
                payload: Box::pin(Timed::new(body)),
            },
        });
    }
    let is_head = request.method() == Method::HEAD;
    if is_head {
        request.head_mut().method = Method::GET;
        request.extensions_mut().insert(CameAsHead);
    }
    let response = next.call(request).await?.map_into_boxed_body();
    Ok(answer(response, is_head, serving))
}

fn answer(
    response: ServiceResponse<BoxBody>,
    is_head: bool,
    serving: Option<crate::connection::Serving>,
) -> ServiceResponse<Served> {
    response.map_body(|_, body| {
        let body = match is_head {
            true => BoxBody::new(Unsaid(body.size())),
            false => body,
        };
        Served::new(body, serving)
    })
}

impl Intake {
    /// What is asked where `failure` says no.
    #[must_use]
    pub fn new(origins: Origins) -> Self {
        Self {
            origins,
            refuse: failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        http::header::{HeaderMap, ORIGIN},
        middleware::from_fn,
        test::{TestRequest, call_service, init_service, read_body},
        web,
    };

    use super::*;

    fn rules(open: bool) -> Intake {
        Intake::new(Origins {
            open,
            allowed: Some(vec!["https://shop.example".into()]),
            own: Vec::new(),
        })
    }

    async fn asked(open: bool, request: TestRequest) -> (StatusCode, HeaderMap, String) {
        let page = async |request: HttpRequest| match came_as_head(&request) {
            true => HttpResponse::Ok()
                .insert_header(("x-head", "1"))
                .body("page"),
            false => HttpResponse::Ok().body("page"),
        };
        let app =
            App::new()
                .route("/page", web::get().to(page))
                .wrap(from_fn(move |request, next| {
                    intake(rules(open), request, next)
                }));
        let response = call_service(&init_service(app).await, request.to_request()).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    }

    fn page(method: Method, headers: &[(&'static str, &'static str)]) -> TestRequest {
        let request = TestRequest::with_uri("/page").method(method);
        let request = request.insert_header(("host", "chat.example"));
        headers
            .iter()
            .fold(request, |request, header| request.insert_header(*header))
    }

    #[actix_web::test]
    async fn head_is_get_without_the_body() {
        let (status, headers, body) = asked(false, page(Method::HEAD, &[])).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, ""));
        assert!(headers.contains_key("x-head"), "a route can tell");
        let (status, headers, body) = asked(false, page(Method::GET, &[])).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, "page"));
        assert!(!headers.contains_key("x-head"));
        let (status, ..) = asked(false, page(Method::DELETE, &[])).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }

    #[actix_web::test]
    async fn an_upgrade_has_no_body_and_is_a_get() {
        let websocket = ("upgrade", "WebSocket");
        for (method, further, status) in [
            (Method::GET, ("x", "y"), StatusCode::OK),
            (Method::GET, ("content-length", "0"), StatusCode::OK),
            (
                Method::GET,
                ("content-length", "1"),
                StatusCode::BAD_REQUEST,
            ),
            (
                Method::GET,
                ("transfer-encoding", "chunked"),
                StatusCode::BAD_REQUEST,
            ),
            (Method::POST, ("x", "y"), StatusCode::BAD_REQUEST),
            (Method::HEAD, ("x", "y"), StatusCode::BAD_REQUEST),
        ] {
            let (found, ..) = asked(false, page(method.clone(), &[websocket, further])).await;
            assert_eq!(found, status, "{method} {further:?}");
        }
    }

    #[actix_web::test]
    async fn the_wrong_page_opens_nothing_and_in_open_mode_gets_nothing() {
        let websocket = ("upgrade", "websocket");
        let shop = (ORIGIN.as_str(), "https://shop.example");
        let evil = (ORIGIN.as_str(), "https://evil.example");
        for (open, headers, status) in [
            (false, &[websocket, shop][..], StatusCode::OK),
            (false, &[websocket, evil], StatusCode::FORBIDDEN),
            (false, &[websocket], StatusCode::OK),
            (false, &[evil], StatusCode::OK),
            (true, &[], StatusCode::FORBIDDEN),
        ] {
            let (found, ..) = asked(open, page(Method::GET, headers)).await;
            assert_eq!(found, status, "{open} {headers:?}");
        }
    }
}
