//! Tokens as any issuer that shares the secret would make them.

use chrono::Utc;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};

/// The secret of token-mode worlds.
pub const SECRET: &str = "a secret of the tests, long enough to be one";

/// The claims of a token for this account, an hour from now.
#[must_use]
pub fn claims(account: &str, role: &str) -> Value {
    let now = now();
    json!({
        "userId": account, "user_id": account, "id": account,
        "role": role, "username": account, "permissions": [],
        "iat": now, "exp": now + 3600,
    })
}

#[allow(
    clippy::disallowed_methods,
    reason = "an issuer of tokens has a clock of its own"
)]
fn now() -> i64 {
    Utc::now().timestamp()
}

/// A good token for this account.
#[must_use]
pub fn token(account: &str, role: &str) -> String {
    sign(&claims(account, role), SECRET)
}

/// A token of an account that ran out a minute ago.
#[must_use]
pub fn expired(account: &str, role: &str) -> String {
    let mut claims = claims(account, role);
    claims["exp"] = json!(now() - 60);
    sign(&claims, SECRET)
}

/// Signs claims with HS256.
#[must_use]
pub fn sign(claims: &Value, secret: &str) -> String {
    sign_as(Algorithm::HS256, claims, secret)
}

/// Signs claims with any HMAC algorithm.
#[must_use]
pub fn sign_as(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .expect("a token")
}

/// The claims of a token that has to be signed with [`SECRET`].
#[must_use]
pub fn read(token: &str) -> Value {
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    jsonwebtoken::decode::<Value>(token, &key, &Validation::new(Algorithm::HS256))
        .expect("a good token")
        .claims
}
