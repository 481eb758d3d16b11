//! Plain HTTP requests to the services.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use reqwest::Method;
use serde_json::Value;

use crate::wait::{DEADLINE, within};

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body as text.
    pub body: String,
    headers: reqwest::header::HeaderMap,
}

impl Answer {
    /// A header's value, empty when absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("ascii"))
    }

    /// All values of a header.
    #[must_use]
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let values = self.headers.get_all(name).into_iter();
        values.map(|value| value.to_str().expect("ascii")).collect()
    }

    /// The body, which has to be JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }
}

/// `GET path`.
pub async fn get(address: SocketAddr, path: &str) -> Answer {
    get_with(address, path, &[]).await
}

/// `GET path` with headers.
pub async fn get_with(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    try_get(address, path, headers)
        .await
        .unwrap_or_else(|error| panic!("GET {path} at {address}: {error}"))
}

/// The status of `GET path`, or `None` when nobody answers.
pub async fn status(address: SocketAddr, path: &str) -> Option<u16> {
    try_get(address, path, &[])
        .await
        .ok()
        .map(|answer| answer.status)
}

/// Waits, without a runtime, until the service says that it can serve.
pub fn wait_until_ready(address: SocketAddr) {
    // A start makes tables and hashes a password, and on a busy machine many start at once.
    let end = Instant::now() + 3 * DEADLINE;
    while !is_ready(address).unwrap_or(false) {
        assert!(Instant::now() < end, "{address} does not become ready");
        crate::wait::a_moment();
    }
}

/// Whether the service says that it can serve.
///
/// # Errors
/// When it does not answer.
pub fn is_ready(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    write!(
        stream,
        "GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}

async fn try_get(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
) -> Result<Answer, reqwest::Error> {
    try_send(address, Method::GET, path, headers, None).await
}

/// Any request.
pub async fn send(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, String)],
    body: Option<String>,
) -> Answer {
    let headers: Vec<(&str, &str)> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    try_send(address, method.clone(), path, &headers, body)
        .await
        .unwrap_or_else(|error| panic!("{method} {path} at {address}: {error}"))
}

async fn try_send(
    address: SocketAddr,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<String>,
) -> Result<Answer, reqwest::Error> {
    let mut request = reqwest::Client::new().request(method, format!("http://{address}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        request = request.body(body);
    }
    let response = within(path, request.send()).await?;
    Ok(Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: within(path, response.text()).await?,
    })
}

/// The sum of all samples of this name, whatever their labels; `None` when there is none.
#[must_use]
pub fn metric(text: &str, name: &str) -> Option<f64> {
    let values: Vec<f64> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .filter(|(sample, _)| sample.split('{').next() == Some(name))
        .filter_map(|(_, value)| value.parse().ok())
        .collect();
    (!values.is_empty()).then(|| values.iter().sum())
}
