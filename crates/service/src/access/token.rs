//! Tokens: HS256 and nothing else, with an expiry that is required and counts to the second.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::{
    Revocations,
    claims::{AnyClaims, Claims, Role},
};
use crate::clock;

/// By so many seconds the clock of whoever issued a token may be ahead of ours before its `nbf` keeps it out.
const LEEWAY: u64 = 5;

/// Why a token does not say who its bearer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("a token is needed")]
    Missing,
    /// It is not one of ours, was changed, or lacks what every token must have.
    #[error("the token is not valid")]
    Invalid,
    /// It was good once.
    #[error("the token has expired")]
    Expired,
}

/// Signs and checks tokens with one secret. Cheap to clone.
#[derive(Clone)]
pub struct TokenKeys(Arc<Keys>);

struct Keys {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
    ttl: Duration,
    revocations: Revocations,
}

impl TokenKeys {
    /// Keys made of `secret`; tokens issued with them are good for `ttl`, unless they are revoked.
    #[must_use]
    pub fn new(secret: &SecretString, ttl: Duration, revocations: Revocations) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let mut rules = Validation::new(Algorithm::HS256);
        rules.leeway = LEEWAY;
        rules.validate_nbf = true;
        // Looked at in `verify_at`: a token is over at its `exp`, and the library would still take it in that second.
        rules.validate_exp = false;
        Self(Arc::new(Keys {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            rules,
            ttl,
            revocations,
        }))
    }

    /// The token by which a visitor proves that a chat is its own. `now` is in microseconds, as [`clock::now_micros`].
    #[must_use]
    pub fn issue_visitor(&self, user_id: &str, chat_id: &str, username: &str, now: i64) -> String {
        let iat = seconds(now);
        let claims = VisitorClaims {
            camel_user_id: user_id,
            user_id,
            id: user_id,
            role: Role::Visitor,
            username,
            permissions: [],
            iat,
            exp: iat.saturating_add(self.0.ttl.as_secs()),
            chat_id,
        };
        self.sign(&claims)
    }

    /// The token of an account, good for every contract. `now` is in microseconds.
    #[must_use]
    pub fn issue_account(&self, bearer: &Bearer<'_>, now: i64) -> Issued {
        let iat = seconds(now).max(bearer.tokens_from);
        let expires_at = iat.saturating_add(self.0.ttl.as_secs());
        let token = self.sign(&AccountClaims {
            camel_user_id: bearer.id,
            user_id: bearer.id,
            bearer,
            iat,
            exp: expires_at,
        });
        Issued { token, expires_at }
    }

    fn sign(&self, claims: &impl Serialize) -> String {
        match jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.0.sign) {
            Ok(token) => token,
            // Strings and numbers always serialize, and a MAC takes any key and any text.
            Err(error) => unreachable!("a token cannot be signed: {error}"),
        }
    }

    /// What `token` says, if it is good now.
    ///
    /// # Errors
    /// It is empty, not valid, revoked, or over.
    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.verify_at(token, clock::now_micros())
    }

    fn verify_at(&self, token: &str, now: i64) -> Result<Claims, TokenError> {
        if token.is_empty() {
            return Err(TokenError::Missing);
        }
        let data = jsonwebtoken::decode::<AnyClaims>(token, &self.0.check, &self.0.rules);
        let claims = data
            .ok()
            .and_then(|data| data.claims.into_claims())
            .ok_or(TokenError::Invalid)?;
        if claims.expires_at <= seconds(now) {
            Err(TokenError::Expired)
        } else if self.0.revocations.ended(&claims) {
            Err(TokenError::Invalid)
        } else {
            Ok(claims)
        }
    }
}

/// Whose token it is to be.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bearer<'a> {
    /// The account.
    pub id: &'a str,
    /// What it is.
    pub role: Role,
    /// Its e-mail.
    pub email: &'a str,
    /// What others see.
    pub username: &'a str,
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
    /// What its role may do.
    pub permissions: Vec<&'a str>,
    /// Tokens that were issued before this second are not good any more: this one is not issued before it.
    #[serde(skip)]
    pub tokens_from: u64,
}

/// A token, and when it ends.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The token.
    pub token: String,
    /// In seconds since 1970.
    pub expires_at: u64,
}

fn seconds(micros: i64) -> u64 {
    u64::try_from(micros / 1_000_000).unwrap_or(0)
}

/// The id goes out under all three names that the existing clients read.
#[derive(Serialize)]
struct VisitorClaims<'a> {
    #[serde(rename = "userId")]
    camel_user_id: &'a str,
    user_id: &'a str,
    id: &'a str,
    role: Role,
    username: &'a str,
    permissions: [&'a str; 0],
    iat: u64,
    exp: u64,
    #[serde(rename = "chatId")]
    chat_id: &'a str,
}

