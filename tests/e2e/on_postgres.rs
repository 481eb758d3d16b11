//! The whole system on PostgreSQL: what needs the records, each once. Everything else of them is tested on both databases.

use e2e::office::{Office, assert_failure};
use e2e::people::{ask, sign_in};
use e2e::{World, eventually, http, postgres, secs};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

async fn office() -> Option<Office> {
    if postgres::is_left_out() {
        return None;
    }
    Some(office_at(postgres::fresh()).await)
}

pub(crate) async fn office_at(url: String) -> Office {
    let world = World::with(move |settings| settings.records.url = Some(url.as_str().into()));
    Office::in_world(world).await
}

#[tokio::test]
async fn a_conversation_is_had_closed_found_and_erased() {
    let Some(office) = office().await else {
        return;
    };
    a_conversation_is_had(&office).await;
}

pub(crate) async fn a_conversation_is_had(office: &Office) {
    let (id, mut candidate, mut agent) = office.talk().await;
    candidate
        .says(&id, "O'Brien; DROP TABLE chats; -- \u{1f600}")
        .await;
    agent.hears("O'Brien; DROP TABLE chats; -- \u{1f600}").await;
    office.closes(&office.supervisor, &id).await;
    assert_eq!(
        office.history(&id).await,
        ["O'Brien; DROP TABLE chats; -- \u{1f600}"]
    );
    let admin = Some(office.admin.token.as_str());
    let find = async |text: &str| -> Value {
        let path = format!("/staff/chats?text={text}");
        let answer = ask(office.chat(1), Method::GET, &path, admin, None).await;
        answer.json()["chats"].clone()
    };
    eventually("the chat to be found", secs(10), async || {
        let found = find("o%27brien").await;
        (found[0]["id"] == json!(id)).then_some(())
    })
    .await;
    let figures = ask(office.chat(0), Method::GET, "/admin/reports", admin, None).await;
    assert_eq!(figures.status, 200, "{}", figures.body);
    assert_eq!(figures.json()["chats"]["requested"], 1);
    let path = format!("/staff/visitors/{}", office.candidate.id);
    let erased = ask(office.chat(0), Method::DELETE, &path, admin, None).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    assert_eq!(find("o%27brien").await, json!([]));
}

/// All processes lose the database at once: none is better than the others, so clients are still sent to them.
#[tokio::test]
async fn while_the_database_is_away_newcomers_are_still_sent_here() {
    if postgres::is_left_out() {
        return;
    }
    let url = postgres::fresh();
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    let (mut visitor, mut agent) = world.engaged().await;
    postgres::shut_out(&url);
    let chat_server = world.chat(0);
    eventually("a word about the records", secs(10), async || {
        let answer = http::get(chat_server, "/ready").await;
        (answer.status == 503 && answer.body.contains("chats go on")).then_some(())
    })
    .await;
    assert_eq!(http::status(chat_server, "/serving").await, Some(200));
    visitor.says("Are you there?").await;
    agent.hears("Are you there?").await;
    let mut newcomer = world.visitor("Nora").await;
    let mut colleague = world.support(&newcomer.guest, "Vika").await;
    newcomer.meets("Vika").await;
    colleague.says("Hello").await;
    newcomer.hears("Hello").await;
    postgres::let_in(&url);
    eventually("readiness", secs(15), async || {
        world.is_ready().await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn of_twenty_sign_ups_with_one_email_one_is_an_account() {
    let Some(office) = office().await else {
        return;
    };
    let body = json!({
        "name": "Nora", "email": "Nora@example.org", "password": "a long secret", "role": "candidate",
    });
    let asked = (0..20).map(|number| {
        let address = office.chat(number % 2);
        let body = &body;
        async move { ask(address, Method::POST, "/auth/signup", None, Some(body)).await }
    });
    let answers = join_all(asked).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1);
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        assert_failure("another", answer, 409, "Email already exists");
    }
    sign_in(office.chat(1), "nora@example.org", "a long secret").await;
}
