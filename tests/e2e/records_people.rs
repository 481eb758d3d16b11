//! Accounts, groups, replies and sign-ins in the records, on both databases.

use std::collections::BTreeSet;

use e2e::records::on_both;
use helpline_records::{
    AccountChange, AccountFilter, AccountRole, AuditFilter, CannedContent, Group, NewAccount,
    NotChanged, Permission, Records, RecordsError, Subject,
};

const SECOND: i64 = 1_000_000;

fn new(name: &str, role: AccountRole) -> NewAccount {
    NewAccount {
        name: name.to_owned(),
        first_name: String::new(),
        last_name: String::new(),
        email: format!("{name}@example.org"),
        password: "hash".to_owned(),
        role,
        supervisor: None,
    }
}

#[tokio::test]
async fn an_email_belongs_to_one_account_and_what_went_in_comes_out() {
    on_both(async |records| {
        let odd = NewAccount {
            name: "'; DROP TABLE accounts; -- \u{1f600}".to_owned(),
            ..new("mina", AccountRole::Candidate)
        };
        let made = records.create_account(&odd, None, 7).await.expect("made");
        assert_eq!(
            records.account(&made.id).await.expect("read"),
            Some(made.clone())
        );
        assert_eq!(made.name, odd.name);
        let again = records.create_account(&odd, None, 8).await;
        assert!(matches!(again, Err(RecordsError::Conflict)), "{again:?}");
        let (found, hash) = records
            .account_by_email(&odd.email)
            .await
            .expect("read")
            .expect("found");
        assert_eq!((found, hash.as_str()), (made, "hash"));
        assert_eq!(
            records.account_by_email("' OR 1=1 --").await.expect("read"),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn of_many_first_admins_one_is_made() {
    on_both(async |records| {
        let starts = (0..8).map(|n| {
            let records = records.clone();
            let admin = new(&format!("admin{n}"), AccountRole::Admin);
            tokio::spawn(async move { records.migrate_with_admin(&admin, 1).await })
        });
        let mut made = 0;
        for start in starts.collect::<Vec<_>>() {
            made += usize::from(start.await.expect("no panic").expect("asked").is_some());
        }
        assert_eq!(made, 1);
        assert!(records.has_admin().await.expect("read"));
    })
    .await;
}

#[tokio::test]
async fn what_may_sign_in_no_more_ends_its_tokens_and_sign_ins() {
    on_both(async |records| {
        let admin = records
            .create_account(&new("ada", AccountRole::Admin), None, 1)
            .await
            .expect("made");
        let agent = records
            .create_account(&new("vika", AccountRole::Agent), None, 2)
            .await
            .expect("made");
        let now = 100 * SECOND + 5;
        let secret = records
            .begin_session(&agent.id, now, now + SECOND)
            .await
            .expect("begun");
        assert_eq!(
            records.session(&secret, now).await.expect("read"),
            Some(agent.clone())
        );
        assert_eq!(
            records.session(&secret, now + SECOND).await.expect("read"),
            None,
            "over"
        );
        let off = AccountChange {
            active: Some(false),
            ..AccountChange::default()
        };
        let changed = records
            .change_account(&agent.id, &off, &admin.id, now)
            .await
            .expect("asked");
        assert_eq!(changed.expect("changed").tokens_from, 101);
        assert_eq!(records.session(&secret, now).await.expect("read"), None);
        let ended = records.ended_since(0).await.expect("read");
        assert_eq!(ended, [(agent.id.clone(), 101)]);
        assert_eq!(records.ended_since(101).await.expect("read"), []);
        let refused = records
            .change_account(&admin.id, &off, &admin.id, now)
            .await
            .expect("asked");
        assert_eq!(refused, Err(NotChanged::LastAdmin));
        let demoted = AccountChange {
            role: Some(AccountRole::Agent),
            ..AccountChange::default()
        };
        let refused = records
            .change_account(&admin.id, &demoted, &admin.id, now)
            .await
            .expect("asked");
        assert_eq!(refused, Err(NotChanged::LastAdmin));
        let audit = records
            .audit(&AuditFilter::default(), 10)
            .await
            .expect("read");
        let actions: Vec<&str> = audit.iter().map(|line| line.action.as_str()).collect();
        assert_eq!(
            actions,
            ["account_changed", "account_created", "account_created"]
        );
    })
    .await;
}

#[tokio::test]
async fn accounts_are_listed_in_pages() {
    on_both(async |records| {
        for n in 0..5 {
            let account = new(&format!("agent{n}"), AccountRole::Agent);
            records
                .create_account(&account, None, 1 + n / 2)
                .await
                .expect("made");
        }
        let mut seen = BTreeSet::new();
        let mut filter = AccountFilter {
            roles: vec![AccountRole::Agent],
            after: None,
            limit: 2,
        };
        loop {
            let page = records.accounts(&filter).await.expect("read");
            let Some(last) = page.last() else { break };
            filter.after = Some(last.id.clone());
            assert!(
                page.into_iter().all(|account| seen.insert(account.id)),
                "nobody twice"
            );
        }
        assert_eq!(seen.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_role_may_what_its_groups_allow() {
    on_both(async |records| {
        let all: BTreeSet<Permission> = Permission::ALL.into_iter().collect();
        let may = async |role| records.permissions(role).await.expect("read");
        assert_eq!(may(AccountRole::Agent).await, all);
        assert_eq!(may(AccountRole::Candidate).await, BTreeSet::new());
        let one = Group {
            name: "one".to_owned(),
            permissions: BTreeSet::from([Permission::ReadUserTag]),
        };
        records
            .store_group(&one, "somebody", 1)
            .await
            .expect("stored");
        let groups = BTreeSet::from(["one".to_owned()]);
        let mapped = records
            .map_role(AccountRole::Agent, &groups, "somebody", 2)
            .await;
        mapped.expect("asked").expect("known");
        assert_eq!(may(AccountRole::Agent).await, one.permissions);
        assert!(
            records
                .remove_group("one", "somebody", 3)
                .await
                .expect("asked")
        );
        assert!(
            !records
                .remove_group("one", "somebody", 3)
                .await
                .expect("asked")
        );
        assert_eq!(may(AccountRole::Agent).await, BTreeSet::new());
    })
    .await;
}

#[tokio::test]
async fn a_name_is_free_again_when_its_reply_was_deleted() {
    on_both(async |records| {
        let content = CannedContent {
            name: "greet".to_owned(),
            text: "{}".to_owned(),
            is_active: true,
            selected: false,
        };
        let first = records
            .add_canned("vika", &content, 1)
            .await
            .expect("asked")
            .expect("added");
        let again = records.add_canned("vika", &content, 2).await;
        assert!(matches!(again, Err(RecordsError::Conflict)), "{again:?}");
        records
            .add_canned("otto", &content, 3)
            .await
            .expect("asked")
            .expect("his own");
        assert_eq!(
            records
                .delete_canned("otto", &first.id, 4)
                .await
                .expect("asked"),
            None
        );
        let deleted = records
            .delete_canned("vika", &first.id, 4)
            .await
            .expect("asked");
        assert!(deleted.is_some_and(|deleted| !deleted.is_active && deleted.created_at == 1));
        records
            .add_canned("vika", &content, 5)
            .await
            .expect("asked")
            .expect("free");
        let back = records.replace_canned("vika", &first.id, &content, 6).await;
        assert!(matches!(back, Err(RecordsError::Conflict)), "{back:?}");
        assert_eq!(records.canned("vika").await.expect("read").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_wait_grows_with_each_failure_and_a_success_begins_anew() {
    on_both(async |records: Records| {
        let subjects = [("account", 2), ("address", 4)].map(|(name, free)| Subject {
            name: name.to_owned(),
            free,
        });
        let mut now = SECOND;
        let mut waits = Vec::new();
        for _ in 0..4 {
            assert_eq!(
                records.try_sign_in(&subjects, now).await.expect("asked"),
                None
            );
            let wait = records.try_sign_in(&subjects, now).await.expect("asked");
            waits.push(wait.map(|wait| wait.as_secs()));
            now += wait.map_or(0, |wait| i64::try_from(wait.as_micros()).expect("short"));
        }
        // The first round counts two tries, since nobody waits after one.
        assert_eq!(waits, [None, Some(1), Some(2), Some(4)]);
        records.signed_in(&subjects).await.expect("told");
        assert_eq!(
            records
                .try_sign_in(&subjects[..1], now)
                .await
                .expect("asked"),
            None
        );
    })
    .await;
}

#[tokio::test]
async fn tags_are_replaced() {
    on_both(async |records| {
        assert_eq!(records.tags("mina").await.expect("read"), None);
        assert!(!records.knows_user("mina").await.expect("read"));
        for tags in [vec!["a".to_owned(), "\u{1f600}'".to_owned()], vec![]] {
            records.store_tags("mina", &tags).await.expect("stored");
            assert_eq!(records.tags("mina").await.expect("read"), Some(tags));
        }
        assert!(records.knows_user("mina").await.expect("read"));
    })
    .await;
}
