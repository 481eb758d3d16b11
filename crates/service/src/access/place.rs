//! Where a token may stand in an upgrade or a request, and which subprotocol is chosen.
//!
//! A browser cannot set headers on a WebSocket, so the token may be in the list of subprotocols: `bearer, <jwt>`. It is
//! never echoed: what is chosen is always one of the two names below.

use actix_web::{
    http::header::{AUTHORIZATION, HeaderMap, SEC_WEBSOCKET_PROTOCOL},
    web::Query,
};

/// The subprotocol that opts in to ids, resumption, typing and marks.
pub const HELPLINE_V1: &str = "helpline.v1";
/// The subprotocol whose next entry is a token.
pub const BEARER: &str = "bearer";

/// The token of a request, from the first place that has one: `Authorization` with or without `Bearer `,
/// `X-Auth-Token`, `?token=`, the subprotocols.
#[must_use]
pub fn token_of(headers: &HeaderMap, query: &str) -> Option<String> {
    from_authorization(headers)
        .or_else(|| header(headers, "x-auth-token").map(str::to_owned))
        .or_else(|| from_query(query))
        .or_else(|| from_subprotocols(headers))
}

/// Whether the client offered this subprotocol.
#[must_use]
pub fn offers(headers: &HeaderMap, protocol: &str) -> bool {
    offered(headers).any(|offer| offer == protocol)
}

/// The subprotocol to answer with, if the client offered one that we speak.
#[must_use]
pub fn subprotocol(headers: &HeaderMap) -> Option<&'static str> {
    [HELPLINE_V1, BEARER]
        .into_iter()
        .find(|protocol| offers(headers, protocol))
}

fn from_authorization(headers: &HeaderMap) -> Option<String> {
    let value = header(headers, AUTHORIZATION.as_str())?;
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(BEARER) => token.trim(),
        _ => value,
    };
    // Another scheme (`Basic …`) is between the client and a proxy in front of us.
    (!token.is_empty() && !token.contains(' ') && !token.eq_ignore_ascii_case(BEARER))
        .then(|| token.to_owned())
}

fn from_query(query: &str) -> Option<String> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query)
        .ok()?
        .into_inner();
    pairs
        .into_iter()
        .find(|(name, value)| name == "token" && !value.is_empty())
        .map(|(_, value)| value)
}

fn from_subprotocols(headers: &HeaderMap) -> Option<String> {
    let mut after = offered(headers)
        .skip_while(|offer| *offer != BEARER)
        .skip(1);
    after.find(|offer| *offer != HELPLINE_V1).map(str::to_owned)
}

fn offered(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers
        .get_all(SEC_WEBSOCKET_PROTOCOL)
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(str::trim)
        .filter(|offer| !offer.is_empty())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get(name)?
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        map
    }

    const PROTOCOL: &str = "sec-websocket-protocol";

    #[test]
    fn the_first_place_with_a_token_wins() {
        let all = [
            ("authorization", "Bearer one"),
            ("x-auth-token", "two"),
            (PROTOCOL, "bearer, four"),
        ];
        assert_eq!(
            token_of(&headers(&all), "token=three").as_deref(),
            Some("one")
        );
        assert_eq!(
            token_of(&headers(&all[1..]), "token=three").as_deref(),
            Some("two")
        );
        assert_eq!(
            token_of(&headers(&all[2..]), "token=three").as_deref(),
            Some("three")
        );
        assert_eq!(token_of(&headers(&all[2..]), "").as_deref(), Some("four"));
        assert_eq!(token_of(&headers(&[]), ""), None);
    }

    #[test]
    fn the_forms_of_each_place() {
        for (pairs, query, token) in [
            (&[("authorization", "one")][..], "", Some("one")),
            (&[("authorization", "bearer  one ")], "", Some("one")),
            (&[("authorization", "BEARER one")], "", Some("one")),
            (&[("authorization", "Bearer")], "token=two", Some("two")),
            (&[("authorization", "Bearer ")], "", None),
            (&[("authorization", "Basic b25l")], "token=two", Some("two")),
            (&[("x-auth-token", "  ")], "token=two", Some("two")),
            (&[], "a=b&token=&token=o%2Ene&c", Some("o.ne")),
            (&[], "tokens=one", None),
            (&[(PROTOCOL, "helpline.v1, bearer, one")], "", Some("one")),
            (&[(PROTOCOL, "bearer, one, helpline.v1")], "", Some("one")),
            (&[(PROTOCOL, "bearer, helpline.v1, one")], "", Some("one")),
            (&[(PROTOCOL, "bearer"), (PROTOCOL, "one")], "", Some("one")),
            (&[(PROTOCOL, "bearer")], "", None),
            (&[(PROTOCOL, "one, bearer")], "", None),
            (&[(PROTOCOL, "helpline.v1, one")], "", None),
        ] {
            assert_eq!(
                token_of(&headers(pairs), query).as_deref(),
                token,
                "{pairs:?} {query}"
            );
        }
    }

    #[test]
    fn the_chosen_subprotocol_is_never_the_token() {
        for (offer, chosen) in [
            ("bearer, one, helpline.v1", Some(HELPLINE_V1)),
            ("helpline.v1", Some(HELPLINE_V1)),
            ("bearer, one", Some(BEARER)),
            ("one, two", None),
            ("helpline.v10", None),
        ] {
            let headers = headers(&[(PROTOCOL, offer)]);
            assert_eq!(subprotocol(&headers), chosen, "{offer}");
            assert_eq!(
                offers(&headers, HELPLINE_V1),
                chosen == Some(HELPLINE_V1),
                "{offer}"
            );
        }
        assert_eq!(subprotocol(&headers(&[])), None);
    }
}
