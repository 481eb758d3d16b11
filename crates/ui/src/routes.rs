//! The pages over actix-web.

use std::time::SystemTime;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{
        ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_ENCODING,
        CONTENT_SECURITY_POLICY, CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, ETAG, HeaderMap,
        HeaderValue, HttpDate, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, VARY,
    },
    web::{self, Data, ServiceConfig},
};

use crate::{asset::Asset, encoding::Accepted, pages::Pages};

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
    // Several headers of one name say what one with all their values says.
    let wanted = request.headers().get_all(ACCEPT_ENCODING);
    let wanted: Vec<&str> = wanted.filter_map(|value| value.to_str().ok()).collect();
    match pages.get(request.path(), &Accepted::parse(&wanted.join(","))) {
        Some(asset) => serve(&request, asset),
        None => HttpResponse::NotFound().finish(),
    }
}

fn serve(request: &HttpRequest, asset: Asset) -> HttpResponse {
    let unchanged = asset.cache_control != "no-store" && is_known(request.headers(), &asset);
    let mut response = if unchanged {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header((CONTENT_TYPE, asset.mime))
        .insert_header((ETAG, asset.etag))
        .insert_header((CACHE_CONTROL, asset.cache_control));
    if let Some(at) = asset.last_modified {
        response.insert_header((LAST_MODIFIED, HttpDate::from(at)));
    }
    if asset.varies {
        response.insert_header((VARY, "Accept-Encoding"));
    }
    if asset.readable {
        response.insert_header((ACCESS_CONTROL_ALLOW_ORIGIN, "*"));
    }
    if let Some(policy) = asset.content_security_policy {
        response.insert_header((CONTENT_SECURITY_POLICY, policy));
    } else {
        // The widget's script is meant for other sites, even for those that isolate themselves.
        response.insert_header((CROSS_ORIGIN_RESOURCE_POLICY, "cross-origin"));
    }
    if unchanged {
        return response.finish();
    }
    if let Some(token) = asset.encoding.token() {
        response.insert_header((CONTENT_ENCODING, token));
    }
    response.body(asset.bytes)
}

/// Whether the client has these very bytes. A date is asked only where there is no tag, for it tells whole seconds.
fn is_known(headers: &HeaderMap, asset: &Asset) -> bool {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
    let tags: Vec<String> = headers.get_all(IF_NONE_MATCH).filter_map(text).collect();
    if !tags.is_empty() {
        return tags.iter().flat_map(|tags| tags.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.trim_start_matches("W/") == asset.etag
        });
    }
    let since = headers.get(IF_MODIFIED_SINCE).and_then(text);
    let since = since.and_then(|since| since.parse::<HttpDate>().ok());
    match (asset.last_modified, since) {
        (Some(at), Some(since)) => at <= SystemTime::from(since),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::{
        App,
        body::to_bytes,
        dev::ServiceResponse,
        http::{StatusCode, header::HeaderName},
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
    async fn each_encoding_is_sent_as_it_was_built_and_has_its_own_tag() {
        let paths = [
            (Site::ChatServer, "/"),
            (Site::ChatServer, "/c/billing"),
            (Site::ChatServer, "/embed"),
            (Site::ChatServer, "/widget.js"),
            (Site::Subscriber, "/"),
        ];
        for (site, path) in paths {
            let plain = get(site, path, &[]).await;
            if header(&plain, VARY).is_empty() {
                return; // built without pages
            }
            assert_eq!(header(&plain, CONTENT_ENCODING), "");
            let mut tags = vec![header(&plain, ETAG)];
            let size = to_bytes(plain.into_body()).await.expect("a body").len();
            for token in ["gzip", "br"] {
                let wanted = [(ACCEPT_ENCODING, token)];
                let response = get(site, path, &wanted).await;
                assert_eq!(header(&response, CONTENT_ENCODING), token, "{path}");
                assert_eq!(header(&response, VARY), "Accept-Encoding");
                let tag = header(&response, ETAG);
                assert!(!tags.contains(&tag), "{path}");
                let same = [(ACCEPT_ENCODING, token), (IF_NONE_MATCH, &*tag)];
                let again = get(site, path, &same).await;
                assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
                assert_eq!(header(&again, VARY), "Accept-Encoding");
                assert_eq!(header(&again, ETAG), tag);
                let other = get(site, path, &[(IF_NONE_MATCH, &*tag)]).await;
                assert_eq!(other.status(), StatusCode::OK, "{path}");
                tags.push(tag);
                let encoded = to_bytes(response.into_body()).await.expect("a body").len();
                assert!(encoded < size, "{path}: {encoded} of {size}");
            }
        }
    }

    #[actix_web::test]
    async fn a_date_is_good_enough_where_there_is_no_tag() {
        let first = get(Site::ChatServer, "/", &[]).await;
        let date = header(&first, LAST_MODIFIED);
        if date.is_empty() {
            return; // built without pages
        }
        let status = async |headers: &[(HeaderName, &str)]| {
            get(Site::ChatServer, "/", headers).await.status()
        };
        assert_eq!(status(&[(IF_MODIFIED_SINCE, &date)]).await, 304);
        let early = "Mon, 01 Jan 2001 00:00:00 GMT";
        assert_eq!(status(&[(IF_MODIFIED_SINCE, early)]).await, 200);
        assert_eq!(status(&[(IF_MODIFIED_SINCE, "yesterday")]).await, 200);
        let both = [(IF_MODIFIED_SINCE, &*date), (IF_NONE_MATCH, "\"other\"")];
        assert_eq!(status(&both).await, 200);
        assert_eq!(status(&[(IF_NONE_MATCH, "\"other\", *")]).await, 304);
    }

    #[actix_web::test]
    async fn any_site_may_read_the_widget() {
        let response = get(Site::ChatServer, "/widget.js", &[]).await;
        if response.status() == StatusCode::OK {
            assert_eq!(header(&response, ACCESS_CONTROL_ALLOW_ORIGIN), "*");
        }
        let page = get(Site::ChatServer, "/", &[]).await;
        assert_eq!(header(&page, ACCESS_CONTROL_ALLOW_ORIGIN), "");
    }

    #[actix_web::test]
    async fn nothing_outside_the_pages_is_served() {
        for path in [
            "/assets/none.js",
            "/assets/..%2Fvisitor.html",
            "/assets/../Cargo.toml",
            "/visitor.html",
            "/widget.js.br",
            "/assets/../widget.js.gz",
        ] {
            assert_eq!(
                get(Site::ChatServer, path, &[]).await.status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}
