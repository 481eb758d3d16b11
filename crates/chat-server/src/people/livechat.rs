//! `/user/login` and `/user/register`: accounts as contract 000, section 1, has them.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header::AUTHORIZATION},
    post,
    web::{Data, Payload},
};
use helpline_desk::name::Name;
use helpline_records::{AccountRole, Permission, RecordsError};
use serde_json::{Map, Value, json};

use super::{
    BadBody, Caller, Denied, Fields, People,
    sign_in::{NotSignedIn, is_email, normal_email},
    sign_up::{Wanted, fits},
};

/// The fewest characters of a password in this dialect.
const SHORTEST_PASSWORD: usize = 8;

/// A failure as this dialect has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fault {
    status: StatusCode,
    body: Value,
}

impl Fault {
    /// `{"message": text}`.
    pub(crate) fn new(status: StatusCode, text: &str) -> Self {
        let body = json!({ "message": text });
        Self { status, body }
    }

    /// 400 `{"errors": […]}`.
    pub(crate) fn errors(errors: Vec<Value>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            body: json!({ "errors": errors }),
        }
    }

    /// 503: the records do not answer.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::build(self.status).json(&self.body)
    }
}

impl From<Denied> for Fault {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Token(_) | Denied::Gone => {
                Self::new(StatusCode::UNAUTHORIZED, "Forbidden access, token invalid")
            }
            Denied::Role(_) | Denied::Permission => Self::new(
                StatusCode::FORBIDDEN,
                "You do not have permission to access this API",
            ),
            Denied::Unavailable => Self::unavailable(),
        }
    }
}

impl From<BadBody> for Fault {
    fn from(bad: BadBody) -> Self {
        match bad {
            BadBody::NotJson => Self::new(StatusCode::BAD_REQUEST, "Invalid JSON"),
            BadBody::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
        }
    }
}

impl From<RecordsError> for Fault {
    fn from(error: RecordsError) -> Self {
        tracing::warn!(%error, "a request could not be answered");
        Self::unavailable()
    }
}

impl From<NotSignedIn> for Fault {
    fn from(reason: NotSignedIn) -> Self {
        match reason {
            NotSignedIn::Wrong => Self::new(
                StatusCode::UNAUTHORIZED,
                "Your account information was entered incorrectly.",
            ),
            NotSignedIn::Unavailable => Self::unavailable(),
        }
    }
}

/// What is wrong with a body's fields, one entry for each that is.
#[derive(Debug, Default)]
pub(crate) struct Validation(Vec<Value>);

impl Validation {
    /// Notes what is wrong with a field. The value goes back with it, unless it is a secret.
    pub(crate) fn wrong(&mut self, fields: &Fields, name: &str, message: &str) {
        let mut entry = Map::new();
        if name != "password"
            && let Some(value) = fields.0.get(name)
        {
            entry.insert("value".to_owned(), value.clone());
        }
        entry.insert("msg".to_owned(), message.into());
        entry.insert("param".to_owned(), name.into());
        entry.insert("location".to_owned(), "body".into());
        self.0.push(entry.into());
    }

    /// Fails if anything was wrong.
    pub(crate) fn done(self) -> Result<(), Fault> {
        match self.0.is_empty() {
            true => Ok(()),
            false => Err(Fault::errors(self.0)),
        }
    }
}

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
    let caller = people.livechat_caller(&request).await?;
    people.must_have(&caller, Permission::CreateUser).await?;
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
    if !fits(password, SHORTEST_PASSWORD) {
        validation.wrong(fields, "password", "Require a minimum password length of 8");
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
        .take(helpline_desk::name::MAX_CHARACTERS)
        .collect();
    Name::parse(&whole).unwrap_or_else(|| first.clone())
}
