//! The embedded files.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use rust_embed::{EmbeddedFile, RustEmbed};

use crate::encoding::{Accepted, Encoding};

#[derive(RustEmbed)]
#[folder = "dist/site/"]
#[allow_missing = true]
struct Files;

/// One thing to serve, with everything that its answer's headers say.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The body, encoded as `encoding` says.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub mime: &'static str,
    /// `ETag`, quotes included; each encoding of a file has its own.
    pub etag: String,
    /// `Last-Modified`, where that is known.
    pub last_modified: Option<SystemTime>,
    /// `Content-Encoding`.
    pub encoding: Encoding,
    /// Whether another `Accept-Encoding` may get other bytes: `Vary`.
    pub varies: bool,
    /// `Cache-Control`.
    pub cache_control: &'static str,
    /// `Content-Security-Policy`, for pages.
    pub content_security_policy: Option<String>,
    /// Whether a page of any site may read it, as one that loads it as a module does: `Access-Control-Allow-Origin`.
    pub readable: bool,
}

/// The embedded file at `path`, relative to the folder of built pages, in the best of the encodings that the build made of
/// it and the request takes.
pub(crate) fn file(path: &str, cache_control: &'static str, accepted: &Accepted) -> Option<Asset> {
    let mime = mime_of(path)?;
    let in_encoding = |encoding: &Encoding| {
        let file = Files::get(&format!("{path}{}", encoding.suffix()))?;
        Some((*encoding, file))
    };
    let best = accepted.encodings().iter().find_map(in_encoding);
    let (encoding, file) = best.or_else(|| in_encoding(&Encoding::Identity))?;
    let EmbeddedFile { data, metadata } = file;
    Some(Asset {
        bytes: data,
        mime,
        etag: etag(&metadata.sha256_hash()),
        last_modified: metadata
            .last_modified()
            .and_then(|seconds| SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))),
        encoding,
        varies: true,
        cache_control,
        content_security_policy: None,
        readable: false,
    })
}

/// 64 bits of the file's hash: enough to tell one build's file from another's.
fn etag(hash: &[u8]) -> String {
    let digits: String = hash
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{digits}\"")
}

/// The types that the build makes. Anything else, such as an encoded file under its own name, is not served.
fn mime_of(path: &str) -> Option<&'static str> {
    match path.rsplit_once('.')?.1 {
        "html" => Some("text/html; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "json" => Some("application/json"),
        _ => None,
    }
}
