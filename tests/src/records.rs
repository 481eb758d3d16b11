//! Records to test with: the same test on both databases.

use helpline_records::Records;

use crate::{memory, postgres};

/// Runs a test on a new SQLite file, and on a new PostgreSQL database.
pub async fn on_both(test: impl AsyncFn(Records)) {
    let folder = memory::folder("records");
    let file = format!("sqlite:{}/a/b/helpline.db", folder.path().display());
    let mut urls = vec![file];
    if !postgres::is_left_out() {
        urls.push(postgres::fresh());
    }
    for url in urls {
        let records = Records::open(&url).await.expect("a good address");
        records.migrate().await.expect("tables");
        test(records.clone()).await;
        records.close().await;
    }
}
