//! One request over a line of its own.

use std::fmt::Display;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::{
    Request,
    body::Bytes,
    client::conn::http1,
    header::{HOST, LOCATION, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::{
    Site, Trust,
    line::{DEADLINE, dial},
};

/// More than any answer that is looked at.
const MOST: usize = 64 * 1024;
/// How requests name who sends them.
pub(super) const NAME: &str = "helpline-doctor";

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: String,
    pub(super) location: Option<String>,
}

/// `GET path`. An error is text for people.
pub(super) async fn get(site: &Site, trust: Option<&Trust>, path: &str) -> Result<Answer, String> {
    match timeout(DEADLINE, ask(site, trust, path)).await {
        Ok(answered) => answered,
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}

async fn ask(site: &Site, trust: Option<&Trust>, path: &str) -> Result<Answer, String> {
    let line = dial(site, trust).await.map_err(text)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(line)).await.map_err(text)?;
    // It carries the answer until that is read, and ends with the sender.
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(HOST, &site.authority)
        .header(USER_AGENT, NAME)
        .body(Empty::<Bytes>::new())
        .map_err(text)?;
    let response = sender.send_request(request).await.map_err(text)?;
    let location = response.headers().get(LOCATION);
    let location = location.and_then(|to| to.to_str().ok().map(str::to_owned));
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MOST).collect().await;
    let body = body.map_err(text)?.to_bytes();
    Ok(Answer {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
        location,
    })
}

fn text(error: impl Display) -> String {
    error.to_string()
}
