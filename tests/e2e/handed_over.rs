//! A chat that goes from one agent to another: nobody loses it on the way, and everybody knows where it is.

use std::time::Instant;

use e2e::party::contents;
use e2e::people::Account;
use e2e::{Agent, Door, Party, Socket, World, eventually, ms, secs};
use serde_json::{Value, json};

use crate::desk::Seat;
use crate::house::{House, get, post};

/// A house in which a chat is silent for a moment only, and a transfer takes longer than that.
async fn house() -> House {
    House::with(|settings| {
        settings.chat.idle_timeout = secs(5);
        settings.queue.transfer = secs(6);
    })
    .await
}

async fn feed(house: &House, account: &Account, server: usize) -> Agent {
    let door = Door::v1().bearer(&account.token);
    let feed = Socket::open(house.world.feed(server), "/joins", &door, "an agent").await;
    Agent {
        name: account.id.clone(),
        feed: feed.expect("an upgrade"),
    }
}

/// A visitor on a page that follows its request.
async fn visitor(house: &House, name: &str) -> Party {
    let guest = house.world.register(name).await;
    let door = Door::v1().bearer(&guest.token);
    let socket = house.world.open(0, &guest.chat_id, &door, name).await;
    let mut visitor = Party {
        side: e2e::Side::User,
        support_id: None,
        support_name: None,
        door,
        socket,
        guest,
    };
    let mut join = visitor.guest.join();
    join["queue"] = json!(true);
    visitor.send("Join", join).await;
    visitor.until("Joined").await;
    visitor
}

async fn hands(house: &House, by: &str, chat: &str, to: &Account) {
    let path = format!("/staff/chats/{chat}/transfer");
    let body = json!({"to": to.id, "note": "speaks French"});
    let handed = post(&house.world, &path, Some(by), &body).await;
    assert_eq!(handed.status, 200, "{}", handed.body);
}

/// Waits for silence to take all but a little of a chat's time.
async fn nearly_silent(world: &World, chat: &str) {
    eventually("the end of the silence", secs(10), async || {
        let left = time_to_live(world, chat).await;
        (left < 3_000).then_some(())
    })
    .await;
}

async fn time_to_live(world: &World, chat: &str) -> i64 {
    let mut redis = world.redis().await;
    let keys: Vec<String> = redis::cmd("KEYS")
        .arg(format!("{}:*:chat:{chat}", world.prefix))
        .query_async(&mut redis)
        .await
        .expect("keys");
    let [key] = &keys[..] else {
        return -2;
    };
    let left = redis::cmd("PTTL").arg(key).query_async(&mut redis).await;
    left.expect("a time to live")
}

