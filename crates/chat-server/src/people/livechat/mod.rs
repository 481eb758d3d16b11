//! Contract 000: agents' accounts, canned responses and tags. Every route also answers under `/livechat`, and with or without a
//! slash at the end.

mod canned;
mod fault;
mod tags;
mod users;

use actix_web::{HttpRequest, http::header::AUTHORIZATION, web::ServiceConfig};
use helpline_records::Permission;

pub(crate) use self::fault::{Fault, Validation};
use super::{Caller, Denied, People};

/// The routes.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .service(users::login)
        .service(users::register)
        .service(canned::add)
        .service(canned::list)
        .service(canned::replace)
        .service(canned::remove)
        .service(tags::show)
        .service(tags::store);
}

impl People {
    /// Who calls in this dialect: whatever word comes first in `Authorization`, the second is the token.
    pub(crate) async fn livechat_caller(&self, request: &HttpRequest) -> Result<Caller, Denied> {
        let header = request.headers().get(AUTHORIZATION);
        let words = header.and_then(|value| value.to_str().ok());
        match words.map(|words| words.split_whitespace().collect::<Vec<_>>()) {
            Some(words) if words.len() == 2 => self.bearer(Some(words[1])).await,
            _ => self.caller(request).await,
        }
    }

    /// Who calls in this dialect, if it has this permission.
    async fn livechat_caller_who(
        &self,
        request: &HttpRequest,
        permission: Permission,
    ) -> Result<Caller, Denied> {
        let caller = self.livechat_caller(request).await?;
        self.must_have(&caller, permission).await?;
        Ok(caller)
    }
}
