//! Too much waits for the records: nothing more is accepted, everyone is told, and it passes by itself.

use e2e::{World, eventually, http, secs};

/// The stream of a world, which a group holds back that never acknowledges: whoever keeps records cannot trim it.
struct HeldBack {
    stream: String,
    redis: redis::aio::MultiplexedConnection,
}

impl HeldBack {
    async fn of(world: &World) -> Self {
        let stream = format!("{}:{{0}}:stream", world.prefix);
        let redis = world.redis().await;
        let mut held = Self { stream, redis };
        let group = ["held", "0", "MKSTREAM"];
        held.ask(&["XGROUP", "CREATE"], &group).await;
        held
    }

    async fn fill(&mut self) {
        for _ in 0..8 {
            let entry = "x".repeat(4000);
            self.ask(&["XADD"], &["*", "entry", &entry]).await;
        }
    }

    async fn let_go(mut self) {
        self.ask(&["XGROUP", "DESTROY"], &["held"]).await;
        self.ask(&["XTRIM"], &["MAXLEN", "0"]).await;
    }

    /// A command on the stream.
    async fn ask(&mut self, command: &[&str], arguments: &[&str]) {
        let mut asked = redis::cmd(command[0]);
        asked.arg(&command[1..]).arg(&self.stream).arg(arguments);
        let _: redis::Value = asked.query_async(&mut self.redis).await.expect("done");
    }
}

async fn figure(world: &World, server: usize, name: &str) -> f64 {
    let metrics = http::get(world.chat(server), "/metrics").await.body;
    http::metric(&metrics, name).expect("a figure")
}

#[tokio::test]
async fn nothing_is_accepted_while_too_much_waits_for_the_records() {
    let world = World::with(|settings| settings.redis.stream_max_bytes = 20_000);
    let mut held = HeldBack::of(&world).await;
    let (mut visitor, mut agent) = world.engaged().await;
    visitor.says("before").await;
    agent.hears("before").await;
    held.fill().await;
    for server in 0..2 {
        eventually("the backlog to be seen", secs(5), async || {
            (figure(&world, server, "helpline_stream_bytes").await > 20_000.0).then_some(())
        })
        .await;
        assert!(figure(&world, server, "helpline_stream_length").await >= 8.0);
    }
    visitor.sends_as("not now", "again").await;
    visitor.expect_error("unavailable").await;
    agent.sends("nor this").await;
    agent.expect_error("unavailable").await;
    for address in [world.chat(0), world.chat(1), world.feed(0)] {
        eventually("a word of it", secs(5), async || {
            let answer = http::get(address, "/ready").await;
            (answer.status == 503 && answer.body.contains("stream_max_bytes")).then_some(())
        })
        .await;
        // It is the same everywhere.
        assert_eq!(http::status(address, "/serving").await, Some(200));
    }
    held.let_go().await;
    eventually("readiness", secs(10), async || {
        world.is_ready().await.then_some(())
    })
    .await;
    for server in 0..2 {
        eventually("the backlog to be gone", secs(5), async || {
            (figure(&world, server, "helpline_stream_bytes").await < 20_000.0).then_some(())
        })
        .await;
    }
    // What was refused was not stored: the same may be said now.
    visitor.sends_as("not now", "again").await;
    agent.hears("not now").await;
    agent.says("after").await;
    visitor.hears("not now").await;
    visitor.hears("after").await;
}

#[tokio::test]
async fn what_was_stored_before_is_confirmed_again_whatever_waits() {
    let world = World::with(|settings| settings.redis.stream_max_bytes = 20_000);
    let mut held = HeldBack::of(&world).await;
    let (mut visitor, mut agent) = world.engaged_v1().await;
    visitor.sends_as("hello", "once").await;
    visitor.hears("hello").await;
    agent.hears("hello").await;
    held.fill().await;
    eventually("the backlog to be seen", secs(5), async || {
        (figure(&world, 0, "helpline_stream_bytes").await > 20_000.0).then_some(())
    })
    .await;
    visitor.sends_as("hello", "once").await;
    visitor.hears("hello").await;
    held.let_go().await;
    eventually("the backlog to be gone", secs(5), async || {
        (figure(&world, 0, "helpline_stream_bytes").await < 20_000.0).then_some(())
    })
    .await;
    visitor.says("bye").await;
    agent.hears("bye").await;
}
