//! A request that nobody took becomes a follow-up, with the visitor's words.

use e2e::people::ask;
use e2e::{eventually, ms, secs};
use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, get, post};

async fn follow_ups(house: &House, count: usize) -> Vec<Value> {
    eventually("the follow-ups", secs(15), async || {
        let listed = get(&house.world, "/staff/follow-ups", &house.otto.token).await;
        let listed = listed.json()["followUps"]
            .as_array()
            .expect("a list")
            .clone();
        (listed.len() == count).then_some(listed)
    })
    .await
}

#[tokio::test]
async fn whoever_gives_up_or_falls_silent_while_waiting_is_written_to_later() {
    let house = House::with(|settings| settings.chat.idle_timeout = ms(1_500)).await;
    // One falls silent, one leaves, one had an agent who ended it, one never asked.
    let mut silent = house.waiting("Mina").await;
    silent.says("Is the shop open?").await;
    silent.says("On Sunday?").await;
    let mut leaves = house.waiting("Vera").await;
    leaves.leaves().await;
    let (mut visitor, mut otto) = house.engaged("Max").await;
    visitor.says("hello").await;
    otto.leaves().await;
    visitor.until("ChatExpired").await;
    house.world.register("Nobody").await;
    let chat = silent.guest.chat_id.clone();
    silent.chat_is_over(&chat).await;
    let listed = follow_ups(&house, 2).await;
    let of = |name: &str| {
        let found = listed.iter().find(|each| each["name"] == name);
        found.unwrap_or_else(|| panic!("{name} in {listed:?}"))
    };
    let mina = of("Mina");
    assert_eq!(mina["kind"], "missed");
    assert_eq!(mina["text"], "Is the shop open?\nOn Sunday?");
    assert_eq!(mina["chatId"], chat);
    assert_eq!(mina["email"], json!(null));
    assert_eq!(
        (&of("Vera")["kind"], &of("Vera")["text"]),
        (&json!("missed"), &json!(""))
    );
    // Somebody sees to it as to any other.
    let path = |act: &str| {
        format!(
            "/staff/follow-ups/{}/{act}",
            mina["id"].as_str().expect("an id")
        )
    };
    for act in ["take", "close"] {
        let done = post(
            &house.world,
            &path(act),
            Some(&house.otto.token),
            &json!({}),
        )
        .await;
        assert_eq!(done.status, 200, "{}", done.body);
    }
    follow_ups(&house, 1).await;
    let figures = get(&house.world, "/admin/reports", &house.admin)
        .await
        .json();
    assert_eq!(figures["chats"]["missed"], 2, "{figures}");
    // Erasing a visitor takes its missed requests along.
    let path = format!("/staff/visitors/{}", leaves.guest.user_id);
    let admin = Some(house.admin.as_str());
    let erased = ask(house.world.chat(0), Method::DELETE, &path, admin, None).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    follow_ups(&house, 0).await;
}

#[tokio::test]
async fn a_message_that_was_left_takes_the_place_of_the_missed_request() {
    let house = House::open().await;
    for early in [true, false] {
        let mut visitor = house.waiting("Mina").await;
        let guest = visitor.guest.clone();
        visitor.says("Is anybody there?").await;
        let leave = async || {
            let body = json!({"name": "Mina", "email": "mina@example.org", "text": "Call me", "chatId": guest.chat_id});
            let left = post(&house.world, "/follow-ups", Some(&guest.token), &body).await;
            assert_eq!(left.status, 201, "{}", left.body);
        };
        if early {
            leave().await;
        }
        visitor.leaves().await;
        house
            .listed("status=closed", if early { 1 } else { 2 })
            .await;
        if !early {
            let missed = follow_ups(&house, 1).await;
            assert_eq!(missed[0]["kind"], "missed");
            leave().await;
        }
        let listed = follow_ups(&house, 1).await;
        assert_eq!(
            (&listed[0]["kind"], &listed[0]["text"]),
            (&json!("message"), &json!("Call me"))
        );
        let id = listed[0]["id"].as_str().expect("an id");
        let path = format!("/staff/follow-ups/{id}/close");
        post(&house.world, &path, Some(&house.otto.token), &json!({})).await;
    }
}

#[tokio::test]
async fn a_chat_that_waits_for_its_second_agent_is_missed_with_what_was_not_answered() {
    let house = House::with(|settings| settings.queue.transfer = ms(100)).await;
    let (mut visitor, mut otto) = house.engaged("Mina").await;
    visitor.says("answered").await;
    otto.hears("answered").await;
    otto.says("yes").await;
    visitor.hears("yes").await;
    visitor.says("not answered").await;
    let path = format!("/staff/chats/{}/transfer", visitor.guest.chat_id);
    let body = json!({"to": house.vika.id});
    let handed = post(&house.world, &path, Some(&house.otto.token), &body).await;
    assert_eq!(handed.status, 200, "{}", handed.body);
    visitor.until("SupportLeft").await;
    visitor.leaves().await;
    let missed = follow_ups(&house, 1).await;
    assert_eq!(missed[0]["text"], "not answered");
}
