//! Whether forgetting, erasing and giving out reach everything that names a person: the tables themselves are gone through,
//! so a new one is noticed.

use std::collections::BTreeSet;

use helpline_desk::{
    actor::{Rank, Side},
    event::{End, Event, Said},
    id::{AgentId, ChatId, MessageId, SupportId, VisitorId},
    time::Timestamp,
};
use sea_orm::{ConnectionTrait, Statement};

use crate::{Archived, FollowUp, FollowUpKind, Note, Rating, Records, new_id};

/// Tables that say nothing of a visitor, and why.
const OF_NO_VISITOR: [(&str, &str); 14] = [
    (
        "accounts",
        "people with an account: disabled, not forgotten",
    ),
    ("audit", "who of the staff did what; of visitors only ids"),
    ("canned_responses", "texts of the staff"),
    ("claims", "which agent took a chat; goes with it"),
    ("erased_visitors", "ids, so that nothing comes back"),
    ("permission_groups", "what groups may do"),
    ("pulse", "whether something can be written"),
    ("role_groups", "which role has which group"),
    ("seaql_migrations", "the steps of the tables"),
    ("sessions", "sign-ins of accounts, until they end"),
    ("settings", "settings"),
    ("sign_in_failures", "hashes, for an hour"),
    (
        "sign_in_places",
        "hashes of where an account signed in, for 90 days",
    ),
    ("sqlite_sequence", "the database's own"),
];

const NAME: &str = "Zephyrine";
const EMAIL: &str = "Zephyrine@example.org";
const SECOND: i64 = 1_000_000;

/// A visitor who leaves something everywhere.
struct Visitor {
    chat: ChatId,
    id: VisitorId,
}

fn random() -> u128 {
    rand::random()
}

impl Visitor {
    async fn lives_through_everything(records: &Records, at: i64) -> Self {
        let (chat, id) = (ChatId::from_bits(random()), VisitorId::from_bits(random()));
        let agent = AgentId("agent".to_owned());
        let support = SupportId::from_bits(random());
        let words = || format!("I am {NAME}");
        let happened = [
            Event::Registered {
                visitor: id,
                name: NAME.to_owned(),
                platform: "web".to_owned(),
                topic: Some(words()),
                kept: false,
                supervisor: None,
                standing: false,
                since: None,
            },
            Event::Introduced {
                email: EMAIL.to_owned(),
                verified: false,
            },
            Event::Requested {
                since: Timestamp(at),
            },
            Event::Claimed {
                support,
                name: "Otto".to_owned(),
                agent: agent.clone(),
                rank: Rank::Agent,
                text: String::new(),
            },
            Event::Said(Said {
                id: MessageId::from_bits(random()),
                from: Side::Visitor,
                support: None,
                content: words(),
                raw: None,
                client_id: None,
            }),
            Event::Whispered {
                id: MessageId::from_bits(random()),
                by: agent,
                by_name: "Boss".to_owned(),
                content: words(),
            },
            Event::Ended(End::ByVisitor),
        ];
        let events = happened
            .into_iter()
            .enumerate()
            .map(|(number, event)| Archived {
                chat,
                epoch: "a".to_owned(),
                seq: number as u64 + 1,
                at: at + number as i64 * SECOND,
                msg_no: 0,
                body: match &event {
                    Event::Introduced { email, .. } => format!(r#"{{"email":"{email}"}}"#),
                    event => format!("{event:?}"),
                },
                event: Some(event),
            });
        let events: Vec<Archived> = events.collect();
        records.store(&events).await.unwrap();
        let note = Note {
            id: new_id(),
            chat: chat.to_string(),
            author: "agent".to_owned(),
            author_name: "Otto".to_owned(),
            content: words(),
            at,
        };
        assert!(records.add_note(&note).await.unwrap());
        let rating = Rating {
            chat: chat.to_string(),
            score: 5,
            comment: Some(words()),
            at,
        };
        assert!(records.rate(&rating).await.unwrap());
        for chat in [Some(chat.to_string()), None] {
            let wish = FollowUp {
                kind: FollowUpKind::Message,
                id: new_id(),
                name: NAME.to_owned(),
                email: EMAIL.to_lowercase(),
                text: words(),
                chat,
                created_at: at,
                taken: None,
                closed: None,
            };
            records.add_follow_up(&wish).await.unwrap();
        }
        let tags = [words()];
        records.store_tags(&id.to_string(), &tags).await.unwrap();
        Self { chat, id }
    }
}

async fn cells(records: &Records, query: &str) -> Vec<String> {
    let rows = records
        .read(async |db| {
            let query = Statement::from_string(db.get_database_backend(), query);
            db.query_all_raw(query).await
        })
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect()
}

/// The tables that have the visitor's name somewhere.
async fn naming(records: &Records) -> BTreeSet<String> {
    let mut naming = BTreeSet::new();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    for table in cells(records, tables).await {
        for column in cells(
            records,
            &format!("SELECT name FROM pragma_table_info('{table}')"),
        )
        .await
        {
            let hits = format!(
                "SELECT count(*) || '' FROM {table} WHERE CAST({column} AS TEXT) LIKE '%{NAME}%'"
            );
            if cells(records, &hits).await != ["0"] {
                naming.insert(table.clone());
            }
        }
    }
    naming
}

async fn records() -> (tempfile::TempDir, Records) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("helpline.db");
    let records = Records::open(&format!("sqlite:{}", file.display()))
        .await
        .unwrap();
    records.migrate().await.unwrap();
    (folder, records)
}

