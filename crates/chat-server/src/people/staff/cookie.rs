//! The cookie of a sign-in: it is for `/staff` alone, no script reads it, and no other site's request carries it.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, http::header};
use helpline_service::{application::Commons, door::came_by_https};

/// Its name.
const NAME: &str = "helpline_session";
/// How long a sign-in lasts.
pub(super) const LASTS: Duration = Duration::from_secs(7 * 24 * 3600);

/// The secret in a request's cookie.
pub(super) fn secret_of(request: &HttpRequest) -> Option<String> {
    let lines = request.headers().get_all(header::COOKIE);
    let pairs = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == NAME && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Gives the client the cookie.
pub(super) fn give(
    response: &mut HttpResponse,
    commons: &Commons,
    request: &HttpRequest,
    secret: &str,
) {
    set(response, commons, request, secret, LASTS);
}

/// Takes it away.
pub(super) fn take_away(response: &mut HttpResponse, commons: &Commons, request: &HttpRequest) {
    set(response, commons, request, "", Duration::ZERO);
}

fn set(
    response: &mut HttpResponse,
    commons: &Commons,
    request: &HttpRequest,
    value: &str,
    lasts: Duration,
) {
    let secure = match came_by_https(commons, request) {
        true => "; Secure",
        false => "",
    };
    let seconds = lasts.as_secs();
    let cookie = format!(
        "{NAME}={value}; Path=/staff; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    // The value is hex: it is a header's value whatever it is.
    if let Ok(cookie) = header::HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
