//! `/user/login` and `/user/register`: the accounts of agents (contract 000, section 1).

use actix_web::{
    HttpRequest, HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Payload},
};
use helpline_desk::name::{MAX_CHARACTERS, Name};
use helpline_records::{AccountRole, Permission, RecordsError};
use serde_json::json;

use super::{Fault, Validation};
use crate::people::{
    Fields, People,
    sign_in::{is_email, normal_email},
    sign_up::{Length, TOO_LONG, Wanted, fits},
};

/// The fewest characters of a password in this dialect.
const SHORTEST_PASSWORD: usize = 8;

/// Gives a token for an e-mail and a password.
#[post("/user/login{slash:/?}")]
pub(crate) async fn login(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let email = email_in(&fields, &mut validation);
    let password = password_in(&fields, &mut validation);
    validation.done()?;
    let account = people.sign_in(&request, &email, password).await?;
    let issued = people.issue(&account).await?;
    Ok(HttpResponse::Ok().json(json!({
        "message": "User logged in successfully!",
        "token": issued.token,
    })))
}

/// Makes an agent's account.
#[post("/user/register{slash:/?}")]
pub(crate) async fn register(
    request: HttpRequest,
    body: Payload,
    people: Data<People>,
) -> Result<HttpResponse, Fault> {
    people.first_admin_is_there().await?;
    let permission = Permission::CreateUser;
    let caller = people.livechat_caller_who(&request, permission).await?;
    if !people.commons.settings.auth.is_open() {
        caller.must_be(&[AccountRole::Admin])?;
    }
    let fields = Fields::read(body).await?;
    let mut validation = Validation::default();
    let first = name_in(&fields, "firstName", &mut validation);
    let last = name_in(&fields, "lastName", &mut validation);
    let email = email_in(&fields, &mut validation);
    let password = password_in(&fields, &mut validation);
    validation.done()?;
    let (Some(first), Some(last)) = (first, last) else {
        return Err(Fault::errors(Vec::new()));
    };
    let message = format!("User [{email}] registered successfully!");
    let wanted = Wanted {
        name: together(&first, &last),
        first_name: first.as_str(),
        last_name: last.as_str(),
        email,
        password,
        role: AccountRole::Agent,
        supervisor: None,
    };
    match people.create(wanted, Some(&caller.account)).await {
        Ok(_) => Ok(HttpResponse::Ok().json(json!({ "message": message }))),
        Err(RecordsError::Conflict) => Err(Fault::new(
            StatusCode::CONFLICT,
            "User with same email already exists.",
        )),
        Err(error) => Err(error.into()),
    }
}

fn email_in(fields: &Fields, validation: &mut Validation) -> String {
    let email = normal_email(fields.text("email").unwrap_or_default());
    if !is_email(&email) {
        validation.wrong(fields, "email", "Invalid email");
    }
    email
}

fn password_in<'a>(fields: &'a Fields, validation: &mut Validation) -> &'a str {
    let password = fields.text("password").unwrap_or_default();
    match fits(password, SHORTEST_PASSWORD) {
        Ok(()) => {}
        Err(Length::Short) => {
            validation.wrong(fields, "password", "Require a minimum password length of 8");
        }
        Err(Length::Long) => validation.wrong(fields, "password", TOO_LONG),
    }
    password
}

fn name_in(fields: &Fields, name: &str, validation: &mut Validation) -> Option<Name> {
    let parsed = match fields.text(name) {
        None => Err("Field is required"),
        Some(text) => Name::parse(text).ok_or("Invalid name"),
    };
    parsed
        .inspect_err(|message| validation.wrong(fields, name, message))
        .ok()
}

/// Both names, as far as they fit into one.
fn together(first: &Name, last: &Name) -> Name {
    let whole: String = format!("{first} {last}")
        .chars()
        .take(MAX_CHARACTERS)
        .collect();
    Name::parse(&whole).unwrap_or_else(|| first.clone())
}
