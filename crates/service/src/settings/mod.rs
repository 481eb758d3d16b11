//! What an operator can set, the same for both services.
//!
//! Settings come in three layers, the later one wins: `default.toml` (embedded, it documents each setting), the file
//! named by `HELPLINE_CONFIG`, and `HELPLINE__SECTION__KEY` variables. A key that does not exist or a value that cannot
//! work stops the start with a message that names the key; nothing is ignored or bent silently. Secrets never appear
//! in `Debug` output or in a message.

mod admin;
mod auth;
mod chat;
mod check;
mod error;
mod http;
mod limits;
mod listen;
mod log;
mod pages;
mod presence;
mod records;
mod redis;
mod socketio;
mod sockets;
mod url;
mod values;

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use config::{Config, Environment, File, FileFormat, Source, ValueKind};
use serde::Deserialize;

pub use self::{
    admin::AdminSettings,
    auth::{AuthSettings, PasswordHash},
    chat::ChatSettings,
    error::SettingsError,
    http::HttpSettings,
    limits::LimitSettings,
    listen::ListenSettings,
    log::{LogFormat, LogSettings},
    pages::PagesSettings,
    presence::PresenceSettings,
    records::RecordsSettings,
    redis::RedisSettings,
    socketio::SocketIoSettings,
    sockets::{QueueSettings, SocketSettings},
    url::SecretUrl,
};

const DEFAULTS: &str = include_str!("default.toml");
const FILE_VARIABLE: &str = "HELPLINE_CONFIG";
const PREFIX: &str = "HELPLINE";
const SEPARATOR: &str = "__";

/// Everything an operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The Redis that holds what is happening now.
    pub redis: RedisSettings,
    /// The database for what is kept.
    pub records: RecordsSettings,
    /// Where chat-server listens.
    pub chat_server: ListenSettings,
    /// Where subscriber listens.
    pub subscriber: ListenSettings,
    /// Where chat-server listens for Socket.IO clients.
    pub socketio: SocketIoSettings,
    /// Times, sizes and texts of a chat.
    pub chat: ChatSettings,
    /// How sockets are kept, fed and closed.
    pub sockets: SocketSettings,
    /// How long somebody counts as here without a socket.
    pub presence: PresenceSettings,
    /// How waiting requests are handed out.
    pub queue: QueueSettings,
    /// Tokens and passwords.
    pub auth: AuthSettings,
    /// The first admin.
    pub admin: AdminSettings,
    /// Browsers and proxies.
    pub http: HttpSettings,
    /// What the web pages are told of the installation.
    pub pages: PagesSettings,
    /// What one client may use up.
    pub limits: LimitSettings,
    /// What is logged, and how.
    pub log: LogSettings,
}

impl Settings {
    /// The settings of this process: the defaults, then the file named by `HELPLINE_CONFIG`, then the environment.
    ///
    /// # Errors
    /// The file cannot be read, a key does not exist, or a value cannot work.
    pub fn load() -> Result<Self, SettingsError> {
        let env = std::env::vars_os()
            .filter_map(|pair| own_variable(pair).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_parts(Self::file().as_deref(), env)
    }

    /// The file named by `HELPLINE_CONFIG`, if one is.
    #[must_use]
    pub fn file() -> Option<PathBuf> {
        // An empty variable is how compose files and shells say "none".
        std::env::var_os(FILE_VARIABLE)
            .filter(|name| !name.is_empty())
            .map(PathBuf::from)
    }

    /// The same from a given file and given variables, of which those not named `HELPLINE__…` are passed over.
    ///
    /// # Errors
    /// As for [`Settings::load`].
    pub fn from_parts(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        let mut builder = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            let text =
                std::fs::read_to_string(path).map_err(|error| SettingsError::file(path, error))?;
            builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let env = Environment::with_prefix(PREFIX)
            .separator(SEPARATOR)
            .source(Some(env.into_iter().collect()));
        let layers = builder
            .add_source(env)
            .build()
            .map_err(|error| SettingsError::layers(file, &error))?;
        sections_only(&layers)?;
        let settings: Self = layers.try_deserialize().map_err(SettingsError::value)?;
        settings.validate()?;
        Ok(settings)
    }

    /// Checks what types cannot: every value alone, and those that must fit each other.
    ///
    /// # Errors
    /// The first value that cannot work.
    pub fn validate(&self) -> Result<(), SettingsError> {
        self.redis.validate()?;
        self.records.validate()?;
        self.socketio.validate()?;
        self.chat.validate()?;
        self.sockets.validate()?;
        self.presence.validate()?;
        self.queue.validate()?;
        self.auth.validate()?;
        self.admin.validate()?;
        self.http.validate()?;
        self.pages.validate()?;
        self.limits.validate()?;
        self.log.validate()
    }

    /// Whether these settings may listen on `address`: without a secret anybody who reaches the service may read and
    /// answer every chat, so it is served on loopback only.
    ///
    /// # Errors
    /// There is no secret and the address can be reached from elsewhere.
    pub fn check_bind(&self, address: SocketAddr) -> Result<(), SettingsError> {
        if self.auth.is_open() && !address.ip().to_canonical().is_loopback() {
            return Err(SettingsError::OpenBind { address });
        }
        Ok(())
    }
}

impl Default for Settings {
    /// The embedded defaults and nothing else.
    fn default() -> Self {
        match Self::from_parts(None, []) {
            Ok(settings) => settings,
            // Part of the program, and the tests load it: not something that can be wrong at an operator's.
            Err(error) => unreachable!("the embedded defaults cannot work: {error}"),
        }
    }
}

/// A variable of ours as text. Others may be anything and are no concern of ours.
fn own_variable(
    (name, value): (OsString, OsString),
) -> Result<Option<(String, String)>, SettingsError> {
    let Ok(name) = name.into_string() else {
        return Ok(None);
    };
    // `config` does not mind the case of variables, so neither may this.
    if !name.to_ascii_uppercase().starts_with("HELPLINE__") {
        return Ok(None);
    }
    match value.into_string() {
        Ok(value) => Ok(Some((name, value))),
        Err(_) => Err(SettingsError::NotText { name }),
    }
}

/// A plain value where a section belongs (`HELPLINE__REDIS=redis://…`) would be quoted by the type error that
/// follows, password included; so it is caught before.
fn sections_only(layers: &Config) -> Result<(), SettingsError> {
    let sections = layers.collect().map_err(SettingsError::value)?;
    match sections
        .into_iter()
        .find(|(_, value)| !matches!(value.kind, ValueKind::Table(_)))
    {
        Some((key, _)) => Err(SettingsError::key(
            key,
            "is not a setting; settings stand in sections, as in `redis.url`",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
