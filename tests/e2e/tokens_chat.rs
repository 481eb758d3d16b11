//! Token mode in the chat: who may join as whom, and what a reservation is worth.

use e2e::party::contents;
use e2e::shape::assert_fields;
use e2e::{Agent, Door, Guest, Party, Socket, World, tokens};
use serde_json::{Value, json};

async fn world() -> World {
    World::builder().tokens().start()
}

async fn open(world: &World, guest: &Guest, door: &Door) -> Socket {
    world.open(1, &guest.chat_id, door, "the client").await
}

fn without_token(guest: &Guest) -> Value {
    let mut join = guest.join();
    join.as_object_mut().expect("an object").remove("token");
    join
}

#[tokio::test]
async fn the_registration_token_says_whose_and_which_chat_it_is_for() {
    let world = world().await;
    let guest = world.register("Mina").await;
    let claims = tokens::read(&guest.token);
    assert_fields(
        &claims,
        &[
            "userId",
            "user_id",
            "id",
            "role",
            "username",
            "permissions",
            "iat",
            "exp",
            "chatId",
        ],
    );
    for name in ["userId", "user_id", "id"] {
        assert_eq!(claims[name], json!(guest.user_id), "{claims}");
    }
    assert_eq!(claims["role"], "visitor");
    assert_eq!(claims["username"], "Mina");
    assert_eq!(claims["chatId"], json!(guest.chat_id));
    assert_eq!(claims["permissions"], json!([]));
    let lifetime = claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat");
    assert_eq!(lifetime, 24 * 3600);
}

#[tokio::test]
async fn a_visitor_proves_itself_with_its_token_in_any_place() {
    let world = world().await;
    for place in 0..6 {
        let guest = world.register("Mina").await;
        let token = &guest.token;
        let (door, join) = match place {
            0 => (Door::plain(), guest.join()),
            1 => (Door::plain().bearer(token), without_token(&guest)),
            2 => (
                Door::plain().header("Authorization", token),
                without_token(&guest),
            ),
            3 => (
                Door::plain().header("X-Auth-Token", token),
                without_token(&guest),
            ),
            4 => (
                Door::plain().query(&format!("token={token}")),
                without_token(&guest),
            ),
            _ => (
                Door::plain().protocols(&["bearer", token]),
                without_token(&guest),
            ),
        };
        let mut socket = open(&world, &guest, &door).await;
        socket.send("Join", join).await;
        socket.expect("Joined").await;
    }
}

#[tokio::test]
async fn a_visitor_without_a_good_token_is_unauthorized_and_may_try_again() {
    let world = world().await;
    let guest = world.register("Mina").await;
    let mut socket = open(&world, &guest, &Door::plain()).await;
    socket.send("Join", without_token(&guest)).await;
    socket.expect_error("unauthorized").await;
    let mut claims = tokens::read(&guest.token);
    claims["exp"] = json!(claims["iat"].as_i64().expect("iat") - 60);
    for bad in [
        "nonsense".to_owned(),
        tokens::sign(&tokens::read(&guest.token), "a secret of somebody else"),
        tokens::sign(&claims, tokens::SECRET),
    ] {
        let mut join = guest.join();
        join["token"] = json!(bad);
        socket.send("Join", join).await;
        socket.expect_error("unauthorized").await;
    }
    socket.send("Join", guest.join()).await;
    socket.expect("Joined").await;
}

#[tokio::test]
async fn a_visitors_token_is_good_for_its_own_chat_only() {
    let world = world().await;
    let (mina, otto) = (world.register("Mina").await, world.register("Otto").await);
    let mut socket = open(&world, &mina, &Door::plain()).await;
    let mut join = mina.join();
    join["token"] = json!(otto.token);
    socket.send("Join", join).await;
    socket.expect_error("forbidden").await;
    let mut as_otto = otto.join();
    as_otto["token"] = json!(otto.token);
    socket.send("Join", as_otto).await;
    socket.expect_error("forbidden").await;
    let mut as_staff = mina.join();
    as_staff["token"] = json!(tokens::token("vika", "agent"));
    socket.send("Join", as_staff).await;
    socket.expect_error("forbidden").await;
}

