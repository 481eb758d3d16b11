//! Failures in the one form that all existing clients understand.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

/// A failure: its text under both names that clients look for.
#[must_use]
pub fn failure(status: StatusCode, text: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!({ "success": false, "error": text, "message": text }))
}

/// The answer to a path that nobody serves.
pub async fn not_found() -> HttpResponse {
    failure(StatusCode::NOT_FOUND, "Route not found")
}

#[cfg(test)]
mod tests {
    use actix_web::{App, test, web};
    use serde_json::Value;

    use super::*;

    #[actix_web::test]
    async fn an_unknown_path_is_a_failure_in_json() {
        let app = test::init_service(App::new().default_service(web::to(not_found))).await;
        let response =
            test::call_service(&app, test::TestRequest::get().uri("/nowhere").to_request()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(
            response.headers().get("content-type").unwrap(),
            "application/json"
        );
        let body: Value = test::read_body_json(response).await;
        assert_eq!(
            body,
            json!({"success": false, "error": "Route not found", "message": "Route not found"})
        );
    }
}
