//! Which service serves what, under which path.

use std::{borrow::Cow, sync::Arc};

use crate::{
    asset::{self, Asset},
    config::PublicConfig,
    encoding::{Accepted, Encoding},
    policy::{Framing, content_security_policy},
};

/// Asked for anew each time, answered with 304 when it is the same.
const REVALIDATE: &str = "no-cache";
/// A new content is a new name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Other people's sites load it with each of their pages: old for ten minutes at most, and never waited for.
const WIDGET: &str = "public, max-age=600, stale-while-revalidate=86400";
const NEVER_KEPT: &str = "no-store";

const MISSING: &str = include_str!("missing.html");

/// Whose pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Site {
    /// The visitor page at `/`, the chat link at `/c` and below, the widget at `/widget.js` with its frame at `/embed`.
    ChatServer,
    /// The agents' console at `/`.
    Subscriber,
}

/// The pages of one service. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pages {
    site: Site,
    config_json: Arc<str>,
    policy: Arc<str>,
    framed_policy: Arc<str>,
}

impl Pages {
    /// The pages of `site`, telling browsers what `config` says.
    pub fn new(site: Site, config: &PublicConfig) -> Self {
        // Plain data with string keys: there is nothing in it that JSON cannot say.
        let config_json = serde_json::to_string(config).unwrap_or_else(|_| String::from("{}"));
        Self {
            site,
            config_json: config_json.into(),
            policy: content_security_policy(config, Framing::Never).into(),
            framed_policy: content_security_policy(config, Framing::Anywhere).into(),
        }
    }

    /// What stands at `path`, if anything does, in an encoding that `accepted` has.
    pub fn get(&self, path: &str, accepted: &Accepted) -> Option<Asset> {
        if path == "/config.json" {
            return Some(self.config());
        }
        if let Some(name) = path.strip_prefix("/assets/") {
            return asset::file(&format!("assets/{name}"), FOR_EVER, accepted);
        }
        let page = |file, policy| Some(page(file, policy, accepted));
        match (self.site, path) {
            (Site::ChatServer, "/" | "/c") => page("visitor.html", &self.policy),
            (Site::ChatServer, "/embed") => page("visitor.html", &self.framed_policy),
            (Site::ChatServer, "/widget.js") => {
                let script = asset::file("widget.js", WIDGET, accepted)?;
                Some(Asset {
                    readable: true,
                    ..script
                })
            }
            (Site::ChatServer, _) if path.starts_with("/c/") => page("visitor.html", &self.policy),
            (Site::Subscriber, "/") => page("console.html", &self.policy),
            _ => None,
        }
    }

    pub(crate) fn paths(&self) -> &'static [&'static str] {
        match self.site {
            Site::ChatServer => &[
                "/",
                "/c",
                "/c/{rest:.*}",
                "/embed",
                "/widget.js",
                "/assets/{name}",
                "/config.json",
            ],
            Site::Subscriber => &["/", "/assets/{name}", "/config.json"],
        }
    }

    fn config(&self) -> Asset {
        Asset {
            bytes: Cow::Owned(self.config_json.as_bytes().to_vec()),
            mime: "application/json",
            etag: String::from("\"config\""),
            last_modified: None,
            encoding: Encoding::Identity,
            varies: false,
            cache_control: NEVER_KEPT,
            content_security_policy: None,
            readable: false,
        }
    }
}

fn page(file: &str, policy: &str, accepted: &Accepted) -> Asset {
    let page = asset::file(file, REVALIDATE, accepted).unwrap_or_else(|| Asset {
        bytes: Cow::Borrowed(MISSING.as_bytes()),
        mime: "text/html; charset=utf-8",
        etag: String::from("\"missing\""),
        last_modified: None,
        encoding: Encoding::Identity,
        varies: false,
        cache_control: NEVER_KEPT,
        content_security_policy: None,
        readable: false,
    });
    Asset {
        content_security_policy: Some(policy.to_owned()),
        ..page
    }
}
