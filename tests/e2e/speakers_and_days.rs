//! docs/staff-api.md: who said each line of a transcript, and whose clocks a day and an hour are told by.

use serde_json::Value;

use crate::happenings::{SECOND, Story};
use crate::house::{House, fails, get, records_of};

#[tokio::test]
async fn each_line_is_given_to_whoever_said_it() {
    let house = House::open().await;
    let records = records_of(&house.world).await;
    let story = Story::begin("Mina", 1_900_000_000 * SECOND)
        .asks("hello")
        .claimed("agent-1", "Ann Lee")
        .asks("thanks")
        .answers("of course")
        .whispered("Boss", "be quick")
        .taken_over("boss", "Bob")
        .asks("who is this")
        .answers("the boss")
        .released()
        .asks("anyone")
        // The same agent, who goes by another name now.
        .claimed("agent-1", "Ann L.")
        .answers("back again")
        .asks("fine")
        .ended();
    records.store(&story.events).await.expect("stored");
    let expected = [
        ("visitor", "Mina", "hello"),
        ("visitor", "Mina", "thanks"),
        ("agent", "Ann Lee", "of course"),
        ("visitor", "Mina", "who is this"),
        ("agent", "Bob", "the boss"),
        ("visitor", "Mina", "anyone"),
        ("agent", "Ann L.", "back again"),
        ("visitor", "Mina", "fine"),
    ];
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let lines = |chat: &Value| -> Vec<(String, String, String)> {
        let messages = chat["messages"].as_array().expect("messages");
        let line = |said: &Value| {
            (
                text(&said["from"]),
                text(&said["senderName"]),
                text(&said["content"]),
            )
        };
        messages.iter().map(line).collect()
    };
    let expected = expected.map(|(from, name, said)| (from.into(), name.into(), said.into()));
    let path = format!("/staff/chats/{}", story.chat);
    let shown = get(&house.world, &path, &house.admin).await.json();
    assert_eq!(lines(&shown), expected);
    assert_eq!(shown["whispers"][0]["senderName"], "Boss");
    let export = "/staff/chats/export?format=";
    let json = get(&house.world, &format!("{export}json"), &house.admin).await;
    assert_eq!(lines(&json.json()[0]), expected);
    let csv = get(&house.world, &format!("{export}csv"), &house.admin).await;
    let rows: Vec<&str> = csv.body.lines().skip(1).collect();
    assert_eq!(rows.len(), expected.len(), "{}", csv.body);
    for (row, (from, name, said)) in rows.iter().zip(&expected) {
        let cells: Vec<&str> = row.split(',').collect();
        assert_eq!(
            cells[9..],
            [from, &cells[10].to_owned(), name, said],
            "{row}"
        );
    }
}

#[tokio::test]
async fn a_report_counts_by_the_readers_clocks() {
    let house = House::open().await;
    let records = records_of(&house.world).await;
    // In Berlin the clocks go forward on the second of these nights and back on the third.
    for at in [
        "2031-03-28T23:30:00Z",
        "2031-03-30T00:30:00Z",
        "2031-03-30T21:30:00Z",
        "2031-03-30T22:30:00Z",
        "2031-10-26T21:30:00Z",
        "2031-10-26T22:30:00Z",
        "2031-10-26T23:30:00Z",
    ] {
        let at = chrono::DateTime::parse_from_rfc3339(at).expect("a time");
        let at = at.timestamp_micros();
        let story = Story::begin("Mina", at - SECOND).ended();
        records.store(&story.events).await.expect("stored");
    }
    let days = async |query: &str| -> Vec<(String, i64)> {
        let path = format!("/admin/reports?{query}");
        let report = get(&house.world, &path, &house.boss.token).await;
        assert_eq!(report.status, 200, "{}", report.body);
        let report = report.json();
        let hours = report["weekdayHours"].as_array().expect("days").iter();
        let hours = hours.flat_map(|day| day.as_array().expect("hours").clone());
        let hours: i64 = hours.map(|count| count.as_i64().expect("a count")).sum();
        assert_eq!(report["chats"]["requested"], hours);
        let days = report["days"].as_array().expect("days").iter();
        days.map(|day| {
            let chats = day["chats"].as_i64().expect("a count");
            (day["day"].as_str().expect("a day").to_owned(), chats)
        })
        .collect()
    };
    let day = |day: &str, chats| (day.to_owned(), chats);
    assert_eq!(
        days("from=2031-03-01&to=2031-12-01&zone=Europe/Berlin").await,
        [
            day("2031-03-29", 1),
            day("2031-03-30", 2),
            day("2031-03-31", 1),
            day("2031-10-26", 2),
            day("2031-10-27", 1)
        ]
    );
    // A day of 23 hours, and one of 25.
    let one = "from=2031-03-30&to=2031-03-31&zone=Europe/Berlin";
    assert_eq!(days(one).await, [day("2031-03-30", 2)]);
    let one = "from=2031-10-26&to=2031-10-27&zone=Europe/Berlin";
    assert_eq!(days(one).await, [day("2031-10-26", 2)]);
    assert_eq!(
        days("from=2031-03-01&to=2031-04-01").await,
        [day("2031-03-28", 1), day("2031-03-30", 3)]
    );
    let path = "/admin/reports?from=2031-03-31&to=2031-04-01&zone=Europe/Berlin";
    let hours = get(&house.world, path, &house.boss.token).await.json();
    assert_eq!(hours["weekdayHours"][0][0], 1, "{hours}");
    assert_eq!(hours["zone"], "Europe/Berlin");
    // The list's days are the reader's too.
    let listed = async |query: &str| {
        let path = format!("/staff/chats?{query}");
        let found = get(&house.world, &path, &house.admin).await.json();
        found["chats"].as_array().expect("chats").len()
    };
    assert_eq!(
        listed("from=2031-03-30&to=2031-03-31&zone=Europe/Berlin").await,
        2
    );
    assert_eq!(listed("from=2031-03-30&to=2031-03-31").await, 3);
    for path in ["/admin/reports", "/staff/chats", "/staff/chats/export"] {
        let path = format!("{path}?zone=Mars/Olympus");
        let bad = get(&house.world, &path, &house.admin).await;
        fails(&path, &bad, 400, "Invalid zone");
    }
}
