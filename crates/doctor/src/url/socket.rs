//! WebSockets through an address: whether the upgrade arrives, with its subprotocol and the client's address.
//!
//! What is opened is a probe ([`helpline_service::probe`]): it joins nothing and makes nobody online.

use std::{fmt, time::Duration};

use futures_util::StreamExt;
use helpline_service::{
    access::HELPLINE_V1,
    probe::{Forwarded, ProbeFrame, QUERY, Seen},
};
use tokio::time::timeout;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Error, Message,
        client::IntoClientRequest,
        http::{HeaderValue, header},
    },
};

use super::{
    AREA, Site, Trust,
    http::NAME,
    line::{Bytes, DEADLINE, dial},
    probes::nobody,
};
use crate::finding::Finding;

/// The socket of chats, with an id that nobody has.
pub(super) const CHAT: &str = "/chat/doctor";
/// The requests that wait, and everybody's chats: both of subscriber.
const JOINS: &str = "/joins";
const DESK: &str = "/desk";
/// Those that are tried.
pub(super) const PATHS: [&str; 3] = [CHAT, JOINS, DESK];
/// How long the first frame may take once a socket is open.
const FIRST_FRAME: Duration = Duration::from_secs(5);

/// A probe that is open.
pub struct Open {
    pub(super) what: String,
    pub(super) path: &'static str,
    pub(super) socket: WebSocketStream<Box<dyn Bytes>>,
    /// The subprotocol that was answered with.
    protocol: Option<String>,
    /// What the service says of the request; `None` where it does not know probes.
    seen: Option<Seen>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open({})", self.what)
    }
}

/// An upgrade that did not happen.
#[derive(Debug)]
pub(super) struct Refused {
    what: String,
    path: &'static str,
    reason: Reason,
}

#[derive(Debug, PartialEq, Eq)]
enum Reason {
    Status(u16),
    Other(String),
}

/// Tries to open a probe.
pub(super) async fn open(
    site: &Site,
    trust: Option<&Trust>,
    path: &'static str,
) -> Result<Open, Refused> {
    let what = format!("{site}{path}");
    let opening = upgrade(site, trust, path, what.clone());
    let late = || Reason::Other(format!("no answer within {} s", DEADLINE.as_secs()));
    let opened = timeout(DEADLINE, opening)
        .await
        .unwrap_or_else(|_| Err(late()));
    opened.map_err(|reason| Refused { what, path, reason })
}

async fn upgrade(
    site: &Site,
    trust: Option<&Trust>,
    path: &'static str,
    what: String,
) -> Result<Open, Reason> {
    let other = |error: &dyn fmt::Display| Reason::Other(error.to_string());
    // The line has TLS already: to what speaks over it, it is plain.
    let uri = format!("ws://{}{path}?{QUERY}", site.authority);
    let mut request = uri.into_client_request().map_err(|error| other(&error))?;
    let headers = request.headers_mut();
    let protocol = HeaderValue::from_static(HELPLINE_V1);
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    headers.insert(header::USER_AGENT, HeaderValue::from_static(NAME));
    let line = dial(site, trust).await.map_err(|error| other(&error))?;
    let (mut socket, response) = match client_async(request, line).await {
        Ok(opened) => opened,
        Err(Error::Http(response)) => return Err(Reason::Status(response.status().as_u16())),
        // Our library does not take a socket whose subprotocol got lost; browsers do not either.
        Err(error) => return Err(other(&error)),
    };
    let protocol = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
    let protocol = protocol.and_then(|value| value.to_str().ok().map(str::to_owned));
    let first = timeout(FIRST_FRAME, socket.next()).await;
    let seen = match first {
        Ok(Some(Ok(Message::Text(text)))) => serde_json::from_str(&text).ok(),
        Ok(Some(Ok(_)) | Some(Err(_)) | None) | Err(_) => None,
    };
    Ok(Open {
        what,
        path,
        socket,
        protocol,
        seen: seen.map(|ProbeFrame::Probe(seen)| seen),
    })
}

