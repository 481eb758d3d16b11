//! What is said reaches the records: whoever dies, and however long the database is away.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use e2e::builder::Builder;
use e2e::party::contents;
use e2e::people;
use e2e::postgres::{self, Session};
use e2e::small_disk::SmallDisk;
use e2e::{World, eventually, http, secs};
use helpline_records::{Records, Status};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::PROCESS;
use crate::happenings::{SECOND, Story};

on_each_store! { what_is_said_is_archived_and_a_chat_that_ended_is_closed }

/// How long the records may take to catch up, a lease that has to lapse included.
const CAUGHT_UP: Duration = secs(20);

async fn records_of(world: &World) -> Records {
    let url = format!("sqlite:{}/helpline.db", world.folder.path().display());
    Records::open(&url).await.expect("a good address")
}

async fn archived(records: &Records, chat: &str) -> Option<Vec<String>> {
    let transcript = records.transcript(chat).await.ok()??;
    let messages = transcript.messages.into_iter();
    Some(messages.map(|message| message.content).collect())
}

/// Waits until the records have exactly this.
async fn expect(records: &Records, chat: &str, contents: &[String]) {
    eventually("the records to have it all", CAUGHT_UP, async || {
        let archived = archived(records, chat).await?;
        (archived == contents).then_some(())
    })
    .await;
}

async fn figure(world: &World, server: usize, name: &str) -> f64 {
    let metrics = http::get(world.chat(server), "/metrics").await.body;
    http::metric(&metrics, name).expect("a figure")
}

async fn what_is_said_is_archived_and_a_chat_that_ended_is_closed(store: Builder) {
    let world = store.start();
    let records = records_of(&world).await;
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut said = Vec::new();
    for number in 0..10 {
        let content = format!("{number} '; -- \u{1f600}");
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    expect(&records, &chat, &said).await;
    visitor.leaves().await;
    let closed = eventually("the end to be archived", CAUGHT_UP, async || {
        let chat = records.chat(&chat).await.expect("an answer")?;
        (chat.status == Status::Closed).then_some(chat)
    })
    .await;
    assert_eq!(closed.end_reason.as_deref(), Some("visitor"));
    assert_eq!(closed.agent_name.as_deref(), Some("Vika"));
    assert_eq!(closed.messages, 10);
    eventually("nothing to wait any more", CAUGHT_UP, async || {
        (figure(&world, 0, "helpline_stream_length").await == 0.0).then_some(())
    })
    .await;
    let stored = figure(&world, 0, "helpline_records_stored_total").await
        + figure(&world, 1, "helpline_records_stored_total").await;
    // Registered, joined, requested, claimed, ten messages, the end.
    assert!(stored >= 15.0, "{stored}");
    records.close().await;
}

#[tokio::test]
async fn an_archiver_that_is_killed_is_replaced_and_nothing_is_lost_or_twice() {
    let mut world = World::builder().processes(PROCESS, &[]).start();
    let records = records_of(&world).await;
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    for number in 0..50 {
        visitor.sends(&format!("{number}")).await;
    }
    for number in 0..50 {
        agent.hears(&format!("{number}")).await;
    }
    for number in 50..100 {
        agent.says(&format!("{number}")).await;
        if number == 70 {
            world.chat_process(0).kill();
        }
    }
    let history = visitor.rejoins_at(&world, 1).await;
    let said: Vec<String> = contents(&history).iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 100);
    expect(&records, &chat, &said).await;
    records.close().await;
}

/// A world with its records on a PostgreSQL database of its own.
fn on_postgres() -> Option<(World, String)> {
    if postgres::is_left_out() {
        return None;
    }
    let url = postgres::fresh();
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    Some((world, url))
}

