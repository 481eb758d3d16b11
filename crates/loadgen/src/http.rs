//! As much HTTP/1.1 as a run needs: one GET, and the upgrade to a WebSocket.

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::address::Address;
use crate::frame::Inbox;
use crate::problem::Problem;

// The example of RFC 6455: a key and the answer that proves that the server understood it.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// An answer may not have a longer head than this.
const LONGEST_HEAD: usize = 16 << 10;

/// A connection that does not hold small frames back.
pub(crate) async fn connect(address: &Address) -> Result<TcpStream, Problem> {
    let failed = |source| Problem::Connect {
        address: address.to_string(),
        source,
    };
    let stream = TcpStream::connect(address.as_str()).await.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

/// The JSON that a path answers with.
pub(crate) async fn get_json(address: &Address, path: &str) -> Result<Value, Problem> {
    let mut stream = connect(address).await?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let (status, head) = parse_head(&answer)?;
    let body = &answer[head..];
    if status != 200 {
        return Err(refused(path, status, body));
    }
    serde_json::from_slice(body).map_err(|error| Problem::Protocol(format!("{path}: {error}")))
}

/// Upgrades a new connection. The inbox holds what came right behind the answer.
pub(crate) async fn upgrade(
    address: &Address,
    path: &str,
    protocols: &[&str],
) -> Result<(TcpStream, Inbox), Problem> {
    let mut stream = connect(address).await?;
    let mut request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
    );
    if !protocols.is_empty() {
        request += &format!("Sec-WebSocket-Protocol: {}\r\n", protocols.join(", "));
    }
    request += "\r\n";
    stream.write_all(request.as_bytes()).await?;

    let mut answer = Vec::with_capacity(512);
    while !answer.windows(4).any(|four| four == b"\r\n\r\n") {
        if answer.len() > LONGEST_HEAD || stream.read_buf(&mut answer).await? == 0 {
            return Err(Problem::Protocol(format!("{path}: no whole answer")));
        }
    }
    let (status, head) = parse_head(&answer)?;
    if status != 101 {
        return Err(refused(path, status, &answer[head..]));
    }
    if !String::from_utf8_lossy(&answer[..head]).contains(ACCEPT) {
        return Err(Problem::Protocol(format!(
            "{path}: wrong Sec-WebSocket-Accept"
        )));
    }
    let mut inbox = Inbox::default();
    inbox.space().extend_from_slice(&answer[head..]);
    Ok((stream, inbox))
}

/// The status, and where the body starts.
fn parse_head(answer: &[u8]) -> Result<(u16, usize), Problem> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let status = answer
        .get(9..12)
        .and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match (end, status) {
        (Some(end), Some(status)) if answer.starts_with(b"HTTP/1.") => Ok((status, end + 4)),
        _ => Err(Problem::Protocol("not an HTTP answer".into())),
    }
}

fn refused(what: &str, status: u16, body: &[u8]) -> Problem {
    Problem::Status {
        what: what.to_owned(),
        status,
        body: String::from_utf8_lossy(body).chars().take(200).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_at_the_empty_line() {
        let answer = b"HTTP/1.1 429 Too Many Requests\r\nA: b\r\n\r\nslow";
        let (status, body) = parse_head(answer).unwrap();
        assert_eq!((status, &answer[body..]), (429, &b"slow"[..]));
        assert!(parse_head(b"+PONG\r\n\r\n").is_err());
        assert!(parse_head(b"").is_err());
    }
}
