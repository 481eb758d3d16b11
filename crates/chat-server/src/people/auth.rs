//! `/auth/*`: accounts as contract 002, section 2, has them.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    post,
    web::{Data, Payload},
};
use helpline_desk::name::Name;
use helpline_records::{Account, AccountRole, RecordsError};
use helpline_service::door::client_address;
use serde_json::{Value, json};

use super::{
    Fields, People,
    backend::{Fault, success},
    sign_in::{NotSignedIn, is_email, normal_email},
    sign_up::{Length, SHORTEST_PASSWORD, TOO_LONG, Wanted, fits},
};

/// Makes an account. The order of the checks is the contract's.
#[post("/auth/signup")]
pub(crate) async fn sign_up(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let commons = &people.commons;
    let allowed =
        client_address(commons, &request).is_some_and(|from| commons.registrations.allow(from));
    if !allowed {
        return Err(Fault::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many requests",
        ));
    }
    people.first_admin_is_there().await?;
    let fields = Fields::read(body).await?;
    let wanted = ["name", "email", "password", "role"].map(|name| fields.text(name));
    let [Some(name), Some(email), Some(password), Some(role)] = wanted else {
        return Err(Fault::bad("Name, email, password, and role are required"));
    };
    let role = AccountRole::parse(role).ok_or_else(|| Fault::bad("Invalid role"))?;
    let by = people.who_may_make(&request, role).await?;
    let supervisor = match role {
        AccountRole::Agent => {
            let id = fields.text("supervisorId");
            let id = id.ok_or_else(|| Fault::bad("supervisorId is required for agents"))?;
            let supervisor = people.supervisor(id).await?;
            let supervisor = supervisor.ok_or_else(|| Fault::bad("Invalid supervisor ID"))?;
            Some(supervisor.id)
        }
        _ => None,
    };
    let email = normal_email(email);
    let is_email = is_email(&email);
    if is_email && people.records.account_by_email(&email).await?.is_some() {
        return Err(taken());
    }
    if !is_email {
        return Err(Fault::bad("Please use a valid email address"));
    }
    fits(password, SHORTEST_PASSWORD).map_err(|length| match length {
        Length::Short => Fault::bad("Password must be at least 6 characters"),
        Length::Long => Fault::bad(TOO_LONG),
    })?;
    let name = Name::parse(name).ok_or_else(|| Fault::bad("Invalid name"))?;
    let wanted = Wanted {
        name,
        first_name: "",
        last_name: "",
        email,
        password,
        role,
        supervisor,
    };
    match people.create(wanted, by.as_ref()).await {
        Ok(account) => Ok(success(StatusCode::CREATED, shown(&account))),
        // Somebody was faster.
        Err(RecordsError::Conflict) => Err(taken()),
        Err(error) => Err(error.into()),
    }
}

/// Gives a token for an e-mail and a password.
#[post("/auth/login")]
pub(crate) async fn login(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::read(body).await?;
    let (Some(email), Some(password)) = (fields.text("email"), fields.text("password")) else {
        return Err(Fault::bad("Email and password are required"));
    };
    let account = people.sign_in(&request, email, password).await?;
    let issued = people.issue(&account).await?;
    Ok(success(StatusCode::OK, json!({ "token": issued.token })))
}

/// Says whose token it is.
#[get("/auth/me")]
pub(crate) async fn me(request: HttpRequest, people: Data<People>) -> Result<HttpResponse, Fault> {
    let caller = people.caller(&request).await;
    // Every role may ask: a visitor is not forbidden this, but has no account.
    let caller = caller.map_err(|denied| match denied {
        super::Denied::Role(_) => super::Denied::Gone,
        denied => denied,
    })?;
    Ok(success(StatusCode::OK, shown(&caller.account)))
}

impl People {
    /// Who makes an account of this role, where that is asked: an admin makes those who work here, unless the service is
    /// open.
    async fn who_may_make(
        &self,
        request: &HttpRequest,
        role: AccountRole,
    ) -> Result<Option<Account>, Fault> {
        let open = self.commons.settings.auth.is_open();
        if !role.is_staff() || open {
            return Ok(None);
        }
        let only_admins =
            || Fault::new(StatusCode::FORBIDDEN, "Only an admin can create this role");
        let caller = match self.caller(request).await {
            Err(super::Denied::Token(helpline_service::access::TokenError::Missing)) => {
                return Err(only_admins());
            }
            caller => caller?,
        };
        match caller.account.role {
            AccountRole::Admin => Ok(Some(caller.account)),
            _ => Err(only_admins()),
        }
    }
}

fn taken() -> Fault {
    Fault::new(StatusCode::CONFLICT, "Email already exists")
}

/// An account as anybody may see his own.
fn shown(account: &Account) -> Value {
    json!({
        "_id": account.id,
        "name": account.name,
        "email": account.email,
        "role": account.role.as_str(),
    })
}

impl From<NotSignedIn> for Fault {
    fn from(reason: NotSignedIn) -> Self {
        match reason {
            NotSignedIn::Wrong => Self::new(StatusCode::UNAUTHORIZED, "Invalid email or password"),
            NotSignedIn::Wait(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many failed sign-ins").after(wait)
            }
            NotSignedIn::Unavailable => Self::unavailable(),
        }
    }
}
