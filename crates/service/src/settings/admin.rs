//! The first admin.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::SettingsError;

/// `[admin]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminSettings {
    /// The e-mail of the account that is made at the first start.
    pub email: String,
    /// Its password. None: a random one, which is written to the log once.
    pub password: Option<SecretString>,
}

impl AdminSettings {
    /// Every dialect's sign-in takes a password that is so long.
    const SHORTEST_PASSWORD: usize = 8;
    /// No sign-in takes a longer one, in bytes.
    const LONGEST_PASSWORD: usize = 1024;

    pub(super) fn validate(&self) -> Result<(), SettingsError> {
        let Some((name, domain)) = self.email.split_once('@') else {
            return Err(SettingsError::key(
                "admin.email",
                "is not an e-mail address",
            ));
        };
        if name.is_empty() || domain.is_empty() || self.email.contains(char::is_whitespace) {
            return Err(SettingsError::key(
                "admin.email",
                "is not an e-mail address",
            ));
        }
        match &self.password {
            Some(password)
                if password.expose_secret().chars().count() < Self::SHORTEST_PASSWORD =>
            {
                Err(SettingsError::key(
                    "admin.password",
                    "is shorter than 8 characters",
                ))
            }
            Some(password) if password.expose_secret().len() > Self::LONGEST_PASSWORD => Err(
                SettingsError::key("admin.password", "is longer than 1024 bytes"),
            ),
            _ => Ok(()),
        }
    }
}
