//! A visitor without an account: it proves itself by the token of its chat.

use actix_web::{HttpRequest, http::StatusCode};
use helpline_service::{
    access::{Role, TokenError, token_of},
    application::Commons,
};

use crate::people::{Denied, staff::Fault};

/// Checks that the request is by the visitor of this chat.
pub(super) async fn must_be_of(
    commons: &Commons,
    request: &HttpRequest,
    chat: &str,
) -> Result<(), Fault> {
    let token = token_of(request.headers(), request.query_string());
    let token = token.ok_or(Denied::Token(TokenError::Missing))?;
    let keys = commons.tokens().await.ok_or(Denied::Unavailable)?;
    let claims = keys.verify(&token).map_err(Denied::Token)?;
    match claims.role == Role::Visitor && claims.chat_id.as_deref() == Some(chat) {
        true => Ok(()),
        false => Err(Fault::new(StatusCode::FORBIDDEN, "Forbidden")),
    }
}
