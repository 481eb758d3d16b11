//! The way that browsers take, through whatever stands in front of the services: what it leads to, whether sockets get
//! through, and what it tells of the client.

mod certificate;
mod http;
pub mod idle;
mod line;
mod probes;
mod site;
mod socket;

use futures_util::future::join_all;

pub use self::{certificate::Trust, site::Site, socket::Open};
use crate::finding::Finding;

/// What is judged here.
pub const AREA: &str = "url";

/// Looks at one address, and gives the sockets that are open now.
pub async fn look(site: &Site, trust: Result<&Trust, &String>) -> (Vec<Finding>, Vec<Open>) {
    let trust = match (site.https, trust) {
        (true, Err(reason)) => {
            let found = format!("{site} cannot be tried: {reason}");
            let mend = "install the certificates of the authorities (ca-certificates)";
            return (vec![Finding::wrong(AREA, found, mend)], Vec::new());
        }
        (true, Ok(trust)) => Some(trust),
        (false, _) => None,
    };
    // Everything else says the same once there is no line.
    let mut findings = match line::look(site, trust).await {
        Ok(findings) => findings,
        Err(finding) => return (vec![finding], Vec::new()),
    };
    findings.extend(probes::look(site, trust).await);
    let tried = socket::PATHS.map(|path| socket::open(site, trust, path));
    let (said, open) = socket::judge(site, join_all(tried).await);
    findings.extend(said);
    if open.iter().any(|open| open.path == socket::CHAT) {
        findings.push(probes::socketio(site, trust).await);
    }
    (findings, open)
}