/// Judges what became of all that were tried at one address. A host leads to one service as a rule, so what the other one
/// serves may be missing.
pub(super) fn judge(site: &Site, tried: Vec<Result<Open, Refused>>) -> (Vec<Finding>, Vec<Open>) {
    let mut findings = Vec::new();
    let (mut open, mut absent) = (Vec::new(), Vec::new());
    let mut reached = Vec::new();
    for tried in tried {
        match tried {
            Ok(opened) => {
                reached.push(opened.path);
                let proxied = site.https;
                let facts = (opened.protocol.as_deref(), opened.seen);
                findings.extend(judge_open(&opened.what, facts, proxied));
                // A release that does not know probes has taken it for somebody: leave at once.
                if opened.seen.is_some() {
                    open.push(opened);
                }
            }
            Err(Refused {
                path,
                reason: Reason::Status(status @ (200 | 404 | 405)),
                ..
            }) => absent.push((path, status)),
            Err(Refused { what, reason, .. }) => findings.push(judge_refused(&what, &reason)),
        }
    }
    if findings.is_empty() {
        findings.push(Finding::wrong(
            AREA,
            format!(
                "{site} leads neither to {CHAT} nor to {JOINS}: {}",
                statuses(&absent)
            ),
            "lead /chat/* to chat-server, or /joins to subscriber",
        ));
    }
    findings.extend(judge_half(site, &reached, &absent));
    (findings, open)
}

/// A proxy that names paths may have been told of some of a service's sockets only.
fn judge_half(site: &Site, reached: &[&str], absent: &[(&str, u16)]) -> Option<Finding> {
    let path = [JOINS, DESK].into_iter().find(|path| {
        let mut missing = absent.iter().map(|(missing, _)| missing);
        missing.any(|missing| missing == path)
    })?;
    (reached.contains(&JOINS) || reached.contains(&DESK)).then(|| {
        Finding::wrong(
            AREA,
            format!("{site} leads to some of subscriber's sockets and not to {path}"),
            format!("lead {path} to subscriber too"),
        )
    })
}

fn statuses(absent: &[(&str, u16)]) -> String {
    let said = absent.iter().map(|(_, status)| status.to_string());
    said.collect::<Vec<_>>().join(" and ")
}

fn judge_refused(what: &str, reason: &Reason) -> Finding {
    match reason {
        Reason::Status(400 | 426) => Finding::wrong(
            AREA,
            format!("{what} is reached without its upgrade to a WebSocket"),
            "make the proxy pass Upgrade and Connection on, over HTTP/1.1 (nginx: proxy_http_version 1.1 and both proxy_set_header)",
        ),
        Reason::Status(status @ 502..=504) => nobody(what, *status),
        Reason::Status(status) => Finding::wrong(
            AREA,
            format!("{what} answers {status} in place of a WebSocket"),
            "let WebSockets through in whatever stands in front of the service",
        ),
        Reason::Other(reason) => Finding::wrong(
            AREA,
            format!("{what} opens no WebSocket: {reason}"),
            "make the proxy pass Upgrade, Connection and Sec-WebSocket-Protocol on",
        ),
    }
}

