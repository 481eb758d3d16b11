//! Token mode at the request feed, and the places where a token may stand.

use e2e::{Agent, Door, Socket, World, ms, tokens};
use jsonwebtoken::Algorithm;

async fn knock(world: &World, door: &Door) -> Result<Socket, u16> {
    Socket::open(world.feed(0), "/joins", door, "an agent")
        .await
        .map_err(|refused| refused.status)
}

#[tokio::test]
async fn the_feed_needs_a_good_token() {
    let world = World::builder().tokens().start();
    let mut without_exp = tokens::claims("vika", "agent");
    without_exp
        .as_object_mut()
        .expect("an object")
        .remove("exp");
    let bad = [
        Door::plain(),
        Door::plain().bearer("nonsense"),
        Door::plain().bearer(&tokens::sign(&tokens::claims("vika", "agent"), "a secret of somebody else entirely")),
        Door::plain().bearer(&tokens::expired("vika", "agent")),
        Door::plain().bearer(&tokens::sign(&without_exp, tokens::SECRET)),
        Door::plain().bearer(&tokens::sign_as(Algorithm::HS512, &tokens::claims("vika", "agent"), tokens::SECRET)),
        Door::plain().bearer("eyJhbGciOiJub25lIn0.eyJ1c2VySWQiOiJ2aWthIiwicm9sZSI6ImFnZW50IiwiZXhwIjo0MTAyNDQ0ODAwfQ."),
    ];
    for door in bad {
        assert_eq!(
            knock(&world, &door).await.expect_err("refused"),
            401,
            "{door:?}"
        );
    }
}

#[tokio::test]
async fn the_feed_is_for_staff() {
    let world = World::builder().tokens().start();
    for role in ["agent", "supervisor", "admin"] {
        knock(&world, &Door::plain().bearer(&tokens::token("vika", role)))
            .await
            .expect("staff may look");
    }
    for role in ["visitor", "candidate"] {
        assert_eq!(
            knock(&world, &Door::plain().bearer(&tokens::token("mina", role)))
                .await
                .expect_err("refused"),
            403,
            "{role}"
        );
    }
    let guest = world.register("Mina").await;
    assert_eq!(
        knock(&world, &Door::plain().bearer(&guest.token))
            .await
            .expect_err("refused"),
        403
    );
}

#[tokio::test]
async fn a_token_may_stand_in_any_of_these_places() {
    let world = World::builder().tokens().start();
    let token = tokens::token("vika", "agent");
    let doors = [
        Door::plain().bearer(&token),
        Door::plain().header("Authorization", &token),
        Door::plain().header("Authorization", &format!("bearer {token}")),
        Door::plain().header("X-Auth-Token", &token),
        Door::plain().query(&format!("token={token}")),
        Door::plain().query(&format!("lang=en&token={token}&x=")),
    ];
    for door in doors {
        let socket = knock(&world, &door)
            .await
            .unwrap_or_else(|status| panic!("{status}: {door:?}"));
        assert_eq!(socket.protocol, None, "{door:?}");
    }
}

#[tokio::test]
async fn a_token_among_the_subprotocols_is_never_echoed() {
    let world = World::builder().tokens().start();
    let token = tokens::token("vika", "agent");
    let offers: [(&[&str], &str); 3] = [
        (&["bearer", &token], "bearer"),
        (&["bearer", &token, "helpline.v1"], "helpline.v1"),
        (&["helpline.v1", "bearer", &token], "helpline.v1"),
    ];
    for (offered, chosen) in offers {
        let socket = knock(&world, &Door::plain().protocols(offered))
            .await
            .expect("an upgrade");
        assert_eq!(socket.protocol.as_deref(), Some(chosen));
    }
}

#[tokio::test]
async fn the_first_place_with_a_token_decides() {
    let world = World::builder().tokens().start();
    let (good, bad) = (tokens::token("vika", "agent"), "nonsense");
    let refused = [
        Door::plain()
            .header("Authorization", bad)
            .header("X-Auth-Token", &good),
        Door::plain()
            .header("X-Auth-Token", bad)
            .query(&format!("token={good}")),
        Door::plain()
            .query("token=nonsense")
            .protocols(&["bearer", &good]),
    ];
    for door in refused {
        assert_eq!(
            knock(&world, &door).await.expect_err("refused"),
            401,
            "{door:?}"
        );
    }
    let taken = Door::plain()
        .header("Authorization", &good)
        .header("X-Auth-Token", bad)
        .query("token=nonsense");
    knock(&world, &taken).await.expect("the first one is good");
}

async fn account_at(world: &World, server: usize, account: &str) -> Agent {
    let door = Door::plain().bearer(&tokens::token(account, "agent"));
    let feed = Socket::open(world.feed(server), "/joins", &door, account)
        .await
        .expect("an upgrade");
    Agent {
        name: account.to_owned(),
        feed,
    }
}

#[tokio::test]
async fn an_account_is_one_agent_however_many_sockets_it_has() {
    let world = World::builder()
        .tokens()
        .settings(|settings| settings.queue.reservation = ms(600))
        .start();
    let (mut desk, mut phone) = (
        account_at(&world, 0, "vika").await,
        account_at(&world, 1, "vika").await,
    );
    let mut other = account_at(&world, 0, "otto").await;
    let visitor = world.visitor("Mina").await;
    for agent in [&mut desk, &mut phone, &mut other] {
        agent.sees(&visitor.guest).await;
    }
    desk.accepts(&visitor.guest).await;
    other.loses(&visitor.guest).await;
    // The reservation is the account's: the phone keeps the request, and everyone hears of it again when it lapses.
    for agent in [&mut desk, &mut phone, &mut other] {
        agent.sees(&visitor.guest).await;
    }
    phone.declines(&visitor.guest).await;
    for agent in [&mut desk, &mut phone] {
        agent.loses(&visitor.guest).await;
    }
    let next = world.visitor("Ines").await;
    other.sees(&next.guest).await;
    let mut back = account_at(&world, 1, "vika").await;
    back.sees(&next.guest).await;
}
