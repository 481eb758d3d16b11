//! Stored settings, and the tables they are in.

use e2e::records::on_both;
use helpline_records::StoredSettings;

#[tokio::test]
async fn settings_are_kept_and_a_text_can_go_back_to_its_default() {
    on_both(async |records| {
        let default = StoredSettings {
            join_text: None,
            leave_text: None,
            idle_timeout_seconds: None,
            history_load_count: 0,
            retention_days: 0,
        };
        assert_eq!(records.settings().await.expect("read"), default);
        let changed = StoredSettings {
            join_text: Some("Hello '; DROP TABLE settings; -- \u{1f600}".to_owned()),
            leave_text: Some(String::new()),
            idle_timeout_seconds: Some(300),
            history_load_count: 20,
            retention_days: 365,
        };
        for settings in [&changed, &default, &changed] {
            records
                .store_settings(settings, "somebody", 1)
                .await
                .expect("stored");
            assert_eq!(&records.settings().await.expect("read"), settings);
        }
    })
    .await;
}

#[tokio::test]
async fn processes_that_start_together_make_the_tables_once() {
    on_both(async |records| {
        let starts = (0..8).map(|_| {
            let records = records.clone();
            tokio::spawn(async move { records.migrate().await })
        });
        for start in starts.collect::<Vec<_>>() {
            start.await.expect("no panic").expect("migrated");
        }
        records.settings().await.expect("read");
    })
    .await;
}
