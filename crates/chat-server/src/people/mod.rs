//! People: accounts and what they may do, in three dialects.
//!
//! - [`auth`]: `/auth/*` of contract 002;
//! - [`livechat`]: `/user/login` and `/user/register` of contract 000.
//!
//! What they share: [`People`] (sign-in, tokens, sign-up) and [`Caller`], the account behind a request, which is looked up each
//! time. A handler says `people.caller(&request).await?`, and its dialect's fault says what a [`Denied`] looks like.

mod auth;
pub(crate) mod backend;
mod caller;
mod fields;
mod keeping;
mod livechat;
mod sign_in;
mod sign_up;

use actix_web::web::ServiceConfig;
use helpline_records::{HashKind, Passwords, Records, RecordsError};
use helpline_service::{application::Commons, settings::PasswordHash};

pub(crate) use self::{
    caller::{Caller, Denied, is_id},
    fields::{BadBody, Fields},
    keeping::open,
};

/// The people of this deployment. Cheap to clone.
#[derive(Clone)]
pub(crate) struct People {
    /// Where they are kept.
    pub(crate) records: Records,
    passwords: Passwords,
    commons: Commons,
}

impl People {
    pub(crate) fn new(commons: &Commons, records: Records) -> Result<Self, RecordsError> {
        let kind = match commons.settings.auth.password_hash {
            PasswordHash::Argon2id => HashKind::Argon2id,
            PasswordHash::Pbkdf2Sha512 => HashKind::Pbkdf2Sha512,
            PasswordHash::Bcrypt => HashKind::Bcrypt,
        };
        Ok(Self {
            records,
            passwords: Passwords::new(kind)?,
            commons: commons.clone(),
        })
    }
}

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(auth::sign_up)
        .service(auth::login)
        .service(auth::me);
}

/// The routes of contract 000, which answer at the root and under `/livechat`.
pub(crate) fn livechat_routes(config: &mut ServiceConfig) {
    config.service(livechat::login).service(livechat::register);
}
