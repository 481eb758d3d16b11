//! What machines ask of a service: is it alive, may it be sent clients, how is it doing.

use actix_web::{
    HttpResponse,
    web::{Data, ServiceConfig, get},
};
use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use serde_json::json;

use super::{Readiness, State};
use crate::{clock, metrics, metrics::Metrics};

/// `/health`, `/ready`, `/serving` and `/metrics` for an `App`'s `configure`; `refresh` brings the figures up to date before they
/// are read.
pub fn probes<R, F>(
    readiness: Readiness,
    figures: Metrics,
    refresh: R,
) -> impl FnOnce(&mut ServiceConfig)
where
    R: Fn() -> F + Clone + 'static,
    F: Future<Output = ()> + 'static,
{
    move |config| {
        let metrics = move || {
            let (refreshed, figures) = (refresh(), figures.clone());
            async move {
                refreshed.await;
                metrics(&figures)
            }
        };
        config
            .app_data(Data::new(readiness))
            .route("/health", get().to(health))
            .route("/ready", get().to(ready))
            .route("/serving", get().to(serving))
            .route("/metrics", get().to(metrics));
    }
}

/// Alive: the process answers. It says nothing about Redis, since a restart of this process would not help there.
async fn health() -> HttpResponse {
    HttpResponse::Ok()
        .json(json!({ "status": "ok", "timestamp": iso(Timestamp(clock::now_micros())) }))
}

/// Whether everything works that clients may ask for.
async fn ready(readiness: Data<Readiness>) -> HttpResponse {
    answer(readiness.state())
}

/// Whether clients are to be sent here, for whoever chooses among processes: what no process has at the moment, and chats do
/// without, is no reason to send them nowhere.
async fn serving(readiness: Data<Readiness>) -> HttpResponse {
    match readiness.state() {
        State::Impaired(reason) => {
            HttpResponse::Ok().json(json!({ "status": "impaired", "reason": reason }))
        }
        state => answer(state),
    }
}

fn answer(state: State) -> HttpResponse {
    let reason = match state {
        State::Ready => return HttpResponse::Ok().json(json!({ "status": "ready" })),
        State::Waiting => "starting".to_owned(),
        State::Draining => "stopping".to_owned(),
        State::Blocked(reason) | State::Impaired(reason) => reason,
    };
    HttpResponse::ServiceUnavailable().json(json!({ "status": "unavailable", "reason": reason }))
}

/// The figures.
fn metrics(figures: &Metrics) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(metrics::CONTENT_TYPE)
        .body(figures.encode())
}

#[cfg(test)]
mod tests {
    use actix_web::{App, http::StatusCode, test};
    use serde_json::Value;

    use super::*;

    async fn asked(readiness: &Readiness, path: &str) -> (StatusCode, String, String) {
        let app = test::init_service(App::new().configure(probes(
            readiness.clone(),
            Metrics::new(),
            async || {},
        )))
        .await;
        let response =
            test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        let kind = response
            .headers()
            .get("content-type")
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        let status = response.status();
        let body = test::read_body(response).await;
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[actix_web::test]
    async fn health_is_the_process_alone() {
        let readiness = Readiness::new();
        readiness.set_blocked("Redis is not reachable");
        let (status, kind, body) = asked(&readiness, "/health").await;
        assert_eq!(
            (status, kind.as_str()),
            (StatusCode::OK, "application/json")
        );
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["status"], "ok");
        assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[actix_web::test]
    async fn ready_says_why_not() {
        let readiness = Readiness::new();
        let said = async || {
            let (status, _, body) = asked(&readiness, "/ready").await;
            (
                status.as_u16(),
                serde_json::from_str::<Value>(&body).unwrap(),
            )
        };
        assert_eq!(
            said().await,
            (503, json!({"status": "unavailable", "reason": "starting"}))
        );
        readiness.set_blocked("Redis is not reachable");
        assert_eq!(
            said().await,
            (
                503,
                json!({"status": "unavailable", "reason": "Redis is not reachable"})
            )
        );
        readiness.set_ready(true);
        assert_eq!(said().await, (200, json!({"status": "ready"})));
        readiness.drain();
        assert_eq!(
            said().await,
            (503, json!({"status": "unavailable", "reason": "stopping"}))
        );
    }

    #[actix_web::test]
    async fn what_is_impaired_serves_and_is_not_ready() {
        let readiness = Readiness::new();
        let both = async || {
            let (ready, ..) = asked(&readiness, "/ready").await;
            let (serving, _, said) = asked(&readiness, "/serving").await;
            (ready.as_u16(), serving.as_u16(), said)
        };
        assert_eq!(both().await.1, 503);
        readiness.set_impaired("no records");
        let said = json!({"status": "impaired", "reason": "no records"}).to_string();
        assert_eq!(both().await, (503, 200, said));
        readiness.set_blocked("no store");
        assert_eq!(both().await.1, 503);
        readiness.set_ready(true);
        let said = json!({"status": "ready"}).to_string();
        assert_eq!(both().await, (200, 200, said));
        readiness.drain();
        readiness.set_impaired("no records");
        assert_eq!(both().await.1, 503);
    }

    #[actix_web::test]
    async fn the_figures_are_openmetrics() {
        let (status, kind, body) = asked(&Readiness::new(), "/metrics").await;
        assert_eq!(
            (status, kind.as_str()),
            (StatusCode::OK, metrics::CONTENT_TYPE)
        );
        assert!(
            body.contains("helpline_chats_open 0\n") && body.ends_with("# EOF\n"),
            "{body}"
        );
    }
}
