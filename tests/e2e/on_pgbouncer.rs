//! A pooler that gives its connections to another client after each transaction is no obstacle, and is named by the doctor.

use e2e::pgbouncer::PgBouncer;
use e2e::postgres;
use futures_util::future::join_all;
use helpline_records::{Filters, Records, Stored, examine};

use crate::happenings::{SECOND, Story};
use crate::on_postgres::{a_conversation_is_had, office_at};

const NOW: i64 = 1_900_000_000 * SECOND;
/// What people write into its settings for other clients: it then takes what we say as we come in, and forgets it.
const FORGETFUL: &str = "ignore_startup_parameters = extra_float_digits,options";

#[tokio::test]
async fn the_whole_system_works_through_a_pooler() {
    let Some(pooler) = PgBouncer::start("") else {
        return;
    };
    let office = office_at(pooler.before(&postgres::fresh())).await;
    a_conversation_is_had(&office).await;
}

/// More clients than the pooler has connections: each statement may come by another one than the one before.
#[tokio::test]
async fn many_at_once_store_and_read_everything_through_a_pooler() {
    for settings in ["", FORGETFUL] {
        let Some(pooler) = PgBouncer::start(settings) else {
            return;
        };
        let url = pooler.before(&postgres::fresh());
        let mut all = Vec::new();
        for _ in 0..3 {
            all.push(Records::open(&url).await.expect("a good address"));
        }
        for migrated in join_all(all.iter().map(Records::migrate)).await {
            migrated.expect("tables");
        }
        let mut stories = Vec::new();
        for number in 0..10 {
            let name = format!("Visitor {number}");
            stories.push(
                Story::begin(&name, NOW + number * SECOND)
                    .asks("hello?")
                    .asks(&name),
            );
        }
        for round in 0..3 {
            let work = stories.iter().enumerate().map(async |(number, story)| {
                let records = &all[(number + round) % all.len()];
                let stored: Stored = records.store(&story.events).await.expect("stored");
                let told = records.transcript(&story.id()).await.expect("an answer");
                let told = told.expect("it was stored").messages;
                assert_eq!(told.len(), 2);
                let found = Filters {
                    text: Some(story.contents()[1].clone()),
                    ..Filters::default()
                };
                let found = records.search(&found, None, 50).await.expect("an answer");
                assert!(!found.is_empty());
                records.ping().await.expect("it can write");
                stored
            });
            for stored in join_all(work).await {
                let of = stored.stored + stored.repeated;
                assert!(
                    of == 4 && (round > 0) == (stored.stored == 0),
                    "{round}: {stored:?}"
                );
            }
        }
        for records in all {
            records.close().await;
        }
        let looked = examine(&url, || 0).await.expect("a look");
        assert!(looked.postgres.is_some_and(|facts| facts.pooled));
    }
}

#[tokio::test]
async fn without_a_pooler_none_is_seen() {
    if postgres::is_left_out() {
        return;
    }
    let looked = examine(&postgres::fresh(), || 0).await.expect("a look");
    assert!(
        looked
            .postgres
            .is_some_and(|facts| !facts.pooled && !facts.read_only)
    );
}
