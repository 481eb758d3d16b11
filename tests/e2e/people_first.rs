//! The first admin is who the settings say, and nobody who is faster (contracts' README, token mode).

use e2e::builder::names;
use e2e::people::{ADMIN, ADMIN_PASSWORD, PASSWORD, ask, post, sign_in};
use e2e::services::{self, Kind, Service};
use e2e::{RedisServer, World, eventually, memory, secs, tokens};
use reqwest::Method;
use serde_json::{Value, json};

fn wanted(name: &str, role: &str) -> Value {
    let email = format!("{name}@example.org");
    json!({"name": name, "email": email, "password": PASSWORD, "role": role})
}

/// From the first moment at which the service listens somebody asks again and again, on a database that is not there yet.
#[tokio::test]
async fn nobody_is_faster_than_the_admin_of_the_settings() {
    for secret in [true, false] {
        let (prefix, join_channel) = names();
        let mut settings = services::settings(RedisServer::shared(), &prefix, &join_channel);
        let folder = memory::folder("first");
        let url = format!("sqlite:{}/helpline.db", folder.path().display());
        settings.records.url = Some(url.as_str().into());
        if secret {
            settings.auth.jwt_secret = Some(services::secret(tokens::SECRET));
        }
        let mut service = Service::start(Kind::ChatServer, settings).expect("it starts");
        let mut number = 0;
        let first = eventually("a sign-up that is answered", secs(60), async || {
            number += 1;
            let staff = wanted(&format!("mallory{number}"), "admin");
            let staff = post(service.address, "/auth/signup", &staff).await;
            let candidate = wanted(&format!("mina{number}"), "candidate");
            let candidate = post(service.address, "/auth/signup", &candidate).await;
            match staff.status {
                503 => None,
                status => Some((status, candidate.status)),
            }
        })
        .await;
        let staff = if secret { 403 } else { 201 };
        assert_eq!(first, (staff, 201), "after the admin is there");
        let token = sign_in(service.address, ADMIN, ADMIN_PASSWORD).await;
        let path = "/staff/accounts?role=admin&limit=1";
        let admins = ask(service.address, Method::GET, path, Some(&token), None).await;
        let admins = admins.json();
        assert_eq!(admins["accounts"][0]["email"], ADMIN, "it was made first");
        service.finish();
    }
}

#[tokio::test]
async fn with_a_secret_a_staff_role_needs_an_admins_token() {
    let world = World::builder().tokens().start();
    let candidate = world.account("Mina", "candidate", None).await;
    for role in ["admin", "supervisor", "agent"] {
        for (token, status) in [
            (None, 403),
            (Some(candidate.token.as_str()), 403),
            (Some("nonsense"), 401),
        ] {
            let body = wanted("mallory", role);
            let path = "/auth/signup";
            let answer = ask(world.chat(0), Method::POST, path, token, Some(&body)).await;
            assert_eq!(answer.status, status, "{role}: {}", answer.body);
        }
    }
}
