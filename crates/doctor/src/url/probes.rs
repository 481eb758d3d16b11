//! What plain requests through an address say: `/health`, `/ready`, and Socket.IO's first request.

use serde_json::Value;

use super::{
    AREA, Site, Trust,
    http::{self, Answer},
};
use crate::finding::Finding;

/// The first request of a Socket.IO client that polls.
const POLLING: &str = "/socket.io/?EIO=4&transport=polling";
const LEAD_ON: &str = "lead this path to the address that socketio.bind names";

/// `/health` and `/ready`. A way in that keeps them inside does well.
pub(super) async fn look(site: &Site, trust: Option<&Trust>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in ["/health", "/ready"] {
        let answer = http::get(site, trust, path).await;
        findings.push(judge(&format!("{site}{path}"), answer));
    }
    findings
}

fn judge(what: &str, answer: Result<Answer, String>) -> Finding {
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => {
            let found = format!("{what} is not answered: {reason}");
            return Finding::wrong(
                AREA,
                found,
                "look at the proxy and at the service behind it",
            );
        }
    };
    match answer.status {
        200 => Finding::ok(AREA, format!("{what} answers")),
        401 | 403 | 404 => Finding::ok(AREA, format!("{what} is kept inside")),
        301 | 302 | 307 | 308 => Finding::warn(
            AREA,
            format!("{what} leads to {}", answer.location.unwrap_or_default()),
            "name that address in --url, and in pages.* and links",
        ),
        503 if reason(&answer).is_some() => Finding::wrong(
            AREA,
            format!("{what}: {}", reason(&answer).unwrap_or_default()),
            "it is said why; the service becomes ready by itself once that is mended",
        ),
        502..=504 => nobody(what, answer.status),
        status => Finding::wrong(
            AREA,
            format!("{what} answers {status}"),
            "lead this host to the service, whole and unchanged",
        ),
    }
}

/// What our services say of why they cannot serve.
fn reason(answer: &Answer) -> Option<String> {
    let body: Value = serde_json::from_str(&answer.body).ok()?;
    let reason = body["reason"].as_str()?;
    Some(format!("not ready: {reason}"))
}

/// A proxy without anybody behind it.
pub(super) fn nobody(what: &str, status: u16) -> Finding {
    Finding::wrong(
        AREA,
        format!("{what} answers {status}: nobody is behind the proxy"),
        "start the service, or correct where the proxy leads",
    )
}

/// Socket.IO has a listener of its own, so that a proxy has to lead to it by its path.
pub(super) async fn socketio(site: &Site, trust: Option<&Trust>) -> Finding {
    judge_socketio(site, http::get(site, trust, POLLING).await)
}

fn judge_socketio(site: &Site, answer: Result<Answer, String>) -> Finding {
    let what = format!("{site}/socket.io/");
    match answer {
        Ok(answer) => match answer.status {
            200 | 400 | 401 | 403 => Finding::ok(AREA, format!("{what} answers")),
            // Without a proxy it is at the other listener's port.
            404 if !site.https => Finding::ok(AREA, format!("{what} is served elsewhere")),
            404 => Finding::warn(
                AREA,
                format!("{what} leads nowhere: Socket.IO clients do not come in"),
                LEAD_ON,
            ),
            502..=504 => nobody(&what, answer.status),
            status => Finding::warn(AREA, format!("{what} answers {status}"), LEAD_ON),
        },
        Err(reason) => Finding::wrong(AREA, format!("{what} is not answered: {reason}"), LEAD_ON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    fn answer(status: u16, body: &str) -> Result<Answer, String> {
        Ok(Answer {
            status,
            body: body.to_owned(),
            location: Some("https://chat.example/".to_owned()),
        })
    }

    #[test]
    fn kept_inside_is_well_and_nobody_there_is_not() {
        let not_ready = r#"{"status":"unavailable","reason":"the store does not answer"}"#;
        for (answer, level, text) in [
            (answer(200, ""), Level::Ok, "answers"),
            (answer(404, ""), Level::Ok, "inside"),
            (answer(308, ""), Level::Warn, "https://chat.example/"),
            (
                answer(503, not_ready),
                Level::Wrong,
                "the store does not answer",
            ),
            (answer(503, "<html>"), Level::Wrong, "nobody"),
            (answer(502, ""), Level::Wrong, "nobody"),
            (answer(500, ""), Level::Wrong, "500"),
            (Err("reset".to_owned()), Level::Wrong, "reset"),
        ] {
            let finding = judge("/ready", answer);
            assert!(
                finding.level == level && finding.found.contains(text),
                "{finding:?}"
            );
        }
    }

    #[test]
    fn a_handshake_that_is_refused_has_arrived() {
        let site: Site = "https://chat.example".parse().unwrap();
        for (status, level) in [
            (200, Level::Ok),
            (401, Level::Ok),
            (404, Level::Warn),
            (502, Level::Wrong),
            (418, Level::Warn),
        ] {
            assert_eq!(
                judge_socketio(&site, answer(status, "")).level,
                level,
                "{status}"
            );
        }
        assert_eq!(
            judge_socketio(&site, Err(String::new())).level,
            Level::Wrong
        );
    }
}
