//! People: who has an account, and as what.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::StatusCode,
    patch, post,
    web::{Data, Path, Payload, Query},
};
use helpline_desk::{name::Name, time::Timestamp};
use helpline_protocol::iso;
use helpline_records::{
    Account, AccountChange, AccountFilter, AccountRole, NotChanged, RecordsError,
};
use helpline_service::clock;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{ADMINS, Fault, session::good_password};
use crate::people::{
    Fields, People, is_id,
    keeping::random_password,
    sign_in::{is_email, normal_email},
    sign_up::Wanted,
};

/// How many accounts a page has, unless it is said otherwise.
const PAGE: u64 = 100;
const LARGEST_PAGE: u64 = 500;

/// Which accounts.
#[derive(Deserialize)]
pub(crate) struct Which {
    role: Option<String>,
    after: Option<String>,
    limit: Option<u64>,
}

/// Lists accounts, in the order of their making.
#[get("/staff/accounts")]
pub(crate) async fn list(
    request: HttpRequest,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.staff(&request, ADMINS).await?;
    let which = Query::<Which>::from_query(request.query_string());
    let which = which.map_err(|_| Fault::bad("Invalid query"))?.into_inner();
    let roles = match which.role.as_deref() {
        None | Some("") => Vec::new(),
        Some(name) => vec![role(name)?],
    };
    let filter = AccountFilter {
        roles,
        after: which.after.filter(|id| is_id(id)),
        limit: which.limit.unwrap_or(PAGE).clamp(1, LARGEST_PAGE),
    };
    let accounts = people.records.accounts(&filter).await?;
    let accounts: Vec<Value> = accounts.iter().map(shown).collect();
    Ok(HttpResponse::Ok().json(json!({ "accounts": accounts })))
}

/// Makes an account. Without a password it gets a random one, which is shown once.
#[post("/staff/accounts")]
pub(crate) async fn create(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let fields = Fields::read(body).await?;
    let wanted = ["name", "email", "role"].map(|name| fields.text(name));
    let [Some(name), Some(email), Some(as_role)] = wanted else {
        return Err(Fault::bad("name, email and role are required"));
    };
    let made_up = random_password();
    let password = fields.get("password").map(Value::as_str);
    let (password, shown_once) = match password {
        None => (made_up.as_str(), Some(made_up.as_str())),
        Some(password) => {
            let password = password.unwrap_or_default();
            good_password(password)?;
            (password, None)
        }
    };
    let role = role(as_role)?;
    let supervisor = match fields.get("supervisorId") {
        Some(id) if role == AccountRole::Agent => {
            let found = people.supervisor(id.as_str().unwrap_or_default()).await?;
            Some(found.ok_or_else(no_supervisor)?.id)
        }
        _ => None,
    };
    let email = normal_email(email);
    if !is_email(&email) {
        return Err(Fault::bad("Invalid email"));
    }
    let wanted = Wanted {
        name: parsed_name(name)?,
        first_name: "",
        last_name: "",
        email,
        password,
        role,
        supervisor,
    };
    match people.create(wanted, Some(&caller.account)).await {
        Ok(account) => {
            let mut body = json!({ "account": shown(&account) });
            if let Some(password) = shown_once {
                body["password"] = json!(password);
            }
            Ok(HttpResponse::Created().json(body))
        }
        Err(RecordsError::Conflict) => Err(Fault::conflict("Email already exists")),
        Err(error) => Err(error.into()),
    }
}

/// Changes an account. If it may sign in no more, or as something else, its tokens, sign-ins and sockets end.
#[patch("/staff/accounts/{id}")]
pub(crate) async fn change(
    request: HttpRequest,
    body: Payload,
    id: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let fields = Fields::read(body).await?;
    let mut change = AccountChange::default();
    if let Some(name) = fields.get("name") {
        let name = parsed_name(name.as_str().unwrap_or_default())?;
        change.name = Some(name.as_str().to_owned());
    }
    if let Some(name) = fields.get("role") {
        change.role = Some(role(name.as_str().unwrap_or_default())?);
    }
    if let Some(active) = fields.get("active") {
        let active = active.as_bool();
        change.active = Some(active.ok_or_else(|| Fault::bad("Invalid active"))?);
    }
    change.supervisor = match fields.0.get("supervisorId") {
        None => None,
        Some(Value::Null) => Some(None),
        Some(id) => {
            let id = id.as_str().filter(|id| is_id(id));
            Some(Some(id.ok_or_else(no_supervisor)?.to_owned()))
        }
    };
    let id = known_id(id)?;
    let (by, now) = (&caller.account.id, clock::now_micros());
    match people.records.change_account(&id, &change, by, now).await? {
        Ok(account) => Ok(HttpResponse::Ok().json(json!({ "account": shown(&account) }))),
        Err(NotChanged::Unknown) => Err(unknown()),
        Err(NotChanged::NoSupervisor) => Err(no_supervisor()),
        Err(NotChanged::LastAdmin) => Err(Fault::conflict("The last admin has to stay")),
    }
}

/// Gives an account a random password, which is shown once. Its tokens, sign-ins and sockets end.
#[post("/staff/accounts/{id}/reset-password")]
pub(crate) async fn reset_password(
    request: HttpRequest,
    id: Path<String>,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let caller = people.staff(&request, ADMINS).await?;
    let id = known_id(id)?;
    let password = random_password();
    let secret = SecretString::from(password.as_str());
    let hash = people.passwords.hash(&secret).await?;
    let (by, now) = (&caller.account.id, clock::now_micros());
    let changed = people.records.set_password(&id, &hash, by, now).await?;
    changed.ok_or_else(unknown)?;
    Ok(HttpResponse::Ok().json(json!({ "password": password })))
}

fn known_id(id: Path<String>) -> Result<String, Fault> {
    let id = id.into_inner();
    match is_id(&id) {
        true => Ok(id),
        false => Err(unknown()),
    }
}

fn unknown() -> Fault {
    Fault::not_found("Account not found")
}

fn no_supervisor() -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "Invalid supervisor")
}

pub(super) fn role(name: &str) -> Result<AccountRole, Fault> {
    AccountRole::parse(name).ok_or_else(|| Fault::bad("Invalid role"))
}

fn parsed_name(text: &str) -> Result<Name, Fault> {
    Name::parse(text).ok_or_else(|| Fault::bad("Invalid name"))
}

fn shown(account: &Account) -> Value {
    json!({
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "role": account.role.as_str(),
        "supervisorId": account.supervisor,
        "active": account.active,
        "createdAt": iso(Timestamp(account.created_at)),
    })
}
