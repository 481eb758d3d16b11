//! People: accounts and what they may do, in three dialects.
//!
//! - [`auth`]: `/auth/*` of contract 002;
//! - [`livechat`]: agents' accounts, canned responses and tags of contract 000;
//! - [`staff`]: Helpline's own API for those who work here.
//!
//! What they share: [`People`] (sign-in, tokens, sign-up) and [`Caller`], the account behind a request, which is looked up each
//! time. A handler says `people.caller(&request).await?`, and its dialect's fault says what a [`Denied`] looks like.

mod auth;
pub(crate) mod backend;
mod caller;
mod fields;
mod keeping;
pub(crate) mod livechat;
mod noting;
mod sign_in;
mod sign_up;
pub(crate) mod staff;
mod stored;
mod tries;

use std::sync::Arc;

use actix_web::web::ServiceConfig;
use helpline_records::{HashKind, Passwords, Records, RecordsError};
use helpline_service::{
    application::Commons,
    seldom::Seldom,
    settings::{PasswordHash, Settings},
};
use tokio::sync::Semaphore;
use tracing::warn;

pub(crate) use self::{
    caller::{Caller, Denied, is_id},
    fields::{BadBody, Fields},
    keeping::{open, random_password},
    sign_in::normal_email,
    sign_up::{Length, fits},
    stored::{Stored, texts},
};

/// The people of this deployment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct People {
    /// Where they are kept.
    pub(crate) records: Records,
    /// Settings that people change.
    pub(crate) stored: Stored,
    passwords: Passwords,
    commons: Commons,
    taken_back: Arc<Semaphore>,
}

impl People {
    pub(crate) fn new(commons: &Commons, records: Records) -> Result<Self, RecordsError> {
        Ok(Self {
            stored: Stored::new(records.clone()),
            records,
            passwords: passwords(&commons.settings)?,
            commons: commons.clone(),
            taken_back: Arc::new(Semaphore::new(sign_in::TAKEN_BACK)),
        })
    }
}

/// Passwords, kept as the settings say.
pub(crate) fn passwords(settings: &Settings) -> Result<Passwords, RecordsError> {
    Passwords::new(match settings.auth.password_hash {
        PasswordHash::Argon2id => HashKind::Argon2id,
        PasswordHash::Pbkdf2Sha512 => HashKind::Pbkdf2Sha512,
        PasswordHash::Bcrypt => HashKind::Bcrypt,
    })
}

/// Says in the log that a request was not answered: anybody can bring that about while the database is away.
pub(crate) fn unanswered(error: &RecordsError) {
    static SAID: Seldom = Seldom::new();
    if SAID.is_time() {
        warn!(%error, "a request could not be answered");
    }
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(auth::sign_up)
        .service(auth::login)
        .service(auth::me)
        .configure(staff::routes);
}