#[tokio::test]
async fn every_table_is_known_to_name_a_visitor_or_nobody() {
    let (_folder, records) = records().await;
    Visitor::lives_through_everything(&records, SECOND).await;
    let mut known = naming(&records).await;
    for (table, why) in OF_NO_VISITOR {
        assert!(known.insert(table.to_owned()), "{table} names one: {why}?");
    }
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let tables = cells(&records, tables).await;
    assert_eq!(
        tables,
        known.into_iter().collect::<Vec<_>>(),
        "a table that is new: let this test's visitor leave something there, or say why nobody can"
    );
    records.close().await;
}

#[tokio::test]
async fn nothing_names_a_visitor_who_was_erased() {
    let (_folder, records) = records().await;
    let visitor = Visitor::lives_through_everything(&records, SECOND).await;
    assert!(!naming(&records).await.is_empty());
    records
        .erase(&visitor.id.to_string(), "admin", 100 * SECOND)
        .await
        .unwrap();
    assert_eq!(naming(&records).await, BTreeSet::new());
    records.close().await;
}

#[tokio::test]
async fn nothing_names_a_visitor_whose_time_is_over() {
    let (_folder, records) = records().await;
    let old = Visitor::lives_through_everything(&records, SECOND).await;
    records.forget_before(100 * SECOND, 10).await.unwrap();
    records
        .forget_follow_ups_before(100 * SECOND)
        .await
        .unwrap();
    assert_eq!(naming(&records).await, BTreeSet::new());
    let new = Visitor::lives_through_everything(&records, 200 * SECOND).await;
    let before = naming(&records).await;
    records.forget_before(100 * SECOND, 10).await.unwrap();
    records
        .forget_follow_ups_before(100 * SECOND)
        .await
        .unwrap();
    assert_eq!(naming(&records).await, before);
    assert!(
        records
            .transcript(&old.chat.to_string())
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        records
            .transcript(&new.chat.to_string())
            .await
            .unwrap()
            .is_some()
    );
    records.close().await;
}

#[tokio::test]
async fn what_was_left_without_a_chat_is_found_and_erased_by_its_email() {
    let (_folder, records) = records().await;
    Visitor::lives_through_everything(&records, SECOND).await;
    let found = records
        .follow_ups_of("ZEPHYRINE@example.org", 10)
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    assert!(
        records
            .follow_ups_of("phyrine@example.org", 10)
            .await
            .unwrap()
            .is_empty()
    );
    let erased = records.erase_follow_ups(EMAIL, "admin", 2 * SECOND).await;
    assert_eq!(erased.unwrap(), 2);
    assert!(!naming(&records).await.contains("follow_ups"));
    assert!(!naming(&records).await.contains("audit"));
    records.close().await;
}