#[derive(Serialize)]
struct AccountClaims<'a> {
    #[serde(rename = "userId")]
    camel_user_id: &'a str,
    user_id: &'a str,
    #[serde(flatten)]
    bearer: &'a Bearer<'a>,
    iat: u64,
    exp: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_930_367_167_000_089;
    const NOW_SECONDS: u64 = 1_930_367_167;

    fn keys() -> TokenKeys {
        keys_of("a secret that is long enough")
    }

    fn keys_of(secret: &str) -> TokenKeys {
        let secret = SecretString::from(secret);
        TokenKeys::new(&secret, Duration::from_secs(60), Revocations::default())
    }

    fn signed(alg: Algorithm, claims: &Value) -> String {
        let secret = EncodingKey::from_secret(b"a secret that is long enough");
        jsonwebtoken::encode(&Header::new(alg), claims, &secret).unwrap()
    }

    fn verified(claims: &Value) -> Result<Claims, TokenError> {
        keys().verify_at(&signed(Algorithm::HS256, claims), NOW)
    }

    #[test]
    fn an_issued_token_carries_exactly_the_documented_claims() {
        let token = keys().issue_visitor("u1", "c1", "Mina", NOW);
        let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(&token).unwrap();
        assert_eq!(
            claims,
            json!({
                "userId": "u1", "user_id": "u1", "id": "u1", "role": "visitor", "username": "Mina",
                "permissions": [], "iat": NOW_SECONDS, "exp": NOW_SECONDS + 60, "chatId": "c1"
            })
        );
        assert_eq!(
            keys().verify_at(&token, NOW),
            Ok(Claims {
                user_id: "u1".into(),
                role: Role::Visitor,
                email: None,
                name: Some("Mina".into()),
                chat_id: Some("c1".into()),
                issued_at: NOW_SECONDS,
                expires_at: NOW_SECONDS + 60,
            })
        );
    }

    #[test]
    fn an_accounts_token_carries_exactly_the_documented_claims() {
        let mut bearer = Bearer {
            id: "a1",
            role: Role::Supervisor,
            email: "vika@example.org",
            username: "Vika Ray",
            first_name: "Vika",
            last_name: "Ray",
            permissions: vec!["create_user"],
            tokens_from: 0,
        };
        let issued = keys().issue_account(&bearer, NOW);
        let claims: Value = jsonwebtoken::dangerous::insecure_decode_claims(&issued.token).unwrap();
        assert_eq!(
            claims,
            json!({
                "userId": "a1", "user_id": "a1", "id": "a1", "role": "supervisor", "email": "vika@example.org",
                "username": "Vika Ray", "firstName": "Vika", "lastName": "Ray", "permissions": ["create_user"],
                "iat": NOW_SECONDS, "exp": NOW_SECONDS + 60
            })
        );
        assert_eq!(issued.expires_at, NOW_SECONDS + 60);
        bearer.tokens_from = NOW_SECONDS + 1;
        let issued = keys().issue_account(&bearer, NOW);
        let claims = keys().verify_at(&issued.token, NOW).unwrap();
        assert_eq!(claims.issued_at, NOW_SECONDS + 1);
    }

    #[test]
    fn a_token_is_over_in_the_second_of_its_expiry() {
        let keys = keys();
        let token = keys.issue_visitor("u1", "c1", "Mina", NOW);
        assert!(keys.verify_at(&token, NOW + 59_000_000).is_ok());
        assert_eq!(
            keys.verify_at(&token, NOW + 60_000_000),
            Err(TokenError::Expired)
        );
        assert!(
            keys.verify(&keys.issue_visitor("u1", "c1", "Mina", clock::now_micros()))
                .is_ok()
        );
        assert_eq!(
            keys.verify(&keys.issue_visitor("u1", "c1", "Mina", 0)),
            Err(TokenError::Expired)
        );
    }

    #[test]
    fn other_issuers_may_write_numbers_and_fractions() {
        let exp = NOW_SECONDS as f64 + 1.5;
        let claims = verified(&json!({"user_id": 42, "role": "agent", "exp": exp})).unwrap();
        assert_eq!(
            (claims.user_id.as_str(), claims.expires_at),
            ("42", NOW_SECONDS + 1)
        );
    }

    #[test]
    fn what_lacks_something_is_invalid() {
        let exp = NOW_SECONDS + 1;
        for claims in [
            json!({"id": "a", "exp": exp}),
            json!({"id": "a", "role": "owner", "exp": exp}),
            json!({"id": "a", "role": "Agent", "exp": exp}),
            json!({"id": "a", "role": null, "exp": exp}),
            json!({"role": "agent", "exp": exp}),
            json!({"id": "", "role": "agent", "exp": exp}),
            json!({"id": ["a"], "role": "agent", "exp": exp}),
            json!({"id": "a", "role": "agent"}),
            json!({"id": "a", "role": "agent", "exp": "tomorrow"}),
            json!({"id": "a", "role": "agent", "exp": exp, "nbf": u64::from(u32::MAX) * 4}),
            json!({"id": "a", "role": "agent", "exp": exp, "chatId": 5}),
            json!(["id", "a"]),
        ] {
            assert_eq!(verified(&claims), Err(TokenError::Invalid), "{claims}");
        }
    }

    #[test]
    fn only_hs256_with_our_secret_counts() {
        let claims = json!({"id": "a", "role": "admin", "exp": NOW_SECONDS + 1});
        let good = signed(Algorithm::HS256, &claims);
        assert!(keys().verify_at(&good, NOW).is_ok());

        let (head, tail) = good.split_once('.').unwrap();
        let body = tail.split_once('.').unwrap().0;
        let other = signed(
            Algorithm::HS256,
            &json!({"id": "b", "role": "admin", "exp": NOW_SECONDS + 1}),
        );
        let changed = other.split('.').nth(1).unwrap();
        // {"typ":"JWT","alg":"none"}
        let none = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0";
        let signature = good.rsplit_once('.').unwrap().1;
        for bad in [
            signed(Algorithm::HS512, &claims),
            format!("{none}.{body}."),
            format!("{none}.{body}.{signature}"),
            format!("{head}.{body}."),
            format!("{head}.{body}"),
            format!("{head}.{changed}.{signature}"),
            "not a token".into(),
            "..".into(),
        ] {
            assert_eq!(
                keys().verify_at(&bad, NOW),
                Err(TokenError::Invalid),
                "{bad}"
            );
        }
        assert_eq!(
            keys_of("another secret, also long").verify_at(&good, NOW),
            Err(TokenError::Invalid)
        );
        assert_eq!(keys().verify_at("", NOW), Err(TokenError::Missing));
    }
}