/// Judges an open socket by its subprotocol and by what the service saw; `proxied`: TLS ends before the service, so
/// somebody stands in front.
fn judge_open(
    what: &str,
    (protocol, seen): (Option<&str>, Option<Seen>),
    proxied: bool,
) -> Vec<Finding> {
    let mut findings = vec![match protocol {
        Some(HELPLINE_V1) => {
            Finding::ok(AREA, format!("{what} opens a WebSocket, subprotocol kept"))
        }
        _ => Finding::wrong(
            AREA,
            format!("{what} opens a WebSocket without its subprotocol"),
            "make the proxy pass Sec-WebSocket-Protocol on, both ways",
        ),
    }];
    let Some(Seen { forwarded, https }) = seen else {
        findings.push(Finding::warn(
            AREA,
            format!("{what} does not know probes: another release runs there"),
            "run the doctor of the release that runs",
        ));
        return findings;
    };
    let shared = "all visitors share one visitor's limits";
    findings.extend(match forwarded {
        Forwarded::Believed => Some(Finding::ok(AREA, format!("{what}: the client's address is believed"))),
        Forwarded::Ignored => Some(Finding::wrong(
            AREA,
            format!("{what}: X-Forwarded-For comes from a proxy that is not trusted, so {shared}"),
            "name the proxy's network in HELPLINE__HTTP__TRUSTED_PROXIES",
        )),
        Forwarded::Absent if proxied => Some(Finding::warn(
            AREA,
            format!("{what}: the proxy sends no X-Forwarded-For, so {shared}"),
            "make the proxy send it (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)",
        )),
        Forwarded::Absent => None,
    });
    if proxied && !https && forwarded == Forwarded::Believed {
        findings.push(Finding::warn(
            AREA,
            format!("{what}: X-Forwarded-Proto does not say https, so the console's cookie is not marked Secure"),
            "make the proxy send it (nginx: proxy_set_header X-Forwarded-Proto $scheme)",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    const GOOD: Seen = Seen {
        forwarded: Forwarded::Believed,
        https: true,
    };

    fn worst(findings: Vec<Finding>) -> (Level, String) {
        let worst = findings.into_iter().max_by_key(|finding| finding.level);
        worst.map(|worst| (worst.level, worst.found)).unwrap()
    }

    #[test]
    fn a_socket_is_judged_by_what_arrived() {
        let v1 = Some(HELPLINE_V1);
        let seen = |forwarded, https| Some(Seen { forwarded, https });
        for (protocol, seen, proxied, level, text) in [
            (v1, Some(GOOD), true, Level::Ok, ""),
            (v1, seen(Forwarded::Absent, false), false, Level::Ok, ""),
            (None, Some(GOOD), true, Level::Wrong, "subprotocol"),
            (v1, None, true, Level::Warn, "another release"),
            (
                v1,
                seen(Forwarded::Ignored, false),
                true,
                Level::Wrong,
                "not trusted",
            ),
            (
                v1,
                seen(Forwarded::Absent, false),
                true,
                Level::Warn,
                "no X-Forwarded-For",
            ),
            (
                v1,
                seen(Forwarded::Believed, false),
                true,
                Level::Warn,
                "X-Forwarded-Proto",
            ),
            (v1, seen(Forwarded::Believed, false), false, Level::Ok, ""),
        ] {
            let (found, said) = worst(judge_open("/joins", (protocol, seen), proxied));
            assert!(
                found == level && said.contains(text),
                "{level:?} {text}: {found:?} {said}"
            );
        }
    }

    #[test]
    fn a_refused_upgrade_says_who_refuses() {
        for (reason, text) in [
            (Reason::Status(400), "without its upgrade"),
            (Reason::Status(502), "nobody"),
            (Reason::Status(403), "403"),
            (Reason::Other("reset".to_owned()), "reset"),
        ] {
            let finding = judge_refused("/joins", &reason);
            assert!(
                finding.level == Level::Wrong && finding.found.contains(text),
                "{finding:?}"
            );
        }
    }

    #[test]
    fn a_host_that_leads_to_neither_service_is_wrong() {
        let site: Site = "https://chat.example".parse().unwrap();
        let refused = |path, status| {
            Err(Refused {
                what: String::new(),
                path,
                reason: Reason::Status(status),
            })
        };
        let tried = vec![refused(CHAT, 404), refused(JOINS, 200)];
        let (findings, open) = judge(&site, tried);
        assert!(open.is_empty());
        assert_eq!(findings.len(), 1);
        assert!(findings[0].found.contains("404 and 200"), "{findings:?}");
    }

    #[test]
    fn a_host_that_leads_to_half_a_service_is_wrong() {
        let site: Site = "https://desk.example".parse().unwrap();
        let half = |reached: &[&str], absent: &[(&str, u16)]| {
            judge_half(&site, reached, absent).map(|finding| finding.found)
        };
        let desk = half(&[JOINS], &[(CHAT, 404), (DESK, 404)]);
        assert!(desk.is_some_and(|found| found.ends_with(DESK)));
        assert_eq!(half(&[JOINS, DESK], &[(CHAT, 404)]), None);
        assert_eq!(half(&[CHAT], &[(JOINS, 404), (DESK, 404)]), None);
    }
}
