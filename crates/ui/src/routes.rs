//! The pages over actix-web.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, ETAG,
        IF_NONE_MATCH,
    },
    web::{self, Data, ServiceConfig},
};

use crate::{asset::Asset, pages::Pages};

impl Pages {
    /// Adds the pages to an application: `GET` of their paths and nothing else.
    pub fn routes(self) -> impl FnOnce(&mut ServiceConfig) {
        move |config| {
            let paths = self.paths();
            config.app_data(Data::new(self));
            for path in paths {
                config.service(web::resource(*path).route(web::get().to(answer)));
            }
        }
    }
}

async fn answer(request: HttpRequest, pages: Data<Pages>) -> HttpResponse {
    match pages.get(request.path()) {
        Some(asset) => serve(&request, asset),
        None => HttpResponse::NotFound().finish(),
    }
}

fn serve(request: &HttpRequest, asset: Asset) -> HttpResponse {
    let known = request
        .headers()
        .get(IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|tag| tag.trim().trim_start_matches("W/") == asset.etag)
        });
    let unchanged = known && asset.cache_control != "no-store";
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CONTENT_TYPE, asset.mime))
        .insert_header((ETAG, asset.etag))
        .insert_header((CACHE_CONTROL, asset.cache_control));
    if let Some(policy) = asset.content_security_policy {
        response.insert_header((CONTENT_SECURITY_POLICY, policy));
    } else {
        // The widget's script is meant for other sites, even for those that isolate themselves.
        response.insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"));
    }
    if unchanged {
        response.finish()
    } else {
        response.body(asset.bytes)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        body::to_bytes,
        dev::ServiceResponse,
        http::{
            StatusCode,
            header::{HeaderName, HeaderValue},
        },
        test::{TestRequest, call_service, init_service},
    };

    use super::*;
    use crate::{PublicConfig, Site};

    async fn get(site: Site, path: &str, headers: &[(HeaderName, &str)]) -> ServiceResponse {
        let pages = Pages::new(site, &PublicConfig::default());
        let app = init_service(App::new().configure(pages.routes())).await;
        let mut request = TestRequest::get().uri(path);
        for header in headers {
            request = request.insert_header((header.0.clone(), header.1));
        }
        call_service(&app, request.to_request()).await
    }

    fn header(response: &ServiceResponse, name: HeaderName) -> String {
        let value = response.headers().get(name).map(HeaderValue::to_str);
        value.and_then(Result::ok).unwrap_or_default().to_owned()
    }

    // Both kinds of build pass here: with the pages and without them.
    #[actix_web::test]
    async fn each_service_has_its_pages() {
        for path in ["/", "/c", "/c/billing", "/c?name=Mina", "/embed"] {
            let response = get(Site::ChatServer, path, &[]).await;
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert!(
                header(&response, CONTENT_TYPE).starts_with("text/html"),
                "{path}"
            );
        }
        assert_eq!(
            get(Site::Subscriber, "/", &[]).await.status(),
            StatusCode::OK
        );
        assert_eq!(
            get(Site::Subscriber, "/c", &[]).await.status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(
            get(Site::Subscriber, "/widget.js", &[]).await.status(),
            StatusCode::NOT_FOUND
        );
    }

    #[actix_web::test]
    async fn only_the_widgets_frame_may_be_framed() {
        let policy = |response| header(&response, CONTENT_SECURITY_POLICY);
        assert!(policy(get(Site::ChatServer, "/", &[]).await).contains("frame-ancestors 'none'"));
        assert!(policy(get(Site::ChatServer, "/embed", &[]).await).contains("frame-ancestors *"));
        assert!(policy(get(Site::Subscriber, "/", &[]).await).contains("frame-ancestors 'none'"));
    }

    #[actix_web::test]
    async fn the_settings_are_never_kept() {
        let response = get(
            Site::Subscriber,
            "/config.json",
            &[(IF_NONE_MATCH, "\"config\"")],
        )
        .await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(header(&response, CACHE_CONTROL), "no-store");
        let body = to_bytes(response.into_body()).await.expect("a body");
        assert_eq!(body, r#"{"mode":"open","brand":{}}"#);
    }

    #[actix_web::test]
    async fn a_page_that_is_known_is_not_sent_again() {
        let first = get(Site::ChatServer, "/", &[]).await;
        if header(&first, CACHE_CONTROL) == "no-store" {
            return; // built without pages
        }
        let tag = header(&first, ETAG);
        let second = get(Site::ChatServer, "/", &[(IF_NONE_MATCH, &tag)]).await;
        assert_eq!(second.status(), StatusCode::NOT_MODIFIED);
        let other = get(Site::ChatServer, "/", &[(IF_NONE_MATCH, "\"other\"")]).await;
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[actix_web::test]
    async fn nothing_outside_the_pages_is_served() {
        for path in [
            "/assets/none.js",
            "/assets/..%2Fvisitor.html",
            "/assets/../Cargo.toml",
            "/visitor.html",
        ] {
            assert_eq!(
                get(Site::ChatServer, path, &[]).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}
