//! Tokens, or the choice to do without.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{SettingsError, check, values};

/// `[auth]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthSettings {
    /// Signs and checks tokens. None: the service is open, and listens on loopback only.
    pub jwt_secret: Option<SecretString>,
    /// How long an issued token is good.
    #[serde(deserialize_with = "values::duration")]
    pub token_ttl: Duration,
    /// How passwords are kept.
    pub password_hash: PasswordHash,
}

/// How the passwords of accounts are kept. Whatever is set, a password that is kept in another of these ways is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PasswordHash {
    /// Argon2id.
    Argon2id,
    /// PBKDF2 with SHA-512.
    Pbkdf2Sha512,
    /// bcrypt.
    Bcrypt,
}

impl TryFrom<String> for PasswordHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "argon2id" => Ok(Self::Argon2id),
            "pbkdf2-sha512" => Ok(Self::Pbkdf2Sha512),
            "bcrypt" => Ok(Self::Bcrypt),
            _ => Err(format!(
                "`{text}` is none of `argon2id`, `pbkdf2-sha512` and `bcrypt`"
            )),
        }
    }
}

impl AuthSettings {
    /// A shorter secret could be found by trying.
    const SHORTEST_SECRET: usize = 16;

    /// Whether nobody is asked for a token.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.jwt_secret.is_none()
    }

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        const KEY: &str = "auth.jwt_secret";
        match self
            .jwt_secret
            .as_ref()
            .map(|secret| secret.expose_secret().len())
        {
            // Empty is what a deployment gives when its own secret is missing: not a wish for an open service.
            Some(0) => {
                return Err(SettingsError::key(
                    KEY,
                    "is empty; give at least 16 bytes, or remove it for an open service",
                ));
            }
            Some(length) if length < Self::SHORTEST_SECRET => {
                return Err(SettingsError::key(KEY, "is shorter than 16 bytes"));
            }
            _ => {}
        }
        check::duration("auth.token_ttl", self.token_ttl)?;
        // Tokens count whole seconds.
        if self.token_ttl < Duration::from_secs(1) {
            return Err(SettingsError::key(
                "auth.token_ttl",
                "is shorter than one second",
            ));
        }
        Ok(())
    }
}
