//! Contract 000, section 4: the settings that people change while the services run.

use e2e::party::contents;
use e2e::people::ask;
use e2e::{Door, World, eventually, secs};
use reqwest::Method;
use serde_json::{Value, json};

async fn store(world: &World, settings: Value) {
    let admin = world.admin().await;
    let path = "/staff/settings";
    let stored = ask(
        world.chat(0),
        Method::PUT,
        path,
        Some(&admin),
        Some(&settings),
    )
    .await;
    assert_eq!(stored.status, 200, "{}", stored.body);
}

#[tokio::test]
async fn the_stored_texts_are_said_at_once_on_every_chat_server() {
    let world = World::new();
    for (stored, said) in [
        (json!("{visitor}, here is {agent}"), "Mina, here is Vika"),
        (json!(""), ""),
        (json!(null), "Vika is now with you."),
    ] {
        store(&world, json!({"joinText": stored})).await;
        let guest = world.register("Mina").await;
        let mut visitor = world.joins(&guest, 0, &Door::plain()).await;
        // The claim goes to the other chat-server, which was not told.
        let _support = world.support(&guest, "Vika").await;
        let joined = visitor.socket.expect("Joined").await;
        assert_eq!(joined["text"], said, "{joined}");
    }
}

#[tokio::test]
async fn whoever_notices_that_an_agent_is_gone_says_the_stored_text() {
    let world = World::with(|settings| settings.chat.leave_grace = e2e::ms(100));
    store(&world, json!({"leaveText": "{agent} went"})).await;
    let key = format!("{}:{{0}}:texts", world.prefix);
    let mut redis = world.redis().await;
    eventually("what the subscribers read", secs(5), async || {
        let text: Option<String> = redis::cmd("HGET")
            .arg(&key)
            .arg("leave")
            .query_async(&mut redis)
            .await
            .expect("redis answers");
        text
    })
    .await;
    // Any of the four processes may be the one that notices: each of them has looked by then.
    eventually("the text, whoever says it", secs(10), async || {
        let (mut visitor, support) = world.engaged().await;
        drop(support);
        let left = visitor.socket.expect("SupportLeft").await;
        (left["text"] == "Vika went").then_some(())
    })
    .await;
}

#[tokio::test]
async fn only_the_newest_messages_are_shown_on_entering_and_a_resume_misses_none() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    for text in ["one", "two", "three", "four"] {
        visitor.says(text).await;
        support.hears(text).await;
    }
    for (count, shown) in [
        (0, &["one", "two", "three", "four"][..]),
        (2, &["three", "four"]),
        (9, &["one", "two", "three", "four"]),
    ] {
        store(&world, json!({"historyLoadCount": count})).await;
        for server in 0..2 {
            assert_eq!(
                contents(&visitor.rejoins_at(&world, server).await),
                shown,
                "{count}"
            );
        }
    }
    store(&world, json!({"historyLoadCount": 1})).await;
    let history = visitor.rejoins_at(&world, 0).await;
    let mut args = visitor.rejoin_args();
    // After the first message: three are missing, more than are shown on entering.
    let first = history["lastSeq"].as_u64().expect("a number") - 3;
    args["resume"] = json!({"epoch": history["epoch"], "after": first});
    let resumed = visitor.rejoins_with(&world, 1, args).await;
    assert_eq!(resumed["partial"], true);
    assert_eq!(contents(&resumed), ["two", "three", "four"]);
}
