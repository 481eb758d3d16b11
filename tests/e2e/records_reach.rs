//! Servers that are not what they were: read-only after a fail-over, gone, or set up in a way of their own.

use e2e::people::{self, ADMIN, ADMIN_PASSWORD};
use e2e::postgres::{self, Session};
use e2e::{World, eventually, http, secs};
use futures_util::future::join_all;
use helpline_records::{AccountRole, NewAccount, Records, RecordsError};
use serde_json::json;

use crate::happenings::{SECOND, Story};

const NOW: i64 = 1_900_000_000 * SECOND;
const READ_ONLY: &str = "default_transaction_read_only";

async fn opened(url: &str) -> Records {
    let records = Records::open(url).await.expect("a good address");
    records.migrate().await.expect("tables");
    records
}

fn person(email: &str) -> NewAccount {
    NewAccount {
        name: "Nora".to_owned(),
        first_name: "Nora".to_owned(),
        last_name: String::new(),
        email: email.to_owned(),
        password: "x".to_owned(),
        role: AccountRole::Candidate,
        supervisor: None,
    }
}

/// As many connections as there can be, all of them to what the server is now.
async fn fill(records: &Records) {
    let reads = (0..32).map(|_| records.accounts_of_all());
    join_all(reads).await;
}

trait Reads {
    async fn accounts_of_all(&self);
}

impl Reads for Records {
    async fn accounts_of_all(&self) {
        self.settings().await.expect("it can be read");
    }
}

/// Behind a proxy the address stays and the server changes: connections lead to the old one for as long as they are kept.
#[tokio::test]
async fn connections_to_a_server_that_only_reads_are_not_kept() {
    if postgres::is_left_out() {
        return;
    }
    let url = postgres::fresh();
    let records = opened(&url).await;
    fill(&records).await;
    postgres::set_default(&url, READ_ONLY, "on");
    postgres::hang_up(&url);
    fill(&records).await;
    let refused = records
        .create_account(&person("a@example.org"), None, NOW)
        .await;
    assert!(
        matches!(refused, Err(RecordsError::Unavailable(_))),
        "{refused:?}"
    );
    let pinged = records.ping().await;
    assert!(
        matches!(pinged, Err(RecordsError::Unavailable(_))),
        "{pinged:?}"
    );
    fill(&records).await;
    postgres::set_default(&url, READ_ONLY, "off");
    // Each at once, over connections of which most still lead to what only reads.
    let people = (0..24).map(|number| person(&format!("b{number}@example.org")));
    let people: Vec<NewAccount> = people.collect();
    let made = people
        .iter()
        .map(|new| records.create_account(new, None, NOW));
    for made in join_all(made).await {
        made.expect("made at once");
    }
    records.ping().await.expect("it takes something in");
    records.close().await;
}

#[tokio::test]
async fn a_server_that_hangs_up_is_nothing_that_a_caller_hears_of() {
    if postgres::is_left_out() {
        return;
    }
    let url = postgres::fresh();
    let records = opened(&url).await;
    for round in 0..5 {
        fill(&records).await;
        postgres::hang_up(&url);
        let people = (0..16).map(|number| person(&format!("c{round}-{number}@example.org")));
        let people: Vec<NewAccount> = people.collect();
        let made = people.iter().map(async |new| {
            records.settings().await.expect("it can be read");
            records.create_account(new, None, NOW).await
        });
        for made in join_all(made).await {
            made.expect("made at once");
        }
    }
    records.close().await;
}

/// A platform may have set all of its databases up like this.
#[tokio::test]
async fn it_does_not_matter_how_a_database_isolates_by_itself() {
    if postgres::is_left_out() {
        return;
    }
    for level in ["serializable", "repeatable read"] {
        let url = postgres::fresh();
        postgres::set_default(&url, "default_transaction_isolation", level);
        let records = opened(&url).await;
        let stories: Vec<Story> = (0..8)
            .map(|number| Story::begin("Mina", NOW + number * SECOND).asks("hello?"))
            .collect();
        let all: Vec<_> = stories
            .iter()
            .flat_map(|story| story.events.clone())
            .collect();
        let batches = (0..5).map(|_| records.store(&all));
        let mut stored = 0;
        for batch in join_all(batches).await {
            stored += batch.expect("stored").stored;
        }
        assert_eq!(stored, all.len() as u64);
        let people = (0..24).map(|number| person(&format!("d{}@example.org", number / 2)));
        let people: Vec<NewAccount> = people.collect();
        let made = people
            .iter()
            .map(|new| records.create_account(new, None, NOW));
        let made = join_all(made).await;
        assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 12);
        let taken = |made: &&Result<_, RecordsError>| matches!(made, Err(RecordsError::Conflict));
        assert_eq!(made.iter().filter(taken).count(), 12);
        records.close().await;
    }
}

async fn signs_in(world: &World) -> u16 {
    let body = json!({ "email": ADMIN, "password": ADMIN_PASSWORD });
    people::post(world.chat(0), "/auth/login", &body)
        .await
        .status
}

#[tokio::test]
async fn a_sign_in_that_cannot_be_looked_at_is_no_failed_one() {
    if postgres::is_left_out() {
        return;
    }
    let url = postgres::fresh();
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    assert_eq!(signs_in(&world).await, 200);
    // The server takes no writes.
    postgres::set_default(&url, READ_ONLY, "on");
    postgres::hang_up(&url);
    for _ in 0..12 {
        assert_eq!(signs_in(&world).await, 503);
    }
    eventually("a word of it", secs(10), async || {
        let answer = http::get(world.chat(0), "/ready").await;
        (answer.status == 503 && answer.body.contains("records")).then_some(())
    })
    .await;
    assert_eq!(http::status(world.chat(0), "/serving").await, Some(200));
    postgres::set_default(&url, READ_ONLY, "off");
    assert_eq!(signs_in(&world).await, 200);
    eventually("readiness", secs(15), async || {
        world.is_ready().await.then_some(())
    })
    .await;
    // The try is counted, and then the account cannot be had.
    let held = Session::run(&url, "BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE;");
    let tries = (0..8).map(|_| signs_in(&world));
    for status in join_all(tries).await {
        // Whoever comes after too many has to wait, until those before are taken back.
        assert!(status == 503 || status == 429, "{status}");
    }
    drop(held);
    eventually("the tries to be taken back", secs(10), async || {
        (signs_in(&world).await == 200).then_some(())
    })
    .await;
    for _ in 0..3 {
        assert_eq!(signs_in(&world).await, 200);
    }
}