#[tokio::test]
async fn chats_go_on_while_the_database_is_away_and_the_records_catch_up() {
    let Some((world, url)) = on_postgres() else {
        return;
    };
    let records = Records::open(&url).await.expect("a good address");
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("before").await;
    agent.hears("before").await;
    expect(&records, &chat, &["before".to_owned()]).await;
    postgres::shut_out(&url);
    let mut said = vec!["before".to_owned()];
    for number in 0..20 {
        let content = format!("meanwhile {number}");
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    eventually("the lag to be seen", secs(15), async || {
        let lag = figure(&world, 0, "helpline_records_lag_seconds").await;
        let failures = figure(&world, 0, "helpline_records_failures_total").await
            + figure(&world, 1, "helpline_records_failures_total").await;
        (lag > 1.0 && failures > 0.0).then_some(())
    })
    .await;
    agent.says("still here").await;
    visitor.hears("still here").await;
    said.push("still here".to_owned());
    postgres::let_in(&url);
    expect(&records, &chat, &said).await;
    eventually("nothing to wait any more", CAUGHT_UP, async || {
        (figure(&world, 0, "helpline_records_lag_seconds").await == 0.0).then_some(())
    })
    .await;
    records.close().await;
}

#[tokio::test]
async fn chats_go_on_while_the_database_is_slow() {
    let Some((world, url)) = on_postgres() else {
        return;
    };
    let records = Records::open(&url).await.expect("a good address");
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let held = Session::run(
        &url,
        "BEGIN; LOCK TABLE messages, chats IN ACCESS EXCLUSIVE MODE;",
    );
    let mut said = Vec::new();
    for number in 0..20 {
        let content = format!("{number}");
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    // Longer than any call waits: it fails, and comes again.
    eventually("a failure", CAUGHT_UP, async || {
        let failures = figure(&world, 0, "helpline_records_failures_total").await
            + figure(&world, 1, "helpline_records_failures_total").await;
        (failures > 0.0).then_some(())
    })
    .await;
    drop(held);
    expect(&records, &chat, &said).await;
    records.close().await;
}

/// Two hundred events would take it longer than any call waits.
#[tokio::test]
async fn a_slow_database_is_given_what_it_can_take() {
    let Some((world, url)) = on_postgres() else {
        return;
    };
    let records = Records::open(&url).await.expect("a good address");
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    drop(Session::run(
        &url,
        "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep_for('60 ms'); RETURN NEW; END $$;
         CREATE TRIGGER slowly BEFORE INSERT ON chat_events FOR EACH ROW EXECUTE FUNCTION slowly();",
    ));
    // While nothing can be stored, much comes to wait.
    let held = Session::run(&url, "BEGIN; LOCK TABLE chats IN ACCESS EXCLUSIVE MODE;");
    let mut said = Vec::new();
    for number in 0..250 {
        let content = format!("{number}");
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    drop(held);
    eventually("the records to have it all", secs(90), async || {
        let archived = archived(&records, &chat).await?;
        (archived == said).then_some(())
    })
    .await;
    records.close().await;
}

#[tokio::test]
async fn chats_go_on_while_the_disk_of_the_records_is_full() {
    let Some(disk) = SmallDisk::of(4) else {
        return;
    };
    let url = format!("sqlite:{}/helpline.db", disk.path().display());
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    let records = Records::open(&url).await.expect("a good address");
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    disk.fill();
    let mut said = Vec::new();
    // More than what is left in pages that are there already.
    for number in 0..200 {
        let content = format!("{number} {}", "x".repeat(2_000));
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    eventually("a failure", CAUGHT_UP, async || {
        let failures = figure(&world, 0, "helpline_records_failures_total").await
            + figure(&world, 1, "helpline_records_failures_total").await;
        (failures > 0.0).then_some(())
    })
    .await;
    agent.says("still here").await;
    visitor.hears("still here").await;
    said.push("still here".to_owned());
    disk.clear();
    expect(&records, &chat, &said).await;
    records.close().await;
    drop(world);
}

fn candidate(email: &str) -> Value {
    json!({ "name": "Nora", "email": email, "password": "a long secret", "role": "candidate" })
}

/// A disk that is full again and again leaves every writer's connections in whatever state it finds them. What was said
/// before, during and after is there for somebody who opens the file anew, and so is what else people changed.
#[tokio::test]
async fn after_a_full_disk_everything_is_kept_again() {
    // The log that is written ahead grows to 4 MiB by itself.
    let Some(disk) = SmallDisk::of(12) else {
        return;
    };
    let url = format!("sqlite:{}/helpline.db", disk.path().display());
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    let outside = async || Records::open(&url).await.expect("a good address");
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut said = Vec::new();
    let mut says = async |number: u32| {
        let content = format!("{number} {}", "x".repeat(2_000));
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    };
    for number in 0..20 {
        says(number).await;
    }
    let failures = async || {
        figure(&world, 0, "helpline_records_failures_total").await
            + figure(&world, 1, "helpline_records_failures_total").await
    };
    let tried = AtomicU32::new(0);
    let mut number = 20;
    for round in 0..2 {
        let before = failures().await;
        disk.fill();
        for _ in 0..60 {
            says(number).await;
            number += 1;
        }
        eventually("failures, each over another one", secs(40), async || {
            let email = format!("{}@example.org", tried.fetch_add(1, Ordering::Relaxed));
            people::post(world.chat(0), "/auth/signup", &candidate(&email)).await;
            (failures().await >= before + 4.0).then_some(())
        })
        .await;
        assert_eq!(
            http::status(world.chat(0), "/ready").await,
            Some(503),
            "{round}"
        );
        disk.clear();
        eventually("readiness", CAUGHT_UP, async || {
            world.is_ready().await.then_some(())
        })
        .await;
    }
    for _ in 0..20 {
        says(number).await;
        number += 1;
    }
    let records = outside().await;
    expect(&records, &chat, &said).await;
    records.close().await;
    for number in 0..16 {
        let email = format!("after{number}@example.org");
        let made = people::post(world.chat(number % 2), "/auth/signup", &candidate(&email)).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let records = outside().await;
        let account = records.account_by_email(&email).await.expect("an answer");
        assert!(account.is_some(), "{number}: confirmed and not there");
        records.close().await;
    }
    drop(world);
}

#[tokio::test]
async fn chats_go_on_while_the_file_of_the_records_cannot_be_opened() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("helpline.db");
    // In the place of the file there is something that is none.
    std::fs::create_dir(&file).expect("a folder");
    let url = format!("sqlite:{}", file.display());
    let records = Records::open(&url).await.expect("a good address");
    let address = url.clone();
    let world = World::builder()
        .settings(move |settings| settings.records.url = Some(address.as_str().into()))
        .unready()
        .start();
    eventually("the store to be reached", secs(10), async || {
        let path = "/user/join/Nobody";
        let answer = http::get(world.chat(0), path).await;
        (answer.status == 200).then(|| world.knows(&answer.json()))
    })
    .await;
    let (mut visitor, mut agent) = world.engaged().await;
    let chat = visitor.guest.chat_id.clone();
    let mut said = Vec::new();
    for number in 0..20 {
        let content = format!("{number}");
        visitor.says(&content).await;
        agent.hears(&content).await;
        said.push(content);
    }
    assert_eq!(http::status(world.chat(0), "/ready").await, Some(503));
    eventually("what waits to be seen", secs(5), async || {
        (figure(&world, 0, "helpline_stream_length").await > 0.0).then_some(())
    })
    .await;
    std::fs::remove_dir(&file).expect("it is empty");
    expect(&records, &chat, &said).await;
    eventually("readiness", CAUGHT_UP, async || {
        world.is_ready().await.then_some(())
    })
    .await;
    records.close().await;
}

#[tokio::test]
async fn chats_that_ended_longer_ago_than_they_are_kept_are_forgotten() {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite:{}/helpline.db", folder.path().display());
    let records = Records::open(&url).await.expect("a good address");
    records.migrate().await.expect("tables");
    // Long ago, and in a future that no run of this test sees.
    let old = Story::begin("old", 1_500_000_000 * SECOND)
        .asks("x")
        .ended();
    let new = Story::begin("new", 4_000_000_000 * SECOND)
        .asks("x")
        .ended();
    for story in [&old, &new] {
        records.store(&story.events).await.expect("stored");
    }
    let mut settings = records.settings().await.expect("an answer");
    settings.retention_days = 30;
    let stored = records.store_settings(&settings, "admin", 1).await;
    stored.expect("stored");
    let address = url.clone();
    let world = World::with(move |settings| settings.records.url = Some(address.as_str().into()));
    eventually("the old one to be forgotten", CAUGHT_UP, async || {
        let old = records.chat(&old.id()).await.expect("an answer");
        old.is_none().then_some(())
    })
    .await;
    let new = records.chat(&new.id()).await.expect("an answer");
    assert!(new.is_some());
    drop(world);
    records.close().await;
}
