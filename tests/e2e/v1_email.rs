//! The visitor's e-mail address: what it says itself, what its account says, and who may know.

use e2e::tokens::{self, SECRET};
use e2e::{Door, World, http};
use serde_json::{Value, json};

fn with_email(mut args: Value, email: &str) -> Value {
    args["email"] = json!(email);
    args
}

#[tokio::test]
async fn an_agent_learns_the_visitors_address_and_the_visitor_is_not_told_its_own() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    let told = with_email(visitor.rejoin_args(), "mina@shop.example");
    let own = visitor.rejoins_with(&world, 1, told.clone()).await;
    assert_eq!(own.get("email"), None);
    let room = support.room("engaged").await;
    assert_eq!(room["email"], "mina@shop.example");
    assert_eq!(room["emailVerified"], false);
    // Once is enough.
    visitor.rejoins_with(&world, 0, told).await;
    let history = support.rejoins_at(&world, 1).await;
    assert_eq!(history["email"], "mina@shop.example");
}

#[tokio::test]
async fn what_is_no_address_is_named_and_changes_nothing() {
    let world = World::new();
    let (mut visitor, mut support) = world.engaged_v1().await;
    for bad in [json!("mina"), json!("a b@c"), json!(7), json!("@")] {
        let mut args = visitor.rejoin_args();
        args["email"] = bad;
        visitor.send("Join", args).await;
        visitor.expect_invalid("email").await;
    }
    let history = support.rejoins_at(&world, 1).await;
    assert_eq!(history.get("email"), None);
}

#[tokio::test]
async fn the_address_of_an_account_counts_for_more_than_what_is_said() {
    let world = World::builder().tokens().start();
    let claims = tokens::claims("b8f97bb26386412cab205c982be3214c", "candidate");
    let token = tokens::sign(&with_email(claims, "mina@account.example"), SECRET);
    let answer = http::get_with(
        world.chat(0),
        "/user/join/Mina",
        &[("Authorization", &format!("Bearer {token}"))],
    )
    .await;
    let guest = world.knows(&answer.json());
    let mut visitor = world.joins(&guest, 0, &Door::v1()).await;
    visitor.room("waiting").await;
    let mut support = world.claims(&guest, "Vika", 1, &Door::v1()).await;
    let told = with_email(visitor.rejoin_args(), "other@shop.example");
    visitor.rejoins_with(&world, 1, told).await;
    let history = support.rejoins_at(&world, 0).await;
    assert_eq!(history["email"], "mina@account.example");
    assert_eq!(history["emailVerified"], true);
}
