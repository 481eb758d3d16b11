//! The headers of every answer: who may read it, and that browsers take it as what it is.

use actix_cors::Cors;
use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE,
        HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY, RETRY_AFTER, VARY,
        X_CONTENT_TYPE_OPTIONS,
    },
    middleware::Next,
};

use crate::settings::HttpSettings;

/// How long a browser may remember what it was allowed, in seconds.
const REMEMBER: usize = 3600;

/// The pages that may call, as `http.cors_origin` says, and the console. A page that may call may send any header; cookies are
/// [`allow_cookies`]'s business.
pub fn cors(settings: &HttpSettings, console: &str) -> Cors {
    let cors = allowed(settings, console);
    match settings.origins() {
        None => cors.send_wildcard(),
        Some(_) => cors,
    }
}

/// The same for requests that a page sends with credentials: the answer names the page's own origin.
pub fn cors_with_credentials(settings: &HttpSettings, console: &str) -> Cors {
    allowed(settings, console).supports_credentials()
}

fn allowed(settings: &HttpSettings, console: &str) -> Cors {
    let cors = Cors::default()
        .allow_any_method()
        .allow_any_header()
        // Whoever has to wait is told for how long.
        .expose_headers([RETRY_AFTER])
        .max_age(REMEMBER);
    match settings.origins() {
        None => cors.allow_any_origin(),
        Some(origins) => origins
            .into_iter()
            .chain([console])
            .fold(cors, Cors::allowed_origin),
    }
}

/// Lets the console's pages send their cookie, and no other page of another origin.
///
/// # Errors
/// Those of the service inside.
pub async fn allow_cookies(
    console: String,
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let origin = request.headers().get(ORIGIN).cloned();
    let origin = origin.filter(|origin| origin.as_bytes() == console.as_bytes());
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
    }
    // Whatever is kept of an answer is kept for one origin.
    headers.append(VARY, HeaderValue::from_static("Origin"));
    Ok(response)
}

/// Adds what keeps browsers from guessing types, from telling other sites our addresses, and from keeping JSON, which
/// is always somebody's. What an answer has set itself stays.
///
/// # Errors
/// Those of the service inside.
pub async fn security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    add(headers, X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(headers, REFERRER_POLICY, "no-referrer");
    if headers
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"))
    {
        add(headers, CACHE_CONTROL, "no-store");
    }
    Ok(response)
}

fn add(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App, HttpResponse,
        http::Method,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
        web,
    };

    use super::*;
    use crate::{http::not_found, settings::Settings};

    const CONSOLE: &str = "https://desk.example";

    async fn headers(cors_origin: &str, request: TestRequest) -> HeaderMap {
        let mut settings = Settings::default().http;
        settings.cors_origin = cors_origin.into();
        let page = || async { HttpResponse::Ok().content_type("text/html").body("<p>") };
        let kept = || async {
            HttpResponse::Ok()
                .insert_header((CACHE_CONTROL, "max-age=9"))
                .json(1)
        };
        let app = App::new()
            .route("/page", web::get().to(page))
            .route("/kept", web::get().to(kept))
            .default_service(web::to(not_found))
            .wrap(from_fn(security_headers))
            .wrap(cors(&settings, CONSOLE))
            .wrap(from_fn(async |request, next| {
                allow_cookies(CONSOLE.to_owned(), request, next).await
            }));
        call_service(&init_service(app).await, request.to_request())
            .await
            .headers()
            .clone()
    }

    fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
        headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[actix_web::test]
    async fn every_answer_is_taken_as_what_it_is_and_json_is_not_kept() {
        for (path, cached) in [
            ("/page", None),
            ("/kept", Some("max-age=9")),
            ("/nowhere", Some("no-store")),
        ] {
            let headers = headers("*", TestRequest::get().uri(path)).await;
            assert_eq!(
                text(&headers, "x-content-type-options"),
                Some("nosniff"),
                "{path}"
            );
            assert_eq!(
                text(&headers, "referrer-policy"),
                Some("no-referrer"),
                "{path}"
            );
            assert_eq!(text(&headers, "cache-control"), cached, "{path}");
        }
    }

    #[actix_web::test]
    async fn pages_may_call_from_the_origins_that_are_set() {
        let from = |origin: &str| {
            TestRequest::get()
                .uri("/page")
                .insert_header(("origin", origin))
        };
        let allowed = async |setting: &str, origin: &str| {
            text(
                &headers(setting, from(origin)).await,
                "access-control-allow-origin",
            )
            .map(str::to_owned)
        };
        assert_eq!(
            allowed("*", "https://any.example").await.as_deref(),
            Some("*")
        );
        let list = "https://shop.example, https://help.example:8443";
        for origin in ["https://shop.example", "https://help.example:8443"] {
            assert_eq!(allowed(list, origin).await.as_deref(), Some(origin));
        }
        assert_eq!(allowed(list, "https://other.example").await, None);
    }

    #[actix_web::test]
    async fn the_console_alone_may_send_cookies() {
        for setting in ["*", "https://shop.example"] {
            for (origin, allowed) in [
                (CONSOLE, true),
                ("https://shop.example", false),
                ("https://desk.example.org", false),
                ("http://desk.example", false),
                ("null", false),
            ] {
                for method in [Method::GET, Method::OPTIONS] {
                    let request = TestRequest::with_uri("/page")
                        .method(method)
                        .insert_header(("origin", origin))
                        .insert_header(("access-control-request-method", "POST"))
                        .insert_header(("access-control-request-headers", "x-helpline"));
                    let headers = headers(setting, request).await;
                    let credentials = text(&headers, "access-control-allow-credentials");
                    assert_eq!(credentials, allowed.then_some("true"), "{setting} {origin}");
                    let origins: Vec<_> = headers.get_all("access-control-allow-origin").collect();
                    assert!(origins.len() <= 1);
                    if allowed {
                        assert_eq!(text(&headers, "access-control-allow-origin"), Some(origin));
                    }
                }
            }
        }
    }

    #[actix_web::test]
    async fn a_page_may_send_its_token() {
        let preflight = TestRequest::with_uri("/page")
            .method(Method::OPTIONS)
            .insert_header(("origin", "https://shop.example"))
            .insert_header(("access-control-request-method", "GET"))
            .insert_header(("access-control-request-headers", "authorization"));
        let headers = headers("*", preflight).await;
        assert!(
            text(&headers, "access-control-allow-headers")
                .unwrap()
                .contains("authorization")
        );
    }
}
