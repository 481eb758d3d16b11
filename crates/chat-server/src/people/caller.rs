//! Who calls: the account behind a request's token, looked up at each request.

use std::collections::BTreeSet;

use actix_web::HttpRequest;
use helpline_desk::id::VisitorId;
use helpline_records::{Account, AccountRole, Permission, RecordsError};
use helpline_service::access::{Role, TokenError, token_of};

use super::People;

/// Why a request is not let in. Each dialect says it in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// Without a good token.
    Token(TokenError),
    /// With a good token of an account that is gone or may not sign in.
    Gone,
    /// With a role that may not do this.
    Role(Role),
    /// Without a permission that this needs.
    Permission,
    /// Nobody can tell: the records or the token's secret cannot be had.
    Unavailable,
}

impl From<TokenError> for Denied {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<RecordsError> for Denied {
    fn from(_: RecordsError) -> Self {
        Self::Unavailable
    }
}

/// Who calls.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    /// The account as it is now, whatever its token says.
    pub(crate) account: Account,
}

impl Caller {
    /// Asks for one of these roles.
    pub(crate) fn must_be(&self, roles: &[AccountRole]) -> Result<(), Denied> {
        match roles.contains(&self.account.role) {
            true => Ok(()),
            false => Err(Denied::Role(token_role(self.account.role))),
        }
    }
}

impl People {
    /// The account whose token the request brings, wherever it stands.
    pub(crate) async fn caller(&self, request: &HttpRequest) -> Result<Caller, Denied> {
        let token = token_of(request.headers(), request.query_string());
        self.bearer(token.as_deref()).await
    }

    /// The account whose token this is.
    pub(crate) async fn bearer(&self, token: Option<&str>) -> Result<Caller, Denied> {
        let token = token.ok_or(TokenError::Missing)?;
        let keys = self.commons.tokens().await.ok_or(Denied::Unavailable)?;
        let claims = keys.verify(token)?;
        // A visitor is known, and is nobody who has an account: whatever is done by account it may not do.
        if claims.role == Role::Visitor {
            return Err(Denied::Role(Role::Visitor));
        }
        // Whatever else a platform calls its users is no account of ours.
        if !is_id(&claims.user_id) {
            return Err(Denied::Gone);
        }
        let account = self.records.account(&claims.user_id).await?;
        let account = account.filter(|account| account.active);
        let account = account.ok_or(Denied::Gone)?;
        let from = u64::try_from(account.tokens_from).unwrap_or_default();
        if claims.issued_at < from {
            return Err(TokenError::Invalid.into());
        }
        Ok(Caller { account })
    }

    /// What a caller may do, by its role's groups as they are now.
    pub(crate) async fn permissions(
        &self,
        caller: &Caller,
    ) -> Result<BTreeSet<Permission>, Denied> {
        Ok(self.records.permissions(caller.account.role).await?)
    }

    /// Asks for a permission.
    pub(crate) async fn must_have(
        &self,
        caller: &Caller,
        permission: Permission,
    ) -> Result<(), Denied> {
        match self.permissions(caller).await?.contains(&permission) {
            true => Ok(()),
            false => Err(Denied::Permission),
        }
    }
}

/// Whether a text is an id: 32 lower-case hex digits. Only such a text is looked up.
pub(crate) fn is_id(text: &str) -> bool {
    VisitorId::parse(text).is_some()
}

/// A role as tokens write it.
pub(super) fn token_role(role: AccountRole) -> Role {
    match role {
        AccountRole::Admin => Role::Admin,
        AccountRole::Supervisor => Role::Supervisor,
        AccountRole::Agent => Role::Agent,
        AccountRole::Candidate => Role::Candidate,
    }
}
