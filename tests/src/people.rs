//! People with accounts, and their requests over HTTP.

use std::net::SocketAddr;

use reqwest::Method;
use serde_json::{Value, json};

use crate::http::{self, Answer};
use crate::world::World;

/// The e-mail of every world's first admin.
pub const ADMIN: &str = "admin@helpline.local";
/// Its password.
pub const ADMIN_PASSWORD: &str = "the password of the admin";
/// The password of everybody who signs up here.
pub const PASSWORD: &str = "correct horse";

/// A request with a JSON body, by the bearer of a token or by nobody.
pub async fn ask(
    address: SocketAddr,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<&Value>,
) -> Answer {
    ask_raw(address, method, path, token, body.map(Value::to_string)).await
}

/// The same with whatever body.
pub async fn ask_raw(
    address: SocketAddr,
    method: Method,
    path: &str,
    token: Option<&str>,
    body: Option<String>,
) -> Answer {
    let bearer = token.map(|token| ("authorization", format!("Bearer {token}")));
    let headers: Vec<_> = bearer.into_iter().collect();
    http::send(address, method, path, &headers, body).await
}

/// `POST path` with a JSON body, by nobody.
pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    ask(address, Method::POST, path, None, Some(body)).await
}

/// Signs in by contract 002; gives the token.
pub async fn sign_in(address: SocketAddr, email: &str, password: &str) -> String {
    let body = json!({"email": email, "password": password});
    let answer = post(address, "/auth/login", &body).await;
    assert_eq!(answer.status, 200, "{email} signs in: {}", answer.body);
    let token = &answer.json()["data"]["token"];
    token.as_str().expect("a token").to_owned()
}

/// An account that can sign in with [`PASSWORD`], and its token.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// Its e-mail.
    pub email: String,
    /// A token that it got by signing in.
    pub token: String,
}

impl World {
    /// The first admin's token.
    pub async fn admin(&self) -> String {
        sign_in(self.chat(0), ADMIN, ADMIN_PASSWORD).await
    }

    /// Makes an account of this role and signs in. An agent needs a supervisor.
    pub async fn account(&self, name: &str, role: &str, supervisor: Option<&str>) -> Account {
        let admin = self.admin().await;
        let email = format!("{name}@example.org").to_lowercase();
        let mut body = json!({"name": name, "email": email, "password": PASSWORD, "role": role});
        if let Some(supervisor) = supervisor {
            body["supervisorId"] = json!(supervisor);
        }
        let path = "/auth/signup";
        let answer = ask(self.chat(0), Method::POST, path, Some(&admin), Some(&body)).await;
        assert_eq!(answer.status, 201, "{name} signs up: {}", answer.body);
        let id = &answer.json()["data"]["_id"];
        Account {
            id: id.as_str().expect("an id").to_owned(),
            token: sign_in(self.chat(0), &email, PASSWORD).await,
            email,
        }
    }
}
