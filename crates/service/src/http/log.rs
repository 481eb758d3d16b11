//! One line for each request, at debug level.
//!
//! The line has the pattern of the route (`/user/join/{name}`) and never the path itself: paths hold names, queries
//! hold tokens, and a log is read by more people than either is meant for.

use std::time::Instant;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
};

/// Logs method, route, status and duration. For a WebSocket that is its upgrade, not its life.
///
/// # Errors
/// Those of the service inside.
pub async fn access_log(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if !tracing::enabled!(tracing::Level::DEBUG) {
        // Finding the pattern costs more than the line is worth when nobody reads it.
        return next.call(request).await;
    }
    let start = Instant::now();
    let method = request.method().clone();
    let route = request.match_pattern();
    let result = next.call(request).await;
    let status = match &result {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    tracing::debug!(
        %method,
        route = route.as_deref().unwrap_or("(none)"),
        status = status.as_u16(),
        micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX),
        "request",
    );
    result
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpResponse,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };

    use super::*;
    use crate::{http::not_found, telemetry::capture::Page};

    #[actix_web::test]
    async fn a_line_has_the_route_and_neither_name_nor_token() {
        let app = App::new()
            .service(web::scope("/user").route("/join/{name}", web::get().to(HttpResponse::Ok)))
            .default_service(web::to(not_found))
            .wrap(from_fn(access_log));
        let app = init_service(app).await;

        let page = Page::default();
        let guard = tracing::subscriber::set_default(page.subscriber("debug"));
        for path in [
            "/user/join/Mina?token=hidden",
            "/user/join/Mina/?token=hidden",
            "/Mina",
        ] {
            let request = TestRequest::get()
                .uri(path)
                .insert_header(("authorization", "Bearer hidden"));
            call_service(&app, request.to_request()).await;
        }
        drop(guard);

        let text = page.text();
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("request"))
            .collect();
        assert_eq!(lines.len(), 3, "{text}");
        for part in ["GET", "/user/join/{name}", "200", "micros"] {
            assert!(lines[0].contains(part), "{part}: {}", lines[0]);
        }
        assert!(
            lines[2].contains("(none)") && lines[2].contains("404"),
            "{}",
            lines[2]
        );
        assert!(!text.contains("Mina") && !text.contains("hidden"), "{text}");
    }
}
