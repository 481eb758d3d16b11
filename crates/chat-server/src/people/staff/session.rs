//! Signing in and out, and the own password.

use actix_web::{
    HttpRequest, HttpResponse, delete,
    http::{StatusCode, header::CONTENT_TYPE},
    post, put,
    web::{Data, Payload},
};
use helpline_desk::time::Timestamp;
use helpline_protocol::iso;
use helpline_records::Account;
use helpline_service::clock;
use secrecy::SecretString;
use serde_json::json;

use super::{Fault, STAFF, cookie};
use crate::people::{
    Fields, People,
    sign_up::{Length, TOO_LONG, fits},
    tries::browser_of,
};

/// The fewest characters of a password that is set here.
const SHORTEST_PASSWORD: usize = 8;
/// A page of ours says who it is: a form of somebody else's page cannot.
const OUR_PAGES: &str = "x-helpline";

/// Signs in.
#[post("/staff/session")]
pub(crate) async fn begin(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    // A form cannot send this type: nobody is signed in by another site as somebody else.
    let kind = request.headers().get(CONTENT_TYPE);
    if !kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json")) {
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Fault::new(status, "Expected application/json"));
    }
    let fields = Fields::read(body).await?;
    let (Some(email), Some(password)) = (fields.text("email"), fields.text("password")) else {
        return Err(Fault::bad("Email and password are required"));
    };
    let account = people.sign_in(&request, email, password).await?;
    if !account.role.is_staff() {
        return Err(Fault::new(StatusCode::FORBIDDEN, "Forbidden"));
    }
    people.begin_session(&request, &account).await
}

/// Gives another token for a sign-in that lasts.
#[post("/staff/session/renew")]
pub(crate) async fn renew(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let signed_out = || Fault::new(StatusCode::UNAUTHORIZED, "Signed out");
    if !request.headers().contains_key(OUR_PAGES) {
        return Err(Fault::new(StatusCode::FORBIDDEN, "X-Helpline is required"));
    }
    let secret = cookie::secret_of(&request).ok_or_else(signed_out)?;
    let found = people.records.session(&secret, clock::now_micros()).await?;
    let account = found.ok_or_else(signed_out)?;
    if !account.role.is_staff() {
        return Err(signed_out());
    }
    people.signed_in(&account).await
}

/// Signs out. Also without a sign-in there is none afterwards.
#[delete("/staff/session")]
pub(crate) async fn end(request: HttpRequest, people: Data<People>) -> Result<HttpResponse, Fault> {
    if let Some(secret) = cookie::secret_of(&request) {
        people.records.end_session(&secret).await?;
    }
    let mut response = HttpResponse::NoContent().finish();
    cookie::take_away(&mut response, &people.commons, &request);
    Ok(response)
}

/// Sets another password for oneself. Every sign-in ends, and this one begins anew.
#[put("/staff/password")]
pub(crate) async fn change_password(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, STAFF).await?;
    let fields = Fields::read(body).await?;
    let (Some(current), Some(new)) = (fields.text("current"), fields.text("new")) else {
        return Err(Fault::bad("current and new are required"));
    };
    good_password(new)?;
    let account = caller.account;
    let known = people.knows_password(&account, current).await;
    known.map_err(|reason| match Fault::from(reason) {
        wrong if wrong.is(StatusCode::UNAUTHORIZED) => Fault::bad("Wrong password"),
        other => other,
    })?;
    let hash = people.passwords.hash(&SecretString::from(new)).await?;
    let (id, now) = (&account.id, clock::now_micros());
    let changed = people.records.set_password(id, &hash, id, now).await?;
    let account = changed.ok_or_else(|| Fault::not_found("Account not found"))?;
    people.begin_session(&request, &account).await
}

/// Checks a password that is set here.
pub(super) fn good_password(password: &str) -> Result<(), Fault> {
    fits(password, SHORTEST_PASSWORD).map_err(|length| match length {
        Length::Short => Fault::bad("Password must be at least 8 characters"),
        Length::Long => Fault::bad(TOO_LONG),
    })
}

impl People {
    async fn begin_session(
        &self,
        request: &HttpRequest,
        account: &Account,
    ) -> Result<HttpResponse, Fault> {
        let now = clock::now_micros();
        let lasts = i64::try_from(cookie::LASTS.as_micros()).unwrap_or(i64::MAX);
        let until = now.saturating_add(lasts);
        let secret = self.records.begin_session(&account.id, now, until).await?;
        let browser = cookie::browser_of(request).unwrap_or_else(cookie::new_browser);
        let place = browser_of(&account.email, &browser);
        self.records.remember_places(&[place], now).await?;
        let mut response = self.signed_in(account).await?;
        cookie::give(&mut response, &self.commons, request, &secret);
        cookie::know(&mut response, &self.commons, request, &browser);
        Ok(response)
    }

    /// Who is signed in, with a token.
    async fn signed_in(&self, account: &Account) -> Result<HttpResponse, Fault> {
        let issued = self.issue(account).await?;
        let permissions = self.records.permissions(account.role).await?;
        let names: Vec<&str> = permissions.iter().map(|one| one.as_str()).collect();
        let seconds = i64::try_from(issued.expires_at).unwrap_or(i64::MAX);
        let expires_at = Timestamp(seconds.saturating_mul(1_000_000));
        Ok(HttpResponse::Ok().json(json!({
            "token": issued.token,
            "expiresAt": iso(expires_at),
            "account": {
                "id": account.id,
                "name": account.name,
                "email": account.email,
                "role": account.role.as_str(),
                "permissions": names,
                "supervisorId": account.supervisor,
            },
        })))
    }
}
