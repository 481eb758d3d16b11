//! The cookies of a sign-in: they are for `/staff` alone, no script reads them, and no other site's request carries them.
//! One is the sign-in; the other stays when it ends and says that somebody signed in in this browser before.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, http::header};
use helpline_records::new_id;
use helpline_service::{application::Commons, door::came_by_https};

const SESSION: &str = "helpline_session";
const BROWSER: &str = "helpline_browser";
/// How long a sign-in lasts.
pub(super) const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a browser is known: as long as the records remember it.
const KNOWN: Duration = Duration::from_secs(90 * 24 * 3600);
/// The secret of a browser is so many hex digits.
const SECRET_LENGTH: usize = 64;

/// The secret in a request's cookie.
pub(in crate::people) fn secret_of(request: &HttpRequest) -> Option<String> {
    value_of(request, SESSION)
}

/// The secret of the browser, if it is one that we may have given it.
pub(in crate::people) fn browser_of(request: &HttpRequest) -> Option<String> {
    value_of(request, BROWSER).filter(|secret| {
        secret.len() == SECRET_LENGTH && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// A secret for a browser.
pub(super) fn new_browser() -> String {
    format!("{}{}", new_id(), new_id())
}

fn value_of(request: &HttpRequest, wanted: &str) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE);
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Gives the client the cookie.
pub(super) fn give(
    response: &mut HttpResponse,
    commons: &Commons,
    request: &HttpRequest,
    secret: &str,
) {
    set(response, commons, request, SESSION, secret, LASTS);
}

/// Gives the client the cookie of its browser.
pub(super) fn know(
    response: &mut HttpResponse,
    commons: &Commons,
    request: &HttpRequest,
    secret: &str,
) {
    set(response, commons, request, BROWSER, secret, KNOWN);
}

/// Takes it away.
pub(super) fn take_away(response: &mut HttpResponse, commons: &Commons, request: &HttpRequest) {
    set(response, commons, request, SESSION, "", Duration::ZERO);
}

fn set(
    response: &mut HttpResponse,
    commons: &Commons,
    request: &HttpRequest,
    name: &str,
    value: &str,
    lasts: Duration,
) {
    let secure = match came_by_https(commons, request) {
        true => "; Secure",
        false => "",
    };
    let seconds = lasts.as_secs();
    let cookie = format!(
        "{name}={value}; Path=/staff; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    // The value is hex: it is a header's value whatever it is.
    if let Ok(cookie) = header::HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