#[tokio::test]
async fn a_silent_chat_outlives_its_way_to_another_agent() {
    let house = house().await;
    let (mut visitor, _otto) = house.engaged("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    visitor.says("hello").await;
    nearly_silent(&house.world, &chat).await;
    hands(&house, &house.otto.token, &chat, &house.vika).await;
    let given = Instant::now();
    visitor.until("SupportLeft").await;
    assert!(time_to_live(&house.world, &chat).await >= 6_000);
    // What is said meanwhile does not make it shorter.
    visitor.says("still here").await;
    assert!(time_to_live(&house.world, &chat).await >= 5_000);
    eventually("most of the reservation", secs(10), async || {
        (given.elapsed() > ms(5_000)).then_some(())
    })
    .await;
    let guest = visitor.guest.clone();
    let mut vika = house.claims(&guest, &house.vika, "Vika").await;
    visitor.meets("Vika").await;
    vika.until("ChatHistory").await;
    vika.says("I am here").await;
    visitor.hears("I am here").await;
}

#[tokio::test]
async fn a_visitor_who_follows_its_request_hears_to_whom_it_is_given_and_when_that_comes_to_nothing()
 {
    let house = house().await;
    let mut visitor = visitor(&house, "Mina").await;
    let (guest, chat) = (visitor.guest.clone(), visitor.guest.chat_id.clone());
    let _otto = house.claims(&guest, &house.otto, "Otto").await;
    visitor.until("Joined").await;
    visitor.room("engaged").await;
    hands(&house, &house.otto.token, &chat, &house.vika).await;
    visitor.until("SupportLeft").await;
    let room = visitor.until("Room").await;
    assert_eq!(room["status"], "waiting");
    assert_eq!(room["handedOverBy"], "Otto");
    assert_eq!(room["handedOverTo"], "Vika");
    assert!(!room.to_string().contains("French"), "{room}");
    let mut join = visitor.rejoin_args();
    join["queue"] = json!(true);
    let history = visitor.rejoins_with(&house.world, 1, join).await;
    assert_eq!(contents(&history), [""; 0]);
    assert_eq!(history["handedOverTo"], "Vika");
    assert_eq!(history["status"], "waiting");
    // Vika does not come: it is everybody's, and the visitor waits as before.
    let room = visitor.until("Room").await;
    assert_eq!(room["status"], "waiting");
    assert_eq!(room.get("handedOverTo"), None);
    let _otto = house.claims(&guest, &house.otto, "Otto").await;
    visitor.until("Joined").await;
    visitor.room("engaged").await;
}

#[tokio::test]
async fn whoever_does_not_follow_its_request_hears_what_the_contract_says() {
    let house = House::open().await;
    let guest = house.world.register("Mina").await;
    let door = Door::v1().bearer(&guest.token);
    let mut visitor = house.world.joins(&guest, 0, &door).await;
    visitor.room("waiting").await;
    let _otto = house.claims(&guest, &house.otto, "Otto").await;
    visitor.meets("Otto").await;
    hands(&house, &house.otto.token, &guest.chat_id, &house.vika).await;
    visitor.expect("SupportLeft").await;
    let _vika = house.claims(&guest, &house.vika, "Vika").await;
    visitor.meets("Vika").await;
}

#[tokio::test]
async fn the_agent_it_is_for_sees_until_when_and_may_decline() {
    let house = House::open().await;
    let mut vika = feed(&house, &house.vika, 0).await;
    let (visitor, _otto) = house.engaged("Mina").await;
    vika.expect_request().await;
    vika.loses(&visitor.guest).await;
    let asked = chat_of(&house, &visitor).await["requestedAt"].clone();
    hands(
        &house,
        &house.otto.token,
        &visitor.guest.chat_id,
        &house.vika,
    )
    .await;
    let request = vika.expect_request().await;
    assert_eq!(request["handedOverBy"], "Otto");
    assert_eq!(request["note"], "speaks French");
    assert_eq!(request["requestedAt"], asked, "the first time it was asked");
    assert!(request["waitingSince"].as_str() > request["requestedAt"].as_str());
    let reserved = vika.expect("Reserved").await;
    assert_eq!(reserved["chatId"], visitor.guest.chat_id);
    // A reload tells the same.
    let mut again = feed(&house, &house.vika, 1).await;
    assert_eq!(again.expect_request().await, request);
    assert_eq!(again.expect("Reserved").await, reserved);
    let mut otto = feed(&house, &house.otto, 1).await;
    vika.declines(&visitor.guest).await;
    vika.loses(&visitor.guest).await;
    again.loses(&visitor.guest).await;
    let request = otto.expect_request().await;
    assert_eq!(request["chatId"], visitor.guest.chat_id);
    assert_eq!(request["requestedAt"], asked);
    assert_eq!(request.get("handedOverBy"), None);
    assert_eq!(request.get("note"), None, "the note was for Vika");
}

async fn chat_of(house: &House, party: &Party) -> Value {
    let path = format!("/staff/chats/{}", party.guest.chat_id);
    get(&house.world, &path, &house.admin).await.json()
}

#[tokio::test]
async fn the_desk_shows_to_whom_it_is_given_and_since_when_the_visitor_waits() {
    let house = House::open().await;
    let mut boss = Seat::with(&house.world, 0, &house.boss.token).await;
    let mut visitor = house.waiting("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    let waiting = boss.sees(&chat, "waiting").await;
    let asked = waiting["askedAt"].clone();
    assert_eq!(waiting["since"], asked);
    assert_eq!(waiting.get("waitingSince"), None, "it is the same");
    assert_eq!(waiting.get("claimedAt"), None);
    let first = visitor.says("are you there?").await["timestamp"].clone();
    let guest = visitor.guest.clone();
    let mut otto = house.claims(&guest, &house.otto, "Otto").await;
    visitor.meets("Otto").await;
    visitor.says("hello?").await;
    let is = |row: &Value| row["messages"] == 2 && row["status"] == "engaged";
    let row = boss.until("Chat", is).await;
    let claimed = row["claimedAt"].clone();
    assert!(claimed.is_string(), "{row}");
    assert_eq!(
        row["waitingSince"], first,
        "the first word without an answer"
    );
    otto.until("ChatHistory").await;
    otto.until("ChatMessage").await;
    otto.says("yes").await;
    let row = boss.until("Chat", |row| row["messages"] == 3).await;
    assert_eq!(row.get("waitingSince"), None, "it is the visitor's turn");
    visitor.hears("yes").await;
    let second = visitor.says("one more thing").await["timestamp"].clone();
    hands(&house, &house.otto.token, &chat, &house.vika).await;
    let given = boss.until("Chat", |row| row["givenTo"].is_string()).await;
    assert_eq!(given["givenTo"], "Vika");
    assert_eq!(given["givenToId"], house.vika.id.as_str());
    assert_eq!(given["givenBy"], "Otto");
    assert!(given["givenUntil"].is_string());
    let since_the_beginning = |row: &Value| {
        assert_eq!((&row["askedAt"], &row["claimedAt"]), (&asked, &claimed));
        assert_eq!(row["waitingSince"], second);
    };
    since_the_beginning(&given);
    let vika = house.claims(&guest, &house.vika, "Vika").await;
    let row = boss.sees(&chat, "engaged").await;
    assert_eq!(row.get("givenTo"), None);
    since_the_beginning(&row);
    let args = json!({"chatId": chat, "name": "Boss"});
    boss.does("TakeOver", args).await;
    let row = boss
        .until("Chat", |row| row["agentId"] == house.boss.id.as_str())
        .await;
    since_the_beginning(&row);
    drop(vika);
    let live = chat_of(&house, &visitor).await;
    assert_eq!(
        (&live["requestedAt"], &live["claimedAt"]),
        (&asked, &claimed)
    );
    visitor.leaves().await;
    let kept = house.listed("status=closed", 1).await;
    assert_eq!(
        (&kept[0]["requestedAt"], &kept[0]["claimedAt"]),
        (&asked, &claimed)
    );
}

#[tokio::test]
async fn when_the_agent_does_not_come_the_desk_shows_that_too() {
    let house = house().await;
    let mut boss = Seat::with(&house.world, 1, &house.boss.token).await;
    let (visitor, _otto) = house.engaged("Mina").await;
    let chat = visitor.guest.chat_id.clone();
    hands(&house, &house.otto.token, &chat, &house.vika).await;
    boss.until("Chat", |row| row["givenTo"] == "Vika").await;
    let row = boss.until("Chat", |row| row["givenTo"].is_null()).await;
    assert_eq!(
        (&row["chatId"], &row["status"]),
        (&json!(chat), &json!("waiting"))
    );
}

#[tokio::test]
async fn an_agent_gives_its_chat_back_to_the_queue() {
    let house = House::open().await;
    let mut vika = feed(&house, &house.vika, 0).await;
    let mut visitor = visitor(&house, "Mina").await;
    let guest = visitor.guest.clone();
    vika.expect_request().await;
    let door = Door::v1().bearer(&house.otto.token);
    let mut otto = house.world.claims(&guest, "Otto", 1, &door).await;
    vika.loses(&guest).await;
    visitor.until("Joined").await;
    visitor.room("engaged").await;
    // The visitor cannot do that.
    visitor.send("Release", json!({})).await;
    visitor.expect_error("forbidden").await;
    otto.send("Release", json!({})).await;
    otto.until("Error").await;
    otto.closed_with(1000).await;
    visitor.until("SupportLeft").await;
    let room = visitor.room("waiting").await;
    assert_eq!(room["givenBack"], true);
    let request = vika.expect_request().await;
    assert_eq!(request["chatId"], guest.chat_id);
    assert_eq!(request["returned"], true);
    let _vika = house.claims(&guest, &house.vika, "Vika").await;
    visitor.until("Joined").await;
}

#[tokio::test]
async fn another_device_of_an_agent_is_shown_its_chats() {
    let house = House::open().await;
    let (visitor, _otto) = house.engaged("Mina").await;
    let (_other, _boss) = {
        let other = house.waiting("Max").await;
        let boss = house
            .claims(&other.guest.clone(), &house.vika, "Vika")
            .await;
        (other, boss)
    };
    let desk = Seat::with(&house.world, 1, &house.otto.token).await.desk;
    let mine = desk["mine"].as_array().expect("chats");
    assert_eq!(mine.len(), 1, "{desk}");
    assert_eq!(mine[0]["chatId"], visitor.guest.chat_id);
    assert_eq!(mine[0]["agentId"], house.otto.id.as_str());
    assert!(mine[0]["claimedAt"].is_string());
    // Its other device comes to the chat without knowing the part it has in it.
    let door = Door::v1().bearer(&house.otto.token);
    let guest = &visitor.guest;
    let mut device = house.world.open(0, &guest.chat_id, &door, "Otto").await;
    device.send("Join", guest.claim("Otto")).await;
    let history = device.expect("ChatHistory").await;
    assert_eq!(history["supportUserName"], "Otto");
}
