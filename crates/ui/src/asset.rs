//! The embedded files.

use std::borrow::Cow;

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "dist/site/"]
#[allow_missing = true]
struct Files;

/// One thing to serve, with everything that its answer's headers say.
#[derive(Clone, Debug)]
pub struct Asset {
    /// The body.
    pub bytes: Cow<'static, [u8]>,
    /// `Content-Type`.
    pub mime: &'static str,
    /// `ETag`, quotes included.
    pub etag: String,
    /// `Cache-Control`.
    pub cache_control: &'static str,
    /// `Content-Security-Policy`, for pages.
    pub content_security_policy: Option<String>,
}

/// The embedded file at `path`, relative to the folder of built pages.
pub(crate) fn file(path: &str, cache_control: &'static str) -> Option<Asset> {
    let EmbeddedFile { data, metadata } = Files::get(path)?;
    Some(Asset {
        bytes: data,
        mime: mime_of(path),
        etag: etag(&metadata.sha256_hash()),
        cache_control,
        content_security_policy: None,
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

/// The types that the build makes. Anything else is a download, which no page asks for.
fn mime_of(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