#[tokio::test]
async fn an_agents_join_needs_a_staff_token() {
    let world = world().await;
    let visitor = world.visitor("Mina").await;
    let guest = &visitor.guest;
    let mut socket = open(&world, guest, &Door::plain()).await;
    socket.send("Join", guest.claim("Vika")).await;
    socket.expect_error("unauthorized").await;
    for (token, code) in [
        (tokens::expired("vika", "agent"), "unauthorized"),
        (tokens::token("vika", "candidate"), "forbidden"),
        (guest.token.clone(), "forbidden"),
    ] {
        let mut join = guest.claim("Vika");
        join["token"] = json!(token);
        socket.send("Join", join).await;
        socket.expect_error(code).await;
    }
    let mut join = guest.claim("Vika");
    join["token"] = json!(tokens::token("vika", "agent"));
    socket.send("Join", join).await;
    socket.expect("Joined").await;
}

#[tokio::test]
async fn visitor_and_agent_talk_with_tokens() {
    let world = world().await;
    let (mut visitor, mut support) = world.engaged().await;
    visitor.says("hello").await;
    support.hears("hello").await;
    support.says("welcome").await;
    visitor.hears("welcome").await;
    assert_eq!(
        contents(&visitor.rejoins_at(&world, 1).await),
        ["hello", "welcome"]
    );
    assert_eq!(
        contents(&support.rejoins_at(&world, 0).await),
        ["hello", "welcome"]
    );
}

#[tokio::test]
async fn the_account_that_holds_the_claim_rejoins_without_support_id() {
    let world = world().await;
    let (mut visitor, mut support) = world.engaged().await;
    support.says("hello").await;
    visitor.hears("hello").await;
    let claim = support.guest.claim("Vika");
    let history = support.rejoins_with(&world, 0, claim).await;
    assert_eq!(contents(&history), ["hello"]);
    support.says("same agent").await;
    visitor.hears("same agent").await;
}

#[tokio::test]
async fn another_account_cannot_use_the_agents_id() {
    let world = world().await;
    let (visitor, support) = world.engaged().await;
    let door = Door::plain().bearer(&tokens::token("otto", "agent"));
    let mut socket = open(&world, &visitor.guest, &door).await;
    socket.send("Join", support.rejoin_args()).await;
    socket.expect_error("forbidden").await;
    socket.send("Join", visitor.guest.claim("Otto")).await;
    assert_eq!(
        socket.expect_error("already_claimed").await["supportUserName"],
        "Vika"
    );
}

/// A visitor whose request this account has reserved.
async fn reserved_by(world: &World, account: &str) -> (Party, Agent) {
    let mut agent = world.agent(account).await;
    let mut other = world.agent("witness").await;
    let visitor = world.visitor("Mina").await;
    agent.sees(&visitor.guest).await;
    other.sees(&visitor.guest).await;
    agent.accepts(&visitor.guest).await;
    other.loses(&visitor.guest).await;
    (visitor, agent)
}

#[tokio::test]
async fn during_a_reservation_nobody_else_can_claim() {
    let world = world().await;
    let (mut visitor, mut agent) = reserved_by(&world, "vika").await;
    let door = Door::plain().bearer(&tokens::token("otto", "agent"));
    let mut socket = open(&world, &visitor.guest, &door).await;
    socket.send("Join", visitor.guest.claim("Otto")).await;
    socket.expect_error("already_claimed").await;
    let _support = world.support(&visitor.guest, "vika").await;
    visitor.meets("vika").await;
    agent.loses(&visitor.guest).await;
}

#[tokio::test]
async fn after_a_lapsed_reservation_anyone_can_claim() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.queue.reservation = e2e::ms(400))
        .start();
    let (mut visitor, mut agent) = reserved_by(&world, "vika").await;
    agent.sees(&visitor.guest).await;
    let _support = world.support(&visitor.guest, "otto").await;
    visitor.meets("otto").await;
}

#[tokio::test]
async fn a_token_that_runs_out_takes_its_sockets_along() {
    let world = world().await;
    let guest = world.register("Mina").await;
    let mut claims = tokens::claims("vika", "agent");
    claims["exp"] = json!(claims["iat"].as_i64().expect("iat") + 2);
    let door = Door::v1().bearer(&tokens::sign(&claims, tokens::SECRET));
    let mut feed = Socket::open(world.feed(0), "/joins", &door, "the feed")
        .await
        .expect("an upgrade");
    let mut support = open(&world, &guest, &door).await;
    support.send("Join", guest.claim("Vika")).await;
    support.expect("Joined").await;
    support.expect("Room").await;
    for socket in [&mut feed, &mut support] {
        socket.expect_error("unauthorized").await;
        socket.closed_with(4401).await;
    }
}
